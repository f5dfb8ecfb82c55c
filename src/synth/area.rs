//! What a netlist takes of a part, counted cell by cell.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::cell::{Area, Cell};
use super::family::Toolchain;

/// The area of a design by part, told apart by the cells' names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct AreaByPart {
    /// Layers, readout and what holds them together.
    pub core: Area,
    pub encoder: Area,
    /// All else: shell, clock, pins.
    pub around: Area,
}

impl AreaByPart {
    pub fn total(&self) -> Area {
        let mut total = self.total_of_design();
        total += self.around;
        total
    }

    pub fn total_of_design(&self) -> Area {
        let mut total = self.core;
        total += self.encoder;
        total
    }
}

/// A netlist in the JSON of yosys and nextpnr.
#[derive(Deserialize)]
pub(super) struct NetlistFile {
    modules: BTreeMap<String, Module>,
}

#[derive(Deserialize)]
struct Module {
    #[serde(default)]
    attributes: BTreeMap<String, serde_json::Value>,
    #[serde(default)]
    cells: BTreeMap<String, Cell>,
}

/// Name of the core's instance in the modules around it, and that of the encoder in the core.
pub(super) const CORE: &str = "core_i";
const ENCODER: &str = "latency_encoder_i";

impl NetlistFile {
    /// The cells by part. Without something around it, every cell is the core's.
    ///
    /// A cell belongs to where the signal that it drives has its name: a LUT between two parts may count for either.
    pub fn area(&self, toolchain: &dyn Toolchain, core_is_top: bool) -> AreaByPart {
        let mut area = AreaByPart::default();
        for (name, cell) in self.cells() {
            let in_core = core_is_top || name.split('.').next() == Some(CORE);
            let part = if in_core && name.split('.').any(|part| part == ENCODER) {
                &mut area.encoder
            } else if in_core {
                &mut area.core
            } else {
                &mut area.around
            };
            toolchain.count(cell, part);
        }
        area
    }

    /// Those of the top module: the others are models of the family's cells.
    fn cells(&self) -> impl Iterator<Item = (&String, &Cell)> {
        let top = self.modules.values().find(|module| module.attributes.contains_key("top"));
        top.or(self.modules.values().next()).into_iter().flat_map(|module| &module.cells)
    }
}
