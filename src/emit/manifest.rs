//! `manifest.json`: what a generated folder holds and how to drive it.

use std::io::ErrorKind;
use std::path::{Component, Path};

use serde::{Deserialize, Serialize};

use super::{GeneratedFile, input_bits};
use crate::arch::{CostModel, Design, EngineKind, Fit, InputKind, Layer, Options};
use crate::error::{Error, Result, Stage};
use crate::files::{self, sha256_hex};
use crate::json;
use crate::netlist::{self, Module};

/// Its name in the folder of a design.
pub const MANIFEST_FILE: &str = "manifest.json";
/// What its field `format` says.
pub const MANIFEST_FORMAT: &str = "firstspike-design";
/// What its field `version` says.
pub const MANIFEST_VERSION: u32 = 1;
/// Largest file that is read, in bytes: a layer takes some thousand.
const MAX_MANIFEST: u64 = 1 << 22;
/// The header that tells the simulation driver what it cannot know.
pub const DRIVER_HEADER: &str = "design.h";

/// The description of a generated design, written beside its Verilog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Always `firstspike-design`.
    pub format: String,
    /// Version of the form of this file.
    pub version: u32,
    /// Version of the program that wrote it.
    pub tool_version: String,
    /// Name of the network and of the top module.
    pub top: String,
    /// SHA-256 of the integer network.
    pub network_hash: String,
    /// The choices from which the network gives this design.
    pub options: Options,
    /// The board that the design was made for, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub target: Option<Fit>,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// The input stream.
    pub input: InputPort,
    /// The layers, from the input on.
    pub layers: Vec<LayerEntry>,
    /// Name of the readout.
    pub readout: String,
    /// Every port of the top module.
    pub ports: Vec<Port>,
    /// From the first beat of an image to its result.
    pub latency: Latency,
    /// Width of one word of the result packet (class, cycles, scores), in bits: 32 or 64.
    pub result_bits: u32,
    /// Verilog sources in compilation order, relative to the folder.
    pub sources: Vec<String>,
    /// Every generated file but the manifest itself.
    pub files: Vec<FileEntry>,
}

/// The input stream.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InputPort {
    /// What one beat carries.
    pub kind: InputKind,
    /// Inputs of the first layer.
    pub inputs: usize,
    /// Width of `s_axis_tdata`, in bits.
    pub data_bits: u32,
}

pub use crate::netlist::Direction;

/// A port of the top module.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its name.
    pub name: String,
    /// Which way it carries.
    pub direction: Direction,
    /// Width, in bits.
    pub bits: usize,
}

/// What is known of the latency without data; `docs/verilog.md`, section "Cycles", tells the rest.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Of an image without events, in cycles from the first input beat to the class.
    pub empty_image_cycles: u64,
    /// Cycles that each layer takes for an event.
    pub cycles_per_event: Vec<usize>,
}

/// One layer as built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerEntry {
    /// Its name.
    pub name: String,
    /// How many inputs it has.
    pub inputs: usize,
    /// How many outputs it has.
    pub outputs: usize,
    /// How many accumulators it has.
    pub lanes: usize,
    /// Width of a weight, in bits.
    pub weight_bits: u32,
    /// Width of the membrane register (potential less threshold), in bits.
    pub membrane_bits: u32,
    /// Whether the neurons have thresholds.
    pub fires: bool,
}

/// A generated file and its content hash.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileEntry {
    /// Where it lies, relative to the folder of the design.
    pub path: String,
    /// SHA-256 of the contents, in hexadecimal digits.
    pub sha256: String,
}

impl Manifest {
    /// Whether the weights of some layer are logic.
    pub fn has_weights_in_logic(&self) -> bool {
        self.options.engines.contains(&EngineKind::Spatial)
    }

    /// Reads and checks the manifest of a design folder.
    ///
    /// # Errors
    /// `io`, `manifest-invalid`, `manifest-version`.
    pub fn read(folder: &Path) -> Result<Self> {
        let path = folder.join(MANIFEST_FILE);
        let text = files::read_up_to(&path, MAX_MANIFEST).map_err(|cause| {
            let mut error = Error::io(Stage::Emit, "read", &path, &cause);
            if cause.kind() == ErrorKind::NotFound || cause.kind() == ErrorKind::NotADirectory {
                error.help = help_for_missing(folder);
            }
            error
        })?;
        let invalid = |problem: String| {
            let message = format!("{} is not the manifest of a design: {problem}", path.display());
            Error::new(Stage::Emit, "manifest-invalid", message, "regenerate the design folder")
        };
        // The version is looked at first: another version may have other fields.
        let value = json::parse(&text).map_err(|cause| invalid(cause.to_string()))?;
        if value["format"] != MANIFEST_FORMAT {
            return Err(invalid(format!("\"format\" is {}, expected \"{MANIFEST_FORMAT}\"", value["format"])));
        }
        if value["version"] != MANIFEST_VERSION {
            return Err(Error::new(
                Stage::Emit,
                "manifest-version",
                format!("{} has version {}, expected {MANIFEST_VERSION}", path.display(), value["version"]),
                "regenerate the design folder with this version of firstspike",
            ));
        }
        let manifest: Manifest = serde_json::from_value(value).map_err(|cause| invalid(cause.to_string()))?;
        check_shape(&manifest).map_err(invalid)?;
        Ok(manifest)
    }

