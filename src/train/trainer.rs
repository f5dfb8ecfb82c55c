//! The training loop: batches, optimiser steps, evaluation, export.

use std::path::Path;

use ndarray::Array2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::checkpoint::{self, Header};
use super::chunk::{CHUNK, Chunk, Draw, Pass};
use super::layer::{LANES, Layer, THRESHOLD, ZERO};
use super::optimiser::{Adam, scheduled_rate};
use super::recipe::Recipe;
use crate::data::Images;
use crate::error::{Error, Result, Stage};
use crate::network::{FloatDense, FloatNetwork, Grid, latency};

/// Sums over a set of images.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    pub images: usize,
    pub correct: usize,
    pub loss: f64,
    /// Input spikes.
    pub input_events: usize,
    /// Spikes of each hidden layer at each time step.
    pub hidden_spikes: Vec<Vec<usize>>,
}

impl Score {
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images.max(1) as f64
    }

    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    fn add(&mut self, chunk: &Chunk, time_steps: usize) {
        let count = chunk.outcomes.len();
        self.images += count;
        for outcome in &chunk.outcomes {
            self.correct += usize::from(outcome.correct);
            self.loss += f64::from(outcome.loss);
        }
        self.hidden_spikes.resize(chunk.spikes.len() - 1, vec![0; time_steps]);
        for (l, spikes) in chunk.spikes.iter().enumerate() {
            for image in &spikes[..count] {
                match l {
                    0 => self.input_events += image.inputs.len(),
                    _ => (0..time_steps).for_each(|step| self.hidden_spikes[l - 1][step] += image.at(step).len()),
                }
            }
        }
    }
}

/// A network in training.
pub struct Trainer {
    pub recipe: Recipe,
    layers: Vec<Layer>,
    chunks: Vec<Chunk>,
    latency: [u8; 256],
    input_shape: Vec<usize>,
    /// Epochs done, and optimiser steps done.
    epoch: usize,
    step: u64,
}

impl Trainer {
    /// Draws the initial network.
    ///
    /// # Errors
    /// `invalid-recipe`.
    pub fn new(recipe: Recipe, input_shape: &[usize], classes: usize) -> Result<Self> {
        recipe.check()?;
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        let mut sizes = vec![input_shape.iter().product()];
        sizes.extend(&recipe.hidden);
        sizes.push(classes);
        let layers: Vec<Layer> = sizes
            .windows(2)
            .enumerate()
            .map(|(index, pair)| Layer::new(&recipe, index, pair[0], pair[1], &mut rng))
            .collect();
        let chunks = (0..recipe.batch.div_ceil(CHUNK)).map(|_| Chunk::new(&layers, recipe.time_steps)).collect();
        let latency = std::array::from_fn(|pixel| latency(pixel as u8, recipe.input_threshold, recipe.time_steps));
        let input_shape = input_shape.to_vec();
        Ok(Trainer { recipe, layers, chunks, latency, input_shape, epoch: 0, step: 0 })
    }

    /// Epochs done so far.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Trains one epoch on the images `members`, calling `observe` after every batch with the sums so far.
    ///
    /// Returns `None` if `observe` asked to stop by returning false; the epoch is then incomplete and the state must not be
    /// saved.
    ///
    /// # Errors
    /// `diverged`, if the loss is not a number any more.
    pub fn train_epoch(
        &mut self,
        images: &Images,
        members: &[usize],
        mut observe: impl FnMut(&Score) -> bool,
    ) -> Result<Option<Score>> {
        let mut order = members.to_vec();
        let mut rng = ChaCha8Rng::seed_from_u64(self.recipe.seed.wrapping_add(self.epoch as u64));
        rng.set_stream(1);
        order.shuffle(&mut rng);
        let steps = (self.recipe.epochs * order.len().div_ceil(self.recipe.batch)) as u64;
        let mut score = Score::default();
        for batch in order.chunks(self.recipe.batch) {
            let rate = scheduled_rate(self.recipe.learning_rate, self.step, steps);
            self.step += 1;
            self.train_batch(images, batch, &Adam::at(self.step, rate), &mut score);
            if !score.loss.is_finite() {
                return Err(self.diverged());
            }
            if !observe(&score) {
                return Ok(None);
            }
        }
        self.epoch += 1;
        Ok(Some(score))
    }

    fn diverged(&self) -> Error {
        Error::new(
            Stage::Train,
            "diverged",
            format!("the loss is not finite in epoch {}, step {}", self.epoch + 1, self.step),
            format!("lower the learning rate, which is {}, with --learning-rate", self.recipe.learning_rate),
        )
    }

