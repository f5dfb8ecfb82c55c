//! The model file: `model.json` beside a safetensors file of weights (`docs/model-format.md`).
//!
//! In: a folder. Out: a [`FloatNetwork`] or an [`IntegerNetwork`], with every field checked; and back. Imports `float`, `network`
//! and the schema of `data`.

mod fields;
mod header;
mod layers;
mod parsed;
mod schema;
mod storage;
mod tensors;

use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::data::Schema;
use crate::error::{Error, Result, Stage};
use crate::files::{self, Staged, sha256_hex};
use crate::float::FloatNetwork;
use crate::json;
use crate::network::IntegerNetwork;

use fields::Problems;
use header::Header;
use parsed::Kind;

pub use firstspike_network::network_hash;

/// The name of the description inside a model folder.
pub const MODEL_JSON: &str = "model.json";
const WEIGHTS_FILE: &str = "model.safetensors";
/// All files that a model may have.
pub const FILES: [&str; 3] = [MODEL_JSON, WEIGHTS_FILE, "model.safetensors.gz"];
/// The recording that a model folder may carry. It goes with its model: of another one it says nothing.
pub const RECORDING: &str = "recording.npz";
/// Weights of an integer network that take more bytes are packed. Float weights hardly shrink.
const PACKED_ABOVE: usize = 300_000;
/// Larger descriptions are refused before they exhaust the memory; a layer takes some hundred bytes.
const MAX_JSON: u64 = 1 << 20;
const HELP: &str = "mend the listed fields; docs/model-format.md describes them";

/// A model as stored: trained in float, or quantized.
#[derive(Debug, Clone, PartialEq)]
pub enum Model {
    /// A float network.
    Float(FloatNetwork),
    /// An integer network.
    Integer(IntegerNetwork),
}

/// Reads the model at `path`, a folder with a `model.json` or the JSON file itself.
///
/// # Errors
/// `model-missing`; `model-json` with line and column; `model-too-large`; `model-invalid` with every mistake of both files; `io`.
pub fn read(path: &Path) -> Result<Model> {
    let (json, text) = read_json(path)?;
    let folder = json.parent().unwrap_or(Path::new("")).to_path_buf();
    decode(&json.display().to_string(), &text, |name, limit| storage::read(&folder, name, limit))
}

fn read_json(path: &Path) -> Result<(PathBuf, Vec<u8>)> {
    let json = json_path(path)?;
    let text = files::read_up_to(&json, MAX_JSON).map_err(|cause| Error::io(Stage::Model, "read", &json, &cause))?;
    Ok((json, text))
}

/// What the model at `path`, which [`read`] accepts, remembers of the data it was trained on.
///
/// # Errors
/// `model-missing`, `model-json`, `io`.
pub fn read_schema(path: &Path) -> Result<Schema> {
    let (json, text) = read_json(path)?;
    Ok(header::parse(&json_value(&json.display().to_string(), &text)?, &Problems::default()).schema)
}

/// Reads a model that must be quantized.
///
/// # Errors
/// Those of [`read`]; `model-float` for a float model.
pub fn read_integer(path: &Path) -> Result<IntegerNetwork> {
    into_integer(&path.display().to_string(), read(path)?)
}

/// Decodes a quantized model from the content of its two files; `name` is what errors call it.
///
/// # Errors
/// `model-json`, `model-invalid`, `model-float`.
pub fn decode_integer(name: &str, json: &[u8], weights: &[u8]) -> Result<IntegerNetwork> {
    into_integer(name, decode(name, json, |_, _| Ok(Some(weights.to_vec())))?)
}

fn into_integer(name: &str, model: Model) -> Result<IntegerNetwork> {
    match model {
        Model::Integer(network) => Ok(network),
        Model::Float(network) => Err(Error::new(
            Stage::Model,
            "model-float",
            format!("{name}: kind is \"float\" (network \"{}\"), expected \"integer\"", network.name),
            format!("quantize it first: firstspike quantize {name} …"),
        )),
    }
}

