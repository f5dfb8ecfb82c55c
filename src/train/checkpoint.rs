//! A training run on disk: one safetensors file with all parameters, the optimiser's state, and a JSON header.
//!
//! One file, so that state and header can never be of different epochs. Random draws depend on seed, epoch and image alone,
//! so the epoch is the position of the random number generator.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use serde::{Deserialize, Serialize};

use super::layer::{LANES, Layer, Parameter, Row};
use super::recipe::Recipe;
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
    /// Epochs and optimiser steps done.
    pub epoch: usize,
    pub step: u64,
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

/// Reads a checkpoint into freshly made layers and returns its header.
///
/// # Errors
/// `checkpoint-missing`; `checkpoint-broken`; `checkpoint-differs` if it belongs to another recipe or other data.
pub fn load(path: &Path, recipe: &Recipe, data: &str, layers: &mut [Layer]) -> Result<Header> {
    if !path.exists() {
        return Err(Error::new(
            Stage::Train,
            "checkpoint-missing",
            format!("there is no checkpoint at {}", path.display()),
            "leave --resume away to start a new training",
        ));
    }
    let bytes = fs::read(path).map_err(|cause| Error::io(Stage::Train, "read", path, &cause))?;
    let broken = |cause: String| {
        Error::new(
            Stage::Train,
            "checkpoint-broken",
            format!("{}: {cause}", path.display()),
            "delete the file and train again without --resume",
        )
    };
    let header = read_header(&bytes).map_err(broken)?;
    let differences = differences(&header, recipe, data);
    if !differences.is_empty() {
        return Err(Error::new(
            Stage::Train,
            "checkpoint-differs",
            format!("{} belongs to another training", path.display()),
            "resume with the options it was started with, or leave --resume away and give --force to start anew",
        )
        .with_problems(differences));
    }
    let file = SafeTensors::deserialize(&bytes).map_err(|cause| broken(cause.to_string()))?;
    restore(&file, layers).map_err(broken)?;
    Ok(header)
}

fn read_header(bytes: &[u8]) -> std::result::Result<Header, String> {
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|cause| cause.to_string())?;
    let json = metadata.metadata().as_ref().and_then(|m| m.get(HEADER)).ok_or("the file is no checkpoint")?;
    serde_json::from_str(json).map_err(|cause| cause.to_string())
}

/// One line per option that is not what the checkpoint was made with.
fn differences(header: &Header, recipe: &Recipe, data: &str) -> Vec<String> {
    let value = |recipe| serde_json::to_value(recipe).expect("a recipe has only text and numbers");
    let (then, now) = (value(&header.recipe), value(recipe));
    let fields = then.as_object().into_iter().flatten();
    let mut lines: Vec<String> = fields
        .filter(|(name, value)| now.get(name.as_str()) != Some(value))
        .map(|(name, value)| format!("{name}: {} here, {value} in the checkpoint", now[name.as_str()]))
        .collect();
    if header.data != data {
        lines.push("the training images are not the same".into());
    }
    lines
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
        blocks.chain(running).chain([(format!("layer{l}.log_scale"), vec![row])])
    })
}

fn parts(parameter: &Parameter) -> [(&'static str, &Vec<Row>); 3] {
    [("value", &parameter.value), ("m", &parameter.m), ("v", &parameter.v)]
}

fn restore(file: &SafeTensors, layers: &mut [Layer]) -> std::result::Result<(), String> {
    for (l, layer) in layers.iter_mut().enumerate() {
        for (b, block) in layer.blocks.iter_mut().enumerate() {
            for (name, parameter) in
                [("weight", &mut block.latent), ("gain", &mut block.gain), ("bias", &mut block.bias)]
            {
                let Parameter { value, m, v } = parameter;
                for (part, rows) in [("value", value), ("m", m), ("v", v)] {
                    read_rows(file, &format!("layer{l}.block{b}.{name}.{part}"), rows)?;
                }
            }
            let mut running = [[0.0; LANES]; 2];
            read_rows(file, &format!("layer{l}.block{b}.running"), &mut running)?;
            [block.running.mean, block.running.variance] = running;
        }
        let mut scale = [[0.0; LANES]];
        read_rows(file, &format!("layer{l}.log_scale"), &mut scale)?;
        let [value, m, v] = [scale[0][0], scale[0][1], scale[0][2]];
        layer.log_scale = super::layer::LogScale { value, m, v };
        layer.refresh();
    }
    Ok(())
}

fn read_rows(file: &SafeTensors, name: &str, rows: &mut [Row]) -> std::result::Result<(), String> {
    let tensor = file.tensor(name).map_err(|cause| format!("{name}: {cause}"))?;
    let expected = [rows.len(), LANES];
    if tensor.dtype() != Dtype::F32 || tensor.shape() != expected {
        let (dtype, shape) = (tensor.dtype(), tensor.shape());
        return Err(format!("{name} is {dtype:?} {shape:?}, expected F32 {expected:?}"));
    }
    for (value, bytes) in rows.as_flattened_mut().iter_mut().zip(tensor.data().as_chunks::<4>().0) {
        *value = f32::from_le_bytes(*bytes);
    }
    Ok(())
}
