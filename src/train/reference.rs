//! A dense reference in f64, written for clarity alone, that the event-driven gradient is held against.
//!
//! In its smooth mode spikes are the primitive of the surrogate slope, so its gradient must equal finite differences; in its
//! hard mode the same backward pass must equal the event-driven one, element by element.

use std::f64::consts::PI;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::chunk::{Chunk, Pass};
use super::layer::{LANES, Layer, ZERO};
use super::recipe::{ReadoutKind, Recipe};
use crate::data::Images;
use crate::network::latency;

const READOUTS: [ReadoutKind; 4] =
    [ReadoutKind::Membrane, ReadoutKind::FirstSpike, ReadoutKind::Current, ReadoutKind::Spikes];
const HIDDEN: [&[usize]; 4] = [&[], &[7], &[40, 9], &[6, 35, 5]];
const CLASSES: usize = 4;
const PIXELS: usize = 12;

/// Weights (inputs × outputs) and biases of one layer.
#[derive(Clone)]
struct Dense {
    weights: Vec<Vec<f64>>,
    bias: Vec<f64>,
    fires: bool,
}

/// Time step × neuron.
type Table = Vec<Vec<f64>>;

struct Reference<'a> {
    layers: Vec<Dense>,
    recipe: &'a Recipe,
    smooth: bool,
    batch: f64,
}

/// One layer's forward pass.
struct Passed {
    input: Table,
    potential: Table,
    /// Step of the potential that decides `c[t]`, by step and neuron.
    peak: Vec<Vec<usize>>,
    latched: Table,
    times: Vec<usize>,
}

