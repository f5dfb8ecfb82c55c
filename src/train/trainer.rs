//! The training loop: batches, optimizer steps, evaluation, export.

use std::path::Path;

use ndarray::Array2;
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::checkpoint::{self, Expected, Header};
use super::chunk::{CHUNK, Chunk, Draw, Pass};
use super::curve::{self, Epoch};
use super::events::Events;
use super::layer::{Block, Layer, Normalization};
use super::neuron;
use super::optimizer::{Adam, scheduled_rate};
use super::pruning;
use super::readout::step_weights;
use super::recipe::{Normalize, Recipe};
use super::row::ZERO;
use crate::data::Images;
use crate::error::{Error, Result, Stage};
use crate::float::{FloatLayer, FloatNetwork, Grid, latency};

/// Sums over a set of images.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Score {
    /// How many images.
    pub images: usize,
    /// Images with the right class.
    pub correct: usize,
    /// Sum of the losses.
    pub loss: f64,
    /// Input spikes.
    pub input_events: usize,
    /// Spikes of each hidden layer at each time step, as the next layer receives them.
    pub hidden_spikes: Vec<Vec<usize>>,
}

impl Score {
    /// Share of the images with the right class.
    pub fn accuracy(&self) -> f64 {
        self.correct as f64 / self.images.max(1) as f64
    }

    /// Mean loss per image.
    pub fn mean_loss(&self) -> f64 {
        self.loss / self.images.max(1) as f64
    }

    fn add(&mut self, chunk: &Chunk, layers: &[Layer], time_steps: usize) {
        let count = chunk.outcomes.len();
        self.images += count;
        for outcome in &chunk.outcomes {
            self.correct += usize::from(outcome.correct);
            self.loss += f64::from(outcome.loss);
        }
        self.hidden_spikes.resize(layers.len() - 1, vec![0; time_steps]);
        self.input_events += chunk.events[0][..count].iter().map(Events::count).sum::<usize>();
        for (l, counts) in self.hidden_spikes.iter_mut().enumerate() {
            for events in &chunk.events[l + 1][..count] {
                let geometry = &layers[l + 1].geometry;
                (0..time_steps).for_each(|step| counts[step] += events.count_at(geometry, step));
            }
        }
    }
}

/// A network in training.
///
/// # Examples
/// ```no_run
/// use firstspike::data::{self, Split};
/// use firstspike::train::{Hidden, Recipe, Trainer};
///
/// let images = data::load("digits", Split::Train)?;
/// let recipe = Recipe { name: "small".into(), hidden: vec![Hidden::Dense(32)], epochs: 5, ..Recipe::default() };
/// let mut trainer = Trainer::new(recipe, &images.shape, 10)?;
/// let members: Vec<usize> = (0..images.len()).collect();
/// while trainer.epoch() < trainer.recipe.epochs {
///     let score = trainer.train_epoch(&images, &members, |_| true)?.expect("nobody stops it");
///     println!("{:.2} %", 100.0 * score.accuracy());
/// }
/// let network = trainer.export();
/// # Ok::<(), firstspike::error::Error>(())
/// ```
pub struct Trainer {
    /// How it is trained.
    pub recipe: Recipe,
    layers: Vec<Layer>,
    chunks: Vec<Chunk>,
    latency: [u8; 256],
    input_shape: Vec<usize>,
    /// Epochs done, and optimizer steps done.
    epoch: usize,
    step: u64,
    /// Of the last step.
    rate: f32,
    curve: Vec<Epoch>,
}

impl Trainer {
    /// Draws the initial network.
    ///
    /// # Errors
    /// `invalid-recipe`.
    pub fn new(recipe: Recipe, input_shape: &[usize], classes: usize) -> Result<Self> {
        let sized = recipe.layers(input_shape, classes)?;
        let mut rng = ChaCha8Rng::seed_from_u64(recipe.seed);
        let mut layers: Vec<Layer> = Vec::with_capacity(sized.len());
        for (index, sized) in sized.into_iter().enumerate() {
            let layer = Layer::new(&recipe, index, sized, layers.last(), &mut rng);
            layers.push(layer);
        }
        let latency = std::array::from_fn(|pixel| latency(pixel as u8, recipe.input_threshold, recipe.time_steps));
        let input_shape = input_shape.to_vec();
        let (chunks, curve) = (Vec::new(), Vec::new());
        Ok(Trainer { recipe, layers, chunks, latency, input_shape, epoch: 0, step: 0, rate: 0.0, curve })
    }

    /// Epochs done so far.
    pub fn epoch(&self) -> usize {
        self.epoch
    }

    /// Adds the epoch that was trained last to the learning curve.
    pub fn record(&mut self, score: &Score, validation_accuracy: Option<f64>, seconds: f64) {
        self.curve.push(Epoch {
            epoch: self.epoch,
            loss: score.mean_loss(),
            training_accuracy: score.accuracy(),
            validation_accuracy,
            learning_rate: self.rate,
            seconds,
        });
    }

