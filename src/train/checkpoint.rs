//! A training run on disk: one safetensors file with all parameters, the optimizer's state, and a JSON header.
//!
//! One file, so that state and header can never be of different epochs. Random draws depend on seed, epoch and image alone,
//! so the epoch is the position of the random number generator.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::curve::Epoch;
use super::layer::{Layer, Parameter};
use super::pruning;
use super::recipe::Recipe;
use super::row::{LANES, Row};
use crate::error::{Error, Result, Stage};

/// Name of the file in the output folder.
pub const CHECKPOINT: &str = "checkpoint.safetensors";
/// Key of the JSON header in the file's metadata.
const HEADER: &str = "firstspike.checkpoint";

/// What a checkpoint knows besides tensors.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Header {
    pub recipe: Recipe,
    /// Fingerprint of the training images.
    pub data: String,
    /// Epochs and optimizer steps done.
    pub epoch: usize,
    pub step: u64,
    /// What these epochs showed. Here too, so that a resumed training has exactly the epochs that it goes on from.
    #[serde(default)]
    pub curve: Vec<Epoch>,
}

/// Writes the checkpoint, replacing an older one only once the new one is complete.
///
/// # Errors
/// `io`.
pub fn save(path: &Path, header: &Header, layers: &[Layer]) -> Result<()> {
    let tensors: Vec<(String, Vec<usize>, Vec<u8>)> = named(layers)
        .map(|(name, rows)| {
            let bytes = rows.as_flattened().iter().flat_map(|value| value.to_le_bytes()).collect();
            (name, vec![rows.len(), LANES], bytes)
        })
        .collect();
    let views = tensors.iter().map(|(name, shape, bytes)| {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).expect("the shape is that of the rows");
        (name.as_str(), view)
    });
    let json = serde_json::to_string(header).expect("a header has only text and numbers");
    let metadata = HashMap::from([(HEADER.to_string(), json)]);
    let bytes = safetensors::serialize(views, Some(metadata)).expect("names are unique");
    crate::files::write(Stage::Train, path, &bytes)
}

/// What a checkpoint must belong to.
pub struct Expected<'a> {
    pub recipe: &'a Recipe,
    /// Fingerprint of the training images.
    pub data: &'a str,
    /// Optimizer steps in an epoch.
    pub steps: u64,
}

/// Reads a checkpoint into freshly made layers and returns its header. On an error the layers hold nothing of use.
///
/// # Errors
/// `checkpoint-missing`; `checkpoint-broken`, with every mistake; `checkpoint-differs` if it belongs to another recipe or other data.
pub fn load(path: &Path, expected: &Expected, layers: &mut [Layer]) -> Result<Header> {
    if !path.is_file() {
        return Err(Error::new(
            Stage::Train,
            "checkpoint-missing",
            format!("there is no checkpoint at {}", path.display()),
            "leave --resume away to start a new training",
        ));
    }
    let bytes = fs::read(path).map_err(|cause| Error::io(Stage::Train, "read", path, &cause))?;
    let broken = |problems: Vec<String>| {
        let message = format!("{}: {} mistake(s)", path.display(), problems.len());
        let help = "give --force in the place of --resume to train again from the start";
        Error::new(Stage::Train, "checkpoint-broken", message, help).with_problems(problems)
    };
    let header = read_header(&bytes).map_err(|problem| broken(vec![problem]))?;
    let differences = differences(&header, expected);
    if !differences.is_empty() {
        return Err(Error::new(
            Stage::Train,
            "checkpoint-differs",
            format!("{} belongs to another training", path.display()),
            "resume with the options it was started with, or leave --resume away and give --force to start anew",
        )
        .with_problems(differences));
    }
    let mut problems = position_problems(&header, expected);
    match SafeTensors::deserialize(&bytes) {
        Ok(file) => problems.extend(restore(&file, layers, expected.recipe)),
        Err(cause) => problems.push(cause.to_string()),
    }
    if problems.is_empty() { Ok(header) } else { Err(broken(problems)) }
}

fn read_header(bytes: &[u8]) -> std::result::Result<Header, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|cause| cause.to_string())?;
    let json = metadata.metadata().as_ref().and_then(|m| m.get(HEADER)).ok_or("the file is no checkpoint")?;
    serde_json::from_str(json).map_err(|cause| cause.to_string())
}

/// One line per option that is not what the checkpoint was made with.
fn differences(header: &Header, expected: &Expected) -> Vec<String> {
    let value = |recipe| serde_json::to_value(recipe).expect("a recipe has only text and numbers");
    let (then, now) = (value(&header.recipe), value(expected.recipe));
    let fields = then.as_object().into_iter().flatten();
    let mut lines: Vec<String> = fields
        .filter(|(name, value)| now.get(name.as_str()) != Some(value))
        .map(|(name, value)| format!("{name}: {} here, {value} in the checkpoint", now[name.as_str()]))
        .collect();
    if header.data != expected.data {
        lines.push("the training images are not the same".into());
    }
    lines
}

/// A training that has gone too far, or not as far as its optimizer.
fn position_problems(header: &Header, expected: &Expected) -> Vec<String> {
    let (epochs, steps) = (expected.recipe.epochs, expected.steps);
    if header.epoch > epochs {
        return vec![format!("epoch is {}, expected at most the {epochs} epochs of the training", header.epoch)];
    }
    let step = steps * header.epoch as u64;
    let wrong_step = (header.step != step)
        .then(|| format!("step is {}, expected {step}: {} epochs of {steps}", header.step, header.epoch));
    let told = || header.curve.iter().map(|epoch| epoch.epoch);
    let is_in_order =
        told().is_sorted_by(|one, next| one < next) && told().all(|told| (1..=header.epoch).contains(&told));
    let wrong_curve = (!is_in_order).then(|| format!("curve tells of other epochs than 1 … {}", header.epoch));
    wrong_step.into_iter().chain(wrong_curve).collect()
}

