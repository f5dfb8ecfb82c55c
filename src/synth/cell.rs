//! One cell of a netlist, and what cells take of a part.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// Resources of a part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Area {
    /// Look-up tables of 4 inputs, those of carry chains included; of up to 6 inputs in the family `xilinx`; in `ice40` logic cells, each a
    /// LUT4 with a carry and a flip-flop, whichever of them is used.
    pub lut4: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Bits of carry chains.
    pub carry: u64,
    /// Block RAMs of the size that the family has.
    pub bram: u64,
    /// Multipliers.
    pub dsp: u64,
}

impl AddAssign for Area {
    fn add_assign(&mut self, other: Area) {
        self.lut4 += other.lut4;
        self.ff += other.ff;
        self.carry += other.carry;
        self.bram += other.bram;
        self.dsp += other.dsp;
    }
}

/// A cell of a netlist, as yosys and nextpnr write it.
#[derive(Debug, Deserialize)]
pub(super) struct Cell {
    #[serde(rename = "type")]
    pub kind: String,
    #[serde(default)]
    pub parameters: BTreeMap<String, Value>,
}

impl Cell {
    /// A parameter's text; empty if it is missing.
    pub fn parameter(&self, name: &str) -> &str {
        self.parameters.get(name).and_then(Value::as_str).unwrap_or_default()
    }
}
