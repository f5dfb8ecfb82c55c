//! The streams between the parts of a design: the form in which spikes go from one to the next, and the wires that carry them.

use super::address::Address;
use crate::netlist::{Instance, Module, Shape};

/// What a stream carries in one beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A spike, by the name of its place; the end-of-step mark follows the spikes of a time step.
    Events(Address),
    /// A bundle: several spikes of a time step, by the names of their places, of which the last bundle of a step is marked.
    Bundles {
        /// How a spike names its place.
        address: Address,
        /// Spikes of a bundle at most: 2, or 4 of which two names are even and two odd.
        events: usize,
    },
    /// A whole time step: a bit per neuron.
    Steps {
        /// Neurons, and so the width of a beat.
        bits: usize,
    },
    /// All spikes of the image so far, a bit per neuron, at the end of each time step. Nothing waits in it: whoever lets a step in has a
    /// credit for it, which goes back on a wire of its own.
    Flow {
        /// Neurons, and so the width of the vector.
        bits: usize,
    },
    /// From the output layer to the readout: potentials and spikes of as many neurons as the layer has lanes.
    Captures,
}

impl Form {
    /// The forms on both sides of a border when each has said what it needs: events keep rows and columns apart if one side does, and come
    /// in bundles if both sides have them.
    pub fn settled(giving: Form, taking: Form) -> (Form, Form) {
        match (giving, taking) {
            (Form::Bundles { .. }, Form::Bundles { .. }) => (giving, giving),
            (Form::Bundles { address, .. }, other) => Form::settled(Form::Events(address), other),
            (other, Form::Bundles { address, .. }) => Form::settled(other, Form::Events(address)),
            (Form::Events(one), Form::Events(other)) => {
                let finer = Form::Events(if one.is_packed() { one } else { other });
                (finer, finer)
            }
            differ => differ,
        }
    }

    /// How events name their place.
    ///
    /// # Panics
    /// If the stream carries none.
    pub fn address(self) -> Address {
        match self {
            Form::Events(address) | Form::Bundles { address, .. } => address,
            Form::Steps { .. } | Form::Flow { .. } | Form::Captures => unreachable!("only events name places"),
        }
    }

    /// Width of a beat's data, in bits.
    ///
    /// # Panics
    /// For captures, which are no stream of beats.
    pub fn bits(self) -> usize {
        match self {
            Form::Events(address) => address.bits() as usize,
            Form::Bundles { address, events } => events * (address.bits() as usize + 1),
            Form::Steps { bits } | Form::Flow { bits } => bits,
            Form::Captures => unreachable!("captures have no data of one width"),
        }
    }

    /// Whether a step's end is marked: a beat of its own, or a bundle.
    pub fn has_marks(self) -> bool {
        matches!(self, Form::Events(_) | Form::Bundles { .. })
    }

    /// The spikes of a time step as they come, beat by beat, each in its place of the beat; without the mark, which an event has in a beat
    /// of its own and a bundle beside its spikes.
    ///
    /// # Panics
    /// If a beat carries no spikes by name.
    pub fn beats(self, spikes: &[u32]) -> Vec<Vec<Option<u32>>> {
        match self {
            Form::Events(_) => spikes.iter().map(|&spike| vec![Some(spike)]).collect(),
            Form::Bundles { events, .. } => bundles(spikes, events),
            Form::Steps { .. } | Form::Flow { .. } | Form::Captures => unreachable!("only events come one by one"),
        }
    }

    /// Whether nothing waits in it.
    pub fn is_flow(self) -> bool {
        matches!(self, Form::Flow { .. })
    }

    /// What its wires begin with, and the signals beside the data.
    fn signals(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Form::Events(_) | Form::Bundles { .. } => ("events", &["tvalid", "tready", "tuser"]),
            Form::Steps { .. } => ("steps", &["tvalid", "tready"]),
            Form::Flow { .. } => ("flow", &["valid", "first", "last", "credit"]),
            Form::Captures => unreachable!("captures are no stream of beats"),
        }
    }

    /// The signal of its data.
    fn data(self) -> &'static str {
        if self.is_flow() { "data" } else { "tdata" }
    }
}

