//! Lattice iCE40: synth_ice40, nextpnr-ice40, icepack.

use super::toolchain::{Attempt, CellModels, Job, Step, Toolchain, nextpnr, pins};
use crate::board::{Board, Resources};
use crate::synth::cell::{Area, Cell};
use crate::tool::Tool;

pub(super) struct Ice40;

impl Toolchain for Ice40 {
    /// `-device u`: the delays of the UltraPlus, the only iCE40 with a board here.
    fn synthesis(&self, job: &Job, _simulation: bool) -> String {
        format!("synth_ice40 -device u -dsp -top {}", job.top)
    }

    fn needs_pins(&self) -> bool {
        true
    }

    fn default_aim(&self) -> f64 {
        30.0
    }

    fn placer_and_packer(&self) -> Option<(Tool, Tool)> {
        Some((Tool::NextpnrIce40, Tool::Icepack))
    }

    fn place(&self, attempt: &Attempt) -> Option<Step> {
        let board = attempt.job.board;
        let mut arguments = vec![format!("--{}", board.device), "--package".into(), board.package.clone()];
        arguments.extend(["--asc".into(), config(attempt.folder)]);
        arguments.extend(pins(attempt.job).into_iter().flat_map(|pins| ["--pcf".into(), pins]));
        arguments.extend(nextpnr(attempt));
        Some(Step { tool: Tool::NextpnrIce40, arguments })
    }

    fn bitstream(&self) -> &'static str {
        "bin"
    }

    fn pack(&self, _board: &Board, placed: &str, bitstream: &str) -> Option<Step> {
        Some(Step { tool: Tool::Icepack, arguments: vec![config(placed), bitstream.into()] })
    }

    /// A logic cell is a LUT4, a carry and a flip-flop, each used or not.
    fn count(&self, cell: &Cell, area: &mut Area) {
        let uses = |part: &str| u64::from(cell.parameter(part).ends_with('1'));
        match cell.kind.as_str() {
            "ICESTORM_LC" => {
                area.lut4 += 1;
                area.carry += uses("CARRY_ENABLE");
                area.ff += uses("DFF_ENABLE");
            }
            "ICESTORM_RAM" => area.bram += 1,
            "ICESTORM_DSP" => area.dsp += 1,
            _ => {}
        }
    }

    fn count_of<'r>(&self, part: &'r mut Resources, resource: &str) -> Option<&'r mut u64> {
        match resource {
            "ICESTORM_LC" => Some(&mut part.lut),
            "ICESTORM_RAM" => Some(&mut part.bram.count),
            "ICESTORM_DSP" => Some(&mut part.dsp),
            _ => None,
        }
    }

    fn cell_models(&self) -> Option<CellModels> {
        Some(CellModels {
            shared: &["ice40/cells_sim.v"],
            // Verilator takes the default of an input for the input's value, connected or not.
            defines: &["NO_ICE40_DEFAULT_ASSIGNMENTS"],
            own: &[],
        })
    }
}

fn config(folder: &str) -> String {
    format!("{folder}/routed.asc")
}
