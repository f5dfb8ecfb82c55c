//! `model.json`: what it says, how it is written, and every check that needs no weights.

use std::collections::HashMap;
use std::path::{Component, Path};

use serde::Serialize;
use serde_json::{Number, Value};

use super::fields::{Object, Problems, whole_number};
use super::names;
use crate::fixed::WeightFormat;
use crate::golden::{IntegerNetwork, MAX_TIME_STEPS, Readout, WeightedSource};
use crate::network::{FloatNetwork, FloatReadout, Grid};

const FORMAT: &str = "firstspike-model";
const VERSION: u64 = 1;
/// Largest number of inputs or neurons of a layer: a size field must not exhaust the memory.
const MAX_SIZE: u64 = 1 << 24;
const KINDS: [&str; 2] = ["float", "integer"];
const READOUTS: [&str; 3] = ["membrane", "first-spike", "temporal-weighting"];
const SOURCES: [&str; 2] = ["current", "spikes"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Float,
    Integer,
}

/// The header as written.
#[derive(Serialize)]
pub struct Header {
    format: &'static str,
    version: u64,
    kind: &'static str,
    name: String,
    time_steps: usize,
    input: Input,
    layers: Vec<Layer>,
    readout: ReadoutText,
    weights: &'static str,
    weights_sha256: String,
}

#[derive(Serialize)]
struct Input {
    shape: Vec<usize>,
    coding: &'static str,
    threshold: u8,
}

#[derive(Serialize)]
struct Layer {
    #[serde(rename = "type")]
    layer_type: &'static str,
    name: String,
    inputs: usize,
    outputs: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<GridText>,
}

#[derive(Serialize)]
struct GridText {
    weight_format: String,
    scale: f64,
}

#[derive(Serialize)]
struct ReadoutText {
    #[serde(rename = "type")]
    readout_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    source: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    alpha: Option<Vec<Value>>,
}

impl Header {
    pub fn of_integer(network: &IntegerNetwork, weights: &'static str, weights_sha256: String) -> Header {
        let layer = |layer: &crate::golden::Layer| Layer {
            layer_type: "dense",
            name: layer.name.clone(),
            inputs: layer.inputs(),
            outputs: layer.outputs(),
            weight_format: Some(layer.format.to_string()),
            grid: None,
        };
        let readout = match network.readout() {
            Readout::Membrane => ReadoutText::plain(0),
            Readout::FirstSpike => ReadoutText::plain(1),
            Readout::TemporalWeighting { source, alpha } => {
                let alpha = alpha.iter().map(|&alpha| Value::from(alpha)).collect();
                ReadoutText::weighting(*source == WeightedSource::Spikes, alpha)
            }
        };
        Header {
            format: FORMAT,
            version: VERSION,
            kind: KINDS[1],
            name: network.name().into(),
            time_steps: network.time_steps(),
            input: Input::new(network.input_shape(), network.input_threshold()),
            layers: network.layers().iter().map(layer).collect(),
            readout,
            weights,
            weights_sha256,
        }
    }

    pub fn of_float(network: &FloatNetwork, weights: &'static str, weights_sha256: String) -> Header {
        let grid = |grid: Grid| GridText { weight_format: grid.format.to_string(), scale: f64::from(grid.scale) };
        let layer = |layer: &crate::network::FloatDense| Layer {
            layer_type: "dense",
            name: layer.name.clone(),
            inputs: layer.weights.nrows(),
            outputs: layer.weights.ncols(),
            weight_format: None,
            grid: layer.grid.map(grid),
        };
        let readout = match &network.readout {
            FloatReadout::Membrane => ReadoutText::plain(0),
            FloatReadout::FirstSpike => ReadoutText::plain(1),
            FloatReadout::TemporalWeighting { of_spikes, alpha } => {
                // A number that is not finite becomes null, which the reader refuses.
                let number = |alpha: &f32| Number::from_f64(f64::from(*alpha)).map_or(Value::Null, Value::Number);
                ReadoutText::weighting(*of_spikes, alpha.iter().map(number).collect())
            }
        };
        Header {
            format: FORMAT,
            version: VERSION,
            kind: KINDS[0],
            name: network.name.clone(),
            time_steps: network.time_steps,
            input: Input::new(&network.input_shape, network.input_threshold),
            layers: network.layers.iter().map(layer).collect(),
            readout,
            weights,
            weights_sha256,
        }
    }
}

impl Input {
    fn new(shape: &[usize], threshold: u8) -> Input {
        Input { shape: shape.to_vec(), coding: "latency", threshold }
    }
}

impl ReadoutText {
    fn plain(index: usize) -> ReadoutText {
        ReadoutText { readout_type: READOUTS[index], source: None, alpha: None }
    }

