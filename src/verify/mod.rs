//! Golden trace against hardware trace: equality, and where it first breaks.
//!
//! A [`RoughRun`] plays itself what a measured run never does to a design.
//!
//! In: what is expected of each image and what came out. Out: a [`Comparison`]. The only room that sees both sides.

mod images;
mod rough;

use serde::{Deserialize, Serialize};

use crate::cosim::{Fault, HardwareImage, Played};
use crate::golden::Trace;
use crate::link::BoardResult;

pub use rough::{ROUGH_IMAGES, RoughDifference, RoughReport, RoughRun};

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    /// A spike time, in time steps.
    SpikeTime,
    /// A neuron spiked again; the golden value is the time of its one spike.
    SecondSpike,
    /// A score, in LSB.
    Score,
    /// The class.
    Class,
    /// Cycles from the first input beat to the class, against the cost model.
    Latency,
    /// The cycles that the hardware reports, against those that were counted outside.
    CycleCount,
    /// The hardware reported a framing error in its input where there is none, or missed one; 1: an error.
    FrameError,
}

/// The first place where hardware and golden model differ.
///
/// # Units
/// `time_step` in time steps; the values in time steps, LSB or cycles as `quantity` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Divergence {
    /// The number of the image, from 0 on.
    pub image: usize,
    /// What differs.
    pub quantity: Quantity,
    /// The layer, for spikes; the output layer, for scores.
    pub layer: Option<usize>,
    /// The number of the neuron or class, from 0 on.
    pub neuron: Option<usize>,
    /// The earliest step at which the two can be told apart.
    pub time_step: Option<u8>,
    /// What the golden model says.
    pub golden: i64,
    /// What the hardware says.
    pub hardware: i64,
}

/// What is expected of one image.
#[derive(Debug, Clone, Copy)]
pub struct Expected<'a> {
    /// What the golden model says.
    pub trace: &'a Trace,
    /// By the cost model, in cycles, if nothing is left to chance.
    pub latency: Option<u64>,
    /// Whether the image is framed wrongly on purpose.
    pub frame_error: bool,
}

impl<'a> Expected<'a> {
    /// Of an image that is framed rightly.
    pub fn new(trace: &'a Trace, latency: Option<u64>) -> Self {
        Expected { trace, latency, frame_error: false }
    }
}

/// The result of comparing a sequence of images.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// How many images.
    pub images: usize,
    /// Images that differ in anything, or that the hardware gave no result for.
    pub mismatches: usize,
    /// The first place where the two differ; none if they are equal.
    pub first_divergence: Option<Divergence>,
    /// Why the hardware gave no result.
    pub fault: Option<Fault>,
}

impl Comparison {
    /// Compares the next image: spike times of every neuron, scores, class, cycles, frame error. Returns where it differs.
    pub fn add(&mut self, expected: &Expected, hardware: Option<&HardwareImage>) -> Option<Divergence> {
        let divergence = hardware.and_then(|hardware| image_divergence(self.images, expected, hardware));
        self.images += 1;
        self.mismatches += usize::from(divergence.is_some() || hardware.is_none());
        self.first_divergence = self.first_divergence.take().or_else(|| divergence.clone());
        divergence
    }

    /// Compares the next images; the latency too, where a prediction is given. Returns where each differs.
    ///
    /// # Panics
    /// If there are not as many of each.
    pub fn extend(
        &mut self,
        golden: &[Trace],
        hardware: &Played,
        predicted_latency: Option<&[u64]>,
    ) -> Vec<Option<Divergence>> {
        assert_eq!(golden.len(), hardware.images.len(), "one trace per image on either side");
        self.fault = self.fault.take().or_else(|| hardware.fault.clone());
        let images = golden.iter().zip(&hardware.images).enumerate();
        let add = |(image, (trace, actual)): (usize, (&Trace, &Option<HardwareImage>))| {
            let latency = predicted_latency.map(|latency| latency[image]);
            self.add(&Expected::new(trace, latency), actual.as_ref())
        };
        images.map(add).collect()
    }

    /// Compares what a board answered to the next images: scores, class and latency. Its spikes are not seen.
    ///
    /// # Panics
    /// If the slices differ in length.
    pub fn extend_board(&mut self, golden: &[Trace], board: &[BoardResult], predicted_latency: &[u64]) {
        assert_eq!((golden.len(), golden.len()), (board.len(), predicted_latency.len()), "one of each per image");
        for ((expected, actual), &latency) in golden.iter().zip(board).zip(predicted_latency) {
            let divergence = score_divergence(expected, &actual.scores)
                .or_else(|| class_divergence(expected, actual.class))
                .or_else(|| latency_divergence(latency, &[actual.cycles]));
            if let Some(divergence) = divergence {
                self.mismatches += 1;
                self.first_divergence.get_or_insert(Divergence { image: self.images, ..divergence });
            }
            self.images += 1;
        }
    }

    /// Counts images that were not played, as the hardware was given up before.
    pub fn miss(&mut self, images: usize) {
        self.images += images;
        self.mismatches += images;
    }

    /// Whether hardware and golden model are equal.
    pub fn is_equal(&self) -> bool {
        self.mismatches == 0 && self.fault.is_none()
    }
}

