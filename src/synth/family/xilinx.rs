//! AMD 7 series: synth_xilinx tells the area. No open tool here places and routes: Vivado does, outside.

use super::toolchain::{Attempt, Job, Step, Toolchain};
use crate::board::{Board, Resources};
use crate::synth::cell::{Area, Cell};
use crate::tool::Tool;

pub(super) struct Xilinx;

impl Toolchain for Xilinx {
    fn synthesis(&self, job: &Job, _simulation: bool) -> String {
        format!("synth_xilinx -family xc7 -noiopad -noclkbuf -flatten -top {}", job.top)
    }

    fn needs_pins(&self) -> bool {
        false
    }

    fn default_aim(&self) -> f64 {
        100.0
    }

    fn placer_and_packer(&self) -> Option<(Tool, Tool)> {
        None
    }

    fn place(&self, _attempt: &Attempt) -> Option<Step> {
        None
    }

    fn bitstream(&self) -> &'static str {
        "bit"
    }

    fn pack(&self, _board: &Board, _placed: &str, _bitstream: &str) -> Option<Step> {
        None
    }

    /// A CARRY4 is four bits of a chain, a RAM32M four LUTs, a RAMB36E1 two block RAMs of 18 kbit.
    fn count(&self, cell: &Cell, area: &mut Area) {
        match cell.kind.as_str() {
            "LUT1" | "LUT2" | "LUT3" | "LUT4" | "LUT5" | "LUT6" | "SRL16E" | "SRLC32E" => area.lut4 += 1,
            "RAM32X1D" | "RAM64X1D" => area.lut4 += 2,
            "RAM32M" | "RAM64M" => area.lut4 += 4,
            "CARRY4" => area.carry += 4,
            "FDRE" | "FDSE" | "FDCE" | "FDPE" => area.ff += 1,
            "RAMB18E1" => area.bram += 1,
            "RAMB36E1" => area.bram += 2,
            "DSP48E1" => area.dsp += 1,
            _ => {}
        }
    }

    fn count_of<'r>(&self, _part: &'r mut Resources, _resource: &str) -> Option<&'r mut u64> {
        None
    }
}