    /// Writes the learning curve to `path`.
    ///
    /// # Errors
    /// `io`.
    pub fn save_curve(&self, path: &Path) -> Result<()> {
        curve::save(path, &self.recipe.name, &self.curve)
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
        if self.epoch == self.first_folded_epoch() {
            self.fold();
        }
        let mut order = members.to_vec();
        let mut rng = ChaCha8Rng::seed_from_u64(self.recipe.seed.wrapping_add(self.epoch as u64));
        rng.set_stream(1);
        order.shuffle(&mut rng);
        let steps = self.recipe.epochs as u64 * self.steps_of(order.len());
        let mut score = Score::default();
        for batch in order.chunks(self.recipe.batch) {
            self.rate = scheduled_rate(self.recipe.learning_rate, self.step, steps);
            self.step += 1;
            self.train_batch(images, batch, &Adam::at(self.step, self.rate), &mut score);
            self.prune(steps);
            if !score.loss.is_finite() {
                return Err(self.diverged("the loss is"));
            }
            if !observe(&score) {
                return Ok(None);
            }
        }
        // The loss tells of the weights before the last step only.
        if !self.layers.iter().all(Layer::is_finite) {
            return Err(self.diverged("weights are"));
        }
        self.epoch += 1;
        Ok(Some(score))
    }

    /// Takes synapses away where the recipe asks for a smaller fan-in.
    fn prune(&mut self, steps: u64) {
        let recipe = &self.recipe;
        for (index, layer) in self.layers.iter_mut().enumerate() {
            let Some(end) = recipe.fan_in(index) else { continue };
            if let Some(fan_in) = pruning::fan_in(layer.shape.inputs, end, self.step, steps) {
                layer.prune(fan_in, recipe);
            }
        }
    }

    /// Optimizer steps in an epoch over so many images.
    fn steps_of(&self, images: usize) -> u64 {
        images.div_ceil(self.recipe.batch) as u64
    }

    /// The epoch from which on batch normalization is part of the weights.
    fn first_folded_epoch(&self) -> usize {
        self.recipe.epochs - self.recipe.folded_epochs
    }

    /// Folds batch normalization into the weights, which go onto their grids.
    fn fold(&mut self) {
        if self.recipe.normalize == Normalize::Batch {
            self.layers.iter_mut().zip(&self.recipe.formats).for_each(|(layer, format)| layer.fold(*format));
        }
    }

    fn diverged(&self, what: &str) -> Error {
        Error::new(
            Stage::Train,
            "diverged",
            format!("{what} not finite in epoch {}, step {}", self.epoch + 1, self.step),
            format!("lower the learning rate, which is {}, with --learning-rate", self.recipe.learning_rate),
        )
    }

    /// Makes the chunks that a batch of so many images needs, and says how many; they stay for the next.
    fn prepare_chunks(&mut self, images: usize) -> usize {
        let (used, layers, steps) = (images.div_ceil(CHUNK), &self.layers, self.recipe.time_steps);
        if used > self.chunks.len() {
            self.chunks.resize_with(used, || Chunk::new(layers, steps));
        }
        used
    }

    fn train_batch(&mut self, images: &Images, batch: &[usize], adam: &Adam, score: &mut Score) {
        let steps = self.recipe.time_steps;
        let draw = Some(Draw { seed: self.recipe.seed, epoch: self.epoch as u64 });
        let used = self.prepare_chunks(batch.len());
        let (recipe, latency) = (&self.recipe, &self.latency);
        let pass = Pass { recipe, images, latency, draw, batch: batch.len() };
        let layers = &self.layers;
        self.chunks[..used].par_iter_mut().zip(batch.par_chunks(CHUNK)).for_each(|(chunk, members)| {
            chunk.forward(layers, &pass, members);
            chunk.backward(layers, &pass);
        });
        let chunks = &self.chunks[..used];
        chunks.iter().for_each(|chunk| score.add(chunk, layers, steps));
        self.collect_gradients(used);
        self.layers.iter_mut().for_each(|layer| layer.update(adam));
    }

    /// Sums what the chunks of a batch contribute, block by block and in their order.
    fn collect_gradients(&mut self, used: usize) {
        let (chunks, steps) = (&self.chunks[..used], self.recipe.time_steps);
        let tasks = self.layers.iter_mut().enumerate().flat_map(|(l, layer)| {
            let geometry = &layer.geometry;
            layer.blocks.iter_mut().enumerate().map(move |(b, block)| (l, geometry, b, block))
        });
        let mut tasks: Vec<_> = tasks.collect();
        tasks.par_iter_mut().for_each(|(l, geometry, b, block): &mut (usize, _, usize, &mut Block)| {
            block.gradient.fill(ZERO);
            (block.bias_gradient, block.gain_gradient) = (ZERO, ZERO);
            chunks.iter().for_each(|chunk| chunk.add_gradient(geometry, *l, *b, steps, block));
            let moments: Vec<_> = chunks.iter().filter_map(|chunk| chunk.moments[*l].get(*b).copied()).collect();
            if !moments.is_empty() {
                block.follow(&moments);
            }
        });
    }

