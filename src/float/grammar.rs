//! How layers chain: what each takes from the one before it, and what it gives to the next. The one grammar of everything
//! that people write: model files, `--layers`, imports.
//!
//! # Source
//! `docs/numerics.md` §9.

use std::fmt;

use super::{Connection, Kernel, Map, Pooling};
use crate::network::MAX_KERNEL;

/// The most inputs or neurons of a layer: a few digits in a file must not exhaust the memory.
pub const MAX_NEURONS: usize = 1 << 24;

/// One entry of a network.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Node {
    /// So many neurons, each on all inputs.
    Dense(usize),
    /// A convolution.
    Conv {
        /// Output channels.
        channels: usize,
        /// Its kernel.
        kernel: Kernel,
    },
    /// Kernel and stride.
    AveragePool(usize),
    /// Maximum pooling over squares with this side.
    MaxPool(usize),
    /// A map becomes a row. Its order stays.
    Flatten,
}

/// A mistake of an entry, whose place only the caller knows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// The field that is wrong; empty if it is the entry as such.
    pub field: &'static str,
    /// What it is and what was expected: a sentence without its subject.
    pub text: String,
}

impl Fault {
    fn new(field: &'static str, text: String) -> Fault {
        Fault { field, text }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() { f.write_str(&self.text) } else { write!(f, "{} {}", self.field, self.text) }
    }
}

/// A synaptic layer with the maps around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LayerShape {
    /// Before pooling.
    pub input: Map,
    /// Pooling of the input.
    pub pooling: Pooling,
    /// Which inputs reach which neurons.
    pub connection: Connection,
    /// The neurons.
    pub output: Map,
}

impl LayerShape {
    /// The map after pooling.
    pub fn pooled(&self) -> Map {
        self.input.pooled(self.pooling.size)
    }

    /// The input as a network keeps it: without pooling, a dense layer sees no places but a row.
    pub fn kept_input(&self) -> Map {
        match (self.connection, self.pooling) {
            (Connection::Dense, Pooling::NONE) => Map::flat(self.input.neurons()),
            _ => self.input,
        }
    }
}

/// What stands between the last synaptic layer and the next entry.
#[derive(Debug, PartialEq, Eq)]
enum Front {
    Nothing,
    Pooling,
    /// With its name.
    Flatten(String),
}

/// A chain of entries, taken one after the other. It goes on after a mistake, so that all are found; what follows from an unknown map is
/// not checked.
#[derive(Debug)]
pub struct Chain {
    /// The map before pooling and who gives it, if that is known.
    given: Option<(Map, String)>,
    pooling: Pooling,
    front: Front,
}

impl Chain {
    /// No entries yet, on an input that messages call `source`.
    pub fn new(input: Option<Map>, source: impl Into<String>) -> Chain {
        let given = input.map(|map| (map, source.into()));
        Chain { given, pooling: Pooling::NONE, front: Front::Nothing }
    }

    /// The map that reaches the next entry, if it is known.
    pub fn map(&self) -> Option<Map> {
        self.given.as_ref().map(|(map, _)| map.pooled(self.pooling.size))
    }

    /// Holds the number of inputs that a dense layer says it has against what reaches it. If they differ, the layer is believed from here on.
    ///
    /// # Errors
    /// A fault of the field `inputs`.
    pub fn expect_inputs(&mut self, inputs: usize) -> Result<(), Fault> {
        let differ = self.map().is_some_and(|map| map.neurons() != inputs);
        let expected = self.expected(|map| map.neurons().to_string());
        if differ || self.given.is_none() {
            self.believe(Map::flat(inputs));
        }
        if differ { Err(Fault::new("inputs", format!("is {inputs}, expected {expected}"))) } else { Ok(()) }
    }

    /// The same for the map that a convolution says it sees.
    ///
    /// # Errors
    /// A fault of the field `input`.
    pub fn expect_map(&mut self, input: Map) -> Result<(), Fault> {
        let differ = self.map().is_some_and(|map| map != input);
        let expected = self.expected(|map| map.to_string());
        if differ || self.given.is_none() {
            self.believe(input);
        }
        if differ { Err(Fault::new("input", format!("is {input}, expected {expected}"))) } else { Ok(()) }
    }