/// Every piece of state with its name.
fn named(layers: &[Layer]) -> impl Iterator<Item = (String, Vec<Row>)> {
    layers.iter().enumerate().flat_map(|(l, layer)| {
        let scale = layer.log_scale;
        let mut row = [0.0; LANES];
        row[..3].copy_from_slice(&[scale.value, scale.m, scale.v]);
        let blocks = layer.blocks.iter().enumerate().flat_map(move |(b, block)| {
            [("weight", &block.latent), ("gain", &block.gain), ("bias", &block.bias)].into_iter().flat_map(
                move |(name, parameter)| {
                    parts(parameter).map(|(part, rows)| (format!("layer{l}.block{b}.{name}.{part}"), rows.clone()))
                },
            )
        });
        let running = layer.blocks.iter().enumerate().map(move |(b, block)| {
            (format!("layer{l}.block{b}.running"), vec![block.running.mean, block.running.variance])
        });
        let kept = layer.blocks.iter().enumerate().filter(|(_, block)| !block.kept.is_empty());
        let kept = kept.map(move |(b, block)| (format!("layer{l}.block{b}.kept"), block.kept.clone()));
        blocks.chain(running).chain(kept).chain([(format!("layer{l}.log_scale"), vec![row])])
    })
}

fn parts(parameter: &Parameter) -> [(&'static str, &Vec<Row>); 3] {
    [("value", &parameter.value), ("m", &parameter.m), ("v", &parameter.v)]
}

/// Fills the layers from the file; returns every mistake, or leaves layers that can be trained.
fn restore(file: &SafeTensors, layers: &mut [Layer], recipe: &Recipe) -> Vec<String> {
    let expected: BTreeSet<String> = named(layers).map(|(name, _)| name).collect();
    let mut names = file.names();
    names.sort();
    let unknown = names.into_iter().filter(|name| !expected.contains(*name));
    let mut problems: Vec<String> = unknown.map(|name| format!("{name} is no tensor of this network")).collect();
    for (l, layer) in layers.iter_mut().enumerate() {
        let before = problems.len();
        restore_layer(file, l, layer, &mut problems);
        if problems.len() == before {
            match layer.blocks.iter().map(|block| pruning::largest_fan_in(&block.kept)).max() {
                Some(fan_in) if layer.is_pruned() => layer.set_fan_in(fan_in, recipe),
                _ => layer.refresh(),
            }
            if !layer.is_finite() {
                problems.push(format!("the weights that follow from layer{l} are too large for 32-bit floats"));
            }
        }
    }
    problems
}

fn restore_layer(file: &SafeTensors, l: usize, layer: &mut Layer, problems: &mut Vec<String>) {
    for (b, block) in layer.blocks.iter_mut().enumerate() {
        let parameters = [("weight", &mut block.latent), ("gain", &mut block.gain), ("bias", &mut block.bias)];
        for (name, Parameter { value, m, v }) in parameters {
            for (part, rows) in [("value", value), ("m", m), ("v", v)] {
                problems.extend(read_rows(file, &format!("layer{l}.block{b}.{name}.{part}"), rows));
            }
        }
        let mut running = [[0.0; LANES]; 2];
        problems.extend(read_rows(file, &format!("layer{l}.block{b}.running"), &mut running));
        [block.running.mean, block.running.variance] = running;
        if !block.kept.is_empty() {
            problems.extend(read_rows(file, &format!("layer{l}.block{b}.kept"), &mut block.kept));
            if block.kept.as_flattened().iter().any(|kept| ![0.0, 1.0].contains(kept)) {
                problems.push(format!("layer{l}.block{b}.kept has values that are neither 0 nor 1"));
            }
        }
        if block.unused_weights().any(|weight| weight != 0.0) {
            problems.push(format!("layer{l}.block{b}.weight.value is not 0 where there is no neuron"));
        }
    }
    let mut scale = [[0.0; LANES]];
    problems.extend(read_rows(file, &format!("layer{l}.log_scale"), &mut scale));
    let [value, m, v] = [scale[0][0], scale[0][1], scale[0][2]];
    layer.log_scale = super::layer::LogScale { value, m, v };
}

/// Fills `rows` from a tensor, or says what is wrong with it.
fn read_rows(file: &SafeTensors, name: &str, rows: &mut [Row]) -> Option<String> {
    let Ok(tensor) = file.tensor(name) else { return Some(format!("{name} is missing")) };
    let expected = [rows.len(), LANES];
    if tensor.dtype() != Dtype::F32 || tensor.shape() != expected {
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        return Some(format!("{name} is {dtype:?} {shape:?}, expected F32 {expected:?}"));
    }
    let values = rows.as_flattened_mut();
    for (value, bytes) in values.iter_mut().zip(tensor.data().as_chunks::<4>().0) {
        *value = f32::from_le_bytes(*bytes);
    }
    let wrong = values.iter().filter(|value| !value.is_finite()).count();
    (wrong > 0).then(|| format!("{name} has {wrong} value(s) that are no finite numbers"))
}
