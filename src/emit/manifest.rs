//! `manifest.json`: what a generated folder holds and how to drive it.

use serde::{Deserialize, Serialize};

use sha2::{Digest, Sha256};

use super::GeneratedFile;
use crate::arch::{Design, InputKind, Layer};

pub const MANIFEST_FILE: &str = "manifest.json";
pub const MANIFEST_FORMAT: &str = "firstspike-design";
pub const MANIFEST_VERSION: u32 = 1;

/// The description of a generated design, written beside its Verilog.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    pub format: String,
    pub version: u32,
    pub tool_version: String,
    /// Name of the network and of the top module.
    pub top: String,
    /// SHA-256 of the integer network.
    pub network_hash: String,
    pub time_steps: usize,
    pub input: InputPort,
    pub layers: Vec<LayerEntry>,
    pub readout: String,
    /// Width of one word of the result packet (scores, class, cycles), in bits: 32 or 64.
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
    pub kind: InputKind,
    /// Inputs of the first layer.
    pub inputs: usize,
    /// Width of `s_axis_tdata`, in bits.
    pub data_bits: u32,
}

/// One layer as built.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LayerEntry {
    pub name: String,
    pub inputs: usize,
    pub outputs: usize,
    pub lanes: usize,
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
    pub path: String,
    pub sha256: String,
}

/// Describes a design and the files generated for it.
pub(super) fn describe(
    design: &Design,
    network_hash: &str,
    data_bits: u32,
    sources: Vec<String>,
    files: &[GeneratedFile],
) -> Manifest {
    Manifest {
        format: MANIFEST_FORMAT.into(),
        version: MANIFEST_VERSION,
        tool_version: env!("CARGO_PKG_VERSION").into(),
        top: design.name.clone(),
        network_hash: network_hash.into(),
        time_steps: design.time_steps,
        input: InputPort { kind: design.input_kind(), inputs: design.inputs, data_bits },
        layers: design.layers.iter().map(layer_entry).collect(),
        readout: design.readout.kind.name().into(),
        result_bits: design.result_bits,
        sources,
        files: files.iter().map(file_entry).collect(),
    }
}

fn layer_entry(layer: &Layer) -> LayerEntry {
    LayerEntry {
        name: layer.name.clone(),
        inputs: layer.inputs,
        outputs: layer.neurons,
        lanes: layer.lanes,
        weight_bits: layer.weight_bits,
        membrane_bits: layer.membrane_bits,
        fires: layer.fires,
    }
}

fn file_entry(file: &GeneratedFile) -> FileEntry {
    let hash: String = Sha256::digest(&file.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
    FileEntry { path: file.path.clone(), sha256: hash }
}
