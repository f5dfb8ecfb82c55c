//! The float network: layers, neurons, readout, with all normalization already folded away.
//!
//! In: what `train` made or a file says. Out: what `quantize` turns into integers. Imports of `network` the kinds of
//! neurons and readouts, and the largest kernel.

mod execute;
mod grammar;
pub mod grid;
mod map;
mod names;
mod neuron;
mod size;

use ndarray::Array2;

use crate::coding::Coding;
use crate::fixed::WeightFormat;
use crate::network::{Neuron, Readout, StepRows};

pub use execute::{Cell, FloatTrace, latency};
pub use grammar::{Chain, Fault, LayerShape, MAX_NEURONS, Node};
pub use map::{Connection, Kernel, Map, Pooling, Reach};
pub use names::{name_problem, network_name_problem, safe_name, verilog_name};
pub use size::Size;

/// A layer of neurons in float with the synapses that lead to them:
///
/// `V_j[t] = b_j + Σ_{τ ≤ t} r_j[τ] + 1/k² · Σ { w_ij : spike i has come by step t }`
///
/// `k` is the kernel of the average pooling in front of the layer, 1 for none. The spikes of a pooled cell share its weight.
///
/// # Shapes
/// `weights` has one column per output channel (of a dense layer: per neuron) and one row per synapse of it, numbered
/// `(c·K + ky)·K + kx`, `c` being the channel within the group; of a dense layer, per pooled input. `bias` and the
/// neuron's parameters have one entry per output channel.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatLayer {
    /// Its name.
    pub name: String,
    /// The map of the spikes that come in, before pooling.
    pub input: Map,
    /// Pooling in front, which divides the map.
    pub pooling: Pooling,
    /// Which inputs reach which neurons.
    pub connection: Connection,
    /// The weights `w_ij`.
    pub weights: Array2<f32>,
    /// The bias `b_j` of each output channel.
    pub bias: Vec<f32>,
    /// What is added in every time step, `r`, if anything is.
    pub step_rows: Option<StepRows<f32>>,
    /// When its neurons spike.
    pub neuron: Neuron<f32>,
    /// The grid that quantization-aware training used, if any.
    pub grid: Option<Grid>,
}

/// A quantization grid: the weight format, and the value of one LSB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grid {
    /// The format of the weights.
    pub format: WeightFormat,
    /// The value of one LSB.
    pub scale: f32,
}

impl FloatLayer {
    /// A dense layer on inputs without places.
    pub fn dense(name: impl Into<String>, weights: Array2<f32>, bias: Vec<f32>, neuron: Neuron<f32>) -> Self {
        let (input, connection) = (Map::flat(weights.nrows()), Connection::Dense);
        FloatLayer {
            name: name.into(),
            input,
            pooling: Pooling::NONE,
            connection,
            weights,
            bias,
            step_rows: None,
            neuron,
            grid: None,
        }
    }

    /// The map of the layer's neurons.
    pub fn output(&self) -> Map {
        self.connection.output(self.input.pooled(self.pooling.size), self.weights.ncols())
    }
}

/// A trained network in float, the input of quantization.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatNetwork {
    /// Its name.
    pub name: String,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Shape of an image: `[n]`, or `[C, H, W]`.
    pub input_shape: Vec<usize>,
    /// How pixels become spike times.
    pub coding: Coding,
    /// The layers, from the input on.
    pub layers: Vec<FloatLayer>,
    /// α not negative.
    pub readout: Readout<f32>,
}

impl FloatNetwork {
    /// The network as it was trained: the weights of every layer with a grid rounded onto it, `s·q`.
    pub fn on_grid(&self) -> FloatNetwork {
        let mut network = self.clone();
        for layer in &mut network.layers {
            if let Some(Grid { format, scale }) = layer.grid {
                layer.weights.mapv_inplace(|weight| scale * grid::quantize_weight(weight, scale, format));
            }
        }
        network
    }
}
