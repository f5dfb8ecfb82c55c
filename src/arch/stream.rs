//! The streams between the parts of a design: the form in which spikes go from one to the next, and the wires that carry them.

use super::address::Address;
use crate::netlist::{Instance, Module, Shape};

/// What a stream carries in one beat.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A spike, by the name of its place; the end-of-step mark follows the spikes of a time step.
    Events(Address),
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
    /// The forms on both sides of a border when each has said what it needs: events keep rows and columns apart if one side does.
    pub fn settled(giving: Form, taking: Form) -> (Form, Form) {
        match (giving, taking) {
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
            Form::Events(address) => address,
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
            Form::Steps { bits } | Form::Flow { bits } => bits,
            Form::Captures => unreachable!("captures have no data of one width"),
        }
    }

    /// Whether a step's end is a beat of its own.
    pub fn has_marks(self) -> bool {
        matches!(self, Form::Events(_))
    }

    /// Whether nothing waits in it.
    pub fn is_flow(self) -> bool {
        matches!(self, Form::Flow { .. })
    }

    /// What its wires begin with, and the signals beside the data.
    fn signals(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Form::Events(_) => ("events", &["tvalid", "tready", "tuser"]),
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
}
