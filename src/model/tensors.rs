//! The weights file: tensors in and out of safetensors, and the checks that need them.

use std::collections::BTreeSet;

use ndarray::{Array2, Array4};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use super::fields::Problems;
use super::header::Parsed;
use super::parsed::{Kind, ParsedLayer};
use crate::error::{Error, Result, Stage};
use crate::float::{Connection, FloatLayer, FloatNetwork, Kernel, Map};
use crate::json;
use crate::network::{self, Conv2d, IntegerNetwork, Layer, Neuron, NeuronKind, StepRows, Synapses};

/// Bytes of an element at most.
const MAX_ELEMENT: u64 = 4;
/// Tensors with one element per output channel beside the neuron's: bias or v0.
const UNITS: u64 = 1;
/// The tensor with what is added in every time step.
const STEP_ROWS: &str = "step_rows";
/// Bytes for the table of names and shapes with which a file begins; ours takes some hundred.
const MAX_TABLE: u64 = 1 << 20;

/// A tensor to be written: name, type, shape and little-endian bytes.
type Packed = (String, Dtype, Vec<usize>, Vec<u8>);

pub fn pack_integer(network: &IntegerNetwork) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for layer in network.layers() {
        let (shape, weights): (_, Vec<i32>) = match &layer.synapses {
            Synapses::Dense(weights) => (vec![weights.ncols(), weights.nrows()], weights.t().iter().copied().collect()),
            Synapses::Conv2d(conv) => (conv.weights.shape().to_vec(), conv.weights.iter().copied().collect()),
        };
        let packed = match weight_dtype(layer.format.bits()) {
            Dtype::I8 => weights.iter().map(|&weight| weight as i8 as u8).collect(),
            _ => weights.iter().flat_map(|&weight| (weight as i16).to_le_bytes()).collect(),
        };
        tensors.push((format!("{}.weight", layer.name), weight_dtype(layer.format.bits()), shape, packed));
        tensors.push(pack_i32(format!("{}.v0", layer.name), &layer.v0));
        if let Some(rows) = layer.step_rows.as_ref().map(StepRows::distinct) {
            let (name, shape) = (format!("{}.{STEP_ROWS}", layer.name), rows.shape().to_vec());
            tensors.push((name, Dtype::I32, shape, rows.iter().flat_map(|entry| entry.to_le_bytes()).collect()));
        }
        let parameters = layer.neuron.parameters().into_iter();
        tensors.extend(parameters.map(|(part, values)| pack_i32(format!("{}.{part}", layer.name), values)));
    }
    pack(&tensors)
}

pub fn pack_float(network: &FloatNetwork) -> Result<Vec<u8>> {
    let mut tensors = Vec::new();
    for layer in &network.layers {
        let (synapses, outputs) = layer.weights.dim();
        let weights: Vec<f32> = layer.weights.t().iter().copied().collect();
        let shape = match layer.connection {
            Connection::Dense => vec![outputs, synapses],
            Connection::Conv(kernel) => {
                vec![outputs, layer.input.channels / kernel.groups, kernel.size, kernel.size]
            }
        };
        tensors.push(pack_f32(format!("{}.weight", layer.name), shape, &weights));
        tensors.push(pack_f32(format!("{}.bias", layer.name), vec![layer.bias.len()], &layer.bias));
        if let Some(rows) = layer.step_rows.as_ref().map(StepRows::distinct) {
            let entries: Vec<f32> = rows.iter().copied().collect();
            tensors.push(pack_f32(format!("{}.{STEP_ROWS}", layer.name), rows.shape().to_vec(), &entries));
        }
        for (part, values) in layer.neuron.parameters() {
            tensors.push(pack_f32(format!("{}.{part}", layer.name), vec![values.len()], values));
        }
    }
    pack(&tensors)
}

fn pack_i32(name: String, values: &[i32]) -> Packed {
    (name, Dtype::I32, vec![values.len()], values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

fn pack_f32(name: String, shape: Vec<usize>, values: &[f32]) -> Packed {
    (name, Dtype::F32, shape, values.iter().flat_map(|value| value.to_le_bytes()).collect())
}

/// The file; safetensors orders the tensors by type and name, so equal tensors give equal bytes.
fn pack(tensors: &[Packed]) -> Result<Vec<u8>> {
    let failed = |cause| {
        let message = format!("the weights cannot be stored: {cause}");
        Error::new(Stage::Model, "model-invalid", message, "check the shapes of the layers")
    };
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        TensorView::new(*dtype, shape.clone(), bytes).map(|view| (name.as_str(), view)).map_err(failed)
    });
    safetensors::serialize(views.collect::<Result<Vec<_>>>()?, None).map_err(failed)
}

