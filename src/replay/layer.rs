//! The layers of a network of either kind, as the replay needs them.

use ndarray::{Array2, ShapeBuilder};

use super::convention::{Convention, Deviation};
use crate::float::{Connection, FloatLayer, FloatNetwork, Grid, Kernel, Map, Pooling};
use crate::network::{self, IntegerNetwork, Neuron, Readout, StepRows, Synapses, WeightedSource};

/// Bits of a float's significand: sums of multiples of `g` below `2²⁴·g` are exact in every order.
const SINGLE: i32 = 24;
/// The same of what the replay computes with.
const DOUBLE: i32 = 53;

/// A network of either kind.
#[derive(Debug)]
pub struct Network {
    /// Its name.
    pub name: String,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// How many inputs it has.
    pub inputs: usize,
    /// The layers, from the input on.
    pub layers: Vec<Layer>,
    /// How the last layer becomes scores and a class.
    pub readout: Readout<f64>,
    /// Whether its numbers are whole.
    pub is_integer: bool,
}

/// A layer. Potentials, biases, rows and thresholds count whole spikes: behind an average pooling by `k` they are `k²` times those of a
/// float network.
#[derive(Debug)]
pub struct Layer {
    /// Its weights, which are exact: an integer weight has at most 16 bits.
    pub(super) synapses: FloatLayer,
    /// Per output channel.
    pub(super) bias: Vec<f64>,
    /// Time steps × output channels.
    pub(super) rows: Option<Array2<f64>>,
    /// Per output channel, if the layer fires.
    pub(super) threshold: Option<Vec<f64>>,
    /// A float's potential times this is the potential here.
    pub(super) cell: f64,
    pub(super) rounding: Rounding,
}

/// What rounding may do to the potentials of a layer in the simulation that was recorded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rounding {
    /// All numbers are multiples of a power of two, and no sum needs more bits than a float has: nothing is rounded. Whole numbers are
    /// such: those of an integer network are taken for the trainer's own.
    None,
    /// Sums of 32-bit floats are rounded.
    Single,
}

impl Network {
    /// Neurons of the last layer.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::neurons)
    }

    /// Whether its scores count LSB, as those of an integer network do, since all numbers behind them are whole.
    pub(super) fn counts_lsb(&self) -> bool {
        let is_of_times = matches!(self.readout, Readout::TemporalWeighting { source: WeightedSource::Spikes, .. });
        let has_whole_alpha = self.readout.alpha().iter().all(|alpha| alpha.fract() == 0.0);
        has_whole_alpha && (is_of_times || self.layers.last().is_some_and(Layer::is_whole))
    }

    /// The same network as an integer network, in exact numbers.
    pub fn of_integer(network: &IntegerNetwork) -> Network {
        Network {
            name: network.name().into(),
            time_steps: network.time_steps(),
            inputs: network.inputs(),
            layers: placed(network.input_shape(), network.layers().iter().map(Layer::of_integer).collect()),
            readout: readout(network.readout()),
            is_integer: true,
        }
    }

    /// With the weights that training saw: on their grids.
    pub fn of_float(network: &FloatNetwork) -> Network {
        let network = network.on_grid();
        Network {
            inputs: network.input_shape.iter().product(),
            layers: placed(&network.input_shape, network.layers.into_iter().map(Layer::of_float).collect()),
            readout: readout(&network.readout),
            name: network.name,
            time_steps: network.time_steps,
            is_integer: false,
        }
    }
}

/// The layers, of which also the dense ones know the map that they flatten.
fn placed(input_shape: &[usize], mut layers: Vec<Layer>) -> Vec<Layer> {
    let mut given = Map::of_shape(input_shape);
    for Layer { synapses, .. } in &mut layers {
        if synapses.connection == Connection::Dense && synapses.pooling == Pooling::NONE {
            synapses.input = given;
        }
        given = synapses.output();
    }
    layers
}

fn readout<A: Copy + Into<f64>>(readout: &Readout<A>) -> Readout<f64> {
    readout.kind().with_alpha(|| readout.alpha().iter().map(|&alpha| alpha.into()).collect())
}

impl Layer {
    fn of_integer(layer: &network::Layer) -> Layer {
        let network::Map { channels, height, width } = layer.input;
        let (connection, weights) = synapses(&layer.synapses);
        let mut synapses = FloatLayer::dense(layer.name.clone(), weights, Vec::new(), Neuron::integrate());
        synapses.input = Map { channels, height, width };
        synapses.pooling = Pooling { size: layer.pool, max: false };
        synapses.connection = connection;
        synapses.grid = Some(Grid { format: layer.format, scale: 1.0 });
        let (bias, threshold) = (doubles(&layer.v0), threshold(&layer.neuron));
        let rows = layer.step_rows.as_ref().map(matrix);
        Layer { synapses, bias, rows, threshold, cell: 1.0, rounding: Rounding::Single }.with_rounding()
    }

