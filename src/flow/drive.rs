//! How the simulation is driven.

use std::ops::Range;
use std::sync::atomic::AtomicBool;

use crate::arch::Spacing;
use crate::cosim::{self, RunOptions};

/// Parts into which a run falls at most.
pub(super) const MAX_PARTS: usize = 16;
/// Images that a part has at least, if there are as many: they are to meet each other in the hardware.
const SHORTEST_PART: usize = 16;

/// Parts into which a run over so many images falls. As many on every machine, since the cycles of the first images after a reset
/// depend on it.
pub fn parts(images: usize) -> usize {
    images.div_ceil(SHORTEST_PART).clamp(1, MAX_PARTS)
}

/// The images of each part of a run.
pub(super) fn part_ranges(images: usize) -> impl Iterator<Item = Range<usize>> {
    cosim::parts(images, parts(images))
}

/// How images are played into a design.
#[derive(Debug, Clone, PartialEq)]
pub struct Drive {
    /// Processes at once that share the images.
    pub threads: usize,
    /// Chance in percent that the input pauses in a cycle.
    pub idle_percent: u32,
    /// Chance in percent that the result is not taken in a cycle.
    pub stall_percent: u32,
    /// Seed of both.
    pub seed: u64,
    /// Whether an image is offered only when the one before has left.
    pub spacing: Spacing,
    /// Clock for times and rates, in MHz.
    pub clock_mhz: f64,
}

impl Default for Drive {
    /// As fast as the design takes images, on all cores.
    fn default() -> Self {
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        Drive { threads, idle_percent: 0, stall_percent: 0, seed: 1, spacing: Spacing::BackToBack, clock_mhz: 100.0 }
    }
}

impl Drive {
    /// Pauses make the cycles depend on chance, so that there is nothing to predict.
    pub(super) fn is_predictable(&self) -> bool {
        self.idle_percent == 0 && self.stall_percent == 0
    }

    pub(super) fn run_options<'a>(&self, interrupt: Option<&'a AtomicBool>) -> RunOptions<'a> {
        RunOptions {
            threads: self.threads,
            idle_percent: self.idle_percent,
            stall_percent: self.stall_percent,
            seed: self.seed,
            clock_mhz: self.clock_mhz,
            spacing: self.spacing,
            interrupt,
            ..RunOptions::default()
        }
    }
}
