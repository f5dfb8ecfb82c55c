//! Gowin: synth_gowin, nextpnr-himbaechel, gowin_pack.

use super::toolchain::{Attempt, Job, Step, Toolchain, nextpnr, pins};
use crate::board::{Board, Resources};
use crate::synth::cell::{Area, Cell};
use crate::tool::Tool;

pub(super) struct Gowin;

impl Toolchain for Gowin {
    fn synthesis(&self, job: &Job, _simulation: bool) -> String {
        let series = job.board.device[..4].to_lowercase();
        format!("synth_gowin -family {series} -top {}", job.top)
    }

    /// yosys 0.62 gives block RAMs that cannot be written: the image buffer would be dead.
    fn needs_known_yosys(&self) -> bool {
        true
    }

    fn needs_pins(&self) -> bool {
        true
    }

    fn default_aim(&self) -> f64 {
        60.0
    }

    fn placer_and_packer(&self) -> Option<(Tool, Tool)> {
        Some((Tool::NextpnrGowin, Tool::GowinPack))
    }

    fn place(&self, attempt: &Attempt) -> Option<Step> {
        let board = attempt.job.board;
        let mut arguments = vec!["--device".into(), board.part.clone()];
        let mut option = |text: String| arguments.extend(["--vopt".to_owned(), text]);
        option(format!("family={}", board.device));
        if let Some(pins) = pins(attempt.job) {
            option(format!("cst={pins}"));
        }
        arguments.extend(nextpnr(attempt));
        Some(Step { tool: Tool::NextpnrGowin, arguments })
    }

    fn bitstream(&self) -> &'static str {
        "fs"
    }

    fn pack(&self, board: &Board, placed: &str, bitstream: &str) -> Option<Step> {
        let placed = format!("{placed}/placed.json");
        let arguments = ["-d", &board.device, "-o", bitstream, &placed].map(String::from);
        Some(Step { tool: Tool::GowinPack, arguments: arguments.into() })
    }

    /// An ALU, one bit of a carry chain, takes the place of a LUT4; a RAM of LUTs that of four.
    fn count(&self, cell: &Cell, area: &mut Area) {
        match cell.kind.as_str() {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" => area.lut4 += 1,
            "ALU" => {
                area.lut4 += 1;
                area.carry += 1;
            }
            kind if kind.starts_with("RAM16SDP") || kind == "RAMW" => area.lut4 += 4,
            kind if kind.starts_with("DFF") => area.ff += 1,
            "BSRAM" | "SP" | "SPX9" | "SDP" | "SDPX9" | "SDPB" | "SDPX9B" | "DP" | "DPX9" | "DPB" | "DPX9B"
            | "pROM" | "pROMX9" | "ROM" => area.bram += 1,
            kind if kind.starts_with("MULT") => area.dsp += 1,
            _ => {}
        }
    }

    fn count_of<'r>(&self, part: &'r mut Resources, resource: &str) -> Option<&'r mut u64> {
        match resource {
            "LUT4" => Some(&mut part.lut),
            "DFF" => Some(&mut part.ff),
            "BSRAM" => Some(&mut part.bram.count),
            _ => None,
        }
    }
}
