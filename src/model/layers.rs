//! The list `layers` of `model.json`: every field of every layer, and how each takes what the one before it gives.

use std::collections::HashMap;

use serde_json::Value;

use super::fields::{Object, Problems, whole_number};
use super::parsed::{Kind, MAX_SIZE, ParsedLayer, name_is_safe};
use crate::fixed::WeightFormat;
use crate::float::{Chain, Fault, Grid, Kernel, LayerShape, Map, Node, name_problem, verilog_name};
use crate::network::{MAX_KERNEL, MAX_TIME_STEPS, NeuronKind};

/// In an integer model without the last.
const TYPES: [&str; 5] = ["dense", "conv2d", "average-pool", "flatten", "max-pool"];

/// One entry of the list; what cannot be read is `None`.
pub struct Part<'a> {
    name: Option<&'a str>,
    kind: PartKind,
}

enum PartKind {
    Dense { inputs: Option<usize>, outputs: Option<usize>, weights: Option<Weights> },
    Conv2d { input: Option<Map>, output: Option<Map>, kernel: Option<Kernel>, weights: Option<Weights> },
    Pool { kernel: Option<usize>, max: bool },
    Flatten,
    Unknown,
}

/// What the header says of a layer's weights and neurons.
struct Weights {
    /// Present in an integer model.
    format: Option<WeightFormat>,
    grid: Option<Grid>,
    step_rows: Option<usize>,
    neuron: Option<NeuronKind>,
}

pub fn parse<'a>(
    file: &Object<'a>,
    kind: Option<Kind>,
    time_steps: Option<usize>,
    problems: &'a Problems,
) -> Vec<Part<'a>> {
    let Some(values) = file.list("layers", "a list of layers") else {
        return Vec::new();
    };
    if values.is_empty() {
        file.problem("layers", "is empty, expected at least one layer");
    }
    let part = |(index, value): (usize, &'a Value)| match Object::new(format!("layers[{index}]"), value, problems) {
        Some(object) => parse_part(object, kind, time_steps),
        None => Part { name: None, kind: PartKind::Unknown },
    };
    values.iter().enumerate().map(part).collect()
}

fn parse_part<'a>(part: Object<'a>, kind: Option<Kind>, time_steps: Option<usize>) -> Part<'a> {
    if kind == Some(Kind::Integer) && part.optional("type").and_then(Value::as_str) == Some("max-pool") {
        let reason = "a cell of a maximum pooling would spike more than once";
        part.problem("type", &format!("is \"max-pool\", which no integer network has: {reason}; use \"average-pool\""));
        return Part { name: None, kind: PartKind::Unknown };
    }
    let types = if kind == Some(Kind::Integer) { &TYPES[..4] } else { &TYPES };
    let chosen = part.choice("type", types);
    let name = part.text("name", "a name").filter(|name| name_is_safe(&part, name_problem(name)));
    let size = |key| part.integer(key, 1..=MAX_SIZE).map(|size| size as usize);
    let parsed = match chosen {
        Some(0) => {
            let (inputs, outputs) = (size("inputs"), size("outputs"));
            PartKind::Dense { inputs, outputs, weights: parse_weights(&part, kind, time_steps) }
        }
        Some(1) => PartKind::Conv2d {
            input: parse_map(&part, "input"),
            output: parse_map(&part, "output"),
            kernel: parse_kernel(&part),
            weights: parse_weights(&part, kind, time_steps),
        },
        Some(3) => PartKind::Flatten,
        Some(index) => PartKind::Pool { kernel: size("kernel"), max: index == 4 },
        // Of an unknown type: any field may belong to it.
        None => return Part { name, kind: PartKind::Unknown },
    };
    part.finish();
    Part { name, kind: parsed }
}

