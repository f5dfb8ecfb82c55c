//! The parameters of a layer while it is trained, and the way from a weight gradient to the next parameters.
//!
//! Channels (of a dense layer: neurons) are stored in blocks of `LANES`: the weights of one synapse to one block are one `Row`, which
//! fits the vector registers. Blocks are independent, so they are also the unit of parallel work, and no sum ever spans two threads.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::geometry::{Arrangement, Geometry};
use super::neuron::{THRESHOLD, Test};
use super::optimizer::Adam;
use super::pruning;
use super::recipe::{Normalize, Recipe};
use super::row::{LANES, ONE, Row, ZERO};
use crate::fixed::WeightFormat;
use crate::float::LayerShape;
use crate::float::grid::{least_error_scale, quantize_bias, quantize_threshold, quantize_weight};
use crate::network::NeuronKind;

/// Keeps the standardization of constant weights or potentials finite.
pub const VARIANCE_FLOOR: f32 = 1e-8;
/// The smallest gain in batch normalization, which keeps the order of potentials; the sign of the weights can do the rest.
const SMALLEST_GAIN: f32 = 0.05;
/// Share of a new batch in the running statistics.
const MOMENTUM: f32 = 0.1;

/// Parameters with the two moments that Adam keeps of each.
#[derive(Debug, Clone)]
pub struct Parameter {
    pub value: Vec<Row>,
    pub m: Vec<Row>,
    pub v: Vec<Row>,
}

impl Parameter {
    fn new(value: Vec<Row>) -> Self {
        let zero = vec![ZERO; value.len()];
        Parameter { value, m: zero.clone(), v: zero }
    }

    fn update(&mut self, index: usize, gradient: &Row, adam: &Adam) {
        adam.row(&mut self.value[index], &mut self.m[index], &mut self.v[index], gradient);
    }
}

/// Mean and variance of the potentials of each channel, over images, places and time steps.
#[derive(Debug, Clone, Copy)]
pub struct Moments {
    pub mean: Row,
    pub variance: Row,
}

impl Moments {
    /// `1 / √(variance + ε)`.
    pub fn spread(&self) -> Row {
        self.variance.map(|variance| 1.0 / (variance + VARIANCE_FLOOR).sqrt())
    }
}

/// The parameters of `LANES` channels and everything derived from them.
#[derive(Debug, Clone)]
pub struct Block {
    /// Weights before normalization, one row per synapse.
    pub latent: Parameter,
    pub gain: Parameter,
    pub bias: Parameter,
    /// Running statistics of batch normalization.
    pub running: Moments,
    /// Mean over the fan-in, and what standardized or folded weights are multiplied by besides the gain.
    mean: Row,
    spread: Row,
    /// Weights after standardization and gain, or after folding.
    pub effective: Vec<Row>,
    /// `effective` on the quantization grid, in LSB; empty while the layer is trained in float.
    quantized: Vec<Row>,
    /// The forward weights by tap, output lane and input block, over the lanes of the layer below.
    pub transposed: Vec<Row>,
    /// Membrane potential before the first step, in units of the forward weights.
    pub start: Row,
    /// The threshold, infinite where there is no neuron; under batch normalization that of the running statistics.
    pub test: Test,
    /// Gradient of the loss with respect to the forward weights in float, bias and gain, filled by `backpropagate`.
    pub gradient: Vec<Row>,
    pub bias_gradient: Row,
    pub gain_gradient: Row,
    /// 1 for a synapse that is left, 0 for one that is pruned; empty without pruning.
    pub kept: Vec<Row>,
    /// Channels in use.
    used: usize,
}

impl Block {
    /// Weights that lead to no neuron. They stay zero, or sums that nobody bounds would spike.
    pub fn unused_weights(&self) -> impl Iterator<Item = f32> {
        self.latent.value.iter().flat_map(|row| row[self.used..].iter().copied())
    }

    /// The weights that the forward pass adds up: whole numbers of LSB if quantized.
    pub fn forward(&self) -> &[Row] {
        if self.quantized.is_empty() { &self.effective } else { &self.quantized }
    }
}

