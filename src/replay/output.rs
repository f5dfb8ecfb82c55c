//! Recorded classes and scores against those that the readout makes of the replayed last layer (`docs/numerics.md` §7).

use super::comparison::View;
use super::layer::Rounding;
use super::outcome::{OutputDifference, OutputOutcome};
use crate::network::{Readout, WeightedSource};

/// A score, and how far rounding may have moved it.
#[derive(Debug, Clone, Copy)]
struct Score {
    value: f64,
    bound: f64,
}

/// What the readout makes of an image.
struct Reading {
    class: usize,
    scores: Vec<Score>,
    /// Whether the class of a neuron may win.
    eligible: Vec<bool>,
}

impl OutputOutcome {
    pub(super) fn merged(mut self, other: OutputOutcome) -> OutputOutcome {
        self.differences += other.differences;
        self.tie_differences += other.tie_differences;
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
pub(super) fn compare(
    view: &View,
    readout: &Readout<f64>,
    image: usize,
    recorded: u32,
    recorded_scores: Option<&[f64]>,
) -> OutputOutcome {
    let reading = read(view, readout);
    let is_tie = reading.is_tie_with(recorded as usize);
    let score = recorded_scores.map(|recorded| differing_scores(view, &reading, recorded));
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
        first_difference: None,
    };
    OutputOutcome { first_difference: (!outcome.is_equal()).then_some(difference), ..outcome }
}

/// The scores that differ: class, as recorded, as replayed.
fn differing_scores(view: &View, reading: &Reading, recorded: &[f64]) -> Vec<(usize, f64, f64)> {
    let is_rounded = view.layer.rounding == Rounding::Single;
    let pairs = recorded.iter().zip(&reading.scores).enumerate();
    let differing = pairs.filter(|(_, (recorded, score))| {
        // The recorded score is a float itself.
        let own = if is_rounded { recorded.abs() * f64::from(f32::EPSILON) } else { 0.0 };
        let bound = if is_rounded { score.bound } else { 0.0 };
        (*recorded - score.value).abs() > bound + own
    });
    differing.map(|(class, (recorded, score))| (class, *recorded, score.value)).collect()
}

fn read(view: &View, readout: &Readout<f64>) -> Reading {
    let (last, neurons) = (view.time_steps() - 1, view.layer.neurons());
    let at = |step: usize, neuron: usize| {
        let potential = view.potential(step, neuron);
        Score { value: potential.value, bound: view.bound(potential) }.scaled(1.0 / view.layer.cell)
    };
    let all = vec![true; neurons];
    let (scores, eligible): (Vec<Score>, Vec<bool>) = match readout {
        Readout::Membrane => ((0..neurons).map(|neuron| at(last, neuron)).collect(), all),
        Readout::FirstSpike => {
            let times = view.times();
            let earliest = times.iter().copied().min().map_or(last, usize::from);
            let eligible = times.iter().map(|&time| earliest > last || usize::from(time) == earliest).collect();
            ((0..neurons).map(|neuron| at(earliest.min(last), neuron)).collect(), eligible)
        }
        Readout::TemporalWeighting { source: WeightedSource::Current, alpha } => {
            ((0..neurons).map(|neuron| weighted_current(alpha, |step| at(step, neuron))).collect(), all)
        }
        Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha } => {
            let score = |time: &u8| alpha.get(usize::from(*time)).copied().unwrap_or(0.0);
            (view.times().iter().map(|time| Score { value: score(time), bound: 0.0 }).collect(), all)
        }
    };
    let candidates = (0..neurons).filter(|&neuron| eligible[neuron]);
    let class = candidates.reduce(|best, one| if scores[one].value > scores[best].value { one } else { best });
    Reading { class: class.unwrap_or(0), scores, eligible }
}

fn weighted_current(alpha: &[f64], potential: impl Fn(usize) -> Score) -> Score {
    let (mut before, mut sum) = (Score { value: 0.0, bound: 0.0 }, Score { value: 0.0, bound: 0.0 });
    for (step, &alpha) in alpha.iter().enumerate() {
        let now = potential(step);
        sum.value += alpha * (now.value - before.value);
        sum.bound += alpha * (now.bound + before.bound);
        before = now;
    }
    sum
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
        let is_first_of_several = self.eligible.iter().any(|eligible| !eligible) && self.eligible[recorded];
        is_first_of_several || self.eligible[recorded] && own.value - other.value <= own.bound + other.bound
    }
}
