//! `manifest.json`: what a generated folder holds and how to drive it.

use serde::{Deserialize, Serialize};

use crate::arch::InputKind;

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