/// What is done to weights and potentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Normalization {
    None,
    /// The weights of a channel are standardized over its fan-in.
    Weights,
    /// The potentials of a channel are standardized over batch, places and time.
    Batch,
    /// The same with statistics that stay as they are, as part of the weights and of the bias.
    Folded,
}

/// What layers do, besides where their synapses lie.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    /// Synapses of a neuron, pruned ones included.
    pub inputs: usize,
    /// Synapses of a neuron that are left.
    pub fan_in: usize,
    /// Channels.
    pub outputs: usize,
    pub neuron: NeuronKind,
    pub format: Option<WeightFormat>,
    pub normalization: Normalization,
    pub affine: bool,
    /// Standard deviation that standardized weights have, `κ`.
    pub deviation: f32,
    /// Spikes that a pooled cell takes the mean of, `k²`; 1 without average pooling.
    pub cell: usize,
}

impl Shape {
    /// The potential in float that one unit of the sum of float weights stands for.
    pub fn share(&self) -> f32 {
        // Batch normalization takes the sums as they are.
        if self.normalization == Normalization::Batch { 1.0 } else { 1.0 / self.cell as f32 }
    }
}

/// The logarithm of a quantization scale, learned.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogScale {
    pub value: f32,
    pub m: f32,
    pub v: f32,
}

/// A synaptic layer in training.
#[derive(Debug, Clone)]
pub struct Layer {
    pub shape: Shape,
    pub geometry: Geometry,
    pub blocks: Vec<Block>,
    pub log_scale: LogScale,
    /// How the layer below lies in blocks; absent for images.
    below: Option<Arrangement>,
}

impl Layer {
    /// Draws the weights of layer `index` of the recipe's network, above the layer `below`.
    pub fn new(recipe: &Recipe, index: usize, sized: LayerShape, below: Option<&Layer>, rng: &mut ChaCha8Rng) -> Self {
        let geometry = Geometry::new(sized);
        let last = index + 1 == recipe.formats.len();
        let normalization = match recipe.normalize {
            // The output layer has no spikes to keep in range.
            Normalize::Batch if last => Normalization::None,
            Normalize::Batch => Normalization::Batch,
            Normalize::Weights => Normalization::Weights,
            Normalize::None => Normalization::None,
        };
        let shape = Shape {
            inputs: geometry.fan_in(),
            fan_in: geometry.fan_in(),
            outputs: sized.output.channels,
            neuron: NeuronKind::usual(!last || recipe.readout.output_fires()),
            format: recipe.formats[index].filter(|_| recipe.normalize != Normalize::Batch),
            normalization,
            affine: recipe.affine,
            deviation: recipe.init.deviation(recipe.time_steps, geometry.fan_in()),
            cell: sized.pooling.share(),
        };
        let arrangement = geometry.arrangement;
        let mut blocks: Vec<Block> =
            (0..arrangement.blocks()).map(|block| Block::zero(shape.inputs, arrangement.used(block))).collect();
        if recipe.fan_in(index).is_some() {
            blocks.iter_mut().for_each(|block| block.kept = vec![ONE; shape.inputs]);
        }
        let bound = shape.deviation * 3.0_f32.sqrt();
        for input in 0..shape.inputs {
            for output in 0..shape.outputs {
                let (block, lane) = arrangement.slot(output);
                blocks[block].latent.value[input][lane] = rng.random_range(-bound..bound);
            }
        }
        let below = below.map(|layer| layer.geometry.arrangement);
        let mut layer = Layer { shape, geometry, blocks, log_scale: LogScale::default(), below };
        layer.refresh();
        layer.choose_scale();
        layer.refresh();
        layer
    }

    /// The value of one LSB, 1 for a layer trained in float.
    pub fn scale(&self) -> f32 {
        if self.shape.format.is_some() { self.log_scale.value.exp() } else { 1.0 }
    }

