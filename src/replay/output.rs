//! Recorded classes and scores against those that the readout makes of the recorded output spikes and the replayed potentials
//! (`docs/numerics.md` §7). So a spike that rounding decided has no consequences here.

use super::comparison::View;
use super::drive::HALF_UNIT;
use super::layer::Rounding;
use super::outcome::{OutputDifference, OutputOutcome};
use crate::network::{Readout, WeightedSource};

/// A score, and how far rounding may have moved it.
#[derive(Debug, Clone, Copy)]
struct Score {
    value: f64,
    bound: f64,
}

/// What was recorded of an image's output.
pub(super) struct RecordedOutput<'a> {
    /// Of the last layer; empty if it does not fire.
    pub times: &'a [u8],
    /// None if the image has no result.
    pub class: Option<u32>,
    pub scores: Option<&'a [f64]>,
}

/// What the readout makes of an image.
struct Reading {
    class: usize,
    scores: Vec<Score>,
    /// Whether the class of a neuron may win.
    eligible: Vec<bool>,
    /// Whether those that may win are the ones that spike first.
    is_of_spikes: bool,
}

impl OutputOutcome {
    pub(super) fn merged(mut self, other: OutputOutcome) -> OutputOutcome {
        self.differences += other.differences;
        self.tie_differences += other.tie_differences;
        self.without_class += other.without_class;
        self.score_differences = self
            .score_differences
            .map_or(other.score_differences, |sum| Some(sum + other.score_differences.unwrap_or(0)));
        self.first_difference =
            [self.first_difference, other.first_difference].into_iter().flatten().min_by_key(|first| first.image);
        self
    }

    pub(super) fn is_equal(&self) -> bool {
        self.differences == 0 && self.score_differences.unwrap_or(0) == 0
    }
}

/// Compares class and, if recorded, scores of an image.
pub(super) fn compare(view: &View, readout: &Readout<f64>, image: usize, output: &RecordedOutput) -> OutputOutcome {
    let Some(recorded) = output.class else { return OutputOutcome { without_class: 1, ..OutputOutcome::default() } };
    let reading = read(view, readout, output.times);
    let is_tie = reading.is_tie_with(recorded as usize);
    let is_rounded = view.layer.rounding == Rounding::Single || is_rounded_by(readout);
    let score = output.scores.map(|recorded| differing_scores(is_rounded, &reading, recorded));
    let differs = reading.class != recorded as usize;
    let difference = OutputDifference {
        image,
        classes: [recorded, reading.class as u32],
        score: score.as_ref().and_then(|differing| differing.first().copied()),
    };
    let outcome = OutputOutcome {
        differences: u64::from(differs && !is_tie),
        tie_differences: u64::from(differs && is_tie),
        score_differences: score.map(|differing| differing.len() as u64),
        ..OutputOutcome::default()
    };
    OutputOutcome { first_difference: (!outcome.is_equal()).then_some(difference), ..outcome }
}

/// The scores that differ: class, as recorded, as replayed.
fn differing_scores(is_rounded: bool, reading: &Reading, recorded: &[f64]) -> Vec<(usize, f64, f64)> {
    let pairs = recorded.iter().zip(&reading.scores).enumerate();
    let differing = pairs.filter(|(_, (recorded, score))| {
        // The recorded score is a float itself.
        let own = if is_rounded { recorded.abs() * f64::from(f32::EPSILON) } else { 0.0 };
        (*recorded - score.value).abs() > score.bound + own
    });
    differing.map(|(class, (recorded, score))| (class, *recorded, score.value)).collect()
}

/// Whether a readout makes numbers of whole ones, or of those on a grid, that floats round.
fn is_rounded_by(readout: &Readout<f64>) -> bool {
    readout.alpha().iter().any(|alpha| alpha.fract() != 0.0)
}

fn read(view: &View, readout: &Readout<f64>, times: &[u8]) -> Reading {
    let (last, neurons) = (view.time_steps() - 1, view.layer.neurons());
    let at = |step: usize, neuron: usize| {
        let potential = view.potential(step, neuron);
        Score { value: potential.value, bound: view.bound(potential) }.scaled(1.0 / view.layer.cell)
    };
    let all = vec![true; neurons];
    let (scores, eligible): (Vec<Score>, Vec<bool>) = match readout {
        Readout::Membrane => ((0..neurons).map(|neuron| at(last, neuron)).collect(), all),
        Readout::FirstSpike => {
            let earliest = times.iter().copied().min().map_or(last, usize::from);
            let eligible = times.iter().map(|&time| earliest > last || usize::from(time) == earliest).collect();
            ((0..neurons).map(|neuron| at(earliest.min(last), neuron)).collect(), eligible)
        }
        Readout::TemporalWeighting { source: WeightedSource::Current, alpha } => {
            let unit = if is_rounded_by(readout) { HALF_UNIT } else { 0.0 };
            ((0..neurons).map(|neuron| weighted_current(alpha, unit, |step| at(step, neuron))).collect(), all)
        }
        Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha } => {
            let score = |time: &u8| alpha.get(usize::from(*time)).copied().unwrap_or(0.0);
            (times.iter().map(|time| Score { value: score(time), bound: 0.0 }).collect(), all)
        }
    };
    let candidates = (0..neurons).filter(|&neuron| eligible[neuron]);
    let class = candidates.reduce(|best, one| if scores[one].value > scores[best].value { one } else { best });
    let is_of_spikes = matches!(readout, Readout::FirstSpike) && times.iter().any(|&time| usize::from(time) <= last);
    Reading { class: class.unwrap_or(0), scores, eligible, is_of_spikes }
}

/// `Σ_t α[t]·I_j[t]`; products and sums are rounded by `unit` of their magnitude at most.
fn weighted_current(alpha: &[f64], unit: f64, potential: impl Fn(usize) -> Score) -> Score {
    let (mut before, mut sum) = (Score { value: 0.0, bound: 0.0 }, Score { value: 0.0, bound: 0.0 });
    let mut magnitude = 0.0;
    for (step, &alpha) in alpha.iter().enumerate() {
        let now = potential(step);
        let term = alpha * (now.value - before.value);
        sum.value += term;
        sum.bound += alpha * (now.bound + before.bound);
        magnitude += term.abs();
        before = now;
    }
    let roundings = 3 * alpha.len();
    Score { bound: sum.bound + roundings as f64 * unit * magnitude, ..sum }
}

impl Score {
    fn scaled(self, factor: f64) -> Score {
        Score { value: self.value * factor, bound: self.bound * factor }
    }
}

impl Reading {
    /// Whether the class that was recorded could have won: by rounding, or where ties are broken in another way.
    fn is_tie_with(&self, recorded: usize) -> bool {
        let Some(&other) = self.scores.get(recorded) else { return false };
        let own = self.scores[self.class];
        self.eligible[recorded] && (self.is_of_spikes || own.value - other.value <= own.bound + other.bound)
    }
}