/// Integer weights are stored in the smaller type that holds them.
fn weight_dtype(bits: u32) -> Dtype {
    if bits <= 8 { Dtype::I8 } else { Dtype::I16 }
}

/// The most bytes that a weights file of these layers can have; `None` if a layer has a mistake.
pub fn most_bytes(header: &Parsed) -> Option<u64> {
    let units = UNITS + parameter_names().len() as u64;
    let mut layers = header.layers.iter().map(|layer| {
        let layer = layer.as_ref()?;
        let weights = (layer.fan_in() as u64).checked_mul(layer.outputs as u64)?;
        let rows = layer.step_rows.unwrap_or(0) as u64;
        weights.checked_mul(MAX_ELEMENT)?.checked_add((units + rows) * MAX_ELEMENT * layer.outputs as u64)
    });
    layers.try_fold(MAX_TABLE, |sum, layer| sum.checked_add(layer?))
}

/// The integer network of the two files; `None` with a mistake noted.
pub fn integer_network(header: &Parsed, bytes: &[u8], problems: &Problems) -> Option<IntegerNetwork> {
    let file = Tensors::new(header, bytes, problems)?;
    let layers: Vec<_> = file.layers().map(|(layer, neuron)| integer_layer(&file, layer, neuron)).collect();
    if !problems.is_empty() {
        return None;
    }
    let network = IntegerNetwork::new(
        header.name?,
        header.time_steps?,
        header.input_shape.clone()?,
        header.coding.clone()?,
        layers.into_iter().collect::<Option<_>>()?,
        header.readout.as_ref()?.map(|alpha| alpha.iter().map(|&alpha| alpha as u16).collect()),
    );
    network.map_err(|error| error.problems.into_iter().for_each(|problem| problems.add(problem))).ok()
}

fn integer_layer(file: &Tensors, layer: &ParsedLayer, kind: Option<NeuronKind>) -> Option<Layer> {
    let format = layer.format?;
    let name = format!("{}.weight", layer.name);
    let shape = layer.weight_shape();
    let weights = file.get(&name, weight_dtype(format.bits()), &shape).map(|bytes| {
        if format.bits() <= 8 {
            bytes.iter().map(|&byte| i32::from(byte as i8)).collect::<Vec<_>>()
        } else {
            bytes.chunks_exact(2).map(|b| i32::from(i16::from_le_bytes([b[0], b[1]]))).collect()
        }
    });
    let weights = weights.filter(|weights| {
        let expected = format!("a weight of {format}");
        file.all(&name, &shape, weights, |weight| format.holds(*weight), &expected)
    });
    let integers = |bytes: &[u8]| bytes.chunks_exact(4).map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
    let v0 = file.get(&format!("{}.v0", layer.name), Dtype::I32, &[layer.outputs]).map(integers);
    let read = |name: &str, shape: &[usize]| file.get(name, Dtype::I32, shape).map(integers);
    let neuron = file.neuron(layer, kind, read);
    let step_rows = file.step_rows(layer, read);
    let weights = weights?;
    let synapses = match layer.connection {
        Connection::Dense => Synapses::Dense(transposed(layer, weights)),
        Connection::Conv(Kernel { size, stride, padding, groups }) => {
            let shape = (layer.outputs, layer.input.channels / groups, size, size);
            let weights = Array4::from_shape_vec(shape, weights).expect("the shape was checked");
            Synapses::Conv2d(Conv2d { weights, stride, padding, groups })
        }
    };
    let Map { channels, height, width } = layer.input;
    let (name, input, pool) = (layer.name.into(), network::Map::new(channels, height, width), layer.pooling.size);
    Some(Layer { name, format, input, pool, synapses, v0: v0?, step_rows: step_rows?, neuron: neuron? })
}

