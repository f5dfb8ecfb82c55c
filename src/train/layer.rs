//! The parameters of a layer while it is trained, and the way from a weight gradient to the next parameters.
//!
//! Neurons are stored in blocks of `LANES`: the weights of one input to one block are one `Row`, which fits the vector
//! registers. Blocks are independent, so they are also the unit of parallel work, and no sum ever spans two threads.

use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::optimiser::Adam;
use super::recipe::Recipe;
use crate::fixed::{WeightFormat, quantise_bias, quantise_threshold, quantise_weight};

/// Neurons per block.
pub const LANES: usize = 32;
/// One value for each neuron of a block.
pub type Row = [f32; LANES];
pub const ZERO: Row = [0.0; LANES];
/// The threshold of every firing neuron before the bias is folded in.
pub const THRESHOLD: f32 = 1.0;
/// Keeps the standardisation of a constant row of weights finite.
const VARIANCE_FLOOR: f32 = 1e-8;

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

/// The parameters of `LANES` neurons and everything derived from them.
#[derive(Debug, Clone)]
pub struct Block {
    /// Weights before standardisation, one row per input.
    pub latent: Parameter,
    pub gain: Parameter,
    pub bias: Parameter,
    /// Mean over the fan-in, and `κ / √(variance + ε)`.
    mean: Row,
    spread: Row,
    /// Weights after standardisation and gain.
    pub effective: Vec<Row>,
    /// `effective` on the quantisation grid, in LSB; empty if the layer is trained in float.
    quantised: Vec<Row>,
    /// Membrane potential before the first step, in units of the forward weights.
    pub start: Row,
    /// Threshold in units of the forward weights; infinite where there is no neuron.
    pub level: Row,
    /// Gradient of the loss with respect to `effective`, filled by `backpropagate`.
    pub gradient: Vec<Row>,
    pub bias_gradient: Row,
}

impl Block {
    /// The weights that the forward pass adds up: whole numbers of LSB if quantised.
    pub fn forward(&self) -> &[Row] {
        if self.quantised.is_empty() { &self.effective } else { &self.quantised }
    }
}

/// What stays fixed during training.
#[derive(Debug, Clone, Copy)]
pub struct Shape {
    pub inputs: usize,
    pub outputs: usize,
    pub fires: bool,
    pub format: Option<WeightFormat>,
    pub normalise: bool,
    pub affine: bool,
    /// Standard deviation that standardised weights have, `κ`.
    pub deviation: f32,
}

/// The logarithm of a quantisation scale, learned.
#[derive(Debug, Clone, Copy, Default)]
pub struct LogScale {
    pub value: f32,
    pub m: f32,
    pub v: f32,
}

/// A fully connected layer in training.
#[derive(Debug, Clone)]
pub struct Layer {
    pub shape: Shape,
    pub blocks: Vec<Block>,
    pub log_scale: LogScale,
}

impl Layer {
    /// Draws the weights of layer `index` of the recipe's network.
    pub fn new(recipe: &Recipe, index: usize, inputs: usize, outputs: usize, rng: &mut ChaCha8Rng) -> Self {
        let shape = Shape {
            inputs,
            outputs,
            fires: index < recipe.hidden.len() || recipe.readout.output_fires(),
            format: recipe.formats[index],
            normalise: recipe.normalise,
            affine: recipe.affine,
            deviation: recipe.init.deviation(recipe.time_steps, inputs),
        };
        let mut blocks: Vec<Block> = (0..outputs.div_ceil(LANES)).map(|_| Block::zero(inputs)).collect();
        let bound = shape.deviation * 3.0_f32.sqrt();
        for input in 0..inputs {
            for output in 0..outputs {
                blocks[output / LANES].latent.value[input][output % LANES] = rng.random_range(-bound..bound);
            }
        }
        let mut layer = Layer { shape, blocks, log_scale: LogScale::default() };
        layer.refresh();
        layer.choose_scale();
        layer.refresh();
        layer
    }

    /// The value of one LSB, 1 for a layer trained in float.
    pub fn scale(&self) -> f32 {
        if self.shape.format.is_some() { self.log_scale.value.exp() } else { 1.0 }
    }

