//! The cycles of an event engine, derived in `docs/verilog.md`, section "Cycles".

use super::{EventEngine, Sink};
use crate::arch::timing::{Arrivals, Departure, Pace, Step};

/// Cycles from an accepted mark to the lanes, one group after the other.
const MARK_TO_LANES: u64 = 3;
/// Cycles from the lanes to a register that gathers the groups of a capture.
const LANES_TO_VECTOR: u64 = 1;

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
        let capture = mark + self.mark_to_lanes();
        let beats = match &self.sink {
            // A capture of one group is the vector.
            Sink::Scan(scan) if self.groups == 1 => Arrivals::all_at(scan.first_beat(capture), step.spikes.len()),
            Sink::Scan(scan) => Arrivals::all_at(scan.first_beat(capture + LANES_TO_VECTOR), step.spikes.len()),
            Sink::Readout => Arrivals::whole(capture + LANES_TO_VECTOR),
        };
        // A bundle is added a cycle before its step is captured, and after the last step the membranes are cleared then.
        let pause = u64::from(self.events > 1 && step.last);
        Departure { open: mark + 1 + pause, beats }
    }

    /// One group has no sum of addresses in front. A bundle has a mark that waits until its events are added, and a cycle for each level of
    /// the adders that sum them up.
    fn mark_to_lanes(&self) -> u64 {
        match (self.groups, self.events) {
            (1, 1) => MARK_TO_LANES - 1,
            (_, events) => MARK_TO_LANES + u64::from(events.ilog2()),
        }
    }
}
