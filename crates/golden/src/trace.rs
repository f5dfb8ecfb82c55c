//! What one inference did, completely.

/// The result of one image.
///
/// # Shapes
/// `spike_times[l][j]` is the spike time of neuron `j` of layer `l` in time steps, `T` for never; `scores` has one entry per class.
///
/// # Source
/// `docs/numerics.md` §1, §7.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trace {
    /// The class.
    pub class: u32,
    /// One score per class.
    pub scores: Vec<i64>,
    /// Spike time of each neuron, layer by layer.
    pub spike_times: Vec<Vec<u8>>,
    /// `t*` of §7.2; with the other readouts `T − 1`: the step after which the result is known.
    pub decision_step: u8,
}