/// Reads a model that must be in float.
///
/// # Errors
/// Those of [`read`]; `model-integer` for a quantized model.
pub fn read_float(path: &Path) -> Result<FloatNetwork> {
    match read(path)? {
        Model::Float(network) => Ok(network),
        Model::Integer(network) => Err(Error::new(
            Stage::Model,
            "model-integer",
            format!("{}: kind is \"integer\" (network \"{}\"), expected \"float\"", path.display(), network.name()),
            "give the float model that training wrote",
        )),
    }
}

/// Writes `model.json` and `model.safetensors` into `folder`, which is created if need be. Either both are replaced or, on
/// an error, neither. The recording of another model that was there is removed.
///
/// # Errors
/// `model-invalid` if the network could not be read back (unsafe names, numbers that are not finite …); `io`.
pub fn write_float(folder: &Path, network: &FloatNetwork) -> Result<()> {
    write_float_with(folder, network, &Schema::default())
}

/// The same, with what the network shall remember of its data.
///
/// # Errors
/// As [`write_float`].
pub fn write_float_with(folder: &Path, network: &FloatNetwork, schema: &Schema) -> Result<()> {
    Files::of_float(folder, network, schema)?.write(folder)
}

/// The same for a quantized network. Large weights are packed, as `model.safetensors.gz`.
///
/// # Errors
/// As [`write_float`].
pub fn write_integer(folder: &Path, network: &IntegerNetwork) -> Result<()> {
    write_integer_with(folder, network, &Schema::default())
}

/// The same, with what the network shall remember of its data.
///
/// # Errors
/// As [`write_float`].
pub fn write_integer_with(folder: &Path, network: &IntegerNetwork, schema: &Schema) -> Result<()> {
    Files::of_integer(folder, network, schema)?.write(folder)
}

/// Whether [`write_float`] can store the network so that it is read back. Writes nothing.
///
/// # Errors
/// `model-invalid`.
pub fn check_float(folder: &Path, network: &FloatNetwork, schema: &Schema) -> Result<()> {
    Files::of_float(folder, network, schema).map(drop)
}

/// The content of a model's two files, which can be read back.
struct Files {
    json: Vec<u8>,
    weights: Vec<u8>,
    /// Whether the weights are stored as gzip.
    is_packed: bool,
}

impl Files {
    fn of_float(folder: &Path, network: &FloatNetwork, schema: &Schema) -> Result<Files> {
        let weights = tensors::pack_float(network)?;
        let header = Header::of_float(network, WEIGHTS_FILE, sha256_hex(&weights)).with_schema(schema);
        Files::new(folder, &header, weights)
    }

    fn of_integer(folder: &Path, network: &IntegerNetwork, schema: &Schema) -> Result<Files> {
        let weights = tensors::pack_integer(network)?;
        let is_packed = weights.len() > PACKED_ABOVE;
        let header = Header::of_integer(network, WEIGHTS_FILE, sha256_hex(&weights)).with_schema(schema);
        Ok(Files { is_packed, ..Files::new(folder, &header, weights)? })
    }

    /// Plain. `folder` is where the files will be, for messages.
    fn new(folder: &Path, header: &Header, weights: Vec<u8>) -> Result<Files> {
        let mut json = serde_json::to_vec_pretty(header).expect("a header has only text, numbers and lists");
        json.push(b'\n');
        // The reader's checks are the only ones.
        decode(&folder.join(MODEL_JSON).display().to_string(), &json, |_, _| Ok(Some(weights.clone())))?;
        Ok(Files { json, weights, is_packed: false })
    }

