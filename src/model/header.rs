//! `model.json`: what it says, how it is written, and every check that needs no weights.

use std::path::{Component, Path};

use serde::Serialize;
use serde_json::{Number, Value};

use super::fields::{Object, Problems, whole_number};
use super::parsed::{Kind, MAX_SIZE, ParsedLayer, name_is_safe};
use super::schema::{self, SchemaText, Sizes};
use super::{layers, storage};
use crate::coding::{Coding, GRAY_LEVELS};
use crate::data::Schema;
use crate::error::{Result, Stage};
use crate::float::{Connection, FloatLayer, FloatNetwork, Grid, Kernel, Map, Pooling, Size, network_name_problem};
use crate::network::{
    self, IntegerNetwork, MAX_TIME_STEPS, Neuron, NeuronKind, Readout, ReadoutKind, StepRows, Synapses,
};

const FORMAT: &str = "firstspike-model";
const VERSION: u64 = 1;
/// Longest name of a file, in bytes.
const MAX_FILE_NAME: usize = 255;
const KINDS: [&str; 2] = ["float", "integer"];
/// The type of the readouts that weight something, which their `source` tells apart.
const WEIGHTING: &str = "temporal-weighting";
const PLAIN: [ReadoutKind; 2] = [ReadoutKind::Membrane, ReadoutKind::FirstSpike];
const WEIGHTED: [ReadoutKind; 2] = [ReadoutKind::Current, ReadoutKind::Spikes];
const CODINGS: [&str; 2] = ["latency", "table"];

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
    #[serde(flatten)]
    schema: SchemaText,
}

#[derive(Serialize)]
struct Input {
    shape: Vec<usize>,
    coding: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    threshold: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Vec<u8>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Layer {
    Dense {
        name: String,
        inputs: usize,
        outputs: usize,
        #[serde(flatten)]
        weights: WeightsText,
    },
    Conv2d {
        name: String,
        input: [usize; 3],
        output: [usize; 3],
        kernel: usize,
        stride: usize,
        padding: usize,
        groups: usize,
        #[serde(flatten)]
        weights: WeightsText,
    },
    AveragePool {
        name: String,
        kernel: usize,
    },
    MaxPool {
        name: String,
        kernel: usize,
    },
    Flatten {
        name: String,
    },
}

#[derive(Serialize)]
struct WeightsText {
    #[serde(skip_serializing_if = "Option::is_none")]
    weight_format: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<GridText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    step_rows: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    neuron: Option<String>,
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
    /// The header, with what the model remembers of its data.
    pub fn with_schema(self, schema: &Schema) -> Header {
        Header { schema: schema.into(), ..self }
    }

    pub fn of_integer(network: &IntegerNetwork, weights: &'static str, weights_sha256: String) -> Header {
        let layer = |layer: &network::Layer| {
            let weights =
                WeightsText::new(Some(layer.format.to_string()), None, layer.step_rows.as_ref(), &layer.neuron);
            let map = |map: network::Map| Map { channels: map.channels, height: map.height, width: map.width };
            let connection = match &layer.synapses {
                Synapses::Dense(_) => Connection::Dense,
                Synapses::Conv2d(conv) => {
                    let (size, stride, padding, groups) = (conv.kernel(), conv.stride, conv.padding, conv.groups);
                    Connection::Conv(Kernel { size, stride, padding, groups })
                }
            };
            layer_texts(
                &layer.name,
                map(layer.input),
                Pooling { size: layer.pool, max: false },
                connection,
                map(layer.output()),
                weights,
            )
        };
        Header {
            format: FORMAT,
            version: VERSION,
            kind: KINDS[1],
            name: network.name().into(),
            time_steps: network.time_steps(),
            input: Input::new(network.input_shape(), network.coding()),
            layers: network.layers().iter().flat_map(layer).collect(),
            readout: ReadoutText::new(network.readout(), |&alpha| Value::from(alpha)),
            weights,
            weights_sha256,
            schema: SchemaText::from(&Schema::default()),
        }
    }