    /// Takes an entry whose output messages shall call `source`. A synaptic layer gives its shape, unless the map before it is unknown.
    ///
    /// # Errors
    /// Everything that is wrong with the entry.
    pub fn push(&mut self, node: Node, source: impl Into<String>) -> Result<Option<LayerShape>, Vec<Fault>> {
        match node {
            Node::Dense(neurons) => self.connect(Connection::Dense, neurons, source.into()),
            Node::Conv { channels, kernel } => self.connect(Connection::Conv(kernel), channels, source.into()),
            Node::AveragePool(size) => self.pool(Pooling { size, max: false }).map(|()| None),
            Node::MaxPool(size) => self.pool(Pooling { size, max: true }).map(|()| None),
            Node::Flatten => {
                self.front = Front::Flatten(source.into());
                Ok(None)
            }
        }
    }

    /// Goes over an entry with a mistake that the caller has noted; its output is what it says, if anything.
    pub fn skip(&mut self, output: Option<Map>, source: impl Into<String>) {
        *self = Chain::new(output, source);
    }

    /// Whether the chain may end here.
    ///
    /// # Errors
    /// A fault of the whole.
    pub fn finish(&self) -> Result<(), Fault> {
        match self.front {
            Front::Nothing => Ok(()),
            _ => {
                let text = "ends with a pooling or flatten, expected a dense or conv2d layer after it";
                Err(Fault::new("", text.into()))
            }
        }
    }

    /// `text` of the map that reaches the next entry, and where it is from.
    fn expected(&self, text: impl Fn(Map) -> String) -> String {
        let Some((map, source)) = &self.given else { return String::new() };
        let after = if self.pooling.size > 1 { format!(" pooled by {}", self.pooling.size) } else { String::new() };
        format!("{}, as of {source}{after}", text(map.pooled(self.pooling.size)))
    }

    fn believe(&mut self, input: Map) {
        (self.given, self.pooling) = (Some((input, "what the layer says".into())), Pooling::NONE);
    }

    fn pool(&mut self, pooling: Pooling) -> Result<(), Vec<Fault>> {
        let mut faults = Vec::new();
        let follows = self.front != Front::Nothing;
        if follows && (pooling.max || self.pooling.max || matches!(self.front, Front::Flatten(_))) {
            let expected = "directly after a layer, or an average pooling after another";
            faults.push(Fault::new("", format!("is a pooling at a wrong place, expected it {expected}")));
        }
        self.front = Front::Pooling;
        let divides = |side: usize| pooling.size > 0 && side.is_multiple_of(pooling.size);
        match self.map() {
            Some(map) if divides(map.height) && divides(map.width) => {
                self.pooling = Pooling { size: self.pooling.size * pooling.size, ..pooling };
            }
            Some(_) => {
                let expected = self.expected(|map| format!("a divisor of {} × {}", map.height, map.width));
                faults.push(Fault::new("kernel", format!("is {}, expected {expected}", pooling.size)));
                self.given = None;
            }
            None if pooling.size == 0 => faults.push(Fault::new("kernel", "is 0, expected at least 1".into())),
            None => {}
        }
        if faults.is_empty() { Ok(()) } else { Err(faults) }
    }

    fn connect(
        &mut self,
        connection: Connection,
        outputs: usize,
        source: String,
    ) -> Result<Option<LayerShape>, Vec<Fault>> {
        let faults = self.faults(connection, outputs);
        let shape = self.given.take().filter(|_| faults.is_empty()).map(|(input, _)| {
            let pooling = self.pooling;
            LayerShape { input, pooling, connection, output: connection.output(input.pooled(pooling.size), outputs) }
        });
        self.skip(shape.map(|shape| shape.output), source);
        if faults.is_empty() { Ok(shape) } else { Err(faults) }
    }

    fn faults(&self, connection: Connection, outputs: usize) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !(1..=MAX_NEURONS).contains(&outputs) {
            faults.push(too_many(outputs));
        }
        if let Connection::Conv(kernel) = connection {
            if let Front::Flatten(flatten) = &self.front {
                let text = format!("is \"conv2d\", expected \"dense\" after {flatten}, which flattens the map");
                faults.push(Fault::new("type", text));
            }
            faults.extend(kernel_faults(kernel));
            if faults.is_empty() {
                faults.extend(self.map().and_then(|map| map_fault(kernel, map, outputs)));
            }
        }
        faults
    }
}

fn too_many(neurons: usize) -> Fault {
    Fault::new("", format!("has {neurons} neurons, expected 1 … {MAX_NEURONS}"))
}