/// A step's spikes in bundles, at least one: every memory of weights gives two rows a cycle, and of two memories the second one has those
/// of odd places.
fn bundles(spikes: &[u32], events: usize) -> Vec<Vec<Option<u32>>> {
    let memories = events as u32 / 2;
    let by_memory: Vec<Vec<u32>> = (0..memories)
        .map(|memory| spikes.iter().copied().filter(|spike| spike % memories == memory).collect())
        .collect();
    let count = by_memory.iter().map(|spikes| spikes.len().div_ceil(2)).max().unwrap_or(0).max(1);
    let slots =
        |beat: usize| by_memory.iter().flat_map(move |spikes| [0, 1].map(|slot| spikes.get(2 * beat + slot).copied()));
    (0..count).map(|beat| slots(beat).collect()).collect()
}

/// The stream into the layer with this number: it names its wires.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// What a beat carries.
    pub form: Form,
    /// The number of the layer, from the input on.
    pub index: usize,
}

impl Stream {
    /// The wire of one of its signals.
    pub fn wire(&self, signal: &str) -> String {
        let (form, _) = self.form.signals();
        format!("{form}{}_{signal}", self.index)
    }

    /// Declares the wires.
    pub fn declare(&self, module: &mut Module) {
        let (_, flags) = self.form.signals();
        module.wires(Shape::Bit, flags.iter().map(|signal| self.wire(signal)));
        module.wires(Shape::Vector(self.form.bits()), [self.wire(self.form.data())]);
    }

    /// Connects a port of an instance: `s_axis` takes the stream, `m_axis` gives it. Of a flow these are `s_flow` and `m_flow`.
    pub fn connect(&self, instance: Instance, port: &str) -> Instance {
        self.connect_with(instance, port, self.wire(self.form.data()))
    }

    /// The same with other data than those on the wires.
    pub fn connect_with(&self, instance: Instance, port: &str, data: String) -> Instance {
        let port = if self.form.is_flow() { port.replace("axis", "flow") } else { port.to_owned() };
        let pin = |instance: Instance, signal: &&str| instance.pin(&format!("{port}_{signal}"), self.wire(signal));
        let (handshake, after) = self.form.signals().1.split_at(2);
        let instance = handshake.iter().fold(instance, pin).pin(&format!("{port}_{}", self.form.data()), data);
        after.iter().fold(instance, pin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Map;

    #[test]
    fn rows_and_columns_are_kept_apart_if_one_side_needs_them() {
        let (flat, packed) = (Form::Events(Address::flat(12)), Form::Events(Address::packed(Map::new(1, 3, 4))));
        assert_eq!(Form::settled(flat, flat), (flat, flat));
        assert_eq!(Form::settled(flat, packed), (packed, packed));
        assert_eq!(Form::settled(packed, flat), (packed, packed));
        let steps = Form::Steps { bits: 12 };
        assert_eq!(Form::settled(packed, steps), (packed, steps));
    }

    #[test]
    fn bundles_need_both_sides() {
        let address = Address::flat(12);
        let (one, two) = (Form::Events(address), Form::Bundles { address, events: 2 });
        assert_eq!(Form::settled(two, two), (two, two));
        assert_eq!(Form::settled(one, two), (one, one));
        assert_eq!(Form::settled(two, one), (one, one));
        let steps = Form::Steps { bits: 12 };
        assert_eq!(Form::settled(steps, two), (steps, one));
    }

    #[test]
    fn a_bundle_has_two_spikes_of_every_memory() {
        let form = |events| Form::Bundles { address: Address::flat(12), events };
        assert_eq!(form(2).beats(&[]), [[None, None]]);
        assert_eq!(form(2).beats(&[3, 4, 8]), [[Some(3), Some(4)], [Some(8), None]]);
        // 1, 3, 5 are odd, and there are two at a time.
        assert_eq!(form(4).beats(&[1, 3, 4, 5]), [[Some(4), None, Some(1), Some(3)], [None, None, Some(5), None]]);
        assert_eq!(form(4).bits(), 4 * 5);
    }
}
