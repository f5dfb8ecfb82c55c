//! A dense reference in f64, written for clarity alone, that the event-driven gradient is held against.
//!
//! In its smooth mode spikes are the primitive of the surrogate slope, so its gradient must equal finite differences; in its
//! hard mode the same backward pass must equal the event-driven one, element by element.

use std::f64::consts::PI;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::chunk::{Chunk, Pass};
use super::layer::Layer;
use super::recipe::{Normalize, Recipe};
use super::row::ZERO;
use super::topology::{parse_layers, synaptic_layers};
use super::trainer::export_layer;
use crate::data::Images;
use crate::float::{FloatLayer, latency};
use crate::network::ReadoutKind;

const READOUTS: [ReadoutKind; 4] =
    [ReadoutKind::Membrane, ReadoutKind::FirstSpike, ReadoutKind::Current, ReadoutKind::Spikes];
const HIDDEN: [&str; 9] =
    ["", "7", "40-9", "6-35-5", "5C3-P2-6", "P2-18C2-P2-3", "20C3s2p1-4C2g2-7", "4C2-D2p1-P3-5", "5C3-MP2-18C2-MP1-6"];
/// Those without maximum pooling, which has no smooth form, and small.
const SMOOTH: usize = 5;
const CLASSES: usize = 4;
const SHAPE: [usize; 2] = [6, 6];

/// Weights (inputs × outputs) and biases of one layer.
#[derive(Clone)]
struct Dense {
    /// Of a maximum pooling in front, the inputs of each cell.
    windows: Option<Vec<Vec<usize>>>,
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
            if let Some(windows) = &layer.windows {
                input = pooled(windows, &input);
            }
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
        let all = &passed;
        for (index, (layer, passed)) in self.layers.iter().zip(all).enumerate().rev() {
            if layer.fires {
                self.through_spikes(passed, &by_latched, &mut by_potential);
            }
            gradients.push(Self::of_weights(layer, passed, &by_potential));
            by_latched = Self::below(layer, &by_potential);
            if index > 0 {
                if let Some(windows) = &layer.windows {
                    by_latched = unpooled(windows, &all[index - 1].times, &by_latched);
                }
                self.add_cost(&mut by_latched);
            }
            by_potential = vec![vec![0.0; by_latched[0].len()]; steps];
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
            ..layer.clone()
        }
    }

    /// Gradient of the layer's inputs.
    fn below(layer: &Dense, by_potential: &Table) -> Table {
        let dot = |w: &Vec<f64>, errors: &Vec<f64>| w.iter().zip(errors).map(|(w, e)| w * e).sum::<f64>();
        by_potential.iter().map(|errors| layer.weights.iter().map(|w| dot(w, errors)).collect()).collect()
    }

    /// Adds the gradient of the activity cost to that of hidden neurons.
    fn add_cost(&self, by_latched: &mut Table) {
        let (steps, neurons) = (by_latched.len(), by_latched[0].len());
        let cost = |t: usize| if t < steps { self.cost(t, neurons) } else { 0.0 };
        for (t, row) in by_latched.iter_mut().enumerate() {
            row.iter_mut().for_each(|error| *error += cost(t) - cost(t + 1));
        }
    }
}

/// A maximum pooling: how many steps up to `t` had a spike in each cell.
fn pooled(windows: &[Vec<usize>], latched: &Table) -> Table {
    let spikes = |t: usize, i: usize| latched[t][i] - if t > 0 { latched[t - 1][i] } else { 0.0 };
    let spiking = |t: usize, window: &Vec<usize>| window.iter().map(|&i| spikes(t, i)).fold(0.0, f64::max);
    let count = |t: usize| windows.iter().map(|window| (0..=t).map(|t| spiking(t, window)).sum()).collect();
    (0..latched.len()).map(count).collect()
}

/// Its transpose: the spike of step `t` is that of the first neuron of the window that spikes then, or of the first of all.
fn unpooled(windows: &[Vec<usize>], times: &[usize], by_count: &Table) -> Table {
    let mut by_latched = vec![vec![0.0; times.len()]; by_count.len()];
    for (cell, window) in windows.iter().enumerate() {
        for t in 0..by_count.len() {
            let by_spike: f64 = by_count[t..].iter().map(|row| row[cell]).sum();
            let winner = window.iter().copied().find(|&i| times[i] == t).unwrap_or(window[0]);
            by_latched[t][winner] += by_spike;
            if t > 0 {
                by_latched[t - 1][winner] -= by_spike;
            }
        }
    }
    by_latched
}