impl Reference<'_> {
    fn forward(&self, pixels: &[u8]) -> Vec<Passed> {
        let steps = self.recipe.time_steps;
        let spikes = |&x: &u8| usize::from(latency(x, self.recipe.input_threshold, steps));
        let times: Vec<usize> = pixels.iter().map(spikes).collect();
        let mut input: Table =
            (0..steps).map(|t| times.iter().map(|&time| f64::from(u8::from(time <= t))).collect()).collect();
        let mut passed = Vec::new();
        for layer in &self.layers {
            let layer = self.pass(layer, input);
            input = layer.latched.clone();
            passed.push(layer);
        }
        passed
    }

    fn pass(&self, layer: &Dense, input: Table) -> Passed {
        let (steps, neurons) = (input.len(), layer.bias.len());
        let sum = |c: &Vec<f64>, j: usize| c.iter().zip(&layer.weights).map(|(c, w)| c * w[j]).sum::<f64>();
        let potential: Table =
            input.iter().map(|c| (0..neurons).map(|j| layer.bias[j] + sum(c, j)).collect()).collect();
        let crossing = |j: usize| (0..steps).find(|&t| potential[t][j] >= 1.0).unwrap_or(steps);
        let times: Vec<usize> = (0..neurons).map(crossing).collect();
        let peak_of = |t: usize, j: usize| {
            (0..=t.min(times[j])).fold(0, |best, t| if potential[t][j] > potential[best][j] { t } else { best })
        };
        let peak: Vec<Vec<usize>> = (0..steps).map(|t| (0..neurons).map(|j| peak_of(t, j)).collect()).collect();
        let spike = |t: usize, j: usize| match self.smooth {
            true => 0.5 + (PI * (potential[peak[t][j]][j] - 1.0)).atan() / PI,
            false => f64::from(u8::from(times[j] <= t)),
        };
        let latched = (0..steps).map(|t| (0..neurons).map(|j| spike(t, j)).collect()).collect();
        Passed { input, potential, peak, latched, times }
    }

    fn scores(&self, output: &Passed) -> Vec<f64> {
        let steps = self.recipe.time_steps;
        let decision = output.times.iter().copied().min().unwrap().min(steps - 1);
        let latched = |j: usize| (0..steps).map(|t| output.latched[t][j]).sum::<f64>();
        let score = |j: usize| match self.recipe.readout {
            ReadoutKind::Membrane => output.potential[steps - 1][j],
            ReadoutKind::Current => (0..steps).map(|t| output.potential[t][j]).sum::<f64>() / steps as f64,
            ReadoutKind::Spikes => latched(j),
            // The bias of a firing neuron lowers its threshold; it is no part of the score.
            ReadoutKind::FirstSpike => latched(j) + output.potential[decision][j] - self.top().bias[j],
        };
        (0..CLASSES).map(score).collect()
    }

    fn top(&self) -> &Dense {
        &self.layers[self.layers.len() - 1]
    }

    /// Cost of a spike at step `t` in a hidden layer of `neurons`.
    fn cost(&self, t: usize, neurons: usize) -> f64 {
        let late = f64::from(self.recipe.late) * t as f64 / (self.recipe.time_steps - 1) as f64;
        f64::from(self.recipe.activity) * (1.0 + late) / (neurons as f64 * self.batch)
    }

    fn loss(&self, pixels: &[u8], label: usize) -> f64 {
        let passed = self.forward(pixels);
        let mut loss = self.cross_entropy(&self.scores(&passed[passed.len() - 1]), label).0;
        for layer in &passed[..passed.len() - 1] {
            for j in 0..layer.times.len() {
                for t in 0..self.recipe.time_steps {
                    let before = if t > 0 { layer.latched[t - 1][j] } else { 0.0 };
                    loss += self.cost(t, layer.times.len()) * (layer.latched[t][j] - before);
                }
            }
        }
        loss
    }

    fn cross_entropy(&self, scores: &[f64], label: usize) -> (f64, Vec<f64>) {
        let total: f64 = scores.iter().map(|z| z.exp()).sum();
        let smoothing = f64::from(self.recipe.label_smoothing);
        let target = |k: usize| smoothing / CLASSES as f64 + if k == label { 1.0 - smoothing } else { 0.0 };
        let loss = -(0..CLASSES).map(|k| target(k) * (scores[k] - total.ln())).sum::<f64>();
        let gradient = (0..CLASSES).map(|k| (scores[k].exp() / total - target(k)) / self.batch).collect();
        (loss / self.batch, gradient)
    }

    /// Gradient of weights and biases of every layer, by backpropagation through time.
    fn gradient(&self, pixels: &[u8], label: usize) -> Vec<Dense> {
        let steps = self.recipe.time_steps;
        let passed = self.forward(pixels);
        let output = &passed[passed.len() - 1];
        let (_, errors) = self.cross_entropy(&self.scores(output), label);
        let zero = || vec![vec![0.0; CLASSES]; steps];
        let (mut by_latched, mut by_potential) = (zero(), zero());
        let decision = output.times.iter().copied().min().unwrap().min(steps - 1);
        for (j, error) in errors.iter().enumerate() {
            match self.recipe.readout {
                ReadoutKind::Membrane => by_potential[steps - 1][j] += error,
                ReadoutKind::Current => (0..steps).for_each(|t| by_potential[t][j] += error / steps as f64),
                ReadoutKind::Spikes | ReadoutKind::FirstSpike => (0..steps).for_each(|t| by_latched[t][j] += error),
            }
            if self.recipe.readout == ReadoutKind::FirstSpike {
                by_potential[decision][j] += error;
            }
        }
        let mut gradients = Vec::new();
        for (index, (layer, passed)) in self.layers.iter().zip(&passed).enumerate().rev() {
            if layer.fires {
                self.through_spikes(passed, &by_latched, &mut by_potential);
            }
            gradients.push(Self::of_weights(layer, passed, &by_potential));
            by_latched = self.below(layer, &by_potential, index);
            by_potential = vec![vec![0.0; layer.weights.len()]; steps];
        }
        gradients.reverse();
        if self.recipe.readout == ReadoutKind::FirstSpike {
            let top = &mut gradients[passed.len() - 1];
            top.bias.iter_mut().zip(&errors).for_each(|(bias, error)| *bias -= error);
        }
        gradients
    }

    fn through_spikes(&self, passed: &Passed, by_latched: &Table, by_potential: &mut Table) {
        for (t, row) in by_latched.iter().enumerate() {
            for (j, error) in row.iter().enumerate() {
                let peak = passed.peak[t][j];
                let x = PI * (passed.potential[peak][j] - 1.0);
                by_potential[peak][j] += error / (1.0 + x * x);
            }
        }
    }

    fn of_weights(layer: &Dense, passed: &Passed, by_potential: &Table) -> Dense {
        let neurons = layer.bias.len();
        let over_time = |f: &dyn Fn(usize) -> f64| (0..by_potential.len()).map(f).sum::<f64>();
        let weight = |i: usize, j: usize| over_time(&|t| by_potential[t][j] * passed.input[t][i]);
        Dense {
            weights: (0..layer.weights.len()).map(|i| (0..neurons).map(|j| weight(i, j)).collect()).collect(),
            bias: (0..neurons).map(|j| over_time(&|t| by_potential[t][j])).collect(),
            fires: layer.fires,
        }
    }

    /// Gradient of the layer's inputs, with that of the activity cost if they are hidden neurons.
    fn below(&self, layer: &Dense, by_potential: &Table, index: usize) -> Table {
        let neurons = layer.weights.len();
        let cost = |t: usize| if t < by_potential.len() { self.cost(t, neurons) } else { 0.0 };
        let hidden = if index > 0 { 1.0 } else { 0.0 };
        let row = |(t, errors): (usize, &Vec<f64>)| {
            let dot = |w: &Vec<f64>| w.iter().zip(errors).map(|(w, e)| w * e).sum::<f64>();
            layer.weights.iter().map(|w| dot(w) + hidden * (cost(t) - cost(t + 1))).collect()
        };
        by_potential.iter().enumerate().map(row).collect()
    }
}