    pub fn of_float(network: &FloatNetwork, weights: &'static str, weights_sha256: String) -> Header {
        let grid = |grid: Grid| GridText { weight_format: grid.format.to_string(), scale: f64::from(grid.scale) };
        let layer = |layer: &FloatLayer| {
            let weights = WeightsText::new(None, layer.grid.map(grid), layer.step_rows.as_ref(), &layer.neuron);
            layer_texts(&layer.name, layer.input, layer.pooling, layer.connection, layer.output(), weights)
        };
        // A number that is not finite becomes null, which the reader refuses.
        let number = |alpha: &f32| Number::from_f64(f64::from(*alpha)).map_or(Value::Null, Value::Number);
        Header {
            format: FORMAT,
            version: VERSION,
            kind: KINDS[0],
            name: network.name.clone(),
            time_steps: network.time_steps,
            input: Input::new(&network.input_shape, &network.coding),
            layers: network.layers.iter().flat_map(layer).collect(),
            readout: ReadoutText::new(&network.readout, number),
            weights,
            weights_sha256,
            schema: SchemaText::from(&Schema::default()),
        }
    }
}

/// A synaptic layer with the pooling in front of it.
fn layer_texts(
    name: &str,
    input: Map,
    pooling: Pooling,
    connection: Connection,
    output: Map,
    weights: WeightsText,
) -> Vec<Layer> {
    let pooled = input.pooled(pooling.size);
    let mut texts = Vec::new();
    match ((format!("{name}-pool"), pooling.size), pooling) {
        (_, Pooling::NONE) => {}
        ((name, kernel), Pooling { max: true, .. }) => texts.push(Layer::MaxPool { name, kernel }),
        ((name, kernel), _) => texts.push(Layer::AveragePool { name, kernel }),
    }
    let sides = |map: Map| [map.channels, map.height, map.width];
    let name = name.to_string();
    match connection {
        Connection::Dense => {
            if input.places() > 1 {
                texts.push(Layer::Flatten { name: format!("{name}-flatten") });
            }
            texts.push(Layer::Dense { name, inputs: pooled.neurons(), outputs: output.neurons(), weights });
        }
        Connection::Conv(Kernel { size, stride, padding, groups }) => {
            let (input, output) = (sides(pooled), sides(output));
            texts.push(Layer::Conv2d { name, input, output, kernel: size, stride, padding, groups, weights });
        }
    }
    texts
}

impl Input {
    fn new(shape: &[usize], coding: &Coding) -> Input {
        let (name, threshold, times) = match coding {
            Coding::Latency { threshold } => (CODINGS[0], Some(*threshold), None),
            Coding::Table(times) => (CODINGS[1], None, Some(times.to_vec())),
        };
        Input { shape: shape.to_vec(), coding: name, threshold, times }
    }
}

impl WeightsText {
    /// The kind of neurons is written if it is not the usual one.
    fn new<T: Copy + PartialEq>(
        weight_format: Option<String>,
        grid: Option<GridText>,
        rows: Option<&StepRows<T>>,
        neuron: &Neuron<T>,
    ) -> WeightsText {
        let (kind, step_rows) = (neuron.kind(), rows.map(|rows| rows.distinct().nrows()));
        let neuron = (kind != NeuronKind::usual(kind.fires())).then(|| kind.to_string());
        WeightsText { weight_format, grid, step_rows, neuron }
    }
}

impl ReadoutText {
    fn new<A>(readout: &Readout<A>, alpha: impl Fn(&A) -> Value) -> ReadoutText {
        let kind = readout.kind();
        let is_weighting = kind.source().is_some();
        ReadoutText {
            readout_type: if is_weighting { WEIGHTING } else { kind.name() },
            source: is_weighting.then_some(kind.name()),
            alpha: is_weighting.then(|| readout.alpha().iter().map(alpha).collect()),
        }
    }
}

/// The header as read: a field with a mistake is `None`, so that the other fields and the weights can still be checked.
#[derive(Default)]
pub struct Parsed<'a> {
    pub kind: Option<Kind>,
    pub name: Option<&'a str>,
    pub time_steps: Option<usize>,
    pub input_shape: Option<Vec<usize>>,
    pub coding: Option<Coding>,
    /// The synaptic layers.
    pub layers: Vec<Option<ParsedLayer<'a>>>,
    pub readout: Option<Readout<f64>>,
    pub weights: Option<&'a str>,
    pub weights_sha256: Option<&'a str>,
    pub schema: Schema,
}

impl Parsed<'_> {
    /// Whether layer `index` must fire; `None` if the readout is unknown.
    pub fn fires(&self, index: usize) -> Option<bool> {
        let hidden = index + 1 < self.layers.len();
        Some(hidden || self.readout.as_ref()?.output_fires())
    }

    /// The kind of neurons of layer `index`: what the layer says, or what its place calls for. `None` if nobody knows.
    pub fn neuron(&self, index: usize) -> Option<NeuronKind> {
        let said = self.layers[index].as_ref()?.neuron;
        said.or_else(|| self.fires(index).map(NeuronKind::usual))
    }

    /// Notes the layers whose neurons do what they must not do, and takes them out.
    fn check_neurons(&mut self, problems: &Problems) {
        for index in 0..self.layers.len() {
            let Some((layer, fires)) = self.layers[index].as_ref().zip(self.fires(index)) else { continue };
            if let Some(kind) = layer.neuron.filter(|kind| kind.fires() != fires) {
                let expected = if fires { "neurons that fire" } else { "\"integrate\" with this readout" };
                problems.add(format!("{} has the neuron \"{kind}\", expected {expected}", layer.title()));
                self.layers[index] = None;
            }
        }
    }
}

