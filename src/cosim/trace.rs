//! What was seen of a design, and its file format (described in `sim/driver.cpp`).

use serde::{Deserialize, Serialize};

use crate::emit::Manifest;

const MAGIC: &[u8; 4] = b"FSR2";
/// In place of an image's number.
const FAULT: u32 = u32::MAX;
const FIXED_BYTES: usize = 4 * 4 + 3 * 8;

/// What the hardware made of one image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HardwareImage {
    /// The class.
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
    /// The number of the layer.
    pub layer: u16,
    /// The number of the neuron.
    pub neuron: u32,
    /// In time steps.
    pub step: u8,
}

/// What a design must not do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Nothing happens any more.
    Hang,
    /// Its output stream is wrong.
    Stream,
    /// A layer names a neuron or an image that does not exist, or repeats a spike without end.
    Spikes,
}

/// Where a design broke a rule and was given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fault {
    /// The rule.
    pub rule: Rule,
    /// The oldest image that it concerns.
    pub image: usize,
    /// Beats of that image that the design had accepted.
    pub accepted_beats: u32,
    /// Of the simulation of the image's part, as is the next one.
    pub cycle: u64,
    /// When a beat was accepted, a neuron spiked for the first time, a step ended or a result word was taken.
    pub last_progress_cycle: u64,
    /// What was seen.
    pub seen: String,
}

/// What came out of a design.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Played {
    /// One entry per image that is not aborted; nothing for those that a fault has cost.
    pub images: Vec<Option<HardwareImage>>,
    /// That of the earliest image.
    pub fault: Option<Fault>,
}

impl Played {
    /// Every image, if the design was not given up.
    pub fn whole(self) -> Result<Vec<HardwareImage>, Fault> {
        match self.fault {
            Some(fault) => Err(fault),
            None => Ok(self.images.into_iter().flatten().collect()),
        }
    }
}

/// Reads a trace file. `images` are the numbers of the images that are not aborted; that of a fault counts all.
///
/// # Errors
/// A sentence that says what is wrong with it.
pub(super) fn read_trace(bytes: &[u8], manifest: &Manifest, images: &[u32]) -> Result<Played, String> {
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
    let mut played = Played { images: vec![None; images.len()], fault: None };
    let mut due = images.iter().zip(&mut played.images);
    while !reader.bytes.is_empty() && played.fault.is_none() {
        match (reader.u32()?, due.next()) {
            (FAULT, _) => played.fault = Some(read_fault(&mut reader)?),
            (found, Some((&image, slot))) if found == image => {
                *slot = Some(read_image(&mut reader, &neurons, classes)?);
            }
            (found, Some((image, _))) => {
                return Err(format!("the trace has a record of image {found} where image {image} is due"));
            }
            (found, None) => return Err(format!("the trace has a record of image {found} after its last one")),
        }
    }
    match (&played.fault, due.next()) {
        (None, Some(_)) => Err("the trace ends too early".into()),
        _ if !reader.bytes.is_empty() => Err(format!("the trace has {} bytes after its end", reader.bytes.len())),
        _ => Ok(played),
    }
}

fn read_image(reader: &mut Reader, neurons: &[usize], classes: usize) -> Result<HardwareImage, String> {
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

fn read_fault(reader: &mut Reader) -> Result<Fault, String> {
    let rule = match reader.u32()? {
        0 => Rule::Hang,
        1 => Rule::Stream,
        2 => Rule::Spikes,
        rule => return Err(format!("the trace names the unknown rule {rule}")),
    };
    let (image, accepted_beats) = (reader.u32()? as usize, reader.u32()?);
    let (cycle, last_progress_cycle) = (reader.u64()?, reader.u64()?);
    let bytes = reader.u32()? as usize;
    let seen = String::from_utf8_lossy(reader.take(bytes)?).into_owned();
    Ok(Fault { rule, image, accepted_beats, cycle, last_progress_cycle, seen })
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