    fn train_batch(&mut self, images: &Images, batch: &[usize], adam: &Adam, score: &mut Score) {
        let steps = self.recipe.time_steps;
        let draw = Some(Draw { seed: self.recipe.seed, epoch: self.epoch as u64 });
        let (recipe, latency) = (&self.recipe, &self.latency);
        let pass = Pass { recipe, images, latency, draw, batch: batch.len() };
        let layers = &self.layers;
        let used = batch.len().div_ceil(CHUNK);
        self.chunks[..used].par_iter_mut().zip(batch.par_chunks(CHUNK)).for_each(|(chunk, members)| {
            chunk.forward(layers, &pass, members);
            chunk.backward(layers, &pass);
        });
        let chunks = &self.chunks[..used];
        chunks.iter().for_each(|chunk| score.add(chunk, steps));
        for (l, layer) in self.layers.iter_mut().enumerate() {
            let blocks = layer.blocks.len();
            layer.blocks.par_iter_mut().enumerate().for_each(|(b, block)| {
                block.gradient.fill(ZERO);
                block.bias_gradient = ZERO;
                chunks.iter().for_each(|chunk| chunk.add_gradient(l, b, blocks, steps, block));
            });
            layer.update(adam);
        }
    }

    /// Runs the network as it is, without distortions or dropout.
    pub fn evaluate(&mut self, images: &Images, members: &[usize]) -> Score {
        let mut score = Score::default();
        self.run(images, members, |chunk, steps| score.add(chunk, steps));
        score
    }

    /// The class of every image, as the exported network gives it.
    pub fn classify(&mut self, images: &Images, members: &[usize]) -> Vec<u8> {
        let mut classes = Vec::with_capacity(members.len());
        self.run(images, members, |chunk, _| classes.extend(chunk.outcomes.iter().map(|outcome| outcome.class)));
        classes
    }

    fn run(&mut self, images: &Images, members: &[usize], mut visit: impl FnMut(&Chunk, usize)) {
        let (recipe, latency, layers) = (&self.recipe, &self.latency, &self.layers);
        for batch in members.chunks(recipe.batch) {
            let pass = Pass { recipe, images, latency, draw: None, batch: batch.len() };
            let used = batch.len().div_ceil(CHUNK);
            let chunks = &mut self.chunks[..used];
            chunks
                .par_iter_mut()
                .zip(batch.par_chunks(CHUNK))
                .for_each(|(chunk, members)| chunk.forward(layers, &pass, members));
            chunks.iter().for_each(|chunk| visit(chunk, recipe.time_steps));
        }
    }

    /// Writes the state to `path`; `data` is the fingerprint of the training images.
    ///
    /// # Errors
    /// `io`.
    pub fn save(&self, path: &Path, data: &str) -> Result<()> {
        let header = Header { recipe: self.recipe.clone(), data: data.into(), epoch: self.epoch, step: self.step };
        checkpoint::save(path, &header, &self.layers)
    }

    /// Takes up the state at `path`, so that training goes on as if it had never stopped.
    ///
    /// # Errors
    /// `checkpoint-missing`, `checkpoint-broken`; `checkpoint-differs` if recipe or images are not the same.
    pub fn resume(&mut self, path: &Path, data: &str) -> Result<()> {
        let header = checkpoint::load(path, &self.recipe, data, &mut self.layers)?;
        (self.epoch, self.step) = (header.epoch, header.step);
        Ok(())
    }

    /// The float network as it stands, with standardisation and gain folded into the weights.
    pub fn export(&self) -> FloatNetwork {
        let count = self.layers.len();
        let name = |l: usize| if l + 1 == count { "readout".to_string() } else { format!("hidden{}", l + 1) };
        FloatNetwork {
            name: self.recipe.name.clone(),
            time_steps: self.recipe.time_steps,
            input_shape: self.input_shape.clone(),
            input_threshold: self.recipe.input_threshold,
            layers: self.layers.iter().enumerate().map(|(l, layer)| export_layer(layer, name(l))).collect(),
            readout: self.recipe.readout.readout(self.recipe.time_steps),
        }
    }
}

/// A firing neuron's bias becomes part of its threshold, as in the integer network.
fn export_layer(layer: &Layer, name: String) -> FloatDense {
    let shape = layer.shape;
    let weight = |(input, output): (usize, usize)| layer.blocks[output / LANES].effective[input][output % LANES];
    let biases = (0..shape.outputs).map(|output| layer.blocks[output / LANES].bias.value[0][output % LANES]);
    FloatDense {
        name,
        weights: Array2::from_shape_fn((shape.inputs, shape.outputs), weight),
        bias: if shape.fires { vec![0.0; shape.outputs] } else { biases.clone().collect() },
        threshold: shape.fires.then(|| biases.map(|bias| THRESHOLD - bias).collect()),
        grid: shape.format.map(|format| Grid { format, scale: layer.scale() }),
    }
}
