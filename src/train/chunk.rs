//! Forward and backward pass of a fixed share of a batch.
//!
//! A chunk owns its buffers and always holds the same images of a batch, whatever the number of threads; its results are
//! summed in the order of the chunks, so neither is a float sum.

use ndarray::linalg::general_mat_mul;
use ndarray::{ArrayView2, ArrayViewMut2, s};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::augment::Distorter;
use super::layer::{Block, LANES, Layer, Row, ZERO};
use super::neuron::{Backward, Spikes, integrate, spike_times};
use super::readout::{Output, cross_entropy};
use super::recipe::{Augment, Recipe};
use crate::data::Images;

/// Images per chunk.
pub const CHUNK: usize = 25;

/// What one image contributed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Outcome {
    pub loss: f32,
    pub class: u8,
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
/// Per layer: `spikes[l]`, the input events of the layer, one per image; `potential[l]`, image × block × time step;
/// `times[l]`, image × block; `index[l]`, for each input the rows (image · blocks · T + t) at which it spikes.
pub struct Chunk {
    pub outcomes: Vec<Outcome>,
    pub spikes: Vec<Vec<Spikes>>,
    pub potential: Vec<Vec<Row>>,
    pub times: Vec<Vec<[u8; LANES]>>,
    pub index: Vec<EventIndex>,
    pixels: Vec<u8>,
    scores: Vec<f32>,
    credit: Vec<f32>,
    flat: Vec<f32>,
    /// What `scores` is divided by where it is a gradient of the output potentials beside that of the spikes.
    direct: Option<f32>,
    neuron: Backward,
    distorter: Distorter,
}

/// The events of a chunk by input: those of input `i` are `rows[starts[i] .. starts[i + 1]]`.
#[derive(Default)]
pub struct EventIndex {
    starts: Vec<u32>,
    rows: Vec<u32>,
}

impl EventIndex {
    fn build(&mut self, inputs: usize, spikes: &[Spikes], stride: usize, time_steps: usize) {
        self.starts.clear();
        self.starts.resize(inputs + 1, 0);
        for image in spikes {
            for &input in &image.inputs {
                self.starts[usize::from(input)] += 1;
            }
        }
        let mut total = 0;
        for start in &mut self.starts {
            total += *start;
            *start = total;
        }
        self.rows.resize(total as usize, 0);
        // Filled from the back, so that each start ends where it belongs and rows ascend.
        for (image, spikes) in spikes.iter().enumerate().rev() {
            for step in (0..time_steps).rev() {
                for &input in spikes.at(step) {
                    let start = &mut self.starts[usize::from(input)];
                    *start -= 1;
                    self.rows[*start as usize] = (image * stride + step) as u32;
                }
            }
        }
    }

    #[inline(always)]
    fn of(&self, input: usize) -> &[u32] {
        &self.rows[self.starts[input] as usize..self.starts[input + 1] as usize]
    }
}

impl Chunk {
    pub fn new(layers: &[Layer], time_steps: usize) -> Self {
        let count = layers.len();
        Chunk {
            outcomes: Vec::with_capacity(CHUNK),
            spikes: vec![vec![Spikes::default(); CHUNK]; count],
            potential: layers.iter().map(|l| vec![ZERO; CHUNK * l.blocks.len() * time_steps]).collect(),
            times: layers.iter().map(|l| vec![[0; LANES]; CHUNK * l.blocks.len()]).collect(),
            index: (0..count).map(|_| EventIndex::default()).collect(),
            pixels: Vec::new(),
            scores: Vec::new(),
            credit: Vec::new(),
            flat: Vec::new(),
            direct: None,
            neuron: Backward::default(),
            distorter: Distorter::default(),
        }
    }