    /// The potential in float that one unit of the forward weights stands for; under batch normalization, before that.
    pub fn unit(&self) -> f32 {
        self.scale() * self.shape.share()
    }

    /// The first scale: `2·mean|w| / √Q` with `Q` the largest integer weight (LSQ, arXiv 1902.08153); `mean|w|` for binary.
    fn choose_scale(&mut self) {
        let Some(format) = self.shape.format else { return };
        let sum: f64 = self.blocks.iter().flat_map(|b| b.effective.as_flattened()).map(|w| f64::from(w.abs())).sum();
        let mean = sum / (self.shape.inputs * self.shape.outputs) as f64;
        let factor = if format == WeightFormat::Binary { 1.0 } else { 2.0 / f64::from(format.max()).sqrt() };
        self.log_scale.value = (mean * factor).max(1e-6).ln() as f32;
    }

    /// The scale of least error, for weights that are trained already.
    fn fit_scale(&mut self) {
        let Some(format) = self.shape.format else { return };
        let weights = self.blocks.iter().flat_map(|block| block.effective.as_flattened());
        self.log_scale.value = least_error_scale(weights, format).ln();
    }

    /// Recomputes everything that is derived from the parameters.
    pub fn refresh(&mut self) {
        let (shape, scale) = (self.shape, self.scale());
        let (geometry, below) = (&self.geometry, self.below);
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            block.normalize(&shape);
            block.quantize(&shape, scale);
            block.set_levels(&shape, scale);
            if let Some(below) = below {
                block.transpose(geometry, below, geometry.arrangement.group(index));
            }
        });
    }

    /// Whether everything that the forward pass computes with is a number.
    pub fn is_finite(&self) -> bool {
        let finite = |rows: &[Row]| rows.as_flattened().iter().all(|value| value.is_finite());
        self.scale().is_normal()
            && self.blocks.iter().all(|block| finite(&block.effective) && finite(&block.bias.value))
    }

    /// Prunes each neuron to `fan_in` synapses.
    pub fn prune(&mut self, fan_in: usize, recipe: &Recipe) {
        let prune = |block: &mut Block| pruning::prune(&mut block.kept, &block.effective, fan_in);
        self.blocks.par_iter_mut().for_each(prune);
        self.set_fan_in(fan_in, recipe);
    }

    /// Takes note of the synapses that are left: their weights deviate as those of a neuron that never had more.
    pub fn set_fan_in(&mut self, fan_in: usize, recipe: &Recipe) {
        self.shape.fan_in = fan_in.min(self.shape.inputs);
        self.shape.deviation = recipe.init.deviation(recipe.time_steps, self.shape.fan_in);
        self.refresh();
    }

    /// Whether its neurons lose synapses while they are trained.
    pub fn is_pruned(&self) -> bool {
        self.blocks.iter().any(|block| !block.kept.is_empty())
    }

    /// Takes one optimizer step with the gradients that the blocks hold.
    pub fn update(&mut self, adam: &Adam) {
        let (shape, scale) = (self.shape, self.scale());
        let scale_gradients: Vec<f32> =
            self.blocks.par_iter_mut().map(|block| block.update(&shape, scale, adam)).collect();
        if shape.format.is_some() {
            let LogScale { value, m, v } = &mut self.log_scale;
            adam.scalar(value, m, v, scale_gradients.iter().sum());
        }
        self.refresh();
    }

    /// Makes the running statistics part of weights and bias, and puts the weights on the grid of `format`, if any.
    ///
    /// From `u = γ·(V − μ)/σ + β` to `u = share·Σ w_eff + b` with `w_eff = γ/(σ·share)·w` and `b = β − γμ/σ`.
    pub fn fold(&mut self, format: Option<WeightFormat>) {
        if self.shape.normalization == Normalization::Batch {
            for block in &mut self.blocks {
                let spread = block.running.spread();
                let (gain, mean) = (&block.gain.value[0], &block.running.mean);
                for (k, bias) in block.bias.value[0].iter_mut().enumerate() {
                    *bias -= gain[k] * spread[k] * mean[k];
                }
            }
        }
        self.set_folded(format);
        self.fit_scale();
        self.refresh();
    }

    /// The layer is a folded one whose parameters are already those of one.
    pub fn set_folded(&mut self, format: Option<WeightFormat>) {
        if self.shape.normalization == Normalization::Batch {
            self.shape.normalization = Normalization::Folded;
        }
        self.shape.format = format;
        self.refresh();
    }

    /// Input blocks that hold the channels of a group, by their numbers in the layer below.
    pub fn input_blocks(&self, group: usize) -> std::ops::Range<usize> {
        self.below.map_or(0..0, |below| input_blocks(&self.geometry, below, group))
    }
}

