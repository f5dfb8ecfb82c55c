//! A layer as results show it.

use serde::{Deserialize, Serialize};

/// One layer of the hardware.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerReport {
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
    /// Width of a membrane register, in bits.
    pub membrane_bits: u32,
}