fn parse_map(part: &Object, key: &'static str) -> Option<Map> {
    let side = |value: &Value| value.as_u64().filter(|side| (1..=MAX_SIZE).contains(side)).map(|side| side as usize);
    let sides = part.numbers(key, &whole_number(&(1..=MAX_SIZE)), side)?;
    let size = sides.iter().try_fold(1u64, |size, &side| size.checked_mul(side as u64));
    match sides[..] {
        [channels, height, width] if size.is_some_and(|size| size <= MAX_SIZE) => Some(Map { channels, height, width }),
        _ => {
            let expected = format!("[channels, height, width] of at most {MAX_SIZE} neurons in all");
            part.problem(key, &format!("is {sides:?}, expected {expected}"));
            None
        }
    }
}

fn parse_kernel(part: &Object) -> Option<Kernel> {
    let size = part.integer("kernel", 1..=MAX_KERNEL as u64);
    let stride = part.integer("stride", 1..=MAX_SIZE);
    let padding = part.integer("padding", 0..=MAX_KERNEL as u64 - 1);
    let groups = part.integer("groups", 1..=MAX_SIZE);
    let [size, stride, padding, groups] = [size?, stride?, padding?, groups?].map(|number| number as usize);
    if padding >= size {
        part.problem("padding", &format!("is {padding}, expected less than the kernel, {size}"));
        return None;
    }
    Some(Kernel { size, stride, padding, groups })
}

fn parse_weights(part: &Object, kind: Option<Kind>, time_steps: Option<usize>) -> Option<Weights> {
    let (step_rows, neuron) = (parse_step_rows(part, time_steps), parse_neuron(part));
    let (format, grid) = match kind {
        Some(Kind::Integer) => (Some(parse_format(part)?), None),
        Some(Kind::Float) => (None, part.optional_object("grid").and_then(parse_grid)),
        // Of an unknown kind: either's fields may be there.
        None => {
            let _ = (part.optional("weight_format"), part.optional("grid"));
            (None, None)
        }
    };
    Some(Weights { format, grid, step_rows: step_rows?, neuron: neuron? })
}

/// The number of step rows, if there are some: one for all time steps, or one for each. `None` with a mistake noted.
fn parse_step_rows(part: &Object, time_steps: Option<usize>) -> Option<Option<usize>> {
    if part.optional("step_rows").is_none() {
        return Some(None);
    }
    let rows = part.integer("step_rows", 1..=MAX_TIME_STEPS as u64)? as usize;
    let is_right = time_steps.is_none_or(|steps| rows == 1 || rows == steps);
    if let Some(steps) = time_steps.filter(|_| !is_right) {
        part.problem("step_rows", &format!("is {rows}, expected 1 or {steps}, one per time step"));
    }
    is_right.then_some(Some(rows))
}

/// The kind of neurons, if it is said. `None` with a mistake noted.
fn parse_neuron(part: &Object) -> Option<Option<NeuronKind>> {
    if part.optional("neuron").is_none() {
        return Some(None);
    }
    part.choice("neuron", NeuronKind::NAMES).map(|index| Some(NeuronKind::ALL[index]))
}

fn parse_format(object: &Object) -> Option<WeightFormat> {
    let text = object.text("weight_format", "int2 … int16, pow3 … pow8, ternary or binary")?;
    text.parse().map_err(|problem: String| object.note("weight_format", &problem)).ok()
}

fn parse_grid(grid: Object) -> Option<Grid> {
    let format = parse_format(&grid);
    let scale = grid.positive("scale");
    grid.finish();
    Some(Grid { format: format?, scale: scale? })
}

/// No two layers share a name in Verilog.
pub fn check_names(parts: &[Part], problems: &Problems) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, part) in parts.iter().enumerate() {
        let Some(name) = part.name else { continue };
        let first = *seen.entry(verilog_name(name)).or_insert(index);
        if first != index {
            problems.add(format!("layers[{index}].name is \"{name}\", like layers[{first}]"));
        }
    }
}

/// The synaptic layers with the poolings in front of them; `None` for one with a mistake, which is noted.
pub fn chain<'a>(
    input_shape: Option<&[usize]>,
    parts: Vec<Part<'a>>,
    problems: &Problems,
) -> Vec<Option<ParsedLayer<'a>>> {
    let source = format!("input.shape {:?}", input_shape.unwrap_or_default());
    let mut walk = Walk { chain: Chain::new(input_shape.map(Map::of_shape), source), problems };
    let layers = parts.into_iter().enumerate().filter_map(|(index, part)| walk.step(index, part)).collect();
    if let Err(fault) = walk.chain.finish() {
        problems.add(format!("layers {fault}"));
    }
    layers
}