/// Holds the layers that have no mistake against the largest network.
///
/// # Errors
/// `model-too-large`; `file` is what it calls the model.
pub fn check_size(file: &str, header: &Parsed) -> Result<()> {
    let inputs = header.input_shape.iter().flatten().product::<usize>();
    let mut size = Size::new(Stage::Model, file, if header.input_shape.is_some() { inputs } else { 0 });
    for layer in header.layers.iter().flatten() {
        size.add(&layer.title(), layer.input.pooled(layer.pooling.size), layer.connection, layer.outputs)?;
        if let Some((_, steps)) = layer.step_rows.zip(header.time_steps) {
            size.add_history(&layer.title(), layer.outputs, steps)?;
        }
    }
    match (header.layers.last(), header.time_steps) {
        (Some(Some(last)), Some(steps)) => size.add_history(&last.title(), last.neurons(), steps),
        _ => Ok(()),
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
    let name = file.text("name", "a name").filter(|name| name_is_safe(&file, network_name_problem(name)));
    let time_steps = file.integer("time_steps", 1..=MAX_TIME_STEPS as u64).map(|steps| steps as usize);
    let (input_shape, coding) = file.object("input").map_or((None, None), |input| parse_input(input, time_steps));
    let parts = layers::parse(&file, kind, time_steps, problems);
    layers::check_names(&parts, problems);
    let layers = layers::chain(input_shape.as_deref(), parts, problems);
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
    let outputs = layers.last().and_then(|layer| layer.as_ref().map(ParsedLayer::neurons));
    let inputs = input_shape.as_deref().map(|shape| shape.iter().product());
    let schema = schema::parse(&file, &Sizes { inputs, outputs, layers: layers.len(), time_steps });
    file.finish();
    let mut parsed =
        Parsed { kind, name, time_steps, input_shape, coding, layers, readout, weights, weights_sha256, schema };
    parsed.check_neurons(problems);
    parsed
}

/// The weights lie in the model's own folder: a model from elsewhere must not read other files.
fn is_beside(file: &Object, name: &str) -> bool {
    let mut parts = Path::new(name).components();
    let beside = matches!(parts.next(), Some(Component::Normal(part)) if part == name)
        && !name.contains(['\\', ':', '\0'])
        && name.len() <= MAX_FILE_NAME;
    if !beside {
        file.problem("weights", &format!("is {name:?}, expected a file name without folders"));
    }
    let is_plain = !name.ends_with(storage::PACKED);
    if !is_plain {
        file.problem("weights", &format!("is {name:?}, expected the name without {}, packed or not", storage::PACKED));
    }
    beside && is_plain
}

fn parse_input(input: Object, time_steps: Option<usize>) -> (Option<Vec<usize>>, Option<Coding>) {
    let side = |value: &Value| value.as_u64().filter(|side| (1..=MAX_SIZE).contains(side)).map(|side| side as usize);
    let shape = input.numbers("shape", &whole_number(&(1..=MAX_SIZE)), side).filter(|shape| {
        let size = shape.iter().try_fold(1u64, |size, &side| size.checked_mul(side as u64));
        let fits = !shape.is_empty() && size.is_some_and(|size| size <= MAX_SIZE);
        if !fits {
            input.problem("shape", &format!("is {shape:?}, expected 1 … {MAX_SIZE} inputs in all"));
        }
        fits
    });
    let coding = match input.choice("coding", &CODINGS) {
        Some(0) => input.integer("threshold", 0..=255).map(|threshold| Coding::Latency { threshold: threshold as u8 }),
        Some(_) => parse_times(&input, time_steps),
        // Of an unknown coding: any field may belong to it.
        None => return (shape, None),
    };
    input.finish();
    (shape, coding)
}

/// The spike time of every gray level.
fn parse_times(input: &Object, time_steps: Option<usize>) -> Option<Coding> {
    let latest = time_steps.unwrap_or(MAX_TIME_STEPS) as u64;
    let time = |value: &Value| value.as_u64().filter(|&time| time <= latest).map(|time| time as u8);
    let times = input.numbers("times", &format!("{} ({latest} is never)", whole_number(&(0..=latest))), time)?;
    let count = times.len();
    let times = times.try_into().ok().map(Coding::Table);
    if times.is_none() {
        input.problem("times", &format!("has {count} values, expected {GRAY_LEVELS}, one per gray level"));
    }
    times
}

fn parse_readout(readout: Object, kind: Option<Kind>, time_steps: Option<usize>) -> Option<Readout<f64>> {
    let [membrane, first_spike] = PLAIN.map(ReadoutKind::name);
    let parsed = match readout.choice("type", &[membrane, first_spike, WEIGHTING]) {
        Some(index) if index < PLAIN.len() => Some(PLAIN[index].with_alpha(Vec::new)),
        Some(_) => {
            let source = readout.choice("source", &WEIGHTED.map(ReadoutKind::name));
            let alpha = parse_alpha(&readout, kind, time_steps);
            source.zip(alpha).map(|(source, alpha)| WEIGHTED[source].with_alpha(|| alpha))
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
