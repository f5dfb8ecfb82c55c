//! How long to train: a batch and a number of epochs that fit the set, and whether the training went anywhere.

use std::collections::HashMap;

use super::trainer::Score;

/// Images per optimizer step, of large sets.
const LARGEST_BATCH: usize = 200;
/// Of small ones: the gradient of fewer is mostly noise.
const SMALLEST_BATCH: usize = 8;
/// A batch is not more than this share of the set.
const STEPS_PER_EPOCH: usize = 60;
/// Passes over a large set.
const EPOCHS: usize = 25;
/// Adam moves a weight by about the learning rate in a step, so it takes some thousand to get anywhere.
const STEPS: usize = 3_000;
/// With fewer steps than this, nothing can be expected.
const FEW_STEPS: usize = 200;
/// Less of the way from always naming the most frequent class to naming all rightly is no better than chance.
const LEARNED: f64 = 0.1;

/// Time steps for images, whose pixels are many, and for rows of a few values that must each say more.
const TIME_STEPS: [usize; 2] = [4, 16];
const FEW_INPUTS: usize = 64;

/// The number of time steps that fits so many inputs.
pub fn fitting_time_steps(inputs: usize) -> usize {
    TIME_STEPS[usize::from(inputs < FEW_INPUTS)]
}

/// How a training goes through its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Schedule {
    /// Images of an epoch.
    pub images: usize,
    /// Images per optimizer step.
    pub batch: usize,
    /// Passes through the training images.
    pub epochs: usize,
}

impl Schedule {
    /// What is asked for, and otherwise what fits so many images. A batch of more than all images is all of them.
    pub fn new(images: usize, batch: Option<usize>, epochs: Option<usize>) -> Schedule {
        let fitting = (images / STEPS_PER_EPOCH).clamp(SMALLEST_BATCH, LARGEST_BATCH);
        let batch = batch.unwrap_or(fitting).min(images.max(1));
        let epochs = epochs.unwrap_or_else(|| STEPS.div_ceil(images.div_ceil(batch.max(1)).max(1)).max(EPOCHS));
        Schedule { images, batch, epochs }
    }

    /// Optimizer steps in all.
    pub fn steps(&self) -> usize {
        self.images.div_ceil(self.batch.max(1)).saturating_mul(self.epochs)
    }

    /// The schedule as a clause.
    pub fn described(&self) -> String {
        let Schedule { images, batch, epochs } = self;
        format!("{images} images in batches of {batch}, {epochs} epoch(s): {} optimizer step(s)", self.steps())
    }

    /// Why a training as short as this one cannot have converged.
    pub fn doubt(&self) -> Option<String> {
        let doubt =
            || format!("{} are too few to learn from; a smaller --batch or more --epochs give more", self.described());
        (self.steps() < FEW_STEPS).then(doubt)
    }
}

/// Why the network of the last epoch seems to have learned nothing, if so. `first` is the first epoch of this run.
pub fn doubts(labels: impl Iterator<Item = u32>, first: &Score, last: &Score) -> Vec<String> {
    let most_frequent = share_of_most_frequent(labels);
    let chance = most_frequent + LEARNED * (1.0 - most_frequent);
    let percent = |share: f64| format!("{:.2} %", 100.0 * share);
    let accuracy = (last.accuracy() < chance).then(|| {
        format!(
            "the training accuracy, {}, is hardly better than naming the most frequent class always, {}",
            percent(last.accuracy()),
            percent(most_frequent)
        )
    });
    let loss = (first != last && last.mean_loss() >= first.mean_loss()).then(|| {
        format!(
            "the loss did not fall: {:.4} in the first epoch, {:.4} in the last",
            first.mean_loss(),
            last.mean_loss()
        )
    });
    accuracy.into_iter().chain(loss).collect()
}

fn share_of_most_frequent(labels: impl Iterator<Item = u32>) -> f64 {
    let mut counts = HashMap::new();
    labels.for_each(|label| *counts.entry(label).or_insert(0) += 1);
    let total: usize = counts.values().sum();
    counts.values().copied().max().unwrap_or(0) as f64 / total.max(1) as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fitting(images: usize) -> (usize, usize, usize) {
        let schedule = Schedule::new(images, None, None);
        (schedule.batch, schedule.epochs, schedule.steps())
    }

    #[test]
    fn small_sets_have_small_batches_and_many_epochs() {
        assert_eq!(fitting(60_000), (200, 25, 7_500));
        assert_eq!(fitting(24_000), (200, 25, 3_000));
        assert_eq!(fitting(12_000), (200, 50, 3_000));
        assert_eq!(fitting(1_437), (23, 48, 3_024));
        assert_eq!(fitting(120), (8, 200, 3_000));
        assert_eq!(fitting(5), (5, 3_000, 3_000));
    }

    #[test]
    fn rows_of_few_values_have_many_time_steps() {
        assert_eq!([784, 64, 63, 4].map(fitting_time_steps), [4, 4, 16, 16]);
    }

    #[test]
    fn what_is_asked_for_is_done() {
        assert_eq!(Schedule::new(120, Some(40), None), Schedule { images: 120, batch: 40, epochs: 1_000 });
        assert_eq!(Schedule::new(120, None, Some(3)), Schedule { images: 120, batch: 8, epochs: 3 });
        assert_eq!(Schedule::new(120, Some(usize::MAX), Some(3)), Schedule { images: 120, batch: 120, epochs: 3 });
        // The recipe refuses these two; here they must not divide by zero.
        assert_eq!(Schedule::new(0, Some(0), None).steps(), 0);
    }

    #[test]
    fn few_steps_and_no_progress_are_told() {
        let doubt = Schedule::new(150, Some(200), Some(25)).doubt().unwrap();
        assert!(
            doubt.contains("150 images in batches of 150, 25 epoch(s): 25 optimizer step(s) are too few"),
            "{doubt}"
        );
        assert_eq!(Schedule::new(60_000, None, Some(1)).doubt(), None);
        let score = |correct, loss| Score { images: 100, correct, loss, ..Score::default() };
        let labels = || (0..100).map(|image| u32::from(image < 60));
        let told = |first, last| doubts(labels(), &first, &last);
        assert_eq!(told(score(50, 70.0), score(90, 30.0)), [""; 0]);
        let stuck = told(score(50, 70.0), score(62, 71.0));
        assert!(stuck.len() == 2 && stuck[0].contains("62.00 %") && stuck[0].contains("60.00 %"), "{stuck:?}");
        assert!(stuck[1].contains("0.7000 in the first epoch, 0.7100 in the last"), "{stuck:?}");
        assert_eq!(doubts([3; 5].into_iter(), &score(100, 1.0), &score(100, 0.5)), [""; 0]);
    }
}
