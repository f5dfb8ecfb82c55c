//! Adapters: where a layer takes its input in another form than it is given, one stands between.

use super::address::Address;
use super::netlist::flag;
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
    /// Gathers the events of an image, and lets its steps into a flow.
    EventsToFlow {
        /// How the events name their place.
        address: Address,
        /// Lets the steps in.
        gate: Gate,
    },
    /// Gathers the steps of an image, and lets them into a flow.
    StepsToFlow {
        /// Neurons, and so the width of a step.
        bits: usize,
        /// Lets the steps in.
        gate: Gate,
    },
    /// Streams the new spikes of a step, then the mark. There are as many slots as steps that the gate in front of the flow lets in.
    FlowToEvents {
        /// How the events name their place.
        address: Address,
        /// How the spikes of a step are found one by one.
        scan: Scan,
    },
}

/// What lets steps into a flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gate {
    /// Time steps of an image.
    pub time_steps: usize,
    /// Steps that may be behind it.
    pub credits: usize,
    /// Whether every step takes a credit, not only the last one of an image.
    pub every_step: bool,
}

impl Gate {
    fn set(&self, instance: Instance) -> Instance {
        instance.set("STEPS", self.time_steps).set("EVERY_STEP", flag(self.every_step)).set("CREDITS", self.credits)
    }

    /// Images that may be behind it.
    fn images(&self) -> usize {
        if self.every_step { self.credits.div_ceil(self.time_steps) } else { self.credits }
    }
}

impl Adapter {
    /// What must stand between a stream that is given and one that is taken; nothing if they are alike. It may run `slots` steps ahead;
    /// `gate` stands in front of the flow that begins here, if one does.
    pub(super) fn between(giving: Form, taking: Form, slots: usize, gate: Gate) -> Option<Adapter> {
        match (giving, taking) {
            (Form::Events(address), Form::Steps { .. }) => Some(Adapter::EventsToSteps { address }),
            (Form::Steps { .. }, Form::Events(address)) => {
                Some(Adapter::StepsToEvents { address, scan: Scan::new(codes(address), slots) })
            }
            (Form::Events(address), Form::Flow { .. }) => Some(Adapter::EventsToFlow { address, gate }),
            (Form::Steps { bits }, Form::Flow { .. }) => Some(Adapter::StepsToFlow { bits, gate }),
            (Form::Flow { .. }, Form::Events(address)) => {
                Some(Adapter::FlowToEvents { address, scan: Scan::new(codes(address), slots) })
            }
            _ => None,
        }
    }

    /// The form that comes in.
    fn input(&self) -> Form {
        match self {
            Adapter::EventsToSteps { address } | Adapter::EventsToFlow { address, .. } => Form::Events(*address),
            Adapter::StepsToEvents { address, .. } => Form::Steps { bits: address.map.size() },
            Adapter::StepsToFlow { bits, .. } => Form::Steps { bits: *bits },
            Adapter::FlowToEvents { address, .. } => Form::Flow { bits: address.map.size() },
        }
    }

    /// The stream into the adapter in front of the layer with this number.
    pub fn input_stream(&self, index: usize) -> Stream {
        Stream { form: self.input(), index }
    }

    /// Images that may be behind it without having left.
    pub(super) fn images(&self, time_steps: usize) -> usize {
        match self {
            Adapter::EventsToFlow { gate, .. } | Adapter::StepsToFlow { gate, .. } => gate.images(),
            _ => self.pace().credits.div_ceil(time_steps),
        }
    }

    /// Instantiates it in front of the layer whose engine takes `output`.
    pub fn instantiate(&self, output: Stream, module: &mut Module) {
        let leaf = |name| Instance::new(name, format!("adapter{}", output.index));
        let instance = match self {
            Adapter::EventsToSteps { address } => address.set_fields(leaf("fs_events_to_steps")),
            Adapter::StepsToEvents { address, scan } => scan.set(address.set_fields(leaf("fs_steps_to_events"))),
            Adapter::EventsToFlow { address, gate } => gate.set(address.set_fields(leaf("fs_events_to_flow"))),
            Adapter::StepsToFlow { bits, gate } => gate.set(leaf("fs_steps_to_flow").set("PLACES", bits)),
            Adapter::FlowToEvents { address, scan } => scan.set(address.set_fields(leaf("fs_flow_to_events"))),
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
            Adapter::EventsToFlow { gate, .. } | Adapter::StepsToFlow { gate, .. } => gate.credits,
            Adapter::FlowToEvents { .. } => 0,
        };
        Pace { event: 1, mark: 1, before_mark: 0, credits }
    }

    fn depart(&self, step: &Step, mark: u64) -> Departure {
        let beats = match self {
            Adapter::StepsToEvents { scan, .. } | Adapter::FlowToEvents { scan, .. } => {
                Arrivals::all_at(scan.first_beat(mark), step.spikes.len())
            }
            Adapter::EventsToSteps { .. } => Arrivals::whole(mark + 1),
            Adapter::EventsToFlow { .. } | Adapter::StepsToFlow { .. } => Arrivals::whole(mark + 2),
        };
        Departure { open: mark + 1, beats }
    }
}
