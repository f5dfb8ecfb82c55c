//! From the output layer's potentials and spike times to scores, class and loss gradient.

use super::row::{LANES, Row, Times};
use crate::network::ReadoutKind;

/// The weights of the time steps in temporal weighting, `α[t] = 1 − t/T`, so that earlier counts more.
pub fn step_weights(time_steps: usize) -> Vec<f32> {
    (0..time_steps).map(|step| 1.0 - step as f32 / time_steps as f32).collect()
}

/// The class of a set of scores: the largest, the smaller index first.
pub fn argmax(scores: &[f32]) -> usize {
    let mut best = 0;
    for (index, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = index;
        }
    }
    best
}

/// The output layer of one image: potentials (block, then time step) and spike times (per block).
pub struct Output<'a> {
    pub potential: &'a [Row],
    pub times: &'a [Times],
    pub time_steps: usize,
    /// Value of one unit of `potential`.
    pub unit: f32,
}

impl Output<'_> {
    /// In units of the forward weights: a whole number if the layer is quantized, so sums of it are exact.
    fn raw(&self, neuron: usize, step: usize) -> f32 {
        self.potential[neuron / LANES * self.time_steps + step][neuron % LANES]
    }

    fn value(&self, neuron: usize, step: usize) -> f32 {
        self.unit * self.raw(neuron, step)
    }

    fn time(&self, neuron: usize) -> usize {
        usize::from(self.times[neuron / LANES][neuron % LANES])
    }

    /// `t*`, the step of the earliest output spike, or the last step if there is none.
    pub fn decision_step(&self, neurons: usize) -> usize {
        (0..neurons).map(|neuron| self.time(neuron)).min().unwrap_or(0).min(self.time_steps - 1)
    }

    /// The differentiable scores that the loss sees.
    ///
    /// - membrane: `V[T−1]`
    /// - current: `Σ_t α[t]·I[t]` with `α[t] = 1 − t/T`
    /// - spikes: `T·α[t_j] = Σ_t c[t]`
    /// - first spike: `Σ_t c[t] + V[t*]`: the order of spikes, and the potential that breaks ties
    pub fn scores(&self, readout: ReadoutKind, scores: &mut [f32]) {
        let steps = self.time_steps;
        let neurons = scores.len();
        for (neuron, score) in scores.iter_mut().enumerate() {
            *score = match readout {
                ReadoutKind::Membrane => self.value(neuron, steps - 1),
                ReadoutKind::Current => {
                    self.unit * (0..steps).map(|step| self.raw(neuron, step)).sum::<f32>() / steps as f32
                }
                ReadoutKind::Spikes => (steps - self.time(neuron)) as f32,
                ReadoutKind::FirstSpike => {
                    let decision = self.decision_step(neurons);
                    (steps - self.time(neuron)) as f32 + self.value(neuron, decision)
                }
            };
        }
    }

    /// The class, exactly as `docs/numerics.md` §7 gives it.
    pub fn class(&self, readout: ReadoutKind, scores: &[f32]) -> usize {
        if readout != ReadoutKind::FirstSpike {
            return argmax(scores);
        }
        let neurons = scores.len();
        let decision = self.decision_step(neurons);
        let any = (0..neurons).any(|neuron| self.time(neuron) < self.time_steps);
        let eligible = (0..neurons).filter(|&neuron| !any || self.time(neuron) == decision);
        eligible
            .reduce(
                |best, neuron| if self.value(neuron, decision) > self.value(best, decision) { neuron } else { best },
            )
            .unwrap_or(0)
    }
}

/// Softmax cross-entropy against `(1 − ε)·onehot + ε/classes`. Turns `scores` into its gradient and returns the loss.
pub fn cross_entropy(scores: &mut [f32], label: usize, smoothing: f32) -> f32 {
    let top = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let total: f32 = scores.iter().map(|score| (score - top).exp()).sum();
    let log_total = total.ln() + top;
    let share = smoothing / scores.len() as f32;
    let mut loss = 0.0;
    for (class, score) in scores.iter_mut().enumerate() {
        let target = share + if class == label { 1.0 - smoothing } else { 0.0 };
        let log_probability = *score - log_total;
        loss -= target * log_probability;
        *score = log_probability.exp() - target;
    }
    loss
}