fn input_blocks(geometry: &Geometry, below: Arrangement, group: usize) -> std::ops::Range<usize> {
    let channels = geometry.group_channels;
    below.slot(group * channels).0..below.slot((group + 1) * channels - 1).0 + 1
}

impl Block {
    fn zero(inputs: usize, used: usize) -> Self {
        Block {
            latent: Parameter::new(vec![ZERO; inputs]),
            gain: Parameter::new(vec![ONE]),
            bias: Parameter::new(vec![ZERO]),
            running: Moments { mean: ZERO, variance: ONE },
            mean: ZERO,
            spread: ONE,
            effective: vec![ZERO; inputs],
            quantized: Vec::new(),
            transposed: Vec::new(),
            start: ZERO,
            test: Test { level: ZERO, unit: ONE },
            gradient: vec![ZERO; inputs],
            bias_gradient: ZERO,
            gain_gradient: ZERO,
            kept: Vec::new(),
            used,
        }
    }

    /// Standardized, `w_eff = γ·κ·(w − μ) / √(variance + ε)` over the fan-in of each channel; folded, `γ/(σ·share)·w`; else `w`.
    fn normalize(&mut self, shape: &Shape) {
        match shape.normalization {
            Normalization::Weights => self.measure(shape),
            Normalization::Folded => self.spread = self.running.spread().map(|spread| spread / shape.share()),
            Normalization::None | Normalization::Batch => {}
        }
        let (mean, factor) = (self.mean, self.factor(shape));
        for (effective, latent) in self.effective.iter_mut().zip(&self.latent.value) {
            for k in 0..LANES {
                effective[k] = factor[k] * (latent[k] - mean[k]);
            }
        }
        pruning::mask(&mut self.effective, &self.kept);
    }

    /// What centered weights are multiplied by.
    fn factor(&self, shape: &Shape) -> Row {
        let gain = if shape.normalization == Normalization::Batch { ONE } else { self.gain.value[0] };
        std::array::from_fn(|k| gain[k] * self.spread[k])
    }

    /// Mean and deviation over the synapses that are left.
    fn measure(&mut self, shape: &Shape) {
        let share = 1.0 / shape.fan_in as f32;
        let (mut sum, mut squares) = (ZERO, ZERO);
        pruning::mask(&mut self.latent.value, &self.kept);
        for latent in &self.latent.value {
            for k in 0..LANES {
                sum[k] += latent[k];
            }
        }
        self.mean = sum.map(|s| s * share);
        for latent in &self.latent.value {
            for k in 0..LANES {
                let centered = latent[k] - self.mean[k];
                squares[k] += centered * centered;
            }
        }
        // A pruned synapse is 0, and so its distance to the mean is the mean.
        let gone = (shape.inputs - shape.fan_in) as f32;
        let squares: Row = std::array::from_fn(|k| squares[k] - gone * self.mean[k] * self.mean[k]);
        self.spread = squares.map(|s| shape.deviation / (s.max(0.0) * share + VARIANCE_FLOOR).sqrt());
    }

    fn quantize(&mut self, shape: &Shape, scale: f32) {
        let Some(format) = shape.format else { return };
        self.quantized.resize(self.effective.len(), ZERO);
        for (quantized, effective) in self.quantized.iter_mut().zip(&self.effective) {
            for k in 0..LANES {
                quantized[k] = quantize_weight(effective[k], scale, format);
            }
        }
    }