fn recipe(hidden: &str, readout: ReadoutKind) -> Recipe {
    let hidden = parse_layers(hidden).unwrap();
    Recipe {
        formats: vec![None; synaptic_layers(&hidden)],
        hidden,
        time_steps: 5,
        readout,
        normalize: Normalize::None,
        label_smoothing: 0.1,
        activity: 0.3,
        late: 1.5,
        ..Recipe::default()
    }
}

fn images(rng: &mut ChaCha8Rng) -> Images {
    let size = (6, SHAPE.iter().product());
    let pixels = ndarray::Array2::from_shape_fn(size, |_| if rng.random::<bool>() { rng.random() } else { 0 });
    let labels = (0..6).map(|_| rng.random_range(0..CLASSES as u32)).collect();
    Images::new(SHAPE.to_vec(), pixels, labels)
}

/// Layers with random weights and biases.
fn layers(recipe: &Recipe, rng: &mut ChaCha8Rng) -> Vec<Layer> {
    let mut layers: Vec<Layer> = Vec::new();
    for (index, sized) in recipe.layers(&SHAPE, CLASSES).unwrap().into_iter().enumerate() {
        let mut layer = Layer::new(recipe, index, sized, layers.last(), rng);
        for channel in 0..sized.output.channels {
            let (block, lane) = layer.geometry.arrangement.slot(channel);
            layer.blocks[block].bias.value[0][lane] = rng.random_range(-0.3..0.6);
        }
        layer.refresh();
        layers.push(layer);
    }
    layers
}

/// The cell of the pooled map that an input belongs to.
fn cell_of(layer: &FloatLayer, input: usize) -> usize {
    let (map, size) = (layer.input, layer.pooling.size);
    let (channel, y, x) = (input / map.places(), input % map.places() / map.width, input % map.width);
    (channel * map.pooled(size).height + y / size) * map.pooled(size).width + x / size
}

/// The synapses of a layer as those of a dense one: input (behind a maximum pooling, cell), neuron, and the weight's row and channel.
fn synapses(layer: &FloatLayer) -> Vec<(usize, usize, usize, usize)> {
    let (pooled, output) = (layer.input.pooled(layer.pooling.size), layer.output());
    let mut found = Vec::new();
    for input in 0..if layer.pooling.max { pooled } else { layer.input }.neurons() {
        let cell = if layer.pooling.max { input } else { cell_of(layer, input) };
        let channel = cell / pooled.places();
        for reach in layer.connection.reaches(pooled, output, cell) {
            let channels = layer.connection.channels(pooled, output, channel);
            found.extend(channels.map(|c| (input, c * output.places() + reach.place, reach.row, c)));
        }
    }
    found
}

fn expanded(layer: &Layer) -> Dense {
    let float = export_layer(layer, "layer".into());
    let (output, cell) = (float.output(), float.pooling.share() as f64);
    let mut windows = vec![Vec::new(); float.input.pooled(float.pooling.size).neurons()];
    (0..float.input.neurons()).for_each(|input| windows[cell_of(&float, input)].push(input));
    let windows = float.pooling.max.then_some(windows);
    let inputs = windows.as_ref().map_or(float.input.neurons(), Vec::len);
    let mut weights = vec![vec![0.0; output.neurons()]; inputs];
    for (input, neuron, row, channel) in synapses(&float) {
        weights[input][neuron] += f64::from(float.weights[(row, channel)]) / cell;
    }
    let bias = |neuron: usize| {
        let (block, lane) = layer.geometry.arrangement.slot(neuron / output.places());
        f64::from(layer.blocks[block].bias.value[0][lane])
    };
    Dense { windows, weights, bias: (0..output.neurons()).map(bias).collect(), fires: layer.shape.neuron.fires() }
}

