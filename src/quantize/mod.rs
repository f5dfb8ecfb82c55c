//! From the float network to the integer network (`docs/numerics.md` §8), with a summary of what was lost.
//!
//! In: a float network and a grid per layer, chosen here unless training fixed it. Out: the integer network.
//! May import `float`, `network`, `data` for calibration, and `golden` for the mean activity.

mod activity;
mod neuron;
mod scale;
mod step_rows;

use ndarray::Array4;
use serde::{Deserialize, Serialize};

pub use activity::mean_activity;
pub use scale::{calibrate, choose_grids};

use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::float::grid::{quantize_bias, quantize_weight};
use crate::float::{Connection, FloatLayer, FloatNetwork, Grid, Kernel, Map, Pooling};
use crate::network::{self, Conv2d, IntegerNetwork, Layer, ReadoutKind, Synapses};

/// The largest α of a readout whose weights have no small common denominator.
const LARGEST_ALPHA: u16 = 255;

/// Quantizes every layer on its grid.
///
/// # Shapes
/// One grid per layer.
///
/// # Errors
/// `grid-count`; `binary-zeros`; `not-finite` for weights or scales that are no numbers; `invalid-network` for what no hardware could hold.
///
/// # Source
/// `docs/numerics.md` §8.
///
/// # Examples
/// ```
/// use firstspike::fixed::WeightFormat;
/// use firstspike::float::{FloatLayer, FloatNetwork, Grid};
/// use firstspike::network::{Neuron, Readout, Synapses};
/// use firstspike::quantize::quantize;
/// use ndarray::array;
///
/// let layer = FloatLayer::dense("output", array![[0.75, -0.5], [0.3, 0.0]], vec![0.0, 0.25], Neuron::integrate());
/// let network = FloatNetwork {
///     name: "small".into(),
///     time_steps: 4,
///     input_shape: vec![2],
///     coding: 1.into(),
///     layers: vec![layer],
///     readout: Readout::Membrane,
/// };
/// let quantized = quantize(&network, &[Grid { format: WeightFormat::Int(4), scale: 0.25 }])?;
/// assert_eq!(quantized.layers()[0].synapses, Synapses::Dense(array![[3, -2], [1, 0]]));
/// # Ok::<(), firstspike::error::Error>(())
/// ```
pub fn quantize(network: &FloatNetwork, grids: &[Grid]) -> Result<IntegerNetwork> {
    check(network, grids)?;
    let potentials_count = network.readout.kind() != ReadoutKind::Spikes;
    let layers = network.layers.iter().zip(grids).enumerate();
    let layers = layers.map(|(index, (layer, grid))| {
        quantize_layer(layer, *grid, index + 1 == network.layers.len() && potentials_count)
    });
    let layers = layers.collect();
    IntegerNetwork::new(
        network.name.clone(),
        network.time_steps,
        network.input_shape.clone(),
        network.coding.clone(),
        layers,
        network.readout.map(quantize_alpha),
    )
}

fn check(network: &FloatNetwork, grids: &[Grid]) -> Result<()> {
    if grids.len() != network.layers.len() {
        return Err(Error::new(
            Stage::Quantize,
            "grid-count",
            format!("{} weight format(s) for {} layers, expected one per layer", grids.len(), network.layers.len()),
            "give --bits once for all layers, or one value per layer separated by commas",
        ));
    }
    if let Some(layer) = network.layers.iter().find(|layer| layer.pooling.max) {
        return Err(Error::new(
            Stage::Quantize,
            "max-pooling",
            format!("layer \"{}\" has a maximum pooling in front of it, which no integer network has", layer.name),
            "a cell of a maximum pooling spikes once for every step in which one of its neurons does, but an input may spike only \
             once with a weight that hardware adds; train with average pooling (P2 for MP2), which is linear and exact",
        ));
    }
    check_zeros(network, grids)?;
    let mut problems = Vec::new();
    for (layer, grid) in network.layers.iter().zip(grids) {
        let parameters = layer.neuron.parameters();
        let parameters = parameters.iter().flat_map(|(_, values)| values.iter());
        let rows = layer.step_rows.iter().flat_map(|rows| rows.iter());
        let mut values = layer.weights.iter().chain(&layer.bias).chain(parameters).chain(rows);
        if let Some(value) = values.find(|value| !value.is_finite()) {
            problems.push(format!("layer \"{}\" holds {value}, expected finite numbers", layer.name));
        }
        if !(grid.scale.is_finite() && grid.scale > 0.0) {
            problems.push(format!("layer \"{}\" has the scale {}, expected a positive number", layer.name, grid.scale));
        }
    }
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Stage::Quantize,
        "not-finite",
        format!("the network \"{}\" cannot be quantized", network.name),
        "train the network again, or mend the listed layers",
    )
    .with_problems(problems))
}

