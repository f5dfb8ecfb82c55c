//! A structural netlist: modules made of instances, wires and assignments, between deciding and printing.
//!
//! In: what engines, readouts and `emit` build of a design. Out: a [`Module`] that can be checked and printed. It is no syntax tree of Verilog: expressions
//! are text, and whatever needs a register is a leaf of `hdl/`. Imports nothing.

mod check;
mod print;

use serde::{Deserialize, Serialize};

/// Which way a port carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Into the module.
    Input,
    /// Out of the module.
    Output,
}

/// Whether a net is a single bit or a vector, which a vector of one bit is too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A single bit.
    Bit,
    /// Width in bits, at least 1.
    Vector(usize),
    /// The same, two's complement.
    Signed(usize),
}

impl Shape {
    /// Width in bits.
    pub fn bits(self) -> usize {
        match self {
            Shape::Bit => 1,
            Shape::Vector(bits) | Shape::Signed(bits) => bits,
        }
    }
}

/// A port of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Port {
    /// Which way it carries.
    pub direction: Direction,
    /// Its name.
    pub name: String,
    /// Its width.
    pub shape: Shape,
    /// Whether a new group of ports begins here.
    pub begins_group: bool,
}

/// A parameter that the module's user may set, or a constant inside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its (default) value, as a Verilog expression.
    pub value: String,
    /// What it is, with its unit.
    pub comment: String,
}

impl Parameter {
    fn new(name: &str, value: &str, comment: &str) -> Self {
        Parameter { name: name.into(), value: value.into(), comment: comment.into() }
    }
}

/// An instance of a leaf or of another module: parameters and pins by name, in order, each with a Verilog expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The module that is instantiated.
    pub module: String,
    /// Its name.
    pub name: String,
    /// Values of its parameters.
    pub parameters: Vec<(String, String)>,
    /// What its ports are connected to.
    pub pins: Vec<(String, String)>,
}

impl Instance {
    /// With a name, and nothing in it.
    pub fn new(module: &str, name: impl Into<String>) -> Self {
        Instance { module: module.into(), name: name.into(), parameters: Vec::new(), pins: Vec::new() }
    }

    /// Sets a parameter to a number or an expression.
    pub fn set(mut self, parameter: &str, value: impl ToString) -> Self {
        self.parameters.push((parameter.into(), value.to_string()));
        self
    }

    /// Connects a pin.
    pub fn pin(mut self, pin: &str, expression: impl Into<String>) -> Self {
        self.pins.push((pin.into(), expression.into()));
        self
    }
}

/// One thing in the body of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Item {
    /// An empty line.
    Gap,
    /// A comment of its own line.
    Comment(String),
    /// A constant.
    Constant(Parameter),
    /// Wires of one width.
    Wires {
        /// Its width.
        shape: Shape,
        /// Their names.
        names: Vec<String>,
    },
    /// A wire with the expression that drives it.
    Driven {
        /// Its name.
        name: String,
        /// What drives it, in Verilog.
        expression: String,
    },
    /// Left and right side of assignments that stand together.
    Assigns(Vec<(String, String)>),
    /// An instance.
    Instance(Instance),
}

/// A module.
///
/// # Examples
/// ```
/// use firstspike::netlist::{Instance, Module, Shape, input, output};
///
/// let mut both = Module::new("both", vec!["Whether both are set.".into()]);
/// both.port_group([input("a", Shape::Bit), input("b", Shape::Bit), output("y", Shape::Bit)]);
/// both.assigns([("y", "a && b")]);
/// assert!(both.problems().is_empty());
/// assert!(both.verilog().contains("assign y = a && b;"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// Its name.
    pub name: String,
    /// Lines of the comment at its head.
    pub head: Vec<String>,
    /// Values of its parameters.
    pub parameters: Vec<Parameter>,
    /// Its ports, in order.
    pub ports: Vec<Port>,
    /// Its body, in order.
    pub items: Vec<Item>,
}

impl Module {
    /// With a name, and nothing in it.
    pub fn new(name: impl Into<String>, head: Vec<String>) -> Self {
        Module { name: name.into(), head, parameters: Vec::new(), ports: Vec::new(), items: Vec::new() }
    }

    /// Begins a new group of ports: the next port stands after an empty line.
    pub fn port_group(&mut self, ports: impl IntoIterator<Item = Port>) {
        let first = self.ports.len();
        self.ports.extend(ports);
        if let Some(port) = self.ports.get_mut(first) {
            port.begins_group = first > 0;
        }
    }

    /// Adds a parameter that the user of the module may set.
    pub fn parameter(&mut self, name: &str, value: &str, comment: &str) {
        self.parameters.push(Parameter::new(name, value, comment));
    }

    /// Adds a constant.
    pub fn constant(&mut self, name: &str, value: &str, comment: &str) {
        self.items.push(Item::Constant(Parameter::new(name, value, comment)));
    }

    /// Adds an empty line.
    pub fn gap(&mut self) {
        self.items.push(Item::Gap);
    }

    /// Adds a comment.
    pub fn comment(&mut self, text: impl Into<String>) {
        self.items.push(Item::Comment(text.into()));
    }

    /// Declares wires of the same shape on one line.
    pub fn wires<N: Into<String>>(&mut self, shape: Shape, names: impl IntoIterator<Item = N>) {
        self.items.push(Item::Wires { shape, names: names.into_iter().map(Into::into).collect() });
    }

    /// Declares a one-bit wire together with what drives it.
    pub fn driven(&mut self, name: impl Into<String>, expression: impl Into<String>) {
        self.items.push(Item::Driven { name: name.into(), expression: expression.into() });
    }

    /// Assignments that stand together, aligned.
    pub fn assigns<L: Into<String>, R: Into<String>>(&mut self, pairs: impl IntoIterator<Item = (L, R)>) {
        self.items.push(Item::Assigns(pairs.into_iter().map(|(to, from)| (to.into(), from.into())).collect()));
    }

    /// Adds an instance.
    pub fn instance(&mut self, instance: Instance) {
        self.items.push(Item::Instance(instance));
    }

    /// The instances, in order.
    pub fn instances(&self) -> impl Iterator<Item = &Instance> {
        self.items.iter().filter_map(|item| match item {
            Item::Instance(instance) => Some(instance),
            _ => None,
        })
    }
}

/// An input of a module.
pub fn input(name: impl Into<String>, shape: Shape) -> Port {
    Port { direction: Direction::Input, name: name.into(), shape, begins_group: false }
}

/// An output of a module.
pub fn output(name: impl Into<String>, shape: Shape) -> Port {
    Port { direction: Direction::Output, name: name.into(), shape, begins_group: false }
}
