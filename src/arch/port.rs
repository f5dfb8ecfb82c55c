//! The input port: what makes the stream into the first layer of the beats that come in.

use super::address::Address;
use super::memory::MemoryImage;
use super::options::{InputKind, Options};
use super::stream::Form;
use crate::coding::Coding;
use crate::fixed::{index_bits, unsigned_bits};
use crate::network::IntegerNetwork;

/// Width of a pixel, in bits.
pub const PIXEL_BITS: usize = 8;

/// What stands between the pins of the input and the stream into the first layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Port {
    /// Nothing: the beats are those of the stream.
    Direct,
    /// The latency encoder: a pixel per beat in, events out.
    Encoder(Encoder),
    /// Several pixels per beat in, whole time steps out.
    Pixels {
        /// The beats of an image.
        packing: Packing,
        /// Spike time of each gray level.
        times: MemoryImage,
    },
    /// A time step in several beats.
    Steps {
        /// The beats of a time step.
        packing: Packing,
    },
}

/// The latency encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    /// Width of a pixel's number.
    pub index_bits: u32,
    /// Width of the count of spikes of a step.
    pub count_bits: u32,
    /// Spike time of each gray level.
    pub times: MemoryImage,
}

/// Fields that lie side by side in beats, the first ones lowest; the last beat may have room for more than there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Packing {
    /// Width of a beat, in bits.
    pub bits: usize,
    /// How many beats all fields take.
    pub beats: usize,
}

impl Packing {
    fn new(fields: usize, field_bits: usize, bits: usize) -> Packing {
        Packing { bits, beats: fields.div_ceil(bits / field_bits) }
    }
}

impl Port {
    /// Decides what stands at the pins, and the form in which spikes leave it.
    pub(super) fn plan(network: &IntegerNetwork, options: &Options) -> (Port, Form) {
        let inputs = network.inputs();
        let (address, steps) = (Address::flat(inputs), Form::Steps { bits: inputs });
        let events = match options.events_per_cycle {
            0 | 1 => Form::Events(address),
            several => Form::Bundles { address, events: several },
        };
        match (options.input, options.stream_bits) {
            (InputKind::Events, _) => (Port::Direct, events),
            (InputKind::Steps, None) => (Port::Direct, steps),
            (InputKind::Steps, Some(bits)) => (Port::Steps { packing: Packing::new(inputs, 1, bits) }, steps),
            (InputKind::Pixels, None) => (Port::Encoder(encoder(network)), Form::Events(address)),
            (InputKind::Pixels, Some(bits)) => {
                let packing = Packing::new(inputs, PIXEL_BITS, bits);
                (Port::Pixels { packing, times: spike_times(network) }, steps)
            }
        }
    }

    /// The image of the spike times, if it codes pixels.
    pub fn times(&self) -> Option<&MemoryImage> {
        match self {
            Port::Encoder(Encoder { times, .. }) | Port::Pixels { times, .. } => Some(times),
            Port::Direct | Port::Steps { .. } => None,
        }
    }

    /// Width of a beat's data, in bits, in front of a stream of this form.
    pub fn data_bits(&self, stream: Form) -> usize {
        match self {
            Port::Direct => stream.bits(),
            Port::Encoder(_) => PIXEL_BITS,
            Port::Pixels { packing, .. } | Port::Steps { packing } => packing.bits,
        }
    }

    /// Beats of an image that count towards its end: marks, pixels, or all of them.
    pub(super) fn endings(&self, inputs: usize, time_steps: usize) -> usize {
        match self {
            Port::Direct => time_steps,
            Port::Encoder(_) => inputs,
            Port::Pixels { packing, .. } => packing.beats,
            Port::Steps { packing } => packing.beats * time_steps,
        }
    }

    /// Images that have come in whole and whose last step has not left.
    pub(super) fn images(&self) -> usize {
        match self {
            Port::Direct | Port::Steps { .. } => 0,
            Port::Encoder(_) => 3,
            Port::Pixels { .. } => 1,
        }
    }
}

fn encoder(network: &IntegerNetwork) -> Encoder {
    Encoder {
        index_bits: index_bits(network.inputs()),
        count_bits: unsigned_bits(network.inputs() as u64),
        times: spike_times(network),
    }
}

/// Per gray level: a bit that says never, then the step.
fn spike_times(network: &IntegerNetwork) -> MemoryImage {
    let step_bits = index_bits(network.time_steps());
    let never = 1 << step_bits;
    let times = (0..=u8::MAX).map(|pixel| spike_time(network, pixel).unwrap_or(never));
    MemoryImage::column("encoder_times.mem".into(), step_bits + 1, times)
}

/// The step in which a pixel spikes, if it does. That of latency coding is found by comparing gray levels with the half-way points
/// between steps; the golden model divides instead.
fn spike_time(network: &IntegerNetwork, pixel: u8) -> Option<i64> {
    let steps = network.time_steps() as i64;
    match network.coding() {
        Coding::Latency { threshold } if pixel < *threshold => None,
        Coding::Latency { .. } => {
            // t counts the half-way points (2k + 1)·255 / (2·(T − 1)) that the darkness 255 − x has reached.
            let darkness = i64::from(255 - pixel);
            Some((0..steps - 1).filter(|k| 2 * darkness * (steps - 1) >= (2 * k + 1) * 255).count() as i64)
        }
        Coding::Table(times) => Some(i64::from(times[usize::from(pixel)])).filter(|&time| time < steps),
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::fixed::WeightFormat;
    use crate::golden::latency;
    use crate::network::{Layer, Neuron, Readout};

    #[test]
    fn the_last_beat_may_have_room() {
        let packing = |fields, width, bits| Packing::new(fields, width, bits).beats;
        assert_eq!(
            [packing(784, 1, 128), packing(784, 8, 128), packing(784, 8, 8), packing(3, 1, 128)],
            [7, 49, 784, 1]
        );
    }

    #[test]
    fn the_table_of_spike_times_equals_the_formula() {
        let one_pixel = |steps, threshold| {
            let layer = Layer::dense("only", WeightFormat::Int(4), array![[1]], vec![0], Neuron::integrate());
            IntegerNetwork::new("one-pixel", steps, vec![1], threshold, vec![layer], Readout::Membrane).unwrap()
        };
        for (steps, threshold) in [(1, 1), (2, 0), (4, 1), (8, 30), (32, 1), (255, 255)] {
            let times = spike_times(&one_pixel(steps, threshold));
            for pixel in 0..=255u8 {
                let expected = usize::from(latency(pixel, threshold, steps));
                let expected = if expected == steps { 1 << index_bits(steps) } else { expected as i64 };
                assert_eq!(times.rows[usize::from(pixel)], vec![expected], "T = {steps}, pixel {pixel}");
            }
        }
    }
}
