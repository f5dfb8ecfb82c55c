//! What a design is expected to work on: images, or the mean activity of some.

use super::cost::{CostModel, Frame, Spacing};
use super::design::Design;
use super::fit::WorkloadSource;

/// The nominal activity: one input in so many spikes, in every layer.
const NOMINAL_INPUTS_PER_SPIKE: f64 = 4.0;

/// The events of one or more images.
#[derive(Debug, Clone, PartialEq)]
pub struct Workload {
    /// Where the events are from.
    pub source: WorkloadSource,
    /// Images that follow each other after a reset, run by run.
    runs: Vec<Vec<Frame>>,
}

impl Workload {
    /// Images as they are, run by run: before each run the hardware is reset.
    ///
    /// # Panics
    /// If there are none.
    pub fn of_images(runs: Vec<Vec<Frame>>) -> Self {
        assert!(runs.iter().any(|run| !run.is_empty()), "a workload has an image");
        Workload { source: WorkloadSource::Images, runs }
    }

    /// One image of the mean activity: `means[l][t]` events into layer `l` at step `t`, spread evenly over the inputs, and the mean step
    /// after which the class is known.
    ///
    /// # Panics
    /// If `means` has fewer layers or steps than the design.
    pub fn of_means(design: &Design, means: &[Vec<f64>], decision_step: f64) -> Self {
        let events = design.layers.iter().zip(means).map(|(layer, means)| evenly(means, layer.inputs())).collect();
        let last = design.time_steps - 1;
        let frame = Frame { events, decision_step: (decision_step.round() as usize).min(last) };
        Workload { source: WorkloadSource::TrainingImages, runs: vec![vec![frame]] }
    }

    /// The last resort: a quarter of the inputs of every layer, evenly over the time steps.
    pub fn nominal(design: &Design) -> Self {
        let per_step = |inputs: usize| inputs as f64 / NOMINAL_INPUTS_PER_SPIKE / design.time_steps as f64;
        let means: Vec<_> =
            design.layers.iter().map(|layer| vec![per_step(layer.inputs()); design.time_steps]).collect();
        let workload = Workload::of_means(design, &means, design.time_steps as f64);
        Workload { source: WorkloadSource::Nominal, ..workload }
    }

    /// At most so many of the images, from all over the set.
    pub fn sample(&self, count: usize) -> Self {
        let step = self.images().div_ceil(count);
        Workload { source: self.source, runs: vec![self.runs.iter().flatten().step_by(step).cloned().collect()] }
    }

    fn images(&self) -> usize {
        self.runs.iter().map(Vec::len).sum()
    }

    /// Cycles from the first input to the class, of all images together, which follow each other within a run.
    pub fn cycles(&self, design: &Design) -> u64 {
        let of_run = |run: &Vec<Frame>| -> u64 {
            let mut model = CostModel::new(design, Spacing::BackToBack);
            run.iter().map(|frame| model.next(frame).latency()).sum()
        };
        self.runs.iter().map(of_run).sum()
    }

    /// Mean cycles from the first input to the class.
    pub fn latency(&self, design: &Design) -> f64 {
        self.cycles(design) as f64 / self.images() as f64
    }
}

/// The events of every step. Rounded as a running sum, so that their number over all steps is right.
fn evenly(means: &[f64], inputs: usize) -> Vec<Vec<u32>> {
    let mut sum = 0.0;
    let ends: Vec<usize> = means
        .iter()
        .map(|mean| {
            sum += mean;
            (sum.round() as usize).min(inputs)
        })
        .collect();
    let events = ends.last().copied().unwrap_or(0).max(1);
    let starts = std::iter::once(&0).chain(&ends);
    // Event k of all of them has place k · inputs / events.
    starts.zip(&ends).map(|(&start, &end)| (start..end).map(|k| (k * inputs / events) as u32).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn means_keep_their_sum_and_spread_over_the_inputs() {
        let events = evenly(&[0.4, 0.4, 2.0, 0.2], 9);
        assert_eq!(events, [vec![], vec![0], vec![3, 6], vec![]]);
        assert_eq!(evenly(&[5.0, 1e9], 3), [vec![0, 1, 2], vec![]]);
        assert_eq!(evenly(&[0.0; 2], 3), [vec![], Vec::<u32>::new()]);
    }
}