    /// The first scale: `2·mean|w| / √Q` with `Q` the largest integer weight (LSQ, arXiv 1902.08153); `mean|w|` for binary.
    fn choose_scale(&mut self) {
        let Some(format) = self.shape.format else { return };
        let sum: f64 = self.blocks.iter().flat_map(|b| b.effective.as_flattened()).map(|w| f64::from(w.abs())).sum();
        let mean = sum / (self.shape.inputs * self.shape.outputs) as f64;
        let factor = if format == WeightFormat::Binary { 1.0 } else { 2.0 / f64::from(format.max()).sqrt() };
        self.log_scale.value = (mean * factor).max(1e-6).ln() as f32;
    }

    /// Recomputes everything that is derived from the parameters.
    pub fn refresh(&mut self) {
        let (shape, scale) = (self.shape, self.scale());
        self.blocks.par_iter_mut().enumerate().for_each(|(index, block)| {
            block.standardise(&shape);
            block.quantise(&shape, scale);
            block.set_levels(&shape, scale, shape.outputs - index * LANES);
        });
    }

    /// Takes one optimiser step with the gradients that the blocks hold.
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
}

impl Block {
    fn zero(inputs: usize) -> Self {
        Block {
            latent: Parameter::new(vec![ZERO; inputs]),
            gain: Parameter::new(vec![[1.0; LANES]]),
            bias: Parameter::new(vec![ZERO]),
            mean: ZERO,
            spread: [1.0; LANES],
            effective: vec![ZERO; inputs],
            quantised: Vec::new(),
            start: ZERO,
            level: ZERO,
            gradient: vec![ZERO; inputs],
            bias_gradient: ZERO,
        }
    }

    /// `w_eff = γ·κ·(w − μ) / √(variance + ε)`, over the fan-in of each neuron.
    fn standardise(&mut self, shape: &Shape) {
        if shape.normalise {
            self.measure(shape.deviation);
        }
        let (mean, gain) = (self.mean, self.gain.value[0]);
        let factor: Row = std::array::from_fn(|k| gain[k] * self.spread[k]);
        for (effective, latent) in self.effective.iter_mut().zip(&self.latent.value) {
            for k in 0..LANES {
                effective[k] = factor[k] * (latent[k] - mean[k]);
            }
        }
    }

    fn measure(&mut self, deviation: f32) {
        let share = 1.0 / self.latent.value.len() as f32;
        let (mut sum, mut squares) = (ZERO, ZERO);
        for latent in &self.latent.value {
            for k in 0..LANES {
                sum[k] += latent[k];
            }
        }
        self.mean = sum.map(|s| s * share);
        for latent in &self.latent.value {
            for k in 0..LANES {
                let centred = latent[k] - self.mean[k];
                squares[k] += centred * centred;
            }
        }
        self.spread = squares.map(|s| deviation / (s * share + VARIANCE_FLOOR).sqrt());
    }

    fn quantise(&mut self, shape: &Shape, scale: f32) {
        let Some(format) = shape.format else { return };
        self.quantised.resize(self.effective.len(), ZERO);
        for (quantised, effective) in self.quantised.iter_mut().zip(&self.effective) {
            for k in 0..LANES {
                quantised[k] = quantise_weight(effective[k], scale, format);
            }
        }
    }

    fn set_levels(&mut self, shape: &Shape, scale: f32, neurons: usize) {
        for (k, &bias) in self.bias.value[0].iter().enumerate() {
            (self.start[k], self.level[k]) = match (shape.fires, shape.format) {
                _ if k >= neurons => (0.0, f32::INFINITY),
                (true, Some(_)) => (0.0, quantise_threshold(THRESHOLD - bias, 0.0, scale) as f32),
                (true, None) => (0.0, THRESHOLD - bias),
                (false, Some(_)) => (quantise_bias(bias, scale) as f32, f32::INFINITY),
                (false, None) => (bias, f32::INFINITY),
            };
        }
    }

    /// Takes one optimiser step and returns the gradient of the logarithm of the scale.
    fn update(&mut self, shape: &Shape, scale: f32, adam: &Adam) -> f32 {
        let scale_gradient = self.straight_through(shape, scale);
        let gain_gradient = self.chain(shape);
        for (input, gradient) in self.gradient.iter().enumerate() {
            self.latent.update(input, gradient, adam);
        }
        if shape.affine {
            self.bias.update(0, &self.bias_gradient, adam);
            if shape.normalise {
                self.gain.update(0, &gain_gradient, adam);
            }
        }
        scale_gradient
    }

