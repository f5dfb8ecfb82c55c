//! Forward and backward pass of a fixed share of a batch.
//!
//! A chunk owns its buffers and always holds the same images of a batch, whatever the number of threads; its results are
//! summed in the order of the chunks, so neither is a float sum.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::augment::Distorter;
use super::batch::{Affine, measure};
use super::descent::{Descent, credit_below};
use super::events::{Events, add_gradient, integrate};
use super::layer::{Block, Layer, Moments, Normalization};
use super::neuron::{Backward, Test, fire};
use super::readout::{Output, cross_entropy};
use super::recipe::{Augment, Recipe};
use super::row::{DROPPED, LANES, Row, Times, ZERO};
use crate::data::Images;

/// Images per chunk.
pub const CHUNK: usize = 25;

/// What one image contributed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub loss: f32,
    pub class: u32,
    pub correct: bool,
}

/// Draws everything that is random about one image in one epoch, independent of the order of work.
pub struct Draw {
    pub seed: u64,
    pub epoch: u64,
}

impl Draw {
    fn rng(&self, image: usize) -> ChaCha8Rng {
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        // Stream 0 draws the weights and stream 1 the order of images.
        rng.set_stream(2 + (self.epoch << 32 | image as u64));
        rng
    }
}

/// What a pass needs to know besides the layers.
pub struct Pass<'a> {
    pub recipe: &'a Recipe,
    pub images: &'a Images,
    /// Spike time of each pixel value.
    pub latency: &'a [u8; 256],
    /// Present in training: distortions and dropout.
    pub draw: Option<Draw>,
    /// Images in the batch, by which the loss is divided.
    pub batch: usize,
}

/// Buffers for up to `CHUNK` images.
///
/// # Shapes
/// Per layer: `events[l]`, the spikes that the layer receives, one per image; `potential[l]`, image × block × place × time step;
/// `times[l]`, image × block × place; `tests[l]`, `moments[l]` and `affine[l]` by block, the latter two under batch normalization.
pub struct Chunk {
    pub outcomes: Vec<Outcome>,
    pub events: Vec<Vec<Events>>,
    pub potential: Vec<Vec<Row>>,
    pub times: Vec<Vec<Times>>,
    pub moments: Vec<Vec<Moments>>,
    tests: Vec<Vec<Test>>,
    affine: Vec<Vec<Affine>>,
    pixels: Vec<u8>,
    scores: Vec<f32>,
    credit: Vec<Row>,
    /// What `scores` is divided by where it is a gradient of the output potentials beside that of the spikes.
    direct: Option<f32>,
    neuron: Backward,
    distorter: Distorter,
}

impl Chunk {
    pub fn new(layers: &[Layer], time_steps: usize) -> Self {
        let slots = |layer: &Layer| CHUNK * layer.blocks.len() * layer.geometry.places();
        Chunk {
            outcomes: Vec::with_capacity(CHUNK),
            events: vec![vec![Events::default(); CHUNK]; layers.len()],
            potential: layers.iter().map(|layer| vec![ZERO; slots(layer) * time_steps]).collect(),
            times: layers.iter().map(|layer| vec![[0; LANES]; slots(layer)]).collect(),
            moments: vec![Vec::new(); layers.len()],
            tests: vec![Vec::new(); layers.len()],
            affine: vec![Vec::new(); layers.len()],
            pixels: Vec::new(),
            scores: Vec::new(),
            credit: Vec::new(),
            direct: None,
            neuron: Backward::default(),
            distorter: Distorter::default(),
        }
    }

    /// Runs the network on the images `members`; fills outcomes, events, spike times and potentials.
    pub fn forward(&mut self, layers: &[Layer], pass: &Pass, members: &[usize]) {
        self.outcomes.clear();
        let steps = pass.recipe.time_steps;
        self.encode(&layers[0], pass, members);
        for (l, layer) in layers.iter().enumerate() {
            if l > 0 {
                let (below, slots) =
                    (&layers[l - 1].geometry, layers[l - 1].blocks.len() * layers[l - 1].geometry.places());
                for image in 0..members.len() {
                    let times = &self.times[l - 1][image * slots..][..slots];
                    self.events[l][image].of_neurons(&layer.geometry, below, times, steps);
                }
            }
            self.advance(layer, l, pass, members.len());
            if l + 1 < layers.len() {
                self.drop_spikes(layer, pass, l, members);
            }
        }
        self.read_out(layers, pass, members);
    }

    /// Codes the pixels, distorted in training.
    fn encode(&mut self, layer: &Layer, pass: &Pass, members: &[usize]) {
        let shape = &pass.images.shape;
        for (slot, &member) in members.iter().enumerate() {
            let row = pass.images.pixels.row(member);
            let mut source = row.as_slice().expect("pixels are stored row by row");
            if let Some(draw) = pass.draw.as_ref().filter(|_| pass.recipe.augment != Augment::NONE) {
                self.pixels.resize(source.len(), 0);
                let mut rng = draw.rng(member);
                let width = shape.last().copied().unwrap_or(1);
                self.distorter.run(&pass.recipe.augment, width, source, &mut self.pixels, &mut rng);
                source = &self.pixels;
            }
            let times = source.iter().map(|&pixel| pass.latency[usize::from(pixel)]);
            self.events[0][slot].of_pixels(&layer.geometry, times, pass.recipe.time_steps);
        }
    }