    fn set_levels(&mut self, shape: &Shape, scale: f32) {
        if shape.normalization == Normalization::Batch {
            self.test = self.batch_test(&self.running);
            return;
        }
        self.test = Test { level: [f32::INFINITY; LANES], unit: [scale * shape.share(); LANES] };
        let (cell, fires) = (shape.cell, shape.neuron.fires());
        for (k, &bias) in self.bias.value[0].iter().enumerate().take(self.used) {
            // In float, the scale is 1 and nothing is rounded.
            match (fires, shape.format) {
                (true, Some(_)) => self.test.level[k] = quantize_threshold(THRESHOLD - bias, 0.0, scale, cell) as f32,
                (true, None) => self.test.level[k] = (THRESHOLD - bias) * cell as f32,
                (false, Some(_)) => self.start[k] = quantize_bias(f64::from(bias), scale, cell) as f32,
                (false, None) => self.start[k] = bias * cell as f32,
            }
        }
    }

    /// The test `γ·(V − μ)/σ + β ≥ θ` of sums `V` with the moments `μ` and `σ²`, as one of `V`.
    pub fn batch_test(&self, moments: &Moments) -> Test {
        let (gain, bias, spread) = (&self.gain.value[0], &self.bias.value[0], moments.spread());
        let unit: Row = std::array::from_fn(|k| gain[k] * spread[k]);
        let level =
            |k: usize| if k < self.used { moments.mean[k] + (THRESHOLD - bias[k]) / unit[k] } else { f32::INFINITY };
        Test { level: std::array::from_fn(level), unit }
    }

    /// Moves the running statistics towards those of a batch.
    pub fn follow(&mut self, moments: &[Moments]) {
        let share = 1.0 / moments.len() as f32;
        let towards = |running: &mut Row, of: fn(&Moments) -> &Row| {
            for (k, running) in running.iter_mut().enumerate() {
                let mean = moments.iter().map(|moments| of(moments)[k]).sum::<f32>() * share;
                *running += MOMENTUM * (mean - *running);
            }
        };
        towards(&mut self.running.mean, |moments| &moments.mean);
        towards(&mut self.running.variance, |moments| &moments.variance);
    }

    /// Rearranges the forward weights for the way down.
    fn transpose(&mut self, geometry: &Geometry, below: Arrangement, group: usize) {
        let (channels, blocks) = (geometry.group_channels, input_blocks(geometry, below, group));
        let mut transposed = std::mem::take(&mut self.transposed);
        transposed.resize(geometry.taps * LANES * blocks.len(), ZERO);
        for (row, weights) in self.forward().iter().enumerate() {
            let (tap, channel) = (row / channels, row % channels);
            let (block, input_lane) = below.slot(group * channels + channel);
            let first = tap * LANES * blocks.len() + block - blocks.start;
            for (lane, weight) in weights.iter().enumerate() {
                transposed[first + lane * blocks.len()][input_lane] = *weight;
            }
        }
        self.transposed = transposed;
    }

    /// Takes one optimizer step and returns the gradient of the logarithm of the scale.
    fn update(&mut self, shape: &Shape, scale: f32, adam: &Adam) -> f32 {
        let share = shape.share();
        self.gradient.as_flattened_mut().iter_mut().for_each(|gradient| *gradient *= share);
        let scale_gradient = self.straight_through(shape, scale);
        let gain_gradient = self.chain(shape);
        for (input, gradient) in self.gradient.iter().enumerate() {
            self.latent.update(input, gradient, adam);
        }
        if shape.affine {
            self.bias.update(0, &self.bias_gradient, adam);
            if shape.normalization != Normalization::None {
                self.gain.update(0, &gain_gradient, adam);
            }
            if shape.normalization == Normalization::Batch {
                self.gain.value[0].iter_mut().for_each(|gain| *gain = gain.max(SMALLEST_GAIN));
            }
        }
        scale_gradient
    }

