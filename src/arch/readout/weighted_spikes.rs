//! The score is `α` of the time step in which the output neuron spiked.

use super::netlist::{all_eligible, begin, every_step, gather_spikes, scored, unused};
use super::{Decision, Output, Readout, Scoring};
use crate::arch::design::Design;
use crate::arch::memory::MemoryImage;
use crate::arch::netlist::FOLDER;
use crate::fixed::unsigned_bits;
use crate::netlist::Module;
use crate::network::{Readout as NetworkReadout, WeightedSource};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedSpikes;

impl Scoring for WeightedSpikes {
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout> {
        let NetworkReadout::TemporalWeighting { source: WeightedSource::Spikes, alpha } = readout else { return None };
        let bits = unsigned_bits(u64::from(alpha.first().copied().unwrap_or(0))) + 1;
        let alphas = alpha.iter().map(|&a| i64::from(a));
        let table = MemoryImage::column("readout_alphas.mem".into(), bits, alphas);
        Some(output.readout(bits, WeightedSpikes, vec![table]))
    }

    fn every_step(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "temporal-weighting of spikes"
    }

    fn output_fires(&self) -> bool {
        true
    }

    fn cycles_to_scores(&self, _classes: u64) -> u64 {
        1
    }

    fn decides(&self, decision: &Decision) -> bool {
        decision.last_step
    }

    fn instantiate(&self, design: &Design, module: &mut Module) {
        gather_spikes(design, module);
        unused(module, "The potentials play no part.", "capture_membranes");
        let readout = begin("fs_readout_weighted_spikes", design)
            .set("STEPS", design.time_steps)
            .set("SCORE_BITS", design.readout.score_bits)
            .set("FOLDER", FOLDER)
            .set("ALPHA_FILE", design.readout.file(design));
        module.instance(scored(every_step(readout, "spikes").pin("spikes", "spikes"), "scores_q"));
        all_eligible(design, module);
    }
}