    fn weighting(of_spikes: bool, alpha: Vec<Value>) -> ReadoutText {
        ReadoutText { readout_type: READOUTS[2], source: Some(SOURCES[usize::from(of_spikes)]), alpha: Some(alpha) }
    }
}

/// The header as read: a field with a mistake is `None`, so that the other fields and the weights can still be checked.
#[derive(Default)]
pub struct Parsed<'a> {
    pub kind: Option<Kind>,
    pub name: Option<&'a str>,
    pub time_steps: Option<usize>,
    pub input_shape: Option<Vec<usize>>,
    pub input_threshold: Option<u8>,
    pub layers: Vec<Option<ParsedLayer<'a>>>,
    pub readout: Option<ParsedReadout>,
    pub weights: Option<&'a str>,
    pub weights_sha256: Option<&'a str>,
}

pub struct ParsedLayer<'a> {
    pub name: &'a str,
    pub inputs: usize,
    pub outputs: usize,
    /// Present in an integer model.
    pub format: Option<WeightFormat>,
    pub grid: Option<Grid>,
}

pub enum ParsedReadout {
    Membrane,
    FirstSpike,
    TemporalWeighting { of_spikes: bool, alpha: Vec<f64> },
}

impl Parsed<'_> {
    /// Whether layer `index` has thresholds; `None` if the readout is unknown.
    pub fn fires(&self, index: usize) -> Option<bool> {
        if index + 1 < self.layers.len() {
            return Some(true);
        }
        Some(match self.readout.as_ref()? {
            ParsedReadout::Membrane => false,
            ParsedReadout::FirstSpike => true,
            ParsedReadout::TemporalWeighting { of_spikes, .. } => *of_spikes,
        })
    }
}

/// Checks every field and notes every mistake.
pub fn parse<'a>(value: &'a Value, problems: &'a Problems) -> Parsed<'a> {
    let Some(file) = Object::new(String::new(), value, problems) else {
        return Parsed::default();
    };
    if file.choice("format", &[FORMAT]).is_none() | file.integer("version", VERSION..=VERSION).is_none() {
        // Another format or version has other fields; complaints about them would mislead.
        return Parsed::default();
    }
    let kind = file.choice("kind", &KINDS).map(|index| [Kind::Float, Kind::Integer][index]);
    let name = file.text("name", "a name").filter(|name| name_is_safe(&file, name));
    let time_steps = file.integer("time_steps", 1..=MAX_TIME_STEPS as u64).map(|steps| steps as usize);
    let (input_shape, input_threshold) = file.object("input").map_or((None, None), parse_input);
    let layers = parse_layers(&file, kind, problems);
    check_names(&layers, problems);
    check_chain(input_shape.as_deref(), &layers, problems);
    let layers = layers.into_iter().map(|candidate| candidate.layer).collect();
    let readout = file.object("readout").and_then(|readout| parse_readout(readout, kind, time_steps));
    let weights = file.text("weights", "the name of a safetensors file").filter(|name| is_beside(&file, name));
    let weights_sha256 = file.optional("weights_sha256").and_then(|value| {
        let text = value
            .as_str()
            .filter(|text| text.len() == 64 && text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')));
        if text.is_none() {
            file.problem("weights_sha256", "is no SHA-256, expected 64 lower-case hexadecimal digits");
        }
        text
    });
    file.finish();
    Parsed { kind, name, time_steps, input_shape, input_threshold, layers, readout, weights, weights_sha256 }
}

fn name_is_safe(object: &Object, name: &str) -> bool {
    let problem = names::problem(name);
    if let Some(problem) = &problem {
        object.problem("name", problem);
    }
    problem.is_none()
}

/// The weights lie in the model's own folder: a model from elsewhere must not read other files.
fn is_beside(file: &Object, name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let beside =
        matches!(parts.next(), Some(Component::Normal(part)) if part == name) && !name.contains(['\\', ':', '\0']);
    if !beside {
        file.problem("weights", &format!("is {name:?}, expected a file name without folders"));
    }
    beside
}

fn parse_input(input: Object) -> (Option<Vec<usize>>, Option<u8>) {
    let side = |value: &Value| value.as_u64().filter(|side| (1..=MAX_SIZE).contains(side)).map(|side| side as usize);
    let shape = input.numbers("shape", &whole_number(&(1..=MAX_SIZE)), side).filter(|shape| {
        let size = shape.iter().try_fold(1u64, |size, &side| size.checked_mul(side as u64));
        let fits = !shape.is_empty() && size.is_some_and(|size| size <= MAX_SIZE);
        if !fits {
            input.problem("shape", &format!("is {shape:?}, expected 1 … {MAX_SIZE} inputs in all"));
        }
        fits
    });
    input.choice("coding", &["latency"]);
    let threshold = input.integer("threshold", 0..=255).map(|threshold| threshold as u8);
    input.finish();
    (shape, threshold)
}

/// What can be said of a layer: its sizes, and all of it if it is sound.
#[derive(Default)]
struct Candidate<'a> {
    inputs: Option<usize>,
    outputs: Option<usize>,
    layer: Option<ParsedLayer<'a>>,
}