    /// Turns the gradient of the effective weights into that of the latent weights, in place, and returns that of the gain.
    ///
    /// With `x = (w − μ)·κ/√(variance + ε)` and `G` the gradient of `γ·x`: `∂L/∂γ = Σ G·x` and, with means over the fan-in,
    /// `∂L/∂w = γ·κ/√(variance + ε)·(G − mean(G) − x·mean(G·x)/κ²)`. Without standardization only the factor is left; under batch
    /// normalization the gain acts on the potentials, and its gradient is known already.
    fn chain(&mut self, shape: &Shape) -> Row {
        pruning::mask(&mut self.gradient, &self.kept);
        if shape.normalization == Normalization::Batch {
            return self.gain_gradient;
        }
        let (gain, mean, spread) = (self.gain.value[0], self.mean, self.spread);
        let (mut sum, mut product) = (ZERO, ZERO);
        for (gradient, latent) in self.gradient.iter().zip(&self.latent.value) {
            for k in 0..LANES {
                sum[k] += gradient[k];
                product[k] += gradient[k] * ((latent[k] - mean[k]) * spread[k]);
            }
        }
        let standardized = shape.normalization == Normalization::Weights;
        let share = if standardized { 1.0 / shape.fan_in as f32 } else { 0.0 };
        let square = 1.0 / (shape.deviation * shape.deviation);
        let center = sum.map(|s| s * share);
        let slope = product.map(|p| p * share * square);
        for (gradient, latent) in self.gradient.iter_mut().zip(&self.latent.value) {
            for k in 0..LANES {
                let standard = (latent[k] - mean[k]) * spread[k];
                gradient[k] = gain[k] * spread[k] * (gradient[k] - center[k] - standard * slope[k]);
            }
        }
        pruning::mask(&mut self.gradient, &self.kept);
        product
    }

