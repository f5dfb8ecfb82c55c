//! The float network, executed: the reference that reports compare the integer network with.

use rayon::prelude::*;

use super::{FloatLayer, FloatNetwork, neuron};
use crate::coding::Coding;
use crate::network::{Readout, WeightedSource};

/// The spike time of a pixel in latency coding, `round((255 − x)·(T − 1)/255)`, or `T` (never) below the threshold.
///
/// # Units
/// Pixel and threshold in gray levels, the result in time steps.
///
/// # Source
/// `docs/numerics.md` §2.
pub fn latency(pixel: u8, threshold: u8, time_steps: usize) -> u8 {
    if pixel < threshold {
        return time_steps as u8;
    }
    ((2 * (255 - usize::from(pixel)) * (time_steps - 1) + 255) / 510) as u8
}

/// What the float network made of one image.
///
/// # Shapes
/// `scores` has one entry per class; `spike_times[l][j]` is that of neuron `j` of layer `l` in time steps, `T` for never.
#[derive(Debug, Clone, PartialEq)]
pub struct FloatTrace {
    /// The class.
    pub class: usize,
    /// One score per class.
    pub scores: Vec<f32>,
    /// Spike time of each neuron, layer by layer.
    pub spike_times: Vec<Vec<u8>>,
}

impl FloatNetwork {
    /// Executes the network on one image, spike by spike.
    ///
    /// # Panics
    /// If the number of pixels is not the number of inputs of the first layer.
    pub fn run(&self, pixels: &[u8]) -> FloatTrace {
        let time = |&pixel: &u8| match &self.coding {
            Coding::Latency { threshold } => latency(pixel, *threshold, self.time_steps),
            Coding::Table(times) => times[usize::from(pixel)],
        };
        self.run_events(pixels.iter().map(time).collect())
    }

    /// Executes the network on input spike times, `T` for never.
    ///
    /// # Panics
    /// If the number of times is not the number of inputs of the first layer.
    pub fn run_events(&self, input_times: Vec<u8>) -> FloatTrace {
        assert_eq!(input_times.len(), self.layers[0].input.neurons(), "one spike time per input");
        let mut times = input_times;
        let mut spike_times = Vec::with_capacity(self.layers.len());
        let mut history = Vec::new();
        for layer in &self.layers {
            history = potentials(layer, &times, self.time_steps);
            times = neuron::spike_times(layer, &history);
            spike_times.push(times.clone());
        }
        let (class, scores) = self.read_out(&history, &times);
        FloatTrace { class, scores, spike_times }
    }

    /// The class of every image, in their order.
    pub fn classify(&self, pixels: ndarray::ArrayView2<u8>) -> Vec<usize> {
        let rows: Vec<_> = pixels.outer_iter().collect();
        rows.par_iter().map(|row| self.run(&row.to_vec()).class).collect()
    }

    fn read_out(&self, history: &[Vec<f32>], times: &[u8]) -> (usize, Vec<f32>) {
        let last = self.time_steps - 1;
        match &self.readout {
            Readout::Membrane => (first_largest(&history[last], |_| true), history[last].clone()),
            Readout::FirstSpike => {
                let earliest = times.iter().copied().min().map_or(last, usize::from);
                let decision = earliest.min(last);
                let scores = history[decision].clone();
                let eligible = |j: usize| earliest > last || usize::from(times[j]) == decision;
                (first_largest(&scores, eligible), scores)
            }
            Readout::TemporalWeighting { source, alpha } => {
                let score = |j: usize| match source {
                    WeightedSource::Spikes => alpha.get(usize::from(times[j])).copied().unwrap_or(0.0),
                    WeightedSource::Current => weighted_current(history, alpha, j),
                };
                let scores: Vec<f32> = (0..times.len()).map(score).collect();
                (first_largest(&scores, |_| true), scores)
            }
        }
    }
}

/// `Σ_t α[t]·I_j[t]`, the bias counting as current of step 0.
fn weighted_current(history: &[Vec<f32>], alpha: &[f32], neuron: usize) -> f32 {
    let mut before = 0.0;
    let weigh = |(potentials, alpha): (&Vec<f32>, &f32)| {
        let current = potentials[neuron] - before;
        before = potentials[neuron];
        alpha * current
    };
    history.iter().zip(alpha).map(weigh).sum()
}

/// `V_j[t]` of every step.
fn potentials(layer: &FloatLayer, times: &[u8], time_steps: usize) -> Vec<Vec<f32>> {
    let mut events = vec![Vec::new(); time_steps + 1];
    for (input, &time) in times.iter().enumerate() {
        events[usize::from(time)].push(input);
    }
    let places = layer.output().places();
    let share = 1.0 / layer.pooling.share() as f32;
    let mut sums = vec![0.0; layer.output().neurons()];
    let mut start = layer.bias.clone();
    let step = |(step, inputs): (usize, &Vec<usize>)| {
        let mut add = |neuron: usize, weight: f32| sums[neuron] += weight;
        layer.cells(inputs).into_iter().for_each(|cell| layer.receive(cell, &mut add));
        if let Some(rows) = &layer.step_rows {
            start.iter_mut().zip(rows.at(step)).for_each(|(start, entry)| *start += entry);
        }
        sums.iter().enumerate().map(|(neuron, sum)| start[neuron / places] + share * sum).collect()
    };
    events[..time_steps].iter().enumerate().map(step).collect()
}

/// A cell of the pooled map that receives a spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Cell {
    channel: usize,
    /// Its number in the pooled map.
    index: usize,
}

impl FloatLayer {
    /// The cells of the pooled map that receive a spike when these inputs spike in one step, each as often as it does.
    pub fn cells(&self, inputs: &[usize]) -> Vec<Cell> {
        let mut cells: Vec<_> = inputs.iter().map(|&input| self.cell_of(input)).collect();
        if self.pooling.max {
            // Spikes of one step in one cell are one.
            cells.sort_unstable();
            cells.dedup();
        }
        cells
    }

    fn cell_of(&self, input: usize) -> Cell {
        let (map, size) = (self.input, self.pooling.size);
        let pooled = map.pooled(size);
        let (channel, place) = (input / map.places(), input % map.places());
        let (y, x) = (place / map.width / size, place % map.width / size);
        Cell { channel, index: (channel * pooled.height + y) * pooled.width + x }
    }

    /// Gives the neurons that a spike reaches, each with its weight, to `add`.
    pub fn receive(&self, cell: Cell, add: &mut impl FnMut(usize, f32)) {
        let (pooled, output) = (self.input.pooled(self.pooling.size), self.output());
        let channels = self.connection.channels(pooled, output, cell.channel);
        for reach in self.connection.reaches(pooled, output, cell.index) {
            for target in channels.clone() {
                add(target * output.places() + reach.place, self.weights[(reach.row, target)]);
            }
        }
    }
}

/// The index of the largest eligible score; the smaller index first.
fn first_largest(scores: &[f32], eligible: impl Fn(usize) -> bool) -> usize {
    let candidates = (0..scores.len()).filter(|&j| eligible(j));
    candidates.reduce(|best, j| if scores[j] > scores[best] { j } else { best }).unwrap_or(0)
}
