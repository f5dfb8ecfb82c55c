//! The potential after the last time step is the score, and a result is one beat: all scores are compared at once.

use super::netlist::unused;
use super::{Decision, Output, Readout, ResultKind, Scoring, Timing};
use crate::arch::design::Design;
use crate::fixed::index_bits;
use crate::netlist::{Instance, Module, Shape};
use crate::network::Readout as NetworkReadout;

/// Results that may wait: as many as a distributed RAM holds, and more than are on their way.
const PLACES: usize = 16;

/// [`super::membrane::Membrane`] with results of one beat.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MembraneVector;

impl Scoring for MembraneVector {
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout> {
        let is_chosen = *readout == NetworkReadout::Membrane && output.result == ResultKind::Vector;
        is_chosen.then(|| output.readout(output.membrane_bits(), MembraneVector, Vec::new()))
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

    /// Nothing else is captured.
    fn decides(&self, _decision: &Decision) -> bool {
        true
    }

    fn result(&self) -> ResultKind {
        ResultKind::Vector
    }

    fn places(&self) -> usize {
        PLACES
    }

    /// Two cycles for the class, which then enters the output. There is no register in between that gathers a capture.
    fn timing(&self, vector: u64, _classes: u64, _decides: bool) -> Timing {
        Timing { free: vector + 2, class_word: vector + 2 }
    }

    fn instantiate(&self, design: &Design, module: &mut Module) {
        let readout = &design.readout;
        let scores = readout.classes * readout.score_bits as usize;
        module.wires(Shape::Bit, ["class_valid", "result_valid"]);
        module.wires(Shape::Vector(index_bits(readout.classes) as usize), ["result_class"]);
        module.wires(Shape::Vector(scores), ["result_scores"]);
        module.assigns([("capture_done", "class_valid")]);
        let captures = "capture_last_step, capture_last_group, capture_group, capture_spikes";
        unused(module, "Only the last step is captured, all neurons at once, and nobody fires.", captures);
        let pairs = Instance::new("fs_class_pairs", "readout_i")
            .set("CLASSES", readout.classes)
            .set("SCORE_BITS", readout.score_bits)
            .pin("clk", "clk")
            .pin("rst", "rst")
            .pin("s_valid", "capture_valid")
            .pin("s_scores", "capture_membranes")
            .pin("m_valid_q", "result_valid")
            .pin("m_class", "result_class")
            .pin("m_scores", "result_scores");
        module.instance(pairs);
    }
}
