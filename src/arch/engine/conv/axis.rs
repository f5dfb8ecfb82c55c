//! One axis of a convolution: where the places of its input meet banks, tiles and kernel.

use crate::network::Conv2d;

/// Rows or columns of a convolution: which bank and tile an input place reaches, and through which part of the kernel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    pub kernel: usize,
    pub stride: usize,
    /// Banks: `ceil(kernel / stride)`.
    pub side: usize,
    /// Neurons.
    pub neurons: usize,
    /// `ceil(neurons / side)`.
    pub tiles: usize,
    /// Per input place before pooling: the place modulo the period.
    pub phases: Vec<usize>,
    /// Per input place before pooling and bank: the tile whose neuron it reaches, if any.
    pub reached: Vec<Vec<Option<usize>>>,
}

impl Axis {
    /// `places` inputs before pooling.
    pub fn new(conv: &Conv2d, places: usize, pool: usize, neurons: usize) -> Axis {
        let (kernel, stride) = (conv.kernel(), conv.stride);
        let side = kernel.div_ceil(stride);
        let mut axis = Axis {
            kernel,
            stride,
            side,
            neurons,
            tiles: neurons.div_ceil(side),
            phases: Vec::new(),
            reached: Vec::new(),
        };
        for place in 0..places {
            let padded = place / pool + conv.padding;
            axis.phases.push(padded % axis.period());
            axis.reached.push((0..side).map(|bank| axis.tile_of(padded, bank)).collect());
        }
        axis
    }

    /// Input places after which banks and kernel meet alike again.
    pub fn period(&self) -> usize {
        self.side * self.stride
    }

    /// The offset in the kernel through which a place of this phase reaches the bank's neuron, if it does.
    pub fn offset(&self, phase: usize, bank: usize) -> Option<usize> {
        let offset = phase % self.stride + self.stride * self.neurons_back(phase, bank);
        (offset < self.kernel).then_some(offset)
    }

    /// The last neuron that starts at or before the place is in bank `phase div stride`; the bank's own is so many before it.
    fn neurons_back(&self, phase: usize, bank: usize) -> usize {
        (phase / self.stride + self.side - bank) % self.side
    }

    fn tile_of(&self, padded: usize, bank: usize) -> Option<usize> {
        let phase = padded % self.period();
        self.offset(phase, bank)?;
        let neuron = (padded / self.stride).checked_sub(self.neurons_back(phase, bank))?;
        (neuron < self.neurons).then_some(neuron / self.side)
    }
}
