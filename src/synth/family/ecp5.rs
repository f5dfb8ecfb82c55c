//! Lattice ECP5: synth_ecp5, nextpnr-ecp5, ecppack. The core alone is placed out of context: without pins.
//!
//! Where yosys is helped:
//! - The adders of the lanes, dense and convolutional, become carry chains with open ends (`hdl/techmap/ecp5_adder.v`), three LUT4 fewer each.
//! - yosys leaves the second register of a memory outside the block RAM, whose own output then takes 5.6 ns. Where all outputs
//!   of a block RAM go to plain registers, these become its output registers (`REGMODE OUTREG`).
//! - It makes one register of equal ones, also of copies that are there for the sake of short ways. These are kept.
//! - Adders take fewer look-up tables without the multiplexers that join these to wider ones: a layer whose weights are logic 7 % fewer.
//!
//! Leaves say themselves what they have of these, by the attribute `synthesis_role`: `"lane"` of a module whose adders become such chains,
//! `"memory_output"` of the register behind a memory, `"copy"` of a register that has equals.

use super::toolchain::{Attempt, CellModels, Job, Step, Toolchain, nextpnr, pins};
use crate::board::{Board, Resources};
use crate::synth::cell::{Area, Cell};
use crate::tool::Tool;

pub(super) struct Ecp5;

impl Toolchain for Ecp5 {
    fn maps(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("ecp5_adder.v", include_str!("../../../hdl/techmap/ecp5_adder.v")),
            ("ecp5_output_register.v", include_str!("../../../hdl/techmap/ecp5_output_register.v")),
        ]
    }

    fn synthesis(&self, job: &Job, simulation: bool) -> String {
        let Job { top, results, .. } = job;
        let wide = if job.has_weights_in_logic { " -nowidelut" } else { "" };
        let open_ends = if simulation { "" } else { "-D NEXTPNR " };
        format!(
            r#"synth_ecp5{wide} -top {top} -run begin:coarse

# Copies of registers, before equal cells are merged.
proc
setattr -set keep 1 A:synthesis_role=copy/t:$dff

# Black boxes until all cells are mapped.
read_verilog -lib {results}/ecp5_adder.v
chtype -set fs_ecp5_adder A:synthesis_role=lane/t:$add
synth_ecp5{wide} -top {top} -run coarse:

# Block RAMs whose outputs go to plain registers only, and those registers.
select -set rams t:DP16KD a:synthesis_role=memory_output %ci %i
select -set plain t:TRELLIS_FF r:CEMUX=CE %d r:SRMODE=* %d
select -set others @rams %co2 t:* %i @rams %d @plain %d
select -set rams @rams @others %ci2 %d
select -set registers @rams %co2 @plain %i
setparam -set REGMODE_A "OUTREG" -set REGMODE_B "OUTREG" @rams
techmap -map {results}/ecp5_output_register.v @registers

techmap {open_ends}-map {results}/ecp5_adder.v
clean
autoname"#
        )
    }

    fn needs_pins(&self) -> bool {
        false
    }

    fn default_aim(&self) -> f64 {
        120.0
    }

    fn placer_and_packer(&self) -> Option<(Tool, Tool)> {
        Some((Tool::NextpnrEcp5, Tool::Ecppack))
    }

    fn place(&self, attempt: &Attempt) -> Option<Step> {
        let board = attempt.job.board;
        let mut arguments = vec![format!("--{}", board.device), "--package".into(), board.package.clone()];
        arguments.extend(board.speed.iter().flat_map(|speed| ["--speed".into(), speed.clone()]));
        match pins(attempt.job) {
            Some(pins) => arguments.extend(["--lpf".into(), pins, "--textcfg".into(), config(attempt.folder)]),
            None => arguments.push("--out-of-context".into()),
        }
        arguments.extend(nextpnr(attempt));
        Some(Step { tool: Tool::NextpnrEcp5, arguments })
    }

    fn bitstream(&self) -> &'static str {
        "bit"
    }

    fn pack(&self, _board: &Board, placed: &str, bitstream: &str) -> Option<Step> {
        let arguments = vec!["--compress".into(), config(placed), bitstream.into()];
        Some(Step { tool: Tool::Ecppack, arguments })
    }

    fn count(&self, cell: &Cell, area: &mut Area) {
        match cell.kind.as_str() {
            "TRELLIS_COMB" => {
                area.lut4 += 1;
                area.carry += u64::from(cell.parameter("MODE") == "CCU2");
            }
            "TRELLIS_FF" => area.ff += 1,
            "DP16KD" => area.bram += 1,
            "MULT18X18D" => area.dsp += 1,
            _ => {}
        }
    }

    fn count_of<'r>(&self, part: &'r mut Resources, resource: &str) -> Option<&'r mut u64> {
        match resource {
            "TRELLIS_COMB" => Some(&mut part.lut),
            "TRELLIS_FF" => Some(&mut part.ff),
            "DP16KD" => Some(&mut part.bram.count),
            "MULT18X18D" => Some(&mut part.dsp),
            _ => None,
        }
    }

    fn cell_models(&self) -> Option<CellModels> {
        const BLOCK_RAM: &str = include_str!("../../../sim/cells/DP16KD.v");
        Some(CellModels {
            // What `ecp5/cells_sim.v` includes; that file itself also has a block RAM, an empty one.
            shared: &["ecp5/common_sim.vh", "ecp5/ccu2c_sim.vh"],
            // The pads that would be included have no models.
            defines: &["NO_INCLUDES"],
            own: &[("DP16KD.v", BLOCK_RAM)],
        })
    }
}

fn config(folder: &str) -> String {
    format!("{folder}/routed.config")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;

    /// The words that follow each `before` in a text.
    fn words_after<'a>(text: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
        text.split(before).skip(1).filter_map(|rest| rest.split(|c: char| !c.is_ascii_alphabetic() && c != '_').next())
    }

    #[test]
    fn cells_are_picked_by_the_roles_that_leaves_have() {
        let hdl = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl");
        let files = ["lib", "shell"].map(|folder| fs::read_dir(hdl.join(folder)).unwrap()).into_iter().flatten();
        let files = files.map(|file| file.unwrap().path()).filter(|path| path.is_file());
        let leaves: String = files.map(|path| fs::read_to_string(path).unwrap()).collect();
        let board = Board::find("ulx3s-85f").unwrap();
        let job = Job {
            board: &board,
            top: "top".into(),
            has_weights_in_logic: false,
            has_pins: false,
            results: "results".into(),
        };
        let script = Ecp5.synthesis(&job, false);
        let picked: BTreeSet<_> = words_after(&script, "synthesis_role=").collect();
        assert_eq!(picked, BTreeSet::from(["copy", "lane", "memory_output"]));
        assert_eq!(picked, words_after(&leaves, "synthesis_role = \"").collect());
        assert!(!script.contains("*fs_") && !script.contains("n:*"), "{script}");
    }
}
