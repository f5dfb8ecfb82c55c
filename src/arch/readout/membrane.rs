//! The potential after the last time step is the score.

use super::netlist::{all_eligible, gather_membranes, unused};
use super::{Decision, Output, Readout, Scoring};
use crate::arch::design::Design;
use crate::netlist::Module;
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

    /// The potentials are the scores.
    fn cycles_to_scores(&self, _classes: u64) -> u64 {
        0
    }

    fn scores_are_captured(&self) -> bool {
        true
    }

    /// Nothing else is captured.
    fn decides(&self, _decision: &Decision) -> bool {
        true
    }

    fn instantiate(&self, design: &Design, module: &mut Module) {
        gather_membranes(design, module);
        let (valid, unread) = if design.compares_captures() {
            ("capture_valid", "membranes_valid, membranes_last_step, capture_spikes")
        } else {
            ("membranes_valid", "membranes_last_step, capture_spikes")
        };
        unused(module, "Only the last step is captured, and nobody fires.", unread);
        module.assigns([("scores_valid", valid), ("scores", "membranes"), ("capture_done", "scores_done")]);
        all_eligible(design, module);
    }
}