fn recipe(hidden: &[usize], readout: ReadoutKind) -> Recipe {
    Recipe {
        hidden: hidden.to_vec(),
        formats: vec![None; hidden.len() + 1],
        time_steps: 5,
        readout,
        normalise: false,
        label_smoothing: 0.1,
        activity: 0.3,
        late: 1.5,
        ..Recipe::default()
    }
}

fn images(rng: &mut ChaCha8Rng) -> Images {
    let pixels = ndarray::Array2::from_shape_fn((6, PIXELS), |_| if rng.random::<bool>() { rng.random() } else { 0 });
    let labels = (0..6).map(|_| rng.random_range(0..CLASSES as u8)).collect();
    Images { shape: vec![3, 4], pixels, labels }
}

/// Layers with random weights and biases, for the trainer and for the reference.
fn layers(recipe: &Recipe, rng: &mut ChaCha8Rng) -> (Vec<Layer>, Vec<Dense>) {
    let sizes: Vec<usize> = [PIXELS].into_iter().chain(recipe.hidden.iter().copied()).chain([CLASSES]).collect();
    let draw = |(index, pair): (usize, &[usize])| {
        let mut layer = Layer::new(recipe, index, pair[0], pair[1], rng);
        for j in 0..pair[1] {
            layer.blocks[j / LANES].bias.value[0][j % LANES] = rng.random_range(-0.3..0.6);
        }
        layer.refresh();
        let weight = |i: usize, j: usize| f64::from(layer.blocks[j / LANES].effective[i][j % LANES]);
        let dense = Dense {
            weights: (0..pair[0]).map(|i| (0..pair[1]).map(|j| weight(i, j)).collect()).collect(),
            bias: (0..pair[1]).map(|j| f64::from(layer.blocks[j / LANES].bias.value[0][j % LANES])).collect(),
            fires: layer.shape.fires,
        };
        (layer, dense)
    };
    sizes.windows(2).enumerate().map(draw).unzip()
}