fn parse_layers<'a>(file: &Object<'a>, kind: Option<Kind>, problems: &'a Problems) -> Vec<Candidate<'a>> {
    let Some(values) = file.list("layers", "a list of layers") else {
        return Vec::new();
    };
    if values.is_empty() {
        file.problem("layers", "is empty, expected at least one layer");
    }
    let place = |index| format!("layers[{index}]");
    let objects = values.iter().enumerate().map(|(index, value)| Object::new(place(index), value, problems));
    objects.map(|object| object.map_or_else(Candidate::default, |object| parse_layer(object, kind))).collect()
}

/// No two layers share a name in Verilog.
fn check_names(layers: &[Candidate], problems: &Problems) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (index, layer) in layers.iter().enumerate() {
        let Some(layer) = &layer.layer else { continue };
        let first = *seen.entry(names::verilog(layer.name)).or_insert(index);
        if first != index {
            problems.add(format!("layers[{index}].name is \"{}\", like layers[{first}]", layer.name));
        }
    }
}

fn parse_layer<'a>(layer: Object<'a>, kind: Option<Kind>) -> Candidate<'a> {
    let known_type = layer.choice("type", &["dense"]);
    let name = layer.text("name", "a name").filter(|name| name_is_safe(&layer, name));
    let inputs = layer.integer("inputs", 1..=MAX_SIZE).map(|size| size as usize);
    let outputs = layer.integer("outputs", 1..=MAX_SIZE).map(|size| size as usize);
    let (format, grid) = match kind {
        Some(Kind::Integer) => (parse_format(&layer), None),
        Some(Kind::Float) => (None, layer.optional_object("grid").and_then(parse_grid)),
        // Of an unknown kind: either's fields may be there.
        None => (layer.optional("weight_format").and(None), layer.optional("grid").and(None)),
    };
    layer.finish();
    let sound = known_type.is_some() && (kind != Some(Kind::Integer) || format.is_some());
    let parsed = || Some(ParsedLayer { name: name?, inputs: inputs?, outputs: outputs?, format, grid });
    Candidate { inputs, outputs, layer: if sound { parsed() } else { None } }
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

/// Each layer takes what the one before it gives.
fn check_chain(input_shape: Option<&[usize]>, layers: &[Candidate], problems: &Problems) {
    let mut given = input_shape.map(|shape| (shape.iter().product(), format!("input.shape {shape:?}")));
    for (index, layer) in layers.iter().enumerate() {
        if let (Some(inputs), Some((expected, source))) = (layer.inputs, &given)
            && inputs != *expected
        {
            problems.add(format!("layers[{index}].inputs is {inputs}, expected {expected}, as of {source}"));
        }
        given = layer.outputs.map(|outputs| (outputs, format!("layers[{index}].outputs")));
    }
}

fn parse_readout(readout: Object, kind: Option<Kind>, time_steps: Option<usize>) -> Option<ParsedReadout> {
    let parsed = match readout.choice("type", &READOUTS) {
        Some(0) => Some(ParsedReadout::Membrane),
        Some(1) => Some(ParsedReadout::FirstSpike),
        Some(_) => {
            let source = readout.choice("source", &SOURCES);
            let alpha = parse_alpha(&readout, kind, time_steps);
            source.zip(alpha).map(|(source, alpha)| ParsedReadout::TemporalWeighting { of_spikes: source == 1, alpha })
        }
        // Of an unknown type: any field may belong to it.
        None => return None,
    };
    readout.finish();
    parsed
}

fn parse_alpha(readout: &Object, kind: Option<Kind>, time_steps: Option<usize>) -> Option<Vec<f64>> {
    let whole = |value: &Value| value.as_u64().filter(|alpha| *alpha <= 65_535).map(|alpha| alpha as f64);
    let real = |value: &Value| value.as_f64().filter(|alpha| (0.0..=f64::from(f32::MAX)).contains(alpha));
    let alpha = match kind {
        Some(Kind::Integer) => readout.numbers("alpha", &whole_number(&(0..=65_535)), whole),
        _ => readout.numbers("alpha", "a number of at least 0", real),
    }?;
    let mut sound = true;
    if let Some(steps) = time_steps.filter(|steps| *steps != alpha.len()) {
        readout.problem("alpha", &format!("has {} values, expected {steps}, one per time step", alpha.len()));
        sound = false;
    }
    if let Some(step) = alpha.windows(2).position(|pair| pair[0] < pair[1]) {
        readout.problem(
            &format!("alpha[{}]", step + 1),
            &format!("is {}, expected at most {}: α must not rise", alpha[step + 1], alpha[step]),
        );
        sound = false;
    }
    sound.then_some(alpha)
}