    /// Potentials and spike times of one layer.
    fn advance(&mut self, layer: &Layer, l: usize, pass: &Pass, images: usize) {
        let (blocks, places, steps) = (layer.blocks.len(), layer.geometry.places(), pass.recipe.time_steps);
        let batch = pass.draw.is_some() && layer.shape.normalization == Normalization::Batch;
        self.tests[l].clear();
        self.moments[l].clear();
        for (b, block) in layer.blocks.iter().enumerate() {
            let group = layer.geometry.arrangement.group(b);
            let slot = |image: usize| (image * blocks + b) * places;
            for image in 0..images {
                let potential = &mut self.potential[l][slot(image) * steps..][..places * steps];
                integrate(&layer.geometry, group, block.forward(), &block.start, &self.events[l][image], potential);
            }
            let mut test = block.test;
            if batch {
                let potential = |image: usize| &self.potential[l][slot(image) * steps..][..places * steps];
                let moments = measure((0..images).map(potential), &block.running.mean);
                test = block.batch_test(&moments);
                self.moments[l].push(moments);
            }
            self.tests[l].push(test);
            for image in 0..images {
                let potential = &self.potential[l][slot(image) * steps..][..places * steps];
                fire(layer.shape.neuron, potential, &test, &mut self.times[l][slot(image)..][..places]);
            }
        }
    }

    /// Silences hidden neurons at random, in training.
    fn drop_spikes(&mut self, layer: &Layer, pass: &Pass, l: usize, members: &[usize]) {
        let Some(draw) = pass.draw.as_ref().filter(|_| pass.recipe.dropout > 0.0) else { return };
        let slots = layer.blocks.len() * layer.geometry.places();
        let cut = (f64::from(pass.recipe.dropout) * 65_536.0) as u16;
        for (image, &member) in members.iter().enumerate() {
            let mut rng = draw.rng(member);
            rng.set_word_pos(((l + 1) as u128) << 32);
            for time in self.times[l][image * slots..][..slots].as_flattened_mut() {
                if rng.random::<u16>() < cut {
                    *time = DROPPED;
                }
            }
        }
    }

    fn read_out(&mut self, layers: &[Layer], pass: &Pass, members: &[usize]) {
        let (top, layer) = (layers.len() - 1, &layers[layers.len() - 1]);
        let (classes, steps) = (layer.shape.outputs, pass.recipe.time_steps);
        self.scores.resize(CHUNK * classes, 0.0);
        for (image, &member) in members.iter().enumerate() {
            let output = output_of(&self.potential[top], &self.times[top], layer, image, steps);
            let scores = &mut self.scores[image * classes..][..classes];
            output.scores(pass.recipe.readout, scores);
            let class = output.class(pass.recipe.readout, scores);
            let label = pass.images.labels[member] as usize;
            let loss = cross_entropy(scores, label, pass.recipe.label_smoothing);
            self.outcomes.push(Outcome { loss, class: class as u32, correct: class == label });
        }
    }

    /// Replaces every potential by the suffix sum of its gradient, from the output down.
    pub fn backward(&mut self, layers: &[Layer], pass: &Pass) {
        let (steps, images) = (pass.recipe.time_steps, self.outcomes.len());
        let mut constant = self.output_gradient(layers, pass);
        for l in (1..layers.len()).rev() {
            let (layer, below) = (&layers[l], &layers[l - 1]);
            let rows = if constant { 1 } else { steps };
            let size = below.blocks.len() * layer.geometry.pooled_places() * rows;
            self.credit.clear();
            self.credit.resize(images * size, ZERO);
            let slots = layer.blocks.len() * layer.geometry.places() * steps;
            for (image, credit) in self.credit.chunks_exact_mut(size).enumerate() {
                credit_below(layer, &self.potential[l][image * slots..][..slots], steps, rows, credit);
            }
            self.hidden_gradient(layer, below, l - 1, pass, rows);
            constant = false;
        }
    }