    /// Runs the network on the images `members`; fills outcomes, spikes, spike times and potentials.
    pub fn forward(&mut self, layers: &[Layer], pass: &Pass, members: &[usize]) {
        self.outcomes.clear();
        self.encode(pass, members);
        let steps = pass.recipe.time_steps;
        for (l, layer) in layers.iter().enumerate() {
            let blocks = layer.blocks.len();
            for (b, block) in layer.blocks.iter().enumerate() {
                for image in 0..members.len() {
                    let slot = image * blocks + b;
                    let potential = &mut self.potential[l][slot * steps..][..steps];
                    integrate(block.forward(), &block.start, &self.spikes[l][image], potential);
                    self.times[l][slot] = spike_times(potential, &block.level);
                }
            }
            if l + 1 < layers.len() {
                self.drop_spikes(pass, l, blocks, members);
                for image in 0..members.len() {
                    let times = self.times[l][image * blocks..][..blocks].as_flattened();
                    let times = times[..layer.shape.outputs].iter().copied();
                    self.spikes[l + 1][image].collect(times, steps);
                }
            }
        }
        self.read_out(layers, pass, members);
    }

    /// Codes the pixels, distorted in training.
    fn encode(&mut self, pass: &Pass, members: &[usize]) {
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
            self.spikes[0][slot].collect(times, pass.recipe.time_steps);
        }
    }

    /// Silences hidden neurons at random, in training.
    fn drop_spikes(&mut self, pass: &Pass, l: usize, blocks: usize, members: &[usize]) {
        let Some(draw) = pass.draw.as_ref().filter(|_| pass.recipe.dropout > 0.0) else { return };
        let cut = (f64::from(pass.recipe.dropout) * 65_536.0) as u16;
        for (image, &member) in members.iter().enumerate() {
            let mut rng = draw.rng(member);
            rng.set_word_pos(((l + 1) as u128) << 32);
            for time in self.times[l][image * blocks..][..blocks].as_flattened_mut() {
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
            let label = usize::from(pass.images.labels[member]);
            let loss = cross_entropy(scores, label, pass.recipe.label_smoothing);
            self.outcomes.push(Outcome { loss, class: class as u8, correct: class == label });
        }
    }

    /// Replaces every potential by the suffix sum of its gradient, from the output down, and indexes the events by input.
    pub fn backward(&mut self, layers: &[Layer], pass: &Pass) {
        let (steps, images) = (pass.recipe.time_steps, self.outcomes.len());
        let mut constant = self.output_gradient(layers, pass);
        for l in (0..layers.len()).rev() {
            let layer = &layers[l];
            let stride = layer.blocks.len() * steps;
            self.index[l].build(layer.shape.inputs, &self.spikes[l][..images], stride, steps);
            if l > 0 {
                self.credit_below(&layers[l], &layers[l - 1], l, steps, constant);
                self.hidden_gradient(&layers[l - 1], l - 1, pass, constant);
                constant = false;
            }
        }
    }

    /// Gradient of the output layer. Returns whether it is the same at all time steps.
    fn output_gradient(&mut self, layers: &[Layer], pass: &Pass) -> bool {
        use super::recipe::ReadoutKind::{Current, FirstSpike, Membrane, Spikes};
        let (top, layer) = (layers.len() - 1, &layers[layers.len() - 1]);
        let (classes, steps, blocks) = (layer.shape.outputs, pass.recipe.time_steps, layer.blocks.len());
        let readout = pass.recipe.readout;
        let unit = layer.scale();
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
                    Spikes | FirstSpike => {
                        self.neuron.run(potential, &block.level, unit, &self.times[top][slot], share);
                    }
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

    /// `S_i[t] = Σ_j w_ij·D_j[t]` for the spikes `i` that layer `l` receives: image·step × neuron, or image × neuron if constant.
    fn credit_below(&mut self, layer: &Layer, below: &Layer, l: usize, steps: usize, constant: bool) {
        let (images, blocks) = (self.outcomes.len(), layer.blocks.len());
        let rows = if constant { 1 } else { steps };
        let width = below.blocks.len() * LANES;
        self.credit.clear();
        self.credit.resize(images * rows * width, 0.0);
        self.flat.resize(images * rows * LANES, 0.0);
        let mut credit =
            ArrayViewMut2::from_shape((images * rows, width), &mut self.credit).expect("the buffer was just sized");
        let mut credit = credit.slice_mut(s![.., ..layer.shape.inputs]);
        for (b, block) in layer.blocks.iter().enumerate() {
            for (image, flat) in self.flat.chunks_exact_mut(rows * LANES).enumerate() {
                let from = (image * blocks + b) * steps;
                flat.copy_from_slice(self.potential[l][from..from + rows].as_flattened());
            }
            let gradient =
                ArrayView2::from_shape((images * rows, LANES), &self.flat).expect("the buffer was just sized");
            let weights = ArrayView2::from_shape((layer.shape.inputs, LANES), block.forward().as_flattened())
                .expect("one row per input");
            general_mat_mul(layer.scale(), &gradient, &weights.t(), 1.0, &mut credit);
        }
    }

    fn hidden_gradient(&mut self, layer: &Layer, l: usize, pass: &Pass, constant: bool) {
        let (steps, blocks) = (pass.recipe.time_steps, layer.blocks.len());
        let (rows, width) = (if constant { 1 } else { steps }, blocks * LANES);
        let cost = spike_costs(pass.recipe, layer.shape.outputs, pass.batch);
        let unit = layer.scale();
        for slot in 0..self.outcomes.len() * blocks {
            let (image, b) = (slot / blocks, slot % blocks);
            let block: &Block = &layer.blocks[b];
            let potential = &mut self.potential[l][slot * steps..][..steps];
            let times = self.times[l][slot];
            let keep: Row = std::array::from_fn(|k| if times[k] == DROPPED { 0.0 } else { 1.0 });
            let credit = &self.credit;
            self.neuron.run(potential, &block.level, unit, &times, |step| {
                let row = image * rows + if constant { 0 } else { step };
                let credit = &credit[row * width + b * LANES..][..LANES];
                std::array::from_fn(|k| (credit[k] + cost[step]) * keep[k])
            });
        }
    }

    /// Adds this chunk's share to the gradient of one block: `∂L/∂w_ij = Σ D_j[t_i]` over the images in which input `i` spikes.
    pub fn add_gradient(&self, l: usize, b: usize, blocks: usize, steps: usize, block: &mut Block) {
        let potential = &self.potential[l][b * steps..];
        for (input, gradient) in block.gradient.iter_mut().enumerate() {
            let rows = self.index[l].of(input);
            if rows.is_empty() {
                continue;
            }
            let mut sum = *gradient;
            for &row in rows {
                let term = &potential[row as usize];
                for k in 0..LANES {
                    sum[k] += term[k];
                }
            }
            *gradient = sum;
        }
        for image in 0..self.outcomes.len() {
            let first = &potential[image * blocks * steps];
            (0..LANES).for_each(|k| block.bias_gradient[k] += first[k]);
            if let Some(batch) = self.direct.filter(|_| l + 1 == self.potential.len()) {
                // The bias of a firing neuron lowers its threshold; it is no part of the potential.
                let classes = self.scores.len() / CHUNK;
                let errors = &self.scores[image * classes..][..classes][b * LANES..];
                block.bias_gradient.iter_mut().zip(errors).for_each(|(sum, error)| *sum -= error / batch);
            }
        }
    }
}

/// The spike time of a neuron that dropout silenced; later than any step.
const DROPPED: u8 = 255;

/// `S[t]` of the activity loss: what a spike that lasts from step `t` on costs.
fn spike_costs(recipe: &Recipe, neurons: usize, batch: usize) -> Vec<f32> {
    let last = (recipe.time_steps.max(2) - 1) as f32;
    let share = recipe.activity / (neurons * batch) as f32;
    (0..recipe.time_steps).map(|step| share * (1.0 + recipe.late * step as f32 / last)).collect()
}

fn output_of<'a>(
    potential: &'a [Row],
    times: &'a [[u8; LANES]],
    layer: &Layer,
    image: usize,
    time_steps: usize,
) -> Output<'a> {
    let blocks = layer.blocks.len();
    Output {
        potential: &potential[image * blocks * time_steps..][..blocks * time_steps],
        times: &times[image * blocks..][..blocks],
        time_steps,
        unit: layer.scale(),
    }
}
