//! What a simulation adds up to, image by image.

use super::drive::part_ranges;
use crate::cosim::{Fault, HardwareImage, Played};
use crate::report::Series;

/// Sums over images; if not said otherwise, over those that have a result.
#[derive(Debug, Default)]
pub struct Tally {
    /// That were played, with a result or without.
    pub images: usize,
    /// Spikes that went into the network, of all that were played.
    pub input_events: usize,
    /// Images that have a result.
    pub finished: usize,
    /// Images whose class is their label.
    pub correct: usize,
    /// From the first beat to the class, as the hardware reports, in cycles.
    pub latency: Series,
    /// From one class word to the next, within each part of the run, in cycles.
    pub interval: Series,
    /// That the simulator ran.
    pub seconds: f64,
    /// Why the other images have no result.
    pub fault: Option<Fault>,
}

impl Tally {
    /// Adds what was played.
    pub fn add(&mut self, played: &Played, labels: &[u32]) {
        let results = || played.images.iter().flatten();
        let classes = played.images.iter().map(|image| image.as_ref().map(|image| image.class));
        self.images += labels.len();
        self.finished += results().count();
        self.correct += classes.zip(labels).filter(|(class, label)| *class == Some(**label)).count();
        self.latency.extend(results().map(|image| image.reported_cycles));
        for part in part_ranges(played.images.len()) {
            self.interval.extend(played.images[part].windows(2).filter_map(interval));
        }
        self.fault = self.fault.take().or_else(|| played.fault.clone());
    }
}

fn interval(pair: &[Option<HardwareImage>]) -> Option<u64> {
    match pair {
        [Some(image), Some(next)] => Some(next.result_cycle - image.result_cycle),
        _ => None,
    }
}