    fn write(&self, folder: &Path) -> Result<()> {
        fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Model, "create", folder, &cause))?;
        let (plain, packed) = (WEIGHTS_FILE.to_owned(), storage::packed_name(WEIGHTS_FILE));
        let ((name, bytes), outdated) = match self.is_packed {
            true => ((packed, &storage::pack(&self.weights)), plain),
            false => ((plain, &self.weights), packed),
        };
        let weights = Staged::new(Stage::Model, &folder.join(name), bytes)?;
        let json = Staged::new(Stage::Model, &folder.join(MODEL_JSON), &self.json)?;
        // With the hash of the weights.
        let is_as_before = files::read_up_to(&folder.join(MODEL_JSON), MAX_JSON).is_ok_and(|json| json == self.json);
        let remove = |name: &str| {
            storage::remove(folder, name).map_err(|(path, cause)| Error::io(Stage::Model, "remove", &path, &cause))
        };
        if !is_as_before {
            remove(RECORDING)?;
        }
        weights.commit()?;
        json.commit()?;
        remove(&outdated)
    }
}

fn json_path(path: &Path) -> Result<PathBuf> {
    let json = if path.is_dir() { path.join(MODEL_JSON) } else { path.to_path_buf() };
    if json.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("nir")) && json.is_file() {
        let message = format!("{} is a NIR file, expected a model", json.display());
        let help = format!("import it first: firstspike import nir {} -o DIR", json.display());
        return Err(Error::new(Stage::Model, "model-missing", message, help));
    }
    if files::is_there(&json) {
        return Ok(json);
    }
    let inside = path.join("model").join(MODEL_JSON);
    if inside.exists() {
        let message = format!("{} is a generated design, expected a model", path.display());
        let help = format!("the model it was made from is {}", path.join("model").display());
        return Err(Error::new(Stage::Model, "model-missing", message, help));
    }
    Err(Error::new(
        Stage::Model,
        "model-missing",
        format!("there is no model at {}", json.display()),
        "give a folder that holds a model.json, or the JSON file; `firstspike train` makes one",
    ))
}

/// From the two files' content to the network. `weights` fetches the file that the header names, of which the layers need no more than so
/// many bytes; without a known limit it may give none.
fn decode(
    json: &str,
    text: &[u8],
    weights: impl FnOnce(&str, Option<u64>) -> std::result::Result<Option<Vec<u8>>, String>,
) -> Result<Model> {
    let value = json_value(json, text)?;
    let problems = Problems::default();
    let header = header::parse(&value, &problems);
    header::check_size(json, &header)?;
    let fetched = header.weights.map_or(Ok(None), |name| weights(name, tensors::most_bytes(&header)));
    let bytes = fetched.unwrap_or_else(|problem| {
        problems.add(problem);
        None
    });
    let bytes = bytes.filter(|bytes| hash_agrees(header.weights_sha256, bytes, &problems));
    let model = bytes.and_then(|bytes| match header.kind? {
        Kind::Float => tensors::float_network(&header, &bytes, &problems).map(Model::Float),
        Kind::Integer => tensors::integer_network(&header, &bytes, &problems).map(Model::Integer),
    });
    match model {
        Some(model) if problems.is_empty() => Ok(model),
        _ => {
            let message = format!("{json}: {} mistake(s)", problems.count());
            Err(Error::new(Stage::Model, "model-invalid", message, HELP).with_problems(problems.into_list()))
        }
    }
}

fn json_value(json: &str, text: &[u8]) -> Result<Value> {
    json::parse(text).map_err(|cause| {
        let help = "mend the JSON at that place; docs/model-format.md describes the file";
        let what = if cause.is_data() { "" } else { "is no JSON: " };
        Error::new(Stage::Model, "model-json", format!("{json}: {what}{cause}"), help)
    })
}

fn hash_agrees(expected: Option<&str>, bytes: &[u8], problems: &Problems) -> bool {
    let found = sha256_hex(bytes);
    let agrees = expected.is_none_or(|expected| expected == found);
    if !agrees {
        problems.add(format!(
            "weights_sha256 is {}, the file's is {found}: the weights are not those this model.json was written with",
            expected.unwrap_or_default()
        ));
    }
    agrees
}

#[cfg(test)]
mod tests;