/// A weight of 0, as pruning leaves it, is no synapse; binary would make one of it. A layer that was trained on a binary grid was
/// trained with it.
fn check_zeros(network: &FloatNetwork, grids: &[Grid]) -> Result<()> {
    let zeros = |(layer, grid): (&FloatLayer, &Grid)| {
        let count = layer.weights.iter().filter(|&&weight| weight == 0.0).count();
        (grid.format == WeightFormat::Binary && layer.grid != Some(*grid) && count > 0).then(|| {
            format!("layer \"{}\": {count} of {} weights are 0, expected none", layer.name, layer.weights.len())
        })
    };
    let problems: Vec<String> = network.layers.iter().zip(grids).filter_map(zeros).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("the network \"{}\" has weights that are 0, and binary weights are −1 or 1", network.name);
    let help =
        "give these layers --bits ternary, or 2 or more, which keep a 0; for binary weights train without --fan-in";
    Err(Error::new(Stage::Quantize, "binary-zeros", message, help).with_problems(problems))
}

/// `scored`: the readout looks at the potentials, so the bias must stay in them.
fn quantize_layer(layer: &FloatLayer, grid: Grid, scored: bool) -> Layer {
    let cell = layer.pooling.share();
    // Values outside 32 bits saturate here; the integer network then refuses the interval and names the neuron.
    let v0: Vec<i32> = match scored {
        true => layer.bias.iter().map(|&bias| quantize_bias(f64::from(bias), grid.scale, cell) as i32).collect(),
        false => vec![0; layer.bias.len()],
    };
    let neuron = neuron::quantize(layer, grid, &v0);
    let step_rows = layer.step_rows.as_ref().map(|rows| step_rows::quantize(rows, grid.scale, cell));
    let weights = layer.weights.mapv(|weight| quantize_weight(weight, grid.scale, grid.format) as i32);
    let Map { channels, height, width } = layer.input;
    let (input, pool, synapses) = match layer.connection {
        // Without places a dense layer's input is a vector.
        Connection::Dense if layer.pooling == Pooling::NONE => {
            (network::Map::vector(weights.nrows()), 1, Synapses::Dense(weights))
        }
        Connection::Dense => (network::Map::new(channels, height, width), layer.pooling.size, Synapses::Dense(weights)),
        Connection::Conv(kernel) => {
            let shape = (weights.ncols(), channels / kernel.groups, kernel.size, kernel.size);
            let weights = weights.t().iter().copied().collect();
            let weights = Array4::from_shape_vec(shape, weights).expect("a row per synapse, a column per channel");
            let Kernel { stride, padding, groups, .. } = kernel;
            let synapses = Synapses::Conv2d(Conv2d { weights, stride, padding, groups });
            (network::Map::new(channels, height, width), layer.pooling.size, synapses)
        }
    };
    Layer { name: layer.name.clone(), format: grid.format, input, pool, synapses, v0, step_rows, neuron }
}

/// `round(α·k / α[0])` with the smallest `k` that makes all of them whole; `LARGEST_ALPHA` if none up to it does.
fn quantize_alpha(alpha: &[f32]) -> Vec<u16> {
    let largest = alpha.iter().copied().fold(f32::MIN_POSITIVE, f32::max);
    let scaled = |k: u16| alpha.iter().map(move |a| a / largest * f32::from(k));
    let whole = |k: &u16| scaled(*k).all(|a| (a - a.round()).abs() < 1e-4);
    scaled((1..=LARGEST_ALPHA).find(whole).unwrap_or(LARGEST_ALPHA)).map(|a| a.round() as u16).collect()
}

/// What quantization did to one layer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerLoss {
    /// Name of the layer.
    pub name: String,
    /// The format of its weights.
    pub format: String,
    /// Value of one LSB.
    pub scale: f32,
    /// `√(Σ(s·q − w)² / Σw²)`.
    pub relative_error: f64,
    /// Share of weights clamped to the largest magnitude.
    pub clamped: f64,
    /// Share of weights that are zero.
    pub zeros: f64,
}

