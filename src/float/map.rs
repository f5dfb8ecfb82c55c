//! The maps between layers, and which neurons an input reaches.

use std::fmt;

/// Channels × height × width, numbered `(c·H + y)·W + x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Map {
    /// One row of neurons without places.
    pub fn flat(neurons: usize) -> Map {
        Map { channels: neurons, height: 1, width: 1 }
    }

    /// The map of an input shape: `[height, width]`, `[channels, height, width]`, or anything else as a flat row.
    pub fn of_shape(shape: &[usize]) -> Map {
        match *shape {
            [height, width] => Map { channels: 1, height, width },
            [channels, height, width] => Map { channels, height, width },
            _ => Map::flat(shape.iter().product()),
        }
    }

    /// How many places there are.
    pub fn neurons(&self) -> usize {
        self.channels * self.places()
    }

    /// Height × width.
    pub fn places(&self) -> usize {
        self.height * self.width
    }

    /// The map after pooling with kernel and stride `size`, which must divide it.
    pub fn pooled(&self, size: usize) -> Map {
        Map { channels: self.channels, height: self.height / size, width: self.width / size }
    }
}

impl fmt::Display for Map {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{}, {}, {}]", self.channels, self.height, self.width)
    }
}

/// Pooling in front of a synaptic layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pooling {
    /// Kernel and stride; 1 for none.
    pub size: usize,
    /// Whether a cell takes the largest of its spikes instead of their mean: at each step one spike, if any of its neurons spikes then.
    /// Such a cell spikes more than once, so no integer network has it.
    pub max: bool,
}

impl Pooling {
    /// No pooling.
    pub const NONE: Pooling = Pooling { size: 1, max: false };

    /// The number of spikes that a cell takes the mean of, 1 for a maximum.
    pub fn share(&self) -> usize {
        if self.max { 1 } else { self.size * self.size }
    }
}

/// Which inputs reach which neurons.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Connection {
    /// Every input reaches every neuron.
    Dense,
    /// Those below a kernel.
    Conv(Kernel),
}

/// A square kernel of a convolution over maps in groups of channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Kernel {
    /// Side of the kernel.
    pub size: usize,
    /// Places from one position of the kernel to the next.
    pub stride: usize,
    /// Places that are added at each border.
    pub padding: usize,
    /// Groups of channels that do not meet.
    pub groups: usize,
}

impl Connection {
    /// The map that the layer makes of the map `input`; with `outputs` channels, of a dense layer neurons.
    ///
    /// A kernel that is larger than the padded map gives a map without places.
    pub fn output(&self, input: Map, outputs: usize) -> Map {
        match self {
            Connection::Dense => Map::flat(outputs),
            Connection::Conv(kernel) => {
                let side = |side: usize| kernel.side(side);
                Map { channels: outputs, height: side(input.height), width: side(input.width) }
            }
        }
    }

    /// Synapses of one neuron on the map `input`.
    pub fn fan_in(&self, input: Map) -> usize {
        match self {
            Connection::Dense => input.neurons(),
            Connection::Conv(kernel) => input.channels / kernel.groups * kernel.size * kernel.size,
        }
    }
}

impl Kernel {
    /// `floor((side + 2·padding − size) / stride) + 1`, 0 if the kernel does not fit.
    fn side(&self, side: usize) -> usize {
        (side + 2 * self.padding).checked_sub(self.size).map_or(0, |free| free / self.stride + 1)
    }
}

/// From an input of a layer to the neurons that it reaches.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    /// Row of the weights, numbered `(c·K + ky)·K + kx`, of a dense layer by input.
    pub row: usize,
    /// Place `y·W + x` of the neurons.
    pub place: usize,
}

impl Connection {
    /// What the input `index` of the map `input` reaches in the map `output`: with every row, all channels of its group.
    pub fn reaches(&self, input: Map, output: Map, index: usize) -> Vec<Reach> {
        let Connection::Conv(kernel) = *self else { return vec![Reach { row: index, place: 0 }] };
        let (channel, place) = (index / input.places(), index % input.places());
        let (y, x) = (place / input.width, place % input.width);
        let first = channel % (input.channels / kernel.groups) * kernel.size * kernel.size;
        let taps = (0..kernel.size).flat_map(|ky| (0..kernel.size).map(move |kx| (ky, kx)));
        taps.filter_map(|(ky, kx)| {
            let place = kernel.lands(y, ky, output.height)? * output.width + kernel.lands(x, kx, output.width)?;
            Some(Reach { row: first + ky * kernel.size + kx, place })
        })
        .collect()
    }

    /// The output channels that an input channel reaches.
    pub fn channels(&self, input: Map, output: Map, channel: usize) -> std::ops::Range<usize> {
        let Connection::Conv(kernel) = self else { return 0..output.channels };
        let (group, size) = (channel / (input.channels / kernel.groups), output.channels / kernel.groups);
        group * size..(group + 1) * size
    }
}

impl Kernel {
    /// The side of the output place that sees the input side `at` under its tap `tap`.
    fn lands(&self, at: usize, tap: usize, side: usize) -> Option<usize> {
        let from = (at + self.padding).checked_sub(tap)?;
        (from.is_multiple_of(self.stride) && from / self.stride < side).then_some(from / self.stride)
    }
}