    /// Turns the gradient of the effective weights into that of the latent weights, in place, and returns that of the gain.
    ///
    /// With `x = (w − μ)·κ/√(variance + ε)` and `G` the gradient of `γ·x`: `∂L/∂γ = Σ G·x` and, with means over the fan-in,
    /// `∂L/∂w = γ·κ/√(variance + ε)·(G − mean(G) − x·mean(G·x)/κ²)`.
    fn chain(&mut self, shape: &Shape) -> Row {
        let (gain, mean, spread) = (self.gain.value[0], self.mean, self.spread);
        let (mut sum, mut product) = (ZERO, ZERO);
        for (gradient, latent) in self.gradient.iter().zip(&self.latent.value) {
            for k in 0..LANES {
                sum[k] += gradient[k];
                product[k] += gradient[k] * ((latent[k] - mean[k]) * spread[k]);
            }
        }
        let share = if shape.normalise { 1.0 / shape.inputs as f32 } else { 0.0 };
        let square = 1.0 / (shape.deviation * shape.deviation);
        let centre = sum.map(|s| s * share);
        let slope = product.map(|p| p * share * square);
        for (gradient, latent) in self.gradient.iter_mut().zip(&self.latent.value) {
            for k in 0..LANES {
                let standard = (latent[k] - mean[k]) * spread[k];
                gradient[k] = gain[k] * spread[k] * (gradient[k] - centre[k] - standard * slope[k]);
            }
        }
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
        for ((gradient, effective), quantised) in self.gradient.iter_mut().zip(&self.effective).zip(&self.quantised) {
            for k in 0..LANES {
                let position = effective[k] * inverse;
                let inside = if position.abs() <= limit { 1.0 } else { 0.0 };
                let through = if limit.is_finite() { position * inside } else { 0.0 };
                sum[k] += gradient[k] * (quantised[k] - through);
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

    /// `Σ G·w_eff` of the first block, whose gradient by `w_eff` is `G`.
    fn loss(layer: &mut Layer, upstream: &[Row]) -> f64 {
        layer.refresh();
        let pairs = layer.blocks[0].effective.as_flattened().iter().zip(upstream.as_flattened());
        pairs.map(|(w, g)| f64::from(*w) * f64::from(*g)).sum()
    }

    #[test]
    fn the_chain_through_standardisation_equals_finite_differences() {
        const STEP: f32 = 1e-2;
        let recipe = Recipe::default();
        let mut rng = ChaCha8Rng::seed_from_u64(3);
        let mut layer = Layer::new(&recipe, 0, 20, 5, &mut rng);
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
        let mut layer = Layer::new(&recipe, 0, 4, 1, &mut ChaCha8Rng::seed_from_u64(3));
        layer.log_scale.value = 0.0;
        let block = &mut layer.blocks[0];
        for (input, weight) in [0.2, 0.9, 3.0, -3.0].into_iter().enumerate() {
            block.effective[input][0] = weight;
            block.gradient[input][0] = 1.0;
        }
        let shape = layer.shape;
        let block = &mut layer.blocks[0];
        block.quantise(&shape, 1.0);
        // q − w inside the range: −0.2 and 0.1; q at its ends: 1 and −1.
        let scale_gradient = block.straight_through(&shape, 1.0);
        assert!((scale_gradient - -0.1).abs() < 1e-6, "{scale_gradient}");
        assert_eq!([0, 1, 2, 3].map(|input| block.gradient[input][0]), [1.0, 1.0, 0.0, 0.0]);
    }

    #[test]
    fn standardised_weights_have_the_deviation_of_the_initialisation() {
        let recipe = Recipe::default();
        let layer = Layer::new(&recipe, 0, 200, 3, &mut ChaCha8Rng::seed_from_u64(1));
        for k in 0..3 {
            let column: Vec<f32> = layer.blocks[0].effective.iter().map(|row| row[k]).collect();
            let mean = column.iter().sum::<f32>() / 200.0;
            let square = column.iter().map(|w| (w - mean).powi(2)).sum::<f32>() / 200.0;
            assert!(mean.abs() < 1e-6 && (square.sqrt() - (8.0_f32 / 200.0).sqrt()).abs() < 1e-4, "{mean} {square}");
        }
    }
}