    /// Gradient of the output layer. Returns whether it is the same at all time steps.
    fn output_gradient(&mut self, layers: &[Layer], pass: &Pass) -> bool {
        use crate::network::ReadoutKind::{Current, FirstSpike, Membrane, Spikes};
        let (top, layer) = (layers.len() - 1, &layers[layers.len() - 1]);
        let (classes, steps, blocks) = (layer.shape.outputs, pass.recipe.time_steps, layer.blocks.len());
        let readout = pass.recipe.readout;
        self.direct = (readout == FirstSpike).then_some(pass.batch as f32);
        for image in 0..self.outcomes.len() {
            let decision =
                output_of(&self.potential[top], &self.times[top], layer, image, steps).decision_step(classes);
            let errors = &self.scores[image * classes..][..classes];
            for (b, block) in layer.blocks.iter().enumerate() {
                let mut error = ZERO;
                for (slot, value) in error.iter_mut().zip(&errors[b * LANES..]) {
                    *slot = value / pass.batch as f32;
                }
                let slot = image * blocks + b;
                let potential = &mut self.potential[top][slot * steps..][..steps];
                let share = |step: usize| error.map(|e| e * (steps - step) as f32);
                match readout {
                    Membrane => potential.fill(error),
                    Current => (0..steps).for_each(|step| potential[step] = share(step).map(|e| e / steps as f32)),
                    Spikes | FirstSpike => self.neuron.run(potential, &block.test, &self.times[top][slot], share),
                }
                if readout == FirstSpike {
                    // V[t*] enters the scores directly; t* itself is held constant.
                    for row in &mut potential[..=decision] {
                        (0..LANES).for_each(|k| row[k] += error[k]);
                    }
                }
            }
        }
        readout == Membrane
    }

    fn hidden_gradient(&mut self, above: &Layer, layer: &Layer, l: usize, pass: &Pass, rows: usize) {
        let (steps, blocks, places) = (pass.recipe.time_steps, layer.blocks.len(), layer.geometry.places());
        let cost = spike_costs(pass.recipe, layer.shape.outputs * places, pass.batch);
        let images = self.outcomes.len();
        let cells = above.geometry.pooled_places();
        self.affine[l].clear();
        for b in 0..blocks {
            let slot = |image: usize| (image * blocks + b) * places;
            let mut descent = Descent { above, rows, cost: &cost, test: &self.tests[l][b], neuron: &mut self.neuron };
            let mut affine = self.moments[l].get(b).map(|moments| Affine::new(moments, images * places * steps));
            let credit = |image: usize| &self.credit[(image * blocks + b) * cells * rows..][..cells * rows];
            if let Some(affine) = &mut affine {
                for image in 0..images {
                    let potential = &self.potential[l][slot(image) * steps..][..places * steps];
                    let times = &self.times[l][slot(image)..][..places];
                    descent.survey(potential, times, credit(image), affine);
                }
            }
            for image in 0..images {
                let potential = &mut self.potential[l][slot(image) * steps..][..places * steps];
                let times = &self.times[l][slot(image)..][..places];
                descent.run(potential, times, credit(image), affine.as_ref());
            }
            self.affine[l].extend(affine);
        }
    }

    /// Adds this chunk's share to the gradients of one block.
    pub fn add_gradient(&self, layer: &super::geometry::Geometry, l: usize, b: usize, steps: usize, block: &mut Block) {
        let (blocks, places, group) = (layer.arrangement.blocks(), layer.places(), layer.arrangement.group(b));
        for image in 0..self.outcomes.len() {
            let errors = &self.potential[l][(image * blocks + b) * places * steps..][..places * steps];
            add_gradient(layer, group, &self.events[l][image], errors, &mut block.gradient);
        }
        if let Some(affine) = self.affine[l].get(b) {
            (0..LANES).for_each(|k| block.bias_gradient[k] += affine.bias[k]);
            (0..LANES).for_each(|k| block.gain_gradient[k] += affine.gain[k]);
            return;
        }
        for image in 0..self.outcomes.len() {
            let errors = &self.potential[l][(image * blocks + b) * places * steps..][..places * steps];
            for first in errors.iter().step_by(steps) {
                (0..LANES).for_each(|k| block.bias_gradient[k] += first[k]);
            }
            if let Some(batch) = self.direct.filter(|_| l + 1 == self.potential.len()) {
                // The bias of a firing neuron lowers its threshold; it is no part of the potential.
                let classes = self.scores.len() / CHUNK;
                let errors = &self.scores[image * classes..][..classes][b * LANES..];
                block.bias_gradient.iter_mut().zip(errors).for_each(|(sum, error)| *sum -= error / batch);
            }
        }
    }
}

/// `S[t]` of the activity loss: what a spike that lasts from step `t` on costs.
fn spike_costs(recipe: &Recipe, neurons: usize, batch: usize) -> Vec<f32> {
    let last = (recipe.time_steps.max(2) - 1) as f32;
    let share = recipe.activity / (neurons * batch) as f32;
    (0..recipe.time_steps).map(|step| share * (1.0 + recipe.late * step as f32 / last)).collect()
}

fn output_of<'a>(
    potential: &'a [Row],
    times: &'a [Times],
    layer: &Layer,
    image: usize,
    time_steps: usize,
) -> Output<'a> {
    let blocks = layer.blocks.len();
    Output {
        potential: &potential[image * blocks * time_steps..][..blocks * time_steps],
        times: &times[image * blocks..][..blocks],
        time_steps,
        unit: layer.unit(),
    }
}