    /// Reads the manifest and holds every file of the folder against its hash. Of an `edited` design, the hashes are those of
    /// the files found.
    ///
    /// # Errors
    /// Those of [`Manifest::read`] and [`Manifest::check_files`]; `io`.
    pub fn open(folder: &Path, stage: Stage, edited: bool) -> Result<Self> {
        let mut manifest = Self::read(folder)?;
        if !edited {
            manifest.check_files(folder, stage)?;
            return Ok(manifest);
        }
        for file in &mut manifest.files {
            let path = folder.join(&file.path);
            file.sha256 = files::sha256_of(&path).map_err(|cause| Error::io(stage, "read", &path, &cause))?;
        }
        Ok(manifest)
    }

    /// Holds every file of the folder against its hash.
    ///
    /// # Errors
    /// `design-damaged` with one line per file, reported by `stage`.
    pub fn check_files(&self, folder: &Path, stage: Stage) -> Result<()> {
        let problems: Vec<String> = self.files.iter().filter_map(|file| file.problem(folder)).collect();
        if problems.is_empty() {
            return Ok(());
        }
        let message = format!("the design folder {} was changed or damaged", folder.display());
        Err(Error::new(stage, "design-damaged", message, "regenerate the design folder").with_problems(problems))
    }
}

impl FileEntry {
    fn problem(&self, folder: &Path) -> Option<String> {
        match files::sha256_of(&folder.join(&self.path)) {
            Err(cause) => Some(format!("{}: {cause}", self.path)),
            Ok(actual) => (actual != self.sha256)
                .then(|| format!("{}: SHA-256 is {actual}, the manifest says {}", self.path, self.sha256)),
        }
    }
}

fn help_for_missing(folder: &Path) -> String {
    if folder.join("model.json").exists() {
        return format!("{0} is a model: firstspike generate {0} -o DIR makes a design of it", folder.display());
    }
    "name a folder written by `firstspike generate`".into()
}

/// What every reader takes for granted.
fn check_shape(manifest: &Manifest) -> std::result::Result<(), String> {
    if manifest.layers.is_empty() {
        return Err("\"layers\" is empty".into());
    }
    if !(1..=255).contains(&manifest.time_steps) {
        return Err(format!("\"time_steps\" is {}, expected 1 to 255", manifest.time_steps));
    }
    if manifest.top.is_empty() || manifest.top.starts_with('-') {
        return Err(format!("\"top\" is {:?}, expected the name of a module", manifest.top));
    }
    let named = manifest.sources.iter().chain(manifest.files.iter().map(|file| &file.path));
    for path in named {
        let inside = Path::new(path).components().all(|part| matches!(part, Component::Normal(_)));
        if !inside || path.is_empty() || path.starts_with('-') {
            return Err(format!("{path:?} is not a file inside the folder"));
        }
    }
    let listed = |path: &str| manifest.files.iter().any(|file| file.path == path);
    let needed = manifest.sources.iter().map(String::as_str).chain([DRIVER_HEADER]);
    match needed.into_iter().find(|path| !listed(path)) {
        Some(path) => Err(format!("\"files\" does not list {path}")),
        None => Ok(()),
    }
}

/// Describes a design and the files generated for it.
pub(super) fn describe(
    design: &Design,
    network_hash: &str,
    ports: Vec<Port>,
    sources: Vec<String>,
    files: &[GeneratedFile],
) -> Manifest {
    Manifest {
        format: MANIFEST_FORMAT.into(),
        version: MANIFEST_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        top: design.name.clone(),
        network_hash: network_hash.into(),
        options: design.options.clone(),
        target: design.fit.clone(),
        time_steps: design.time_steps,
        input: InputPort { kind: design.input_kind(), inputs: design.input_map.size(), data_bits: input_bits(design) },
        layers: design.layers.iter().map(layer_entry).collect(),
        readout: design.readout.kind.name().into(),
        ports,
        latency: Latency {
            empty_image_cycles: CostModel::empty_image_latency(design),
            cycles_per_event: design.layers.iter().map(|layer| layer.engine.cycles_per_event()).collect(),
        },
        result_bits: design.result_bits,
        sources,
        files: files.iter().map(file_entry).collect(),
    }
}

/// The ports of the top module.
pub(super) fn ports(top: &Module) -> Vec<Port> {
    let port =
        |port: &netlist::Port| Port { name: port.name.clone(), direction: port.direction, bits: port.shape.bits() };
    top.ports.iter().map(port).collect()
}

fn layer_entry(layer: &Layer) -> LayerEntry {
    LayerEntry {
        name: layer.name.clone(),
        inputs: layer.inputs(),
        outputs: layer.neurons(),
        lanes: layer.engine.lanes(),
        weight_bits: layer.weight_bits,
        membrane_bits: layer.membrane_bits,
        fires: layer.fires,
    }
}

fn file_entry(file: &GeneratedFile) -> FileEntry {
    FileEntry { path: file.path.clone(), sha256: sha256_hex(&file.bytes) }
}