    /// Runs the network as it is, without distortions or dropout.
    pub fn evaluate(&mut self, images: &Images, members: &[usize]) -> Score {
        let mut score = Score::default();
        self.run(images, members, |chunk, layers, steps| score.add(chunk, layers, steps));
        score
    }

    /// The class of every image, as the exported network gives it.
    pub fn classify(&mut self, images: &Images, members: &[usize]) -> Vec<u32> {
        let mut classes = Vec::with_capacity(members.len());
        self.run(images, members, |chunk, _, _| classes.extend(chunk.outcomes.iter().map(|outcome| outcome.class)));
        classes
    }

    fn run(&mut self, images: &Images, members: &[usize], mut visit: impl FnMut(&Chunk, &[Layer], usize)) {
        self.prepare_chunks(members.len().min(self.recipe.batch));
        let (recipe, latency, layers) = (&self.recipe, &self.latency, &self.layers);
        for batch in members.chunks(recipe.batch) {
            let pass = Pass { recipe, images, latency, draw: None, batch: batch.len() };
            let used = batch.len().div_ceil(CHUNK);
            let chunks = &mut self.chunks[..used];
            chunks
                .par_iter_mut()
                .zip(batch.par_chunks(CHUNK))
                .for_each(|(chunk, members)| chunk.forward(layers, &pass, members));
            chunks.iter().for_each(|chunk| visit(chunk, layers, recipe.time_steps));
        }
    }

    /// Writes the state to `path`; `data` is the fingerprint of the training images.
    ///
    /// # Errors
    /// `io`.
    pub fn save(&self, path: &Path, data: &str) -> Result<()> {
        let (recipe, curve) = (self.recipe.clone(), self.curve.clone());
        let header = Header { recipe, data: data.into(), epoch: self.epoch, step: self.step, curve };
        checkpoint::save(path, &header, &self.layers)
    }

    /// Takes up the state at `path`, so that training goes on, on so many `images` per epoch, as if it had never stopped.
    ///
    /// # Errors
    /// `checkpoint-missing`, `checkpoint-broken`; `checkpoint-differs` if recipe or images are not the same.
    pub fn resume(&mut self, path: &Path, data: &str, images: usize) -> Result<()> {
        let expected = Expected { recipe: &self.recipe, data, steps: self.steps_of(images) };
        let mut layers = self.layers.clone();
        let header = checkpoint::load(path, &expected, &mut layers)?;
        self.layers = layers;
        (self.epoch, self.step, self.curve) = (header.epoch, header.step, header.curve);
        if self.recipe.normalize == Normalize::Batch && self.epoch > self.first_folded_epoch() {
            self.layers.iter_mut().zip(&self.recipe.formats).for_each(|(layer, format)| layer.set_folded(*format));
        }
        Ok(())
    }

    /// The float network as it stands, with all normalization and gain folded into weights and thresholds.
    pub fn export(&self) -> FloatNetwork {
        let count = self.layers.len();
        let name = |l: usize| if l + 1 == count { "readout".to_string() } else { format!("hidden{}", l + 1) };
        FloatNetwork {
            name: self.recipe.name.clone(),
            time_steps: self.recipe.time_steps,
            input_shape: self.input_shape.clone(),
            coding: self.recipe.input_threshold.into(),
            layers: self.layers.iter().enumerate().map(|(l, layer)| export_layer(layer, name(l))).collect(),
            readout: self.recipe.readout.with_alpha(|| step_weights(self.recipe.time_steps)),
        }
    }
}

/// A firing neuron's bias becomes part of its threshold, as in the integer network.
pub(super) fn export_layer(layer: &Layer, name: String) -> FloatLayer {
    if layer.shape.normalization == Normalization::Batch {
        let mut folded = layer.clone();
        folded.fold(None);
        return export_layer(&folded, name);
    }
    let (shape, geometry) = (layer.shape, &layer.geometry);
    let lane = |output: usize| geometry.arrangement.slot(output);
    // Rows are numbered by tap first here, by channel first in the network.
    let row = |synapse: usize| synapse % geometry.taps * geometry.group_channels + synapse / geometry.taps;
    let weight =
        |(synapse, output): (usize, usize)| layer.blocks[lane(output).0].effective[row(synapse)][lane(output).1];
    let biases = (0..shape.outputs).map(|output| layer.blocks[lane(output).0].bias.value[0][lane(output).1]);
    FloatLayer {
        name,
        input: geometry.sized.kept_input(),
        pooling: geometry.sized.pooling,
        connection: geometry.sized.connection,
        weights: Array2::from_shape_fn((shape.inputs, shape.outputs), weight),
        bias: if shape.neuron.fires() { vec![0.0; shape.outputs] } else { biases.clone().collect() },
        step_rows: None,
        neuron: neuron::export(shape.neuron, biases),
        grid: shape.format.map(|format| Grid { format, scale: layer.scale() }),
    }
}