/// The float network of the two files; `None` with a mistake noted.
pub fn float_network(header: &Parsed, bytes: &[u8], problems: &Problems) -> Option<FloatNetwork> {
    let file = Tensors::new(header, bytes, problems)?;
    let layers: Vec<_> = file.layers().map(|(layer, neuron)| float_layer(&file, layer, neuron)).collect();
    if !problems.is_empty() {
        return None;
    }
    Some(FloatNetwork {
        name: header.name?.into(),
        time_steps: header.time_steps?,
        input_shape: header.input_shape.clone()?,
        coding: header.coding.clone()?,
        layers: layers.into_iter().collect::<Option<_>>()?,
        readout: header.readout.as_ref()?.map(|alpha| alpha.iter().map(|&alpha| alpha as f32).collect()),
    })
}

fn float_layer(file: &Tensors, layer: &ParsedLayer, kind: Option<NeuronKind>) -> Option<FloatLayer> {
    let name = format!("{}.weight", layer.name);
    let weights = file.floats(&name, &layer.weight_shape());
    let bias = file.floats(&format!("{}.bias", layer.name), &[layer.outputs]);
    let neuron = file.neuron(layer, kind, |name, shape| file.floats(name, shape));
    let step_rows = file.step_rows(layer, |name, shape| file.floats(name, shape));
    let weights = transposed(layer, weights?);
    let (name, pooling) = (layer.name.into(), layer.pooling);
    let (input, connection, grid) = (layer.input, layer.connection, layer.grid);
    let (bias, step_rows, neuron) = (bias?, step_rows?, neuron?);
    Some(FloatLayer { name, input, pooling, connection, weights, bias, step_rows, neuron, grid })
}

/// The names of the parameters that neurons of any kind have.
fn parameter_names() -> Vec<&'static str> {
    let names: BTreeSet<_> = NeuronKind::ALL.iter().flat_map(|kind| kind.parameters()).collect();
    names.into_iter().collect()
}

/// From the file's outputs × synapses to the network's synapses × outputs, contiguous by synapse.
fn transposed<T: Copy>(layer: &ParsedLayer, weights: Vec<T>) -> Array2<T> {
    let stored = Array2::from_shape_vec((layer.outputs, layer.fan_in()), weights).expect("the shape was checked");
    stored.t().as_standard_layout().into_owned()
}

/// Checks the table of tensors with which a file begins, after its length. Two tensors of one name are as good as none.
fn check_table(bytes: &[u8]) -> std::result::Result<(), String> {
    // What is no table at all, safetensors names best.
    let Some((length, rest)) = bytes.split_first_chunk() else { return Ok(()) };
    let length = u64::from_le_bytes(*length);
    match rest.get(..length as usize) {
        Some(_) if length > MAX_TABLE => {
            Err(format!("its table of tensors has {length} bytes, expected at most {MAX_TABLE}"))
        }
        Some(table) => json::parse(table).map(drop).map_err(|cause| cause.to_string()),
        None => Ok(()),
    }
}

/// The tensors of a file, checked against the header as they are asked for.
struct Tensors<'a> {
    header: &'a Parsed<'a>,
    tensors: SafeTensors<'a>,
    problems: &'a Problems,
}

impl<'a> Tensors<'a> {
    /// Opens the file and notes every tensor that belongs to no layer.
    fn new(header: &'a Parsed<'a>, bytes: &'a [u8], problems: &'a Problems) -> Option<Self> {
        let deserialized = check_table(bytes)
            .and_then(|()| SafeTensors::deserialize(bytes).map_err(|cause| cause.to_string()))
            .map_err(|cause| problems.add(format!("weights: the file is no safetensors file: {cause}")));
        let tensors = deserialized.ok()?;
        let file = Tensors { header, tensors, problems };
        file.note_extra();
        Some(file)
    }

    /// The sound layers, each with the kind of its neurons if that is known.
    fn layers(&self) -> impl Iterator<Item = (&ParsedLayer<'a>, Option<NeuronKind>)> {
        let layers = self.header.layers.iter().enumerate();
        layers.filter_map(|(index, layer)| Some((layer.as_ref()?, self.header.neuron(index))))
    }

    fn note_extra(&self) {
        // With an unsound layer nobody can say which tensors it would have.
        if self.header.layers.iter().any(Option::is_none) {
            return;
        }
        let mut names = self.tensors.names();
        names.sort_unstable();
        for name in names {
            let (layer, part) = name.rsplit_once('.').unwrap_or((name, ""));
            let start = if self.header.kind == Some(Kind::Float) { "bias" } else { "v0" };
            let belongs = |known: &ParsedLayer| {
                known.name == layer
                    && (["weight", start].contains(&part)
                        || (part == STEP_ROWS && known.step_rows.is_some())
                        || parameter_names().contains(&part))
            };
            let belongs = self.layers().any(|(known, _)| belongs(known));
            if !belongs {
                self.problems.add(format!("tensor {name:?} belongs to no layer, expected it to be absent"));
            }
        }
    }