/// Compares the weights of each layer before and after.
pub fn losses(network: &FloatNetwork, grids: &[Grid]) -> Vec<LayerLoss> {
    let summarize = |(layer, grid): (&FloatLayer, &Grid)| {
        let count = layer.weights.len().max(1) as f64;
        let share = |holds: &dyn Fn(f32) -> bool| layer.weights.iter().filter(|w| holds(**w)).count() as f64 / count;
        let limit = grid.format.max() as f32 + 0.5;
        LayerLoss {
            name: layer.name.clone(),
            format: grid.format.to_string(),
            scale: grid.scale,
            relative_error: scale::relative_error(layer, *grid),
            clamped: share(&|w| (w / grid.scale).abs() > limit),
            zeros: share(&|w| quantize_weight(w, grid.scale, grid.format) == 0.0),
        }
    };
    network.layers.iter().zip(grids).map(summarize).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::{Neuron, Readout};

    #[test]
    fn a_first_spike_output_keeps_its_bias_in_the_potential() {
        let weights = ndarray::array![[1.0, -1.0]];
        let layer = FloatLayer::dense("out", weights, vec![0.26, -0.5], Neuron::integrate_once(vec![1.0, 1.0]));
        let grid = Grid { format: crate::fixed::WeightFormat::Int(4), scale: 0.25 };
        let scored = quantize_layer(&layer, grid, true);
        // ceil(0.74 / 0.25) = 3 and ceil(1.5 / 0.25) = 6 are the thresholds without bias.
        assert_eq!((scored.v0, scored.neuron), (vec![1, -2], Neuron::integrate_once(vec![4, 4])));
        let hidden = quantize_layer(&layer, grid, false);
        assert_eq!((hidden.v0, hidden.neuron), (vec![0, 0], Neuron::integrate_once(vec![3, 6])));
    }

    #[test]
    fn a_pooled_convolution_keeps_its_kernels_and_multiplies_its_thresholds() {
        let kernel = Kernel { size: 2, stride: 1, padding: 0, groups: 2 };
        let layer = FloatLayer {
            input: Map { channels: 2, height: 6, width: 9 },
            pooling: Pooling { size: 3, max: false },
            connection: Connection::Conv(kernel),
            ..FloatLayer::dense(
                "conv",
                ndarray::array![[0.25, -0.5], [0.5, -0.75], [0.75, 1.0], [1.0, 5.0]],
                vec![0.0, 0.1],
                Neuron::integrate_once(vec![1.0, 1.0]),
            )
        };
        let quantized = quantize_layer(&layer, Grid { format: crate::fixed::WeightFormat::Int(4), scale: 0.25 }, false);
        let Synapses::Conv2d(conv) = &quantized.synapses else { panic!("not a convolution") };
        assert_eq!(conv.weights.iter().copied().collect::<Vec<_>>(), [1, 2, 3, 4, -2, -3, 4, 7]);
        // 1·9 / 0.25 = 36, and (1 − 0.1)·9 / 0.25 = 32.4.
        assert_eq!((quantized.pool, quantized.neuron), (3, Neuron::integrate_once(vec![36, 33])));
        assert_eq!(quantized.input, network::Map::new(2, 6, 9));
    }

    #[test]
    fn pruned_weights_do_not_become_binary() {
        let layer = |name: &str, weights| FloatLayer::dense(name, weights, vec![0.0; 2], Neuron::integrate());
        let network = |grid| FloatNetwork {
            name: "net".into(),
            time_steps: 4,
            input_shape: vec![2],
            coding: 1.into(),
            layers: vec![
                layer("full", ndarray::array![[0.5, -1.0], [0.25, 1.0]]),
                FloatLayer { grid, ..layer("pruned", ndarray::array![[0.5, 0.0], [0.0, -0.0]]) },
            ],
            readout: Readout::Membrane,
        };
        let grid = |format| Grid { format, scale: 0.5 };
        let binary = [grid(WeightFormat::Binary); 2];
        let error = quantize(&network(None), &binary).unwrap_err();
        assert_eq!(
            (error.code, &error.problems[..]),
            ("binary-zeros", &["layer \"pruned\": 3 of 4 weights are 0, expected none".to_owned()][..])
        );
        // What was trained on the grid saw a 1 for each 0.
        assert!(check_zeros(&network(Some(binary[1])), &binary).is_ok());
        for format in [WeightFormat::Ternary, WeightFormat::Int(2), WeightFormat::Int(4)] {
            let layer = quantize_layer(&network(None).layers[1], grid(format), false);
            let Synapses::Dense(weights) = layer.synapses else { panic!("not a dense layer") };
            assert_eq!(weights, ndarray::array![[1, 0], [0, 0]], "{format:?}");
        }
    }

    #[test]
    fn alpha_takes_the_smallest_whole_numbers() {
        assert_eq!(quantize_alpha(&[1.0, 0.75, 0.5, 0.25]), [4, 3, 2, 1]);
        assert_eq!(quantize_alpha(&[1.0, 1.0 - 1.0 / 3.0, 1.0 / 3.0]), [3, 2, 1]);
        assert_eq!(quantize_alpha(&[2.0, 2.0]), [1, 1]);
        assert_eq!(quantize_alpha(&[1.0, 0.702_1]), [255, 179]);
        assert_eq!(quantize_alpha(&[0.0, 0.0]), [0, 0]);
    }
}
