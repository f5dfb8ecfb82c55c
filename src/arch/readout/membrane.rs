//! The potential after the last time step is the score.

use super::netlist::{begin, gather_membranes, unused};
use super::{Decision, Output, Readout, Scoring};
use crate::arch::design::Design;
use crate::netlist::{Instance, Module};
use crate::network::Readout as NetworkReadout;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membrane;

impl Scoring for Membrane {
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout> {
        (*readout == NetworkReadout::Membrane).then(|| output.readout(output.membrane_bits(), Membrane, Vec::new()))
    }

    fn every_step(&self) -> bool {
        false
    }

    fn name(&self) -> &'static str {
        "membrane"
    }

    fn output_fires(&self) -> bool {
        false
    }

    /// Nothing else is captured.
    fn decides(&self, _decision: &Decision) -> bool {
        true
    }

    fn instantiate(&self, design: &Design, module: &mut Module) -> Instance {
        gather_membranes(design, module);
        unused(module, "Only the last step is captured, and nobody fires.", "membranes_last_step, capture_spikes");
        begin("fs_readout_membrane", design)
            .set("MEMBRANE_BITS", design.readout.score_bits)
            .pin("clk", "clk")
            .pin("rst", "rst")
            .pin("vector_valid", "membranes_valid")
            .pin("membranes", "membranes")
    }
}
