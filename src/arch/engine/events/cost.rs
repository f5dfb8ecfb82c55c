//! The cycles of an event engine, derived in `docs/verilog.md`, section "Cycles".

use super::{EventEngine, Sink};
use crate::arch::timing::{Arrivals, Departure, Pace, Step};

/// Cycles from an accepted mark to the complete capture vector. Of bundles: when there is nothing to sum up.
const MARK_TO_VECTOR: u64 = 4;

impl EventEngine {
    pub(super) fn pace_of_groups(&self) -> Pace {
        let credits = match &self.sink {
            Sink::Scan(scan) => scan.slots,
            Sink::Readout => 1,
        };
        let groups = self.groups as u64;
        let before_mark = if self.step_rows > 0 { groups } else { 0 };
        Pace { event: groups, mark: groups, before_mark, credits }
    }

    /// The spikes follow the vector through the empty queue; the readout takes the vector itself.
    pub(super) fn spikes_leave(&self, step: &Step, mark: u64) -> Departure {
        // The sum of a bundle takes a cycle per level of its adders.
        let vector = mark + MARK_TO_VECTOR + u64::from(self.events.ilog2());
        let beats = match &self.sink {
            Sink::Scan(scan) => Arrivals::all_at(scan.first_beat(vector), step.spikes.len()),
            Sink::Readout => Arrivals::whole(vector),
        };
        // A bundle is added a cycle before its step is captured, and after the last step the membranes are cleared then.
        let pause = u64::from(self.events > 1 && step.last);
        Departure { open: mark + 1 + pause, beats }
    }
}
