//! What was seen of a design, and its file format (described in `sim/driver.cpp`).

use crate::emit::Manifest;

const MAGIC: &[u8; 4] = b"FSR1";
const FIXED_BYTES: usize = 4 * 4 + 3 * 8;

/// What the hardware made of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareImage {
    pub class: u32,
    /// One score per output neuron, sign extended.
    pub scores: Vec<i64>,
    /// Per layer and neuron, in time steps; the number of time steps means never.
    pub spike_times: Vec<Vec<u8>>,
    /// What the design itself reports, in cycles.
    pub reported_cycles: u64,
    /// Cycle in which the first beat was accepted, counted from the start of the simulation of the image's part.
    pub first_beat_cycle: u64,
    /// Cycle in which the class word first stood on `m_axis`, counted alike.
    pub result_cycle: u64,
    /// Spikes of neurons that had spiked before. A correct design has none.
    pub second_spikes: Vec<SecondSpike>,
    /// `frame_error` when the image was done; once set it stays until a reset.
    pub frame_error: bool,
}

/// A spike of a neuron that had spiked before in the same image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SecondSpike {
    pub layer: u16,
    pub neuron: u32,
    /// In time steps.
    pub step: u8,
}

/// Reads a trace file.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn read_trace(bytes: &[u8], manifest: &Manifest, images: &[u32]) -> Result<Vec<HardwareImage>, String> {
    let mut reader = Reader { bytes };
    if reader.take(4)? != MAGIC {
        return Err("the trace does not begin with its magic number".into());
    }
    let neurons: Vec<usize> = manifest.layers.iter().map(|layer| layer.outputs).collect();
    let classes = neurons.last().copied().unwrap_or_default();
    let expected = FIXED_BYTES + 8 * classes + neurons.iter().sum::<usize>();
    let record = reader.u32()? as usize;
    if record != expected {
        return Err(format!("design.h makes records of {record} bytes, manifest.json of {expected}"));
    }
    let read = images.iter().map(|&image| read_image(&mut reader, &neurons, classes, image));
    let read = read.collect::<Result<_, _>>()?;
    if !reader.bytes.is_empty() {
        return Err(format!("the trace has {} bytes after its last image", reader.bytes.len()));
    }
    Ok(read)
}

fn read_image(reader: &mut Reader, neurons: &[usize], classes: usize, image: u32) -> Result<HardwareImage, String> {
    let found = reader.u32()?;
    if found != image {
        return Err(format!("the trace has a record of image {found} where image {image} is due"));
    }
    let class = reader.u32()?;
    let flags = reader.u32()?;
    let second_spikes = reader.u32()?;
    Ok(HardwareImage {
        class,
        frame_error: flags & 1 != 0,
        reported_cycles: reader.u64()?,
        first_beat_cycle: reader.u64()?,
        result_cycle: reader.u64()?,
        scores: (0..classes).map(|_| reader.u64().map(|score| score as i64)).collect::<Result<_, _>>()?,
        spike_times: neurons.iter().map(|&count| reader.take(count).map(<[u8]>::to_vec)).collect::<Result<_, _>>()?,
        second_spikes: (0..second_spikes).map(|_| reader.second_spike()).collect::<Result<_, _>>()?,
    })
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (head, rest) = self.bytes.split_at_checked(count).ok_or("the trace ends too early")?;
        self.bytes = rest;
        Ok(head)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], String> {
        Ok(self.take(N)?.try_into().expect("take returns what was asked for"))
    }

    fn u32(&mut self) -> Result<u32, String> {
        self.array().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Result<u64, String> {
        self.array().map(u64::from_le_bytes)
    }

    fn second_spike(&mut self) -> Result<SecondSpike, String> {
        let layer = u16::from_le_bytes(self.array()?);
        let [step, _] = self.array()?;
        Ok(SecondSpike { layer, step, neuron: self.u32()? })
    }
}
