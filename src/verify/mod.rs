//! Golden trace against hardware trace: equality, and where it first breaks.
//!
//! In: the two traces and the predicted cycles. Out: a [`Comparison`]. The only room that sees both sides.

use serde::Serialize;

use crate::cosim::HardwareImage;
use crate::golden::Trace;
use crate::link::BoardResult;

/// What differs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Quantity {
    SpikeTime,
    /// A neuron spiked again; the golden value is the time of its one spike.
    SecondSpike,
    Score,
    Class,
    /// Cycles from the first input beat to the class, against the cost model.
    Latency,
    /// The hardware reported a framing error in its input.
    FrameError,
}

/// The first place where hardware and golden model differ.
///
/// # Units
/// `time_step` in time steps; the values in time steps, LSB or cycles as `quantity` says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Divergence {
    pub image: usize,
    pub quantity: Quantity,
    /// The layer, for spikes; the output layer, for scores.
    pub layer: Option<usize>,
    pub neuron: Option<usize>,
    /// The earliest step at which the two can be told apart.
    pub time_step: Option<u8>,
    pub golden: i64,
    pub hardware: i64,
}

/// The result of comparing a sequence of images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Comparison {
    pub images: usize,
    /// Images that differ in anything.
    pub mismatches: usize,
    pub first_divergence: Option<Divergence>,
}

/// Compares image by image: spike times of every neuron, scores, class, and the latency where a prediction is given.
///
/// # Panics
/// If the slices differ in length.
pub fn compare(golden: &[Trace], hardware: &[HardwareImage], predicted_latency: Option<&[u64]>) -> Comparison {
    assert_eq!(golden.len(), hardware.len(), "one trace per image on either side");
    let mut comparison = Comparison { images: golden.len(), mismatches: 0, first_divergence: None };
    for (image, (expected, actual)) in golden.iter().zip(hardware).enumerate() {
        let latency = predicted_latency.map(|latency| latency[image]);
        if let Some(divergence) = image_divergence(image, expected, actual, latency) {
            comparison.mismatches += 1;
            comparison.first_divergence.get_or_insert(divergence);
        }
    }
    comparison
}

/// Compares what a board answered, image by image: scores, class and latency. Its spikes are not seen.
///
/// # Panics
/// If the slices differ in length.
pub fn compare_board(golden: &[Trace], board: &[BoardResult], predicted_latency: &[u64]) -> Comparison {
    assert_eq!((golden.len(), golden.len()), (board.len(), predicted_latency.len()), "one of each per image");
    let mut comparison = Comparison { images: golden.len(), mismatches: 0, first_divergence: None };
    for (image, (expected, actual)) in golden.iter().zip(board).enumerate() {
        let divergence = score_divergence(expected, &actual.scores)
            .or_else(|| class_divergence(expected, actual.class))
            .or_else(|| latency_divergence(predicted_latency[image], &[actual.cycles]));
        if let Some(divergence) = divergence {
            comparison.mismatches += 1;
            comparison.first_divergence.get_or_insert(Divergence { image, ..divergence });
        }
    }
    comparison
}

/// The first divergence of one image, in the order of cause: the first layer, within it the earliest step, then the smallest index.
fn image_divergence(
    image: usize,
    golden: &Trace,
    hardware: &HardwareImage,
    latency: Option<u64>,
) -> Option<Divergence> {
    let layers = 0..golden.spike_times.len();
    // The design's own count must equal the prediction, and so must the count seen from outside.
    let counts = [hardware.reported_cycles, hardware.result_cycle - hardware.first_beat_cycle];
    let mut checks = layers.filter_map(|layer| spike_divergence(layer, golden, hardware));
    let mut divergence = checks
        .next()
        .or_else(|| score_divergence(golden, &hardware.scores))
        .or_else(|| class_divergence(golden, hardware.class))
        .or_else(|| latency.and_then(|predicted| latency_divergence(predicted, &counts)))
        .or_else(|| hardware.frame_error.then(|| whole_image(Quantity::FrameError, 0, 1)))?;
    divergence.image = image;
    Some(divergence)
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

fn latency_divergence(predicted: u64, counts: &[u64]) -> Option<Divergence> {
    let differing = counts.iter().find(|&&cycles| cycles != predicted);
    differing.map(|&cycles| whole_image(Quantity::Latency, predicted as i64, cycles as i64))
}

fn whole_image(quantity: Quantity, golden: i64, hardware: i64) -> Divergence {
    Divergence { image: 0, quantity, layer: None, neuron: None, time_step: None, golden, hardware }
}