    fn of_float(synapses: FloatLayer) -> Layer {
        let cell = synapses.pooling.share() as f64;
        let times = |values: Vec<f64>| values.into_iter().map(|value| value * cell).collect();
        let (bias, threshold) = (times(doubles(&synapses.bias)), threshold(&synapses.neuron).map(times));
        let rows = synapses.step_rows.as_ref().map(|rows| matrix(rows) * cell);
        Layer { synapses, bias, rows, threshold, cell, rounding: Rounding::Single }.with_rounding()
    }

    /// The layer with what rounding may do to it. A float's share of a cell is a power of two, or is rounded itself.
    fn with_rounding(self) -> Layer {
        let is_exact = self.needed_bits().is_some_and(|bits| bits <= SINGLE) && (self.cell as u64).is_power_of_two();
        Layer { rounding: if is_exact { Rounding::None } else { Rounding::Single }, ..self }
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.synapses.name
    }

    /// Whether its neurons fire; those of an output layer may only integrate.
    pub fn fires(&self) -> bool {
        self.threshold.is_some()
    }

    /// How many neurons it has.
    pub fn neurons(&self) -> usize {
        self.synapses.output().neurons()
    }

    /// Whether 32-bit floats add the weights without rounding in every order, given that the trainer's are these.
    pub fn is_exact_in_single(&self) -> bool {
        self.rounding == Rounding::None
    }

    /// Whether the replay adds without rounding.
    pub fn is_exact_in_double(&self) -> bool {
        self.needed_bits().is_some_and(|bits| bits <= DOUBLE)
    }

    /// Bits that hold every potential of the layer, if its numbers are multiples of a common power of two: those of the largest sum that
    /// can be, less those below the smallest bit that is set in any of them. A threshold is compared with a sum, and needs no bits of
    /// its own: no comparison of floats is rounded.
    fn needed_bits(&self) -> Option<i32> {
        let steps = self.rows.as_ref().map_or(0, Array2::nrows).max(1) as f64;
        let sum = |channel: usize| -> f64 {
            let weights = self.weights(channel).map(|weight| weight * self.spikes_of_weight());
            weights.chain(self.rows(channel)).chain([self.bias[channel] * steps]).map(f64::abs).sum()
        };
        match (0..self.bias.len()).map(sum).fold(0.0, f64::max) {
            0.0 => Some(0),
            largest => largest.is_finite().then(|| largest.log2().floor() as i32 + 1 - self.lowest_bit()),
        }
    }

    /// Whether one LSB of its potentials is 1.
    fn is_whole(&self) -> bool {
        self.lowest_bit() >= 0 && self.cell == 1.0 && self.synapses.grid.is_none_or(|grid| grid.scale == 1.0)
    }

    /// The exponent of the lowest bit that is set in any weight, row or bias; the largest one if all are zero.
    fn lowest_bit(&self) -> i32 {
        let all = |channel: usize| self.weights(channel).chain(self.rows(channel)).chain([self.bias[channel]]);
        let values = (0..self.bias.len()).flat_map(all).filter(|&value| value != 0.0);
        values.map(lowest_bit).fold(i32::MAX, i32::min)
    }

    fn weights(&self, channel: usize) -> impl Iterator<Item = f64> {
        self.synapses.weights.column(channel).into_iter().map(|&weight| f64::from(weight))
    }

    fn rows(&self, channel: usize) -> impl Iterator<Item = f64> {
        self.rows.iter().flat_map(move |rows| rows.column(channel).into_iter().copied())
    }

    /// The next lower value of each threshold: the next potential below one that lies on the grid of the weights, as `import` makes
    /// them of a test `V > θ`, else the next float.
    pub(super) fn thresholds_below(&self) -> Option<Vec<f64>> {
        let step = self.synapses.grid.map(|grid| f64::from(grid.scale));
        let below = |(&threshold, &bias): (&f64, &f64)| {
            let next = || f64::from(((threshold / self.cell) as f32).next_down()) * self.cell;
            step.and_then(|step| below_on_grid(threshold, bias, step)).unwrap_or_else(next)
        };
        Some(self.threshold.as_ref()?.iter().zip(&self.bias).map(below).collect())
    }

    /// Whether a potential can be one of [`Layer::thresholds_below`], as far as that is known without rounding.
    fn reaches_below(&self) -> bool {
        let lowest = self.lowest_bit();
        let is_multiple = |value: f64| value == 0.0 || lowest_bit(value) >= lowest;
        let is_reached = |threshold: f64| self.rounding == Rounding::Single || is_multiple(threshold);
        self.thresholds_below().is_some_and(|thresholds| thresholds.into_iter().any(is_reached))
    }

