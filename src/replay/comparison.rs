//! Recorded spike times against those of a layer under a convention.

use super::drive::Sum;
use super::history::History;
use super::layer::{Layer, Rounding};
use super::outcome::Difference;

/// A layer under a convention, with the spikes of an image.
pub(super) struct View<'a> {
    pub layer: &'a Layer,
    pub history: &'a History,
    /// Time steps, then channels.
    pub drives: &'a [Vec<Sum>],
    pub delay: usize,
    pub fires_above: bool,
    /// Per output channel, if the layer fires.
    pub threshold: Option<&'a [f64]>,
}

/// What a comparison of an image's spike times has shown.
#[derive(Debug, Clone, Default)]
pub(super) struct Times {
    pub differences: u64,
    pub at_threshold: u64,
    pub tie_differences: u64,
    pub ties: u64,
    pub first_difference: Option<Difference>,
    pub margin: Option<f64>,
    pub rounding: f64,
}

/// A neuron against its recorded time.
struct Neuron {
    /// The number of time steps for never.
    time: u8,
    /// Whether rounding could have given the recorded time.
    is_possible: bool,
    /// Whether the recorded time is another one only where `V = θ`.
    is_at_threshold: bool,
    /// Whether a comparison before the spike is within rounding.
    is_tie: bool,
    /// The smallest `|V − θ|` before the spike, and the largest bound of rounding.
    margin: f64,
    rounding: f64,
}

impl Times {
    pub fn merged(mut self, other: Times) -> Times {
        self.differences += other.differences;
        self.at_threshold += other.at_threshold;
        self.tie_differences += other.tie_differences;
        self.ties += other.ties;
        self.first_difference =
            [self.first_difference, other.first_difference].into_iter().flatten().min_by_key(|first| first.image);
        self.margin = [self.margin, other.margin].into_iter().flatten().reduce(f64::min);
        self.rounding = self.rounding.max(other.rounding);
        self
    }
}

impl View<'_> {
    pub fn time_steps(&self) -> usize {
        self.drives.len()
    }

    /// `V` after a step.
    pub fn potential(&self, step: usize, neuron: usize) -> Sum {
        let channel = neuron / self.layer.synapses.output().places();
        self.drives[step][channel].plus(self.history.at(step, self.delay, neuron))
    }

    /// How far rounding may have moved a potential.
    pub fn bound(&self, potential: Sum) -> f64 {
        if self.layer.rounding == Rounding::None { 0.0 } else { potential.bound() }
    }

    pub fn compare(&self, image: usize, recorded: &[u8]) -> Times {
        let mut times = Times::default();
        for (neuron, &recorded) in recorded.iter().enumerate() {
            let Some(found) = self.neuron(neuron, recorded) else { continue };
            times.ties += u64::from(found.is_tie);
            times.margin = Some(times.margin.map_or(found.margin, |margin| margin.min(found.margin)));
            times.rounding = times.rounding.max(found.rounding);
            if found.time == recorded {
                continue;
            }
            if found.is_possible {
                times.tie_differences += 1;
                continue;
            }
            times.differences += 1;
            times.at_threshold += u64::from(found.is_at_threshold);
            times.first_difference.get_or_insert_with(|| self.difference(image, neuron, recorded, found.time));
        }
        times
    }

    fn neuron(&self, neuron: usize, recorded: u8) -> Option<Neuron> {
        let (never, recorded) = (self.time_steps(), usize::from(recorded));
        let threshold = self.threshold?[neuron / self.layer.synapses.output().places()];
        let mut found = Neuron {
            time: never as u8,
            is_possible: true,
            is_at_threshold: true,
            is_tie: false,
            margin: f64::INFINITY,
            rounding: 0.0,
        };
        for step in 0..never {
            let potential = self.potential(step, neuron);
            let (excess, bound) = (potential.value - threshold, self.bound(potential));
            let fires = if self.fires_above { excess > 0.0 } else { excess >= 0.0 };
            let is_open = bound > 0.0 && excess.abs() <= bound;
            let is_as_recorded = !(step < recorded && fires || step == recorded && !fires);
            if usize::from(found.time) == never {
                found.margin = found.margin.min(excess.abs());
                found.rounding = found.rounding.max(bound);
                found.is_tie |= is_open;
                found.time = if fires { step as u8 } else { found.time };
            }
            found.is_possible &= is_open || is_as_recorded;
            found.is_at_threshold &= excess == 0.0 || is_as_recorded;
            if step >= recorded && usize::from(found.time) < never {
                break;
            }
        }
        Some(found)
    }

    fn difference(&self, image: usize, neuron: usize, recorded: u8, replayed: u8) -> Difference {
        let (never, step) = (self.time_steps() as u8, recorded.min(replayed));
        let channel = neuron / self.layer.synapses.output().places();
        let threshold = self.threshold.map_or(0.0, |threshold| threshold[channel]);
        let time = |time: u8| Some(time).filter(|&time| time < never);
        Difference {
            image,
            neuron,
            time_step: step,
            recorded: time(recorded),
            replayed: time(replayed),
            potential: self.potential(usize::from(step), neuron).value / self.layer.cell,
            threshold: threshold / self.layer.cell,
        }
    }
}