#[test]
fn smooth_backpropagation_equals_finite_differences() {
    const STEP: f64 = 1e-6;
    for (hidden, readout) in HIDDEN[..SMOOTH].iter().flat_map(|h| READOUTS.map(|r| (h, r))) {
        let mut rng = ChaCha8Rng::seed_from_u64(7);
        let recipe = recipe(hidden, readout);
        let images = images(&mut rng);
        let dense = layers(&recipe, &mut rng).iter().map(expanded).collect();
        let mut reference = Reference { layers: dense, recipe: &recipe, smooth: true, batch: 2.0 };
        let (pixels, label) = (images.pixels.row(0).to_vec(), images.labels[0] as usize);
        let gradient = reference.gradient(&pixels, label);
        for (l, gradient) in gradient.into_iter().enumerate() {
            let inputs = gradient.weights.len();
            // Index `inputs` stands for the bias.
            for (i, j) in (0..=inputs).flat_map(|i| (0..3).map(move |j| (i, j))) {
                fn parameter(layer: &mut Dense, i: usize, j: usize) -> &mut f64 {
                    if i < layer.weights.len() { &mut layer.weights[i][j] } else { &mut layer.bias[j] }
                }
                // Where there is no synapse, a new one may part potentials that were equal: no derivative.
                if i < inputs && reference.layers[l].weights[i][j] == 0.0 {
                    continue;
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
            compare(&recipe(hidden, readout), seed);
        }
    }
}

/// A spike time needs eight bits and *never* is 255, so what dropout silences must be something else.
#[test]
fn so_it_is_with_as_many_time_steps_as_there_can_be() {
    for readout in READOUTS {
        compare(&Recipe { time_steps: 255, ..recipe("6-35-5", readout) }, 1);
    }
}

/// Equal but for the rounding of sums in 32 bits.
fn near(found: f64, expected: f64) -> bool {
    (found - expected).abs() < 1e-5 * expected.abs().max(1.0)
}

fn compare(recipe: &Recipe, seed: u64) {
    let (hidden, readout) = (&recipe.hidden, recipe.readout);
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let images = images(&mut rng);
    let mut layers = layers(recipe, &mut rng);
    let dense = layers.iter().map(expanded).collect();
    let reference = Reference { layers: dense, recipe, smooth: false, batch: images.len() as f64 };
    let table: [u8; 256] = std::array::from_fn(|x| latency(x as u8, recipe.input_threshold, recipe.time_steps));
    let pass = Pass { recipe, images: &images, latency: &table, draw: None, batch: images.len() };
    let mut chunk = Chunk::new(&layers, recipe.time_steps);
    let members: Vec<usize> = (0..images.len()).collect();
    chunk.forward(&layers, &pass, &members);
    chunk.backward(&layers, &pass);
    let expected: Vec<Vec<Dense>> = members
        .iter()
        .map(|&m| reference.gradient(&images.pixels.row(m).to_vec(), images.labels[m] as usize))
        .collect();
    for (l, layer) in layers.iter_mut().enumerate() {
        let float = export_layer(layer, "layer".into());
        let (places, share) = (float.output().places(), layer.shape.share());
        let geometry = layer.geometry.clone();
        for (b, block) in layer.blocks.iter_mut().enumerate() {
            block.gradient.fill(ZERO);
            block.bias_gradient = ZERO;
            chunk.add_gradient(&geometry, l, b, recipe.time_steps, block);
        }
        let mut weights = ndarray::Array2::<f64>::zeros(float.weights.dim());
        for (input, neuron, row, channel) in synapses(&float) {
            let sum: f64 = expected.iter().map(|image| image[l].weights[input][neuron]).sum();
            weights[(row, channel)] += sum * f64::from(share);
        }
        for ((row, channel), expected) in weights.indexed_iter() {
            let (block, lane) = geometry.arrangement.slot(channel);
            let tap_first = row % geometry.taps * geometry.group_channels + row / geometry.taps;
            let found = f64::from(layer.blocks[block].gradient[tap_first][lane] * share);
            assert!(
                near(found, *expected),
                "{hidden:?} {readout:?} seed {seed}, weight {l} {row} {channel}: {found} {expected}"
            );
        }
        for channel in 0..float.bias.len() {
            let (block, lane) = geometry.arrangement.slot(channel);
            let found = f64::from(layer.blocks[block].bias_gradient[lane]);
            let neurons = channel * places..(channel + 1) * places;
            let expected: f64 = expected.iter().flat_map(|image| &image[l].bias[neurons.clone()]).sum();
            assert!(
                near(found, expected),
                "{hidden:?} {readout:?} seed {seed}, bias {l} {channel}: {found} {expected}"
            );
        }
    }
}