#[test]
fn smooth_backpropagation_equals_finite_differences() {
    const STEP: f64 = 1e-6;
    for (hidden, readout) in HIDDEN.into_iter().flat_map(|h| READOUTS.map(|r| (h, r))) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let recipe = recipe(hidden, readout);
        let images = images(&mut rng);
        let (_, dense) = layers(&recipe, &mut rng);
        let mut reference = Reference { layers: dense, recipe: &recipe, smooth: true, batch: 2.0 };
        let (pixels, label) = (images.pixels.row(0).to_vec(), usize::from(images.labels[0]));
        let gradient = reference.gradient(&pixels, label);
        for (l, gradient) in gradient.into_iter().enumerate() {
            let inputs = gradient.weights.len();
            // Index `inputs` stands for the bias.
            for (i, j) in (0..=inputs).flat_map(|i| (0..3).map(move |j| (i, j))) {
                fn parameter(layer: &mut Dense, i: usize, j: usize) -> &mut f64 {
                    if i < layer.weights.len() { &mut layer.weights[i][j] } else { &mut layer.bias[j] }
                }
                let mut shifted = |by: f64| {
                    *parameter(&mut reference.layers[l], i, j) += by;
                    let loss = reference.loss(&pixels, label);
                    *parameter(&mut reference.layers[l], i, j) -= by;
                    loss
                };
                let difference = (shifted(STEP) - shifted(-STEP)) / (2.0 * STEP);
                let found = *parameter(&mut gradient.clone(), i, j);
                assert!((difference - found).abs() < 1e-6, "{hidden:?} {readout:?} {l} {i} {j}: {difference} {found}");
            }
        }
    }
}

#[test]
fn the_event_driven_gradient_equals_the_dense_one() {
    for (hidden, readout) in HIDDEN.into_iter().flat_map(|h| READOUTS.map(|r| (h, r))) {
        for seed in 0..5 {
            compare(hidden, readout, seed);
        }
    }
}

fn compare(hidden: &[usize], readout: ReadoutKind, seed: u64) {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let recipe = recipe(hidden, readout);
    let images = images(&mut rng);
    let (mut layers, dense) = layers(&recipe, &mut rng);
    let reference = Reference { layers: dense, recipe: &recipe, smooth: false, batch: images.len() as f64 };
    let table: [u8; 256] = std::array::from_fn(|x| latency(x as u8, recipe.input_threshold, recipe.time_steps));
    let pass = Pass { recipe: &recipe, images: &images, latency: &table, draw: None, batch: images.len() };
    let mut chunk = Chunk::new(&layers, recipe.time_steps);
    let members: Vec<usize> = (0..images.len()).collect();
    chunk.forward(&layers, &pass, &members);
    chunk.backward(&layers, &pass);
    let expected: Vec<Vec<Dense>> = members
        .iter()
        .map(|&m| reference.gradient(&images.pixels.row(m).to_vec(), usize::from(images.labels[m])))
        .collect();
    for (l, layer) in layers.iter_mut().enumerate() {
        let blocks = layer.blocks.len();
        for (b, block) in layer.blocks.iter_mut().enumerate() {
            block.gradient.fill(ZERO);
            block.bias_gradient = ZERO;
            chunk.add_gradient(l, b, blocks, recipe.time_steps, block);
            for k in 0..LANES.min(layer.shape.outputs - b * LANES) {
                let j = b * LANES + k;
                let check = |what: String, found: f32, of: &dyn Fn(&Dense) -> f64| {
                    let expected: f64 = expected.iter().map(|image| of(&image[l])).sum();
                    let error = (f64::from(found) - expected).abs();
                    assert!(error < 1e-5, "{hidden:?} {readout:?} seed {seed}, {what}: {found}, expected {expected}");
                };
                check(format!("bias {l} {j}"), block.bias_gradient[k], &|dense| dense.bias[j]);
                for i in 0..layer.shape.inputs {
                    check(format!("weight {l} {i} {j}"), block.gradient[i][k], &|dense| dense.weights[i][j]);
                }
            }
        }
    }
}