/// What is wrong with a kernel on any map.
fn kernel_faults(kernel: Kernel) -> Vec<Fault> {
    let Kernel { size, stride, padding, groups } = kernel;
    let mut faults = Vec::new();
    if !(1..=MAX_KERNEL).contains(&size) {
        faults.push(Fault::new("kernel", format!("is {size}, expected 1 … {MAX_KERNEL}")));
    }
    if stride == 0 {
        faults.push(Fault::new("stride", "is 0, expected at least 1".into()));
    }
    if padding >= size.max(1) {
        faults.push(Fault::new("padding", format!("is {padding}, expected less than the kernel, {size}")));
    }
    if groups == 0 {
        faults.push(Fault::new("groups", "is 0, expected at least 1".into()));
    }
    faults
}

/// What is wrong with a sound kernel on this map, if anything.
fn map_fault(kernel: Kernel, map: Map, outputs: usize) -> Option<Fault> {
    let Kernel { size, padding, groups, .. } = kernel;
    let (height, width) = (map.height + 2 * padding, map.width + 2 * padding);
    if size > height.min(width) {
        return Some(Fault::new("kernel", format!("is {size}, larger than the padded map of {height} × {width}")));
    }
    if !map.channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        let expected = format!("a divisor of {} input and {outputs} output channels", map.channels);
        return Some(Fault::new("groups", format!("is {groups}, expected {expected}")));
    }
    let neurons = Connection::Conv(kernel).output(map, outputs).neurons();
    (neurons > MAX_NEURONS).then(|| too_many(neurons))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MAP: Map = Map { channels: 2, height: 6, width: 8 };

    fn chain() -> Chain {
        Chain::new(Some(MAP), "the input")
    }

    fn kernel(size: usize) -> Kernel {
        Kernel { size, stride: 1, padding: 0, groups: 1 }
    }

    fn conv(channels: usize, kernel: Kernel) -> Node {
        Node::Conv { channels, kernel }
    }

    /// What is wrong with the last of these entries, after those before it, which are right.
    fn faults(nodes: &[Node]) -> Vec<String> {
        let mut chain = chain();
        let (last, before) = nodes.split_last().unwrap();
        for (index, node) in before.iter().enumerate() {
            chain.push(*node, format!("entry {index}")).unwrap();
        }
        chain.push(*last, "the last").err().unwrap_or_default().iter().map(ToString::to_string).collect()
    }

    #[test]
    fn layers_take_what_the_one_before_gives() {
        let mut chain = chain();
        let first = chain.push(conv(3, Kernel { size: 3, stride: 1, padding: 1, groups: 1 }), "a").unwrap().unwrap();
        assert_eq!((first.input, first.pooling), (MAP, Pooling::NONE));
        assert_eq!(first.output, Map { channels: 3, height: 6, width: 8 });
        assert_eq!(chain.push(Node::AveragePool(2), "b"), Ok(None));
        assert_eq!(chain.map(), Some(Map { channels: 3, height: 3, width: 4 }));
        let second = chain.push(Node::Dense(5), "c").unwrap().unwrap();
        assert_eq!((second.input, second.pooled()), (first.output, Map { channels: 3, height: 3, width: 4 }));
        assert_eq!((second.kept_input(), second.output), (first.output, Map::flat(5)));
        // Without pooling, a dense layer keeps a row.
        let third = chain.push(Node::Dense(4), "d").unwrap().unwrap();
        assert_eq!((third.kept_input(), third.output), (Map::flat(5), Map::flat(4)));
        assert_eq!(chain.finish(), Ok(()));
    }

    #[test]
    fn kernels_have_limits() {
        for size in [1, MAX_KERNEL - 1] {
            assert_eq!(faults(&[conv(2, kernel(size))]), [""; 0]);
        }
        assert_eq!(faults(&[conv(2, kernel(0))])[0], "kernel is 0, expected 1 … 7");
        assert_eq!(faults(&[conv(2, kernel(8))]), ["kernel is 8, expected 1 … 7"]);
        assert_eq!(faults(&[conv(2, kernel(7))]), ["kernel is 7, larger than the padded map of 6 × 8"]);
        let padded = Kernel { padding: 1, ..kernel(7) };
        assert_eq!(faults(&[conv(2, padded)]), [""; 0]);
        let all_wrong = Kernel { size: 3, stride: 0, padding: 3, groups: 0 };
        assert_eq!(
            faults(&[conv(2, all_wrong)]),
            [
                "stride is 0, expected at least 1",
                "padding is 3, expected less than the kernel, 3",
                "groups is 0, expected at least 1"
            ]
        );
    }

    #[test]
    fn groups_divide_both_sides() {
        let grouped = |channels, groups| faults(&[conv(channels, Kernel { groups, ..kernel(1) })]);
        assert_eq!(grouped(4, 2), [""; 0]);
        assert_eq!(grouped(3, 2), ["groups is 2, expected a divisor of 2 input and 3 output channels"]);
        assert_eq!(grouped(3, 3), ["groups is 3, expected a divisor of 2 input and 3 output channels"]);
    }

    #[test]
    fn poolings_divide_their_map_and_multiply() {
        let expected = "kernel is 2, expected a divisor of 3 × 4, as of the input pooled by 2";
        assert_eq!(faults(&[Node::AveragePool(2), Node::AveragePool(2)]), [expected]);
        assert_eq!(faults(&[Node::AveragePool(4)]), ["kernel is 4, expected a divisor of 6 × 8, as of the input"]);
        assert_eq!(faults(&[Node::AveragePool(0)]), ["kernel is 0, expected a divisor of 6 × 8, as of the input"]);
        let square = Map { channels: 1, height: 8, width: 8 };
        let mut twice = Chain::new(Some(square), "x");
        for size in [2, 4] {
            twice.push(Node::AveragePool(size), "p").unwrap();
        }
        assert_eq!(twice.push(Node::Dense(1), "d").unwrap().unwrap().pooling, Pooling { size: 8, max: false });
    }

    #[test]
    fn a_maximum_stands_alone_and_nothing_pools_a_row() {
        let wrong =
            "is a pooling at a wrong place, expected it directly after a layer, or an average pooling after another";
        assert_eq!(faults(&[Node::MaxPool(2)]), [""; 0]);
        assert_eq!(faults(&[Node::MaxPool(2), Node::MaxPool(1)]), [wrong]);
        assert_eq!(faults(&[Node::MaxPool(2), Node::AveragePool(1)]), [wrong]);
        assert_eq!(faults(&[Node::AveragePool(2), Node::MaxPool(1)]), [wrong]);
        assert_eq!(faults(&[Node::Flatten, Node::AveragePool(2)]), [wrong]);
        let text = "type is \"conv2d\", expected \"dense\" after entry 0, which flattens the map";
        assert_eq!(faults(&[Node::Flatten, conv(2, kernel(1))]), [text]);
        assert_eq!(faults(&[Node::Flatten, Node::Dense(3)]), [""; 0]);
    }

    #[test]
    fn the_end_is_a_layer() {
        for node in [Node::AveragePool(2), Node::MaxPool(2), Node::Flatten] {
            let mut chain = chain();
            chain.push(node, "a").unwrap();
            let fault = chain.finish().unwrap_err();
            assert_eq!(fault.field, "");
            assert!(fault.text.starts_with("ends with a pooling or flatten"), "{fault}");
        }
        assert_eq!(chain().finish(), Ok(()));
    }

    #[test]
    fn sizes_that_layers_say_are_held_against_what_reaches_them() {
        let mut chain = chain();
        assert_eq!((chain.expect_inputs(96), chain.expect_map(MAP)), (Ok(()), Ok(())));
        chain.push(Node::AveragePool(2), "a").unwrap();
        let fault = chain.expect_inputs(96).unwrap_err();
        assert_eq!(fault.to_string(), "inputs is 96, expected 24, as of the input pooled by 2");
        // From here on the layer is believed.
        assert_eq!(chain.map(), Some(Map::flat(96)));
        let fault = chain.expect_map(MAP).unwrap_err();
        assert_eq!(fault.to_string(), "input is [2, 6, 8], expected [96, 1, 1], as of what the layer says");
        assert_eq!(chain.map(), Some(MAP));
    }

    #[test]
    fn what_follows_from_a_mistake_is_no_mistake() {
        let mut chain = chain();
        assert!(chain.push(conv(2, kernel(8)), "a").is_err());
        assert_eq!(chain.map(), None);
        assert_eq!(chain.push(conv(4, kernel(7)), "b"), Ok(None));
        chain.skip(Some(Map::flat(3)), "c");
        assert_eq!(chain.expect_inputs(3), Ok(()));
        let mut unknown = Chain::new(None, "");
        assert_eq!((unknown.expect_inputs(5), unknown.map()), (Ok(()), Some(Map::flat(5))));
    }

    #[test]
    fn layers_have_neurons_but_not_too_many() {
        let text = |count: usize| format!("has {count} neurons, expected 1 … {MAX_NEURONS}");
        assert_eq!(faults(&[Node::Dense(0)]), [text(0)]);
        assert_eq!(faults(&[Node::Dense(MAX_NEURONS + 1)]), [text(MAX_NEURONS + 1)]);
        assert_eq!(faults(&[conv(MAX_NEURONS, kernel(1))]), [text(48 * MAX_NEURONS)]);
    }
}
