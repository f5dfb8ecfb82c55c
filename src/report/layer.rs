//! A layer as results show it.

use serde::{Deserialize, Serialize};

/// One layer of the hardware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
    pub name: String,
    pub inputs: usize,
    pub outputs: usize,
    pub lanes: usize,
    pub weight_bits: u32,
    pub membrane_bits: u32,
}