    /// How often a weight is added at most: an address of a pooled map receives up to `k²` spikes.
    fn spikes_of_weight(&self) -> f64 {
        self.synapses.pooling.share() as f64
    }

    /// The deviations that make a difference to this layer.
    pub(super) fn possible(&self) -> Vec<Deviation> {
        let (pooled, output) = (self.synapses.input.pooled(self.synapses.pooling.size), self.synapses.output());
        let is_map = |map: Map| map.channels > 1 && map.places() > 1;
        let is_dense = self.synapses.connection == Connection::Dense;
        let is_flat_kernel = matches!(self.synapses.connection, Connection::Conv(Kernel { size: 1, .. }));
        let has_bias = self.bias.iter().any(|&bias| bias != 0.0);
        let candidates = [
            (Deviation::FiresAbove, self.fires()),
            (Deviation::FiresAt, self.reaches_below()),
            (Deviation::BiasEveryStep, has_bias),
            (Deviation::RowsOnce, self.rows.is_some()),
            (Deviation::Delay, true),
            (Deviation::Transposed, !is_flat_kernel && self.synapses.weights.ncols() > 1),
            (Deviation::HwcWeights, is_dense && is_map(pooled)),
            (Deviation::HwcTimes, is_map(self.synapses.input) || is_map(output)),
        ];
        candidates.into_iter().filter(|(_, is_possible)| *is_possible).map(|(deviation, _)| deviation).collect()
    }

    /// The synapses under a convention.
    pub(super) fn synapses_under(&self, convention: &Convention) -> FloatLayer {
        let mut synapses = self.synapses.clone();
        if convention.contains(&Deviation::Transposed) {
            synapses.weights = transposed(&synapses);
        }
        if convention.contains(&Deviation::HwcWeights) {
            let order = hwc(synapses.input.pooled(synapses.pooling.size));
            synapses.weights = synapses.weights.select(ndarray::Axis(0), &order);
        }
        synapses
    }
}

/// The place of every index `(c·H + y)·W + x` in the order H, W, C.
pub(super) fn hwc(map: Map) -> Vec<usize> {
    let place = |index: usize| (index % map.places()) * map.channels + index / map.places();
    (0..map.neurons()).map(place).collect()
}

/// The weights as they are if rows and columns were exchanged when their memory was read, output by output.
fn transposed(synapses: &FloatLayer) -> Array2<f32> {
    let (rows, columns) = synapses.weights.dim();
    match synapses.connection {
        Connection::Dense => {
            let memory: Vec<f32> = synapses.weights.t().iter().copied().collect();
            Array2::from_shape_vec((rows, columns), memory).expect("as many weights")
        }
        Connection::Conv(Kernel { size, .. }) => {
            let exchanged = |row: usize| row / (size * size) * size * size + row % size * size + row / size % size;
            synapses.weights.select(ndarray::Axis(0), &(0..rows).map(exchanged).collect::<Vec<_>>())
        }
    }
}

/// The number before `threshold` of those that are whole steps from `bias`, if it is one of them.
fn below_on_grid(threshold: f64, bias: f64, step: f64) -> Option<f64> {
    let steps = ((threshold - bias) / step).round();
    (bias + steps * step == threshold).then_some(bias + (steps - 1.0) * step)
}

/// The exponent of the lowest bit that is set.
fn lowest_bit(value: f64) -> i32 {
    let bits = value.to_bits();
    let (exponent, mantissa) = ((bits >> 52 & 0x7ff) as i32, bits & ((1 << 52) - 1));
    // Of a number that is not normal, the leading bit is not there.
    let (exponent, mantissa) = if exponent == 0 { (1, mantissa) } else { (exponent, mantissa | 1 << 52) };
    exponent - 1075 + mantissa.trailing_zeros() as i32
}

fn synapses(synapses: &Synapses) -> (Connection, Array2<f32>) {
    match synapses {
        Synapses::Dense(weights) => (Connection::Dense, weights.mapv(|weight| weight as f32)),
        Synapses::Conv2d(conv) => {
            let (outputs, inputs, size, _) = conv.weights.dim();
            let memory = conv.weights.iter().map(|&weight| weight as f32).collect();
            let shape = (inputs * size * size, outputs).f();
            let weights = Array2::from_shape_vec(shape, memory).expect("as many weights");
            let (stride, padding, groups) = (conv.stride, conv.padding, conv.groups);
            (Connection::Conv(Kernel { size, stride, padding, groups }), weights)
        }
    }
}

