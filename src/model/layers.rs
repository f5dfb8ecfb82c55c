//! The list `layers` of `model.json`: every field of every layer, and how each takes what the one before it gives.

use std::collections::HashMap;

use serde_json::Value;

use super::fields::{Object, Problems, whole_number};
use super::parsed::{Kind, MAX_SIZE, ParsedLayer, name_is_safe};
use crate::fixed::WeightFormat;
use crate::float::{Connection, Grid, Kernel, Map, Pooling, name_problem, verilog_name};
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
    let text = object.text("weight_format", "int2 … int16, ternary or binary")?;
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
    let given = input_shape.map(|shape| (Map::of_shape(shape), format!("input.shape {shape:?}")));
    let mut walk = Walk { given, pooling: Pooling::NONE, front: Front::Nothing, problems };
    let layers = parts.into_iter().enumerate().filter_map(|(index, part)| walk.step(index, part)).collect();
    if !matches!(walk.front, Front::Nothing) {
        problems.add("layers ends with a pooling or flatten, expected a dense or conv2d layer after it");
    }
    layers
}

/// What stands between the last synaptic layer and the next.
enum Front {
    Nothing,
    Pooling,
    /// By the entry of this index.
    Flatten(usize),
}

struct Walk<'p> {
    /// The map before pooling and where it is from, if known.
    given: Option<(Map, String)>,
    pooling: Pooling,
    front: Front,
    problems: &'p Problems,
}

impl Walk<'_> {
    /// Takes one part; returns an entry for a synaptic layer, and for what may be one.
    fn step<'a>(&mut self, index: usize, part: Part<'a>) -> Option<Option<ParsedLayer<'a>>> {
        match part.kind {
            PartKind::Dense { inputs, outputs, weights } => {
                let layer = self.dense(index, part.name, inputs, outputs, weights);
                self.give(outputs.map(|outputs| (Map::flat(outputs), format!("layers[{index}].outputs"))));
                Some(layer)
            }
            PartKind::Conv2d { input, output, kernel, weights } => {
                let layer = self.conv2d(index, part.name, [input, output], kernel, weights);
                self.give(output.map(|output| (output, format!("layers[{index}].output"))));
                Some(layer)
            }
            PartKind::Pool { kernel, max } => {
                self.pool(index, kernel, max);
                None
            }
            PartKind::Flatten => {
                self.front = Front::Flatten(index);
                None
            }
            PartKind::Unknown => {
                self.give(None);
                Some(None)
            }
        }
    }

    fn give(&mut self, given: Option<(Map, String)>) {
        (self.given, self.pooling, self.front) = (given, Pooling::NONE, Front::Nothing);
    }

    fn pool(&mut self, index: usize, kernel: Option<usize>, max: bool) {
        let follows = !matches!(self.front, Front::Nothing);
        if follows && (max || self.pooling.max || matches!(self.front, Front::Flatten(_))) {
            let expected = "directly after a layer, or an average pooling after another";
            self.problems.add(format!("layers[{index}] is a pooling at a wrong place, expected it {expected}"));
        }
        self.front = Front::Pooling;
        let (Some(kernel), Some((map, source))) = (kernel, &self.given) else {
            self.given = None;
            return;
        };
        let pooled = map.pooled(self.pooling.size);
        let divides = |side: usize| side.is_multiple_of(kernel);
        if divides(pooled.height) && divides(pooled.width) {
            self.pooling = Pooling { size: self.pooling.size * kernel, max };
            return;
        }
        let (height, width) = (pooled.height, pooled.width);
        self.problems.add(format!(
            "layers[{index}].kernel is {kernel}, expected a divisor of {height} × {width}, as of {source}"
        ));
        self.given = None;
    }

    /// The map that a synaptic layer gets, after pooling, and where it is from.
    fn pooled(&self) -> Option<(Map, String)> {
        let (map, source) = self.given.as_ref()?;
        let after = if self.pooling.size > 1 { format!(" pooled by {}", self.pooling.size) } else { String::new() };
        Some((map.pooled(self.pooling.size), format!("{source}{after}")))
    }

    fn dense<'a>(
        &self,
        index: usize,
        name: Option<&'a str>,
        inputs: Option<usize>,
        outputs: Option<usize>,
        weights: Option<Weights>,
    ) -> Option<ParsedLayer<'a>> {
        if let (Some(inputs), Some((map, source))) = (inputs, self.pooled())
            && inputs != map.neurons()
        {
            let expected = map.neurons();
            self.problems.add(format!("layers[{index}].inputs is {inputs}, expected {expected}, as of {source}"));
        }
        let input = match &self.given {
            Some((map, _)) if self.pooling != Pooling::NONE => *map,
            _ => Map::flat(inputs?),
        };
        self.layer(name, input, Connection::Dense, outputs?, weights?)
    }

    fn conv2d<'a>(
        &self,
        index: usize,
        name: Option<&'a str>,
        [input, output]: [Option<Map>; 2],
        kernel: Option<Kernel>,
        weights: Option<Weights>,
    ) -> Option<ParsedLayer<'a>> {
        let add = |problem: String| self.problems.add(format!("layers[{index}].{problem}"));
        if let Front::Flatten(flatten) = self.front {
            add(format!("type is \"conv2d\", expected \"dense\" after layers[{flatten}], which flattens the map"));
            return None;
        }
        let pooled = self.pooled();
        if let (Some(input), Some((map, source))) = (input, &pooled)
            && input != *map
        {
            add(format!("input is {}, expected {}, as of {source}", sides(input), sides(*map)));
            return None;
        }
        let (input, kernel, output) = (input?, kernel?, output?);
        check_kernel(input, output, kernel, add)?;
        let before = match &self.given {
            Some((map, _)) => *map,
            None => input,
        };
        self.layer(name, before, Connection::Conv(kernel), output.channels, weights?)
    }

    fn layer<'a>(
        &self,
        name: Option<&'a str>,
        input: Map,
        connection: Connection,
        outputs: usize,
        weights: Weights,
    ) -> Option<ParsedLayer<'a>> {
        let Weights { format, grid, step_rows, neuron } = weights;
        let (name, pooling) = (name?, self.pooling);
        Some(ParsedLayer { name, input, pooling, connection, outputs, format, grid, step_rows, neuron })
    }
}

/// Whether kernel and maps fit each other; notes what does not.
fn check_kernel(input: Map, output: Map, kernel: Kernel, add: impl Fn(String)) -> Option<()> {
    let Kernel { size, padding, groups, .. } = kernel;
    let padded = (input.height + 2 * padding, input.width + 2 * padding);
    if size > padded.0.min(padded.1) {
        add(format!("kernel is {size}, larger than the padded map of {} × {}", padded.0, padded.1));
        return None;
    }
    if !input.channels.is_multiple_of(groups) || !output.channels.is_multiple_of(groups) {
        let (inputs, outputs) = (input.channels, output.channels);
        add(format!("groups is {groups}, expected a divisor of {inputs} input and {outputs} output channels"));
        return None;
    }
    let expected = Connection::Conv(kernel).output(input, output.channels);
    if output != expected {
        add(format!("output is {}, expected {}", sides(output), sides(expected)));
        return None;
    }
    Some(())
}

fn sides(map: Map) -> String {
    format!("[{}, {}, {}]", map.channels, map.height, map.width)
}
