//! The float network: layers, thresholds, readout, with all normalisation already folded away.
//!
//! In: what `train` or `import` made. Out: what `quantise` turns into integers. Imports nothing but `error` and `fixed`.

mod execute;

use ndarray::Array2;

use crate::fixed::WeightFormat;

pub use execute::{FloatTrace, latency};

/// A fully connected integrate-and-fire layer in float: `V_j[t] = b_j + Σ_i w_ij·c_i[t]`, spiking at the first `t` with `V_j[t] ≥ θ_j`.
///
/// # Shapes
/// `weights` is inputs × outputs; `bias` and `threshold` have one entry per neuron.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatDense {
    pub name: String,
    pub weights: Array2<f32>,
    pub bias: Vec<f32>,
    /// Absent if the layer only integrates (an output layer that is read by its membrane or current).
    pub threshold: Option<Vec<f32>>,
    /// The grid that quantisation-aware training used, if any.
    pub grid: Option<Grid>,
}

/// A quantisation grid: the weight format, and the value of one LSB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    pub format: WeightFormat,
    pub scale: f32,
}

/// How the output layer becomes scores and a class; the float counterpart of `docs/numerics.md` §7.
#[derive(Debug, Clone, PartialEq)]
pub enum FloatReadout {
    Membrane,
    FirstSpike,
    /// `alpha` has one entry per time step, non-increasing and not negative.
    TemporalWeighting {
        of_spikes: bool,
        alpha: Vec<f32>,
    },
}

impl FloatReadout {
    /// Whether the output layer has thresholds.
    pub fn output_fires(&self) -> bool {
        match self {
            FloatReadout::Membrane => false,
            FloatReadout::FirstSpike => true,
            FloatReadout::TemporalWeighting { of_spikes, .. } => *of_spikes,
        }
    }
}

/// A trained network in float, the input of quantisation.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatNetwork {
    pub name: String,
    pub time_steps: usize,
    pub input_shape: Vec<usize>,
    /// Pixels below this value never spike.
    pub input_threshold: u8,
    pub layers: Vec<FloatDense>,
    pub readout: FloatReadout,
}