fn threshold<T: Copy + Into<f64>>(neuron: &Neuron<T>) -> Option<Vec<f64>> {
    match neuron {
        Neuron::Integrate(_) => None,
        Neuron::IntegrateOnce(neuron) => Some(doubles(&neuron.threshold)),
    }
}

fn doubles<T: Copy + Into<f64>>(values: &[T]) -> Vec<f64> {
    values.iter().map(|&value| value.into()).collect()
}

fn matrix<T: Copy + PartialEq + Into<f64>>(rows: &StepRows<T>) -> Array2<f64> {
    let values = rows.iter().map(|&value| value.into()).collect();
    Array2::from_shape_vec((rows.time_steps(), rows.channels()), values).expect("rows of one length")
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::fixed::WeightFormat;

    fn float(weights: Array2<f32>, bias: Vec<f32>, threshold: Vec<f32>) -> Layer {
        Layer::of_float(FloatLayer::dense("layer", weights, bias, Neuron::integrate_once(threshold)))
    }

    #[test]
    fn sums_on_a_grid_of_a_power_of_two_are_exact() {
        // Multiples of 1/16 whose sum is below 2²⁴/16; 0.1 is a multiple of 2⁻²⁷ only.
        let exact = float(array![[0.0625, 3.5], [-1.0, 0.0]], vec![0.125, 0.0], vec![1.0, 1.0]);
        assert!(exact.is_exact_in_single() && exact.is_exact_in_double());
        // 3.5 = 56/16.
        assert_eq!(exact.needed_bits(), Some(6));
        // Behind the mean of four spikes a potential is 0 … 4 weights, each of one bit: three bits.
        let pooled = FloatLayer {
            input: Map { channels: 1, height: 2, width: 2 },
            pooling: Pooling { size: 2, max: false },
            ..FloatLayer::dense("layer", array![[1.0]], vec![0.0], Neuron::integrate_once(vec![1.0]))
        };
        assert_eq!(Layer::of_float(pooled).needed_bits(), Some(3));
        let rounded = float(array![[0.1, 3.5]], vec![0.0; 2], vec![1.0; 2]);
        assert!(!rounded.is_exact_in_single() && rounded.is_exact_in_double());
        let wide = float(array![[1e-30, 1e30]], vec![0.0; 2], vec![1.0; 2]);
        assert!(!wide.is_exact_in_single() && !wide.is_exact_in_double());
        assert_eq!(
            (lowest_bit(1.0), lowest_bit(-0.75), lowest_bit(12.0), lowest_bit(f64::from_bits(1))),
            (0, -2, 2, -1074)
        );
    }

    /// A layer with weights in quarters.
    #[test]
    fn the_value_below_a_threshold_is_one_of_the_grid_or_the_next_float() {
        let layer = |threshold: f32, bias, grid| {
            let layer = FloatLayer::dense("layer", array![[0.25]], vec![bias], Neuron::integrate_once(vec![threshold]));
            Layer::of_float(FloatLayer { grid, ..layer })
        };
        let grid = Some(Grid { format: WeightFormat::Int(4), scale: 0.25 });
        assert_eq!(layer(1.0, 0.0, grid).thresholds_below(), Some(vec![0.75]));
        assert_eq!(layer(1.125, 0.125, grid).thresholds_below(), Some(vec![0.875]));
        assert_eq!(layer(1f32.next_up(), 0.0, grid).thresholds_below(), Some(vec![1.0]));
        assert_eq!(layer(1f32.next_up(), 0.0, None).thresholds_below(), Some(vec![1.0]));
        // No potential is the float before 1, so that it makes no difference whether it fires.
        assert!(layer(1f32.next_up(), 0.0, None).reaches_below() && !layer(1.0, 0.0, None).reaches_below());
    }

    #[test]
    fn orders_are_told_apart_by_hand() {
        // Two channels of 1 × 3: (c, x) = 0: (0, 0), 1: (0, 1), 2: (0, 2), 3: (1, 0), …; in H, W, C: (0, 0), (1, 0), (0, 1), …
        assert_eq!(hwc(Map { channels: 2, height: 1, width: 3 }), [0, 2, 4, 1, 3, 5]);
        // The memory of three outputs with two inputs each, 1 2 | 3 4 | 5 6, read as two rows of three.
        let layer = float(array![[1.0, 3.0, 5.0], [2.0, 4.0, 6.0]], vec![0.0; 3], vec![1.0; 3]);
        assert_eq!(transposed(&layer.synapses), array![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]);
        let mut kernel = float(array![[1.0], [2.0], [3.0], [4.0]], vec![0.0], vec![1.0]);
        kernel.synapses.connection = Connection::Conv(Kernel { size: 2, stride: 1, padding: 0, groups: 1 });
        assert_eq!(transposed(&kernel.synapses), array![[1.0], [3.0], [2.0], [4.0]]);
    }
}
