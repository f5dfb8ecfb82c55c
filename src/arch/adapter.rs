//! Adapters: where a layer takes its input in another form than it is given, one stands between.

use super::address::Address;
use super::scan::Scan;
use super::stream::{Form, Stream};
use super::timing::{Arrivals, Departure, Pace, Station, Step};
use crate::netlist::{Instance, Module};

/// What turns a stream of one form into one of the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Adapter {
    /// Gathers the events of a step; the vector leaves after the mark.
    EventsToSteps {
        /// How the events name their place.
        address: Address,
    },
    /// Streams the spikes of a step, then the mark.
    StepsToEvents {
        /// How the events name their place.
        address: Address,
        /// How the spikes of a step are found one by one.
        scan: Scan,
    },
}

impl Adapter {
    /// What must stand between a stream that is given and one that is taken; nothing if they are alike. It may run `slots` steps ahead.
    pub(super) fn between(giving: Form, taking: Form, slots: usize) -> Option<Adapter> {
        match (giving, taking) {
            (Form::Events(address), Form::Steps { .. }) => Some(Adapter::EventsToSteps { address }),
            (Form::Steps { .. }, Form::Events(address)) => {
                Some(Adapter::StepsToEvents { address, scan: Scan::new(codes(address), slots) })
            }
            _ => None,
        }
    }

    /// The form that comes in.
    fn input(&self) -> Form {
        match self {
            Adapter::EventsToSteps { address } => Form::Events(*address),
            Adapter::StepsToEvents { address, .. } => Form::Steps { bits: address.map.size() },
        }
    }

    /// The stream into the adapter in front of the layer with this number.
    pub fn input_stream(&self, index: usize) -> Stream {
        Stream { form: self.input(), index }
    }

    /// Instantiates it in front of the layer whose engine takes `output`.
    pub fn instantiate(&self, output: Stream, module: &mut Module) {
        let name = format!("adapter{}", output.index);
        let instance = match self {
            Adapter::EventsToSteps { address } => address.set(Instance::new("fs_events_to_steps", name)),
            Adapter::StepsToEvents { address, scan } => {
                scan.set(address.set(Instance::new("fs_steps_to_events", name)))
            }
        };
        let instance = instance.pin("clk", "clk").pin("rst", "rst");
        let instance = self.input_stream(output.index).connect(instance, "s_axis");
        module.instance(output.connect(instance, "m_axis"));
    }
}

/// One above the largest index of an event: places in fields of their own leave gaps.
fn codes(address: Address) -> usize {
    address.encode(address.map.size() - 1) + 1
}

impl Station for Adapter {
    fn pace(&self) -> Pace {
        let credits = match self {
            Adapter::EventsToSteps { .. } => 1,
            Adapter::StepsToEvents { scan, .. } => scan.slots,
        };
        Pace { event: 1, mark: 1, before_mark: 0, credits }
    }

    fn depart(&self, step: &Step, mark: u64) -> Departure {
        let beats = match self {
            Adapter::EventsToSteps { .. } => Arrivals::whole(mark + 1),
            Adapter::StepsToEvents { scan, .. } => Arrivals::all_at(scan.first_beat(mark), step.spikes.len()),
        };
        Departure { open: mark + 1, beats }
    }
}