/// The result of comparing these images ([`Comparison::extend`]).
///
/// # Panics
/// As there.
pub fn compare(golden: &[Trace], hardware: &Played, predicted_latency: Option<&[u64]>) -> Comparison {
    let mut comparison = Comparison::default();
    comparison.extend(golden, hardware, predicted_latency);
    comparison
}

/// The first divergence of one image, in the order of cause: the first layer, within it the earliest step, then the smallest index.
fn image_divergence(image: usize, expected: &Expected, hardware: &HardwareImage) -> Option<Divergence> {
    let golden = expected.trace;
    let mut layers = (0..golden.spike_times.len()).filter_map(|layer| spike_divergence(layer, golden, hardware));
    let divergence = layers
        .next()
        .or_else(|| score_divergence(golden, &hardware.scores))
        .or_else(|| class_divergence(golden, hardware.class))
        .or_else(|| cycle_divergence(expected.latency, hardware))
        .or_else(|| frame_divergence(expected.frame_error, hardware.frame_error))?;
    Some(Divergence { image, ..divergence })
}

fn spike_divergence(layer: usize, golden: &Trace, hardware: &HardwareImage) -> Option<Divergence> {
    let (expected, actual) = (&golden.spike_times[layer], &hardware.spike_times[layer]);
    let in_layer = |quantity, neuron, time_step, golden, hardware| Divergence {
        layer: Some(layer),
        neuron: Some(neuron),
        time_step: Some(time_step),
        ..whole_image(quantity, i64::from(golden), i64::from(hardware))
    };
    let times = expected.iter().zip(actual).enumerate().filter(|(_, (golden, hardware))| golden != hardware);
    let moved = times.map(|(neuron, (&golden, &hardware))| {
        in_layer(Quantity::SpikeTime, neuron, golden.min(hardware), golden, hardware)
    });
    let again = hardware.second_spikes.iter().filter(|spike| usize::from(spike.layer) == layer).map(|spike| {
        let neuron = spike.neuron as usize;
        in_layer(Quantity::SecondSpike, neuron, spike.step, expected.get(neuron).copied().unwrap_or(0), spike.step)
    });
    moved.chain(again).min_by_key(|divergence| (divergence.time_step, divergence.neuron))
}

fn score_divergence(golden: &Trace, hardware: &[i64]) -> Option<Divergence> {
    let mut scores = golden.scores.iter().zip(hardware).enumerate();
    let (neuron, (&expected, &actual)) = scores.find(|(_, (golden, hardware))| golden != hardware)?;
    Some(Divergence {
        layer: Some(golden.spike_times.len() - 1),
        neuron: Some(neuron),
        time_step: Some(golden.decision_step),
        ..whole_image(Quantity::Score, expected, actual)
    })
}

fn class_divergence(golden: &Trace, hardware: u32) -> Option<Divergence> {
    (golden.class != hardware).then(|| whole_image(Quantity::Class, i64::from(golden.class), i64::from(hardware)))
}

/// The design's own count and the one from outside must be equal; and both the prediction, if there is one.
fn cycle_divergence(predicted: Option<u64>, hardware: &HardwareImage) -> Option<Divergence> {
    let (reported, outside) = (hardware.reported_cycles, hardware.result_cycle - hardware.first_beat_cycle);
    let unpredicted = predicted.and_then(|predicted| latency_divergence(predicted, &[reported, outside]));
    let miscounted = || whole_image(Quantity::CycleCount, outside as i64, reported as i64);
    unpredicted.or_else(|| (reported != outside).then(miscounted))
}

fn frame_divergence(expected: bool, reported: bool) -> Option<Divergence> {
    (expected != reported).then(|| whole_image(Quantity::FrameError, i64::from(expected), i64::from(reported)))
}

fn latency_divergence(predicted: u64, counts: &[u64]) -> Option<Divergence> {
    let differing = counts.iter().find(|&&cycles| cycles != predicted);
    differing.map(|&cycles| whole_image(Quantity::Latency, predicted as i64, cycles as i64))
}

fn whole_image(quantity: Quantity, golden: i64, hardware: i64) -> Divergence {
    Divergence { image: 0, quantity, layer: None, neuron: None, time_step: None, golden, hardware }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_boards_answers_are_counted_on_from_piece_to_piece() {
        let trace = Trace { class: 1, scores: vec![2, 5], spike_times: vec![vec![4, 4]], decision_step: 3 };
        let answer = |scores: &[i64], cycles| BoardResult { class: 1, scores: scores.to_vec(), cycles };
        let mut comparison = Comparison::default();
        comparison.extend_board(&[trace.clone(), trace.clone()], &[answer(&[2, 5], 9), answer(&[2, 5], 9)], &[9, 9]);
        comparison.extend_board(&[trace.clone(), trace], &[answer(&[2, 5], 8), answer(&[1, 5], 9)], &[9, 9]);
        let expected = Divergence { image: 2, ..whole_image(Quantity::Latency, 9, 8) };
        assert_eq!((comparison.images, comparison.mismatches), (4, 2));
        assert_eq!(comparison.first_divergence, Some(expected));
    }
}