/// Holds the parts against the grammar of layers, and against what they say of their maps.
struct Walk<'p> {
    chain: Chain,
    problems: &'p Problems,
}

impl Walk<'_> {
    /// Takes one part; returns an entry for a synaptic layer, and for what may be one.
    fn step<'a>(&mut self, index: usize, part: Part<'a>) -> Option<Option<ParsedLayer<'a>>> {
        match part.kind {
            PartKind::Dense { inputs, outputs, weights } => {
                let shape = self.dense(index, inputs, outputs);
                Some(parsed(part.name, shape, weights))
            }
            PartKind::Conv2d { input, output, kernel, weights } => {
                let shape = self.conv2d(index, input, output, kernel);
                Some(parsed(part.name, shape, weights))
            }
            PartKind::Pool { kernel: None, .. } => {
                self.chain.skip(None, "");
                None
            }
            PartKind::Pool { kernel: Some(size), max } => {
                self.push(index, if max { Node::MaxPool(size) } else { Node::AveragePool(size) }, "");
                None
            }
            PartKind::Flatten => {
                self.push(index, Node::Flatten, "");
                None
            }
            PartKind::Unknown => {
                self.chain.skip(None, "");
                Some(None)
            }
        }
    }

    fn dense(&mut self, index: usize, inputs: Option<usize>, outputs: Option<usize>) -> Option<LayerShape> {
        if let Some(Err(fault)) = inputs.map(|inputs| self.chain.expect_inputs(inputs)) {
            self.note(index, &fault);
        }
        match outputs {
            Some(outputs) => self.push(index, Node::Dense(outputs), ".outputs"),
            None => {
                self.chain.skip(None, "");
                None
            }
        }
    }

    fn conv2d(
        &mut self,
        index: usize,
        input: Option<Map>,
        output: Option<Map>,
        kernel: Option<Kernel>,
    ) -> Option<LayerShape> {
        let fault = input.and_then(|input| self.chain.expect_map(input).err());
        fault.iter().for_each(|fault| self.note(index, fault));
        let node = kernel.zip(output).map(|(kernel, output)| Node::Conv { channels: output.channels, kernel });
        let shape = node.filter(|_| fault.is_none()).and_then(|node| self.push(index, node, ".output"));
        let differs = |shape: &LayerShape| output.filter(|output| *output != shape.output);
        if let Some((shape, output)) = shape.and_then(|shape| Some((shape, differs(&shape)?))) {
            self.problems.add(format!("layers[{index}].output is {output}, expected {}", shape.output));
        }
        // What follows is held against what the layer says.
        self.chain.skip(output, format!("layers[{index}].output"));
        shape
    }

    /// Takes a node of the grammar; notes what is wrong with it. `field` of the part says its output.
    fn push(&mut self, index: usize, node: Node, field: &str) -> Option<LayerShape> {
        let pushed = self.chain.push(node, format!("layers[{index}]{field}"));
        pushed.unwrap_or_else(|faults| {
            faults.iter().for_each(|fault| self.note(index, fault));
            None
        })
    }

    fn note(&self, index: usize, fault: &Fault) {
        let dot = if fault.field.is_empty() { " " } else { "." };
        self.problems.add(format!("layers[{index}]{dot}{fault}"));
    }
}

fn parsed<'a>(name: Option<&'a str>, shape: Option<LayerShape>, weights: Option<Weights>) -> Option<ParsedLayer<'a>> {
    let (shape, Weights { format, grid, step_rows, neuron }) = (shape?, weights?);
    let LayerShape { pooling, connection, output, .. } = shape;
    let (name, input, outputs) = (name?, shape.kept_input(), output.channels);
    Some(ParsedLayer { name, input, pooling, connection, outputs, format, grid, step_rows, neuron })
}