    /// Zeroes the gradient of clipped weights, and returns that of the logarithm of the scale: `s·Σ g·(q − w/s)`.
    ///
    /// # Source
    /// LSQ, arXiv 1902.08153.
    fn straight_through(&mut self, shape: &Shape, scale: f32) -> f32 {
        let Some(format) = shape.format else { return 0.0 };
        // A sign has no range to clip to.
        let limit = if format == WeightFormat::Binary { f32::INFINITY } else { format.max() as f32 + 0.5 };
        let inverse = 1.0 / scale;
        let mut sum = ZERO;
        for ((gradient, effective), quantized) in self.gradient.iter_mut().zip(&self.effective).zip(&self.quantized) {
            for k in 0..LANES {
                let position = effective[k] * inverse;
                let inside = if position.abs() <= limit { 1.0 } else { 0.0 };
                let through = if limit.is_finite() { position * inside } else { 0.0 };
                sum[k] += gradient[k] * (quantized[k] - through);
                gradient[k] *= inside;
            }
        }
        scale * sum.iter().sum::<f32>()
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    fn dense(recipe: &Recipe, inputs: usize, outputs: usize, rng: &mut ChaCha8Rng) -> Layer {
        let sized = crate::train::topology::shapes(&[], crate::float::Map::flat(inputs), outputs).unwrap();
        Layer::new(recipe, 0, sized[0], None, rng)
    }

    /// `Σ G·w_eff` of the first block, whose gradient by `w_eff` is `G`.
    fn loss(layer: &mut Layer, upstream: &[Row]) -> f64 {
        layer.refresh();
        let pairs = layer.blocks[0].effective.as_flattened().iter().zip(upstream.as_flattened());
        pairs.map(|(w, g)| f64::from(*w) * f64::from(*g)).sum()
    }

    #[test]
    fn the_chain_through_standardization_equals_finite_differences() {
        let recipe = Recipe::default();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let layer = dense(&recipe, 20, 5, &mut rng);
        compare_with_finite_differences(layer, &mut rng);
    }

    #[test]
    fn so_does_it_through_synapses_that_are_left() {
        let recipe = Recipe { fan_in: vec![Some(12), None], ..Recipe::default() };
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut layer = dense(&recipe, 20, 5, &mut rng);
        layer.prune(12, &recipe);
        for k in 0..5 {
            let column: Vec<f32> = layer.blocks[0].effective.iter().map(|row| row[k]).collect();
            let square = column.iter().map(|w| w * w).sum::<f32>() / 12.0;
            assert_eq!(column.iter().filter(|w| **w != 0.0).count(), 12);
            // The deviation is that of a neuron with twelve synapses from the start.
            assert!((square.sqrt() - (8.0_f32 / 12.0).sqrt()).abs() < 1e-4, "{square}");
            assert!(column.iter().sum::<f32>().abs() < 1e-4);
        }
        compare_with_finite_differences(layer, &mut rng);
    }

    fn compare_with_finite_differences(mut layer: Layer, rng: &mut ChaCha8Rng) {
        const STEP: f32 = 1e-2;
        let mut upstream = vec![ZERO; 20];
        for row in &mut upstream {
            row[..5].fill_with(|| rng.random_range(-1.0..1.0));
        }
        layer.blocks[0].gain.value[0].fill_with(|| rng.random_range(0.5..1.5));
        layer.refresh();
        layer.blocks[0].gradient = upstream.clone();
        let shape = layer.shape;
        let gain_gradient = layer.blocks[0].chain(&shape);
        let latent_gradient = layer.blocks[0].gradient.clone();
        let mut difference = |of: &dyn Fn(&mut Layer) -> &mut f32| {
            *of(&mut layer) += STEP;
            let above = loss(&mut layer, &upstream);
            *of(&mut layer) -= 2.0 * STEP;
            let below = loss(&mut layer, &upstream);
            *of(&mut layer) += STEP;
            (above - below) / (2.0 * f64::from(STEP))
        };
        let near = |expected: f64, found: f32| {
            assert!((expected - f64::from(found)).abs() < 2e-3 * (1.0 + expected.abs()), "{expected} {found}");
        };
        for k in 0..5 {
            near(difference(&|layer| &mut layer.blocks[0].gain.value[0][k]), gain_gradient[k]);
            for (i, row) in latent_gradient.iter().enumerate() {
                near(difference(&|layer| &mut layer.blocks[0].latent.value[i][k]), row[k]);
            }
        }
    }

    #[test]
    fn clipped_weights_get_no_gradient_and_widen_the_scale() {
        let recipe = Recipe { formats: vec![Some(WeightFormat::Int(2)); 2], ..Recipe::default() };
        let mut layer = dense(&recipe, 4, 1, &mut ChaCha8Rng::seed_from_u64(3));
        layer.log_scale.value = 0.0;
        let block = &mut layer.blocks[0];
        for (input, weight) in [0.2, 0.9, 3.0, -3.0].into_iter().enumerate() {
            block.effective[input][0] = weight;
            block.gradient[input][0] = 1.0;
        }
        let shape = layer.shape;
        let block = &mut layer.blocks[0];
        block.quantize(&shape, 1.0);
        // q − w inside the range: −0.2 and 0.1; q at its ends: 1 and −1.
        let scale_gradient = block.straight_through(&shape, 1.0);
        assert!((scale_gradient - -0.1).abs() < 1e-6, "{scale_gradient}");
        assert_eq!([0, 1, 2, 3].map(|input| block.gradient[input][0]), [1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn standardized_weights_have_the_deviation_of_the_initialization() {
        let recipe = Recipe::default();
        let layer = dense(&recipe, 200, 3, &mut ChaCha8Rng::seed_from_u64(1));
        for k in 0..3 {
            let column: Vec<f32> = layer.blocks[0].effective.iter().map(|row| row[k]).collect();
            let mean = column.iter().sum::<f32>() / 200.0;
            let square = column.iter().map(|w| (w - mean).powi(2)).sum::<f32>() / 200.0;
            assert!(mean.abs() < 1e-6 && (square.sqrt() - (8.0_f32 / 200.0).sqrt()).abs() < 1e-4, "{mean} {square}");
        }
    }
}