    /// The bytes of a tensor that must be there with this type and shape.
    fn get(&self, name: &str, dtype: Dtype, shape: &[usize]) -> Option<&[u8]> {
        let Ok(tensor) = self.tensors.tensor(name) else {
            self.problems.add(format!("tensor \"{name}\" is missing, expected {dtype:?} {shape:?}"));
            return None;
        };
        if tensor.dtype() != dtype || tensor.shape() != shape {
            self.problems.add(format!(
                "tensor \"{name}\" is {:?} {:?}, expected {dtype:?} {shape:?}",
                tensor.dtype(),
                tensor.shape()
            ));
            return None;
        }
        Some(tensor.data())
    }

    /// A float tensor whose values are all finite.
    fn floats(&self, name: &str, shape: &[usize]) -> Option<Vec<f32>> {
        let bytes = self.get(name, Dtype::F32, shape)?;
        let values: Vec<_> = bytes.chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        self.all(name, shape, &values, |value| value.is_finite(), "a finite number").then_some(values)
    }

    /// The neurons of a layer, whose parameters `read` takes from the tensor of a name and shape; `None` with a mistake noted, or if
    /// their kind is not known.
    fn neuron<T: Default>(
        &self,
        layer: &ParsedLayer,
        kind: Option<NeuronKind>,
        read: impl Fn(&str, &[usize]) -> Option<Vec<T>>,
    ) -> Option<Neuron<T>> {
        let mut neuron = kind?.blank();
        let mut is_sound = self.has_no_others(layer, kind?);
        for (part, values) in neuron.parameters_mut() {
            match read(&format!("{}.{part}", layer.name), &[layer.outputs]) {
                Some(found) => *values = found,
                None => is_sound = false,
            }
        }
        is_sound.then_some(neuron)
    }

    /// The step rows of a layer, if it says that it has some; `None` with a mistake noted.
    fn step_rows<T: Copy + PartialEq>(
        &self,
        layer: &ParsedLayer,
        read: impl Fn(&str, &[usize]) -> Option<Vec<T>>,
    ) -> Option<Option<StepRows<T>>> {
        let Some(count) = layer.step_rows else { return Some(None) };
        let entries = read(&format!("{}.{STEP_ROWS}", layer.name), &[count, layer.outputs])?;
        let steps = self.header.time_steps?;
        Some(Some(match count {
            1 => StepRows::constant(&entries, steps),
            _ => StepRows::new(Array2::from_shape_vec((count, layer.outputs), entries).expect("the shape was checked")),
        }))
    }

    /// Whether a layer has no parameters that its neurons do not have; notes those that it has.
    fn has_no_others(&self, layer: &ParsedLayer, kind: NeuronKind) -> bool {
        let own = kind.parameters();
        let mut others = parameter_names();
        others.retain(|part| !own.contains(part) && self.tensors.tensor(&format!("{}.{part}", layer.name)).is_ok());
        for part in &others {
            let reason = match kind.fires() {
                true => format!("its neurons are of the kind {kind}"),
                false => "the output layer only integrates with this readout".into(),
            };
            self.problems
                .add(format!("tensor \"{}.{part}\" is present, expected it to be absent: {reason}", layer.name));
        }
        others.is_empty()
    }

    /// Whether all values are as they should be; notes how many are not, and the first.
    fn all<T: std::fmt::Display>(
        &self,
        name: &str,
        shape: &[usize],
        values: &[T],
        good: impl Fn(&T) -> bool,
        expected: &str,
    ) -> bool {
        let mut wrong = values.iter().enumerate().filter(|(_, value)| !good(value));
        let Some((first, value)) = wrong.next() else {
            return true;
        };
        let index = if shape.len() == 2 { vec![first / shape[1], first % shape[1]] } else { vec![first] };
        self.problems.add(format!(
            "tensor \"{name}\" has {} wrong value(s), the first at {index:?} is {value}, expected {expected}",
            1 + wrong.count()
        ));
        false
    }
}
