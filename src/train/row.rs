//! A row: one number for each channel of a block.

/// Channels per block.
pub const LANES: usize = 16;
/// One value for each channel of a block.
pub type Row = [f32; LANES];
/// Spike times of the channels of a block; the number of time steps, or more, is *never*.
pub type Times = [u16; LANES];
pub const ZERO: Row = [0.0; LANES];
pub const ONE: Row = [1.0; LANES];
/// The spike time of a neuron that dropout silenced; later than any step.
pub const DROPPED: u16 = u16::MAX;
