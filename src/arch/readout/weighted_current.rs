//! The score is the current of every time step, weighted by `α`: with `β[t] = α[t] − α[t+1]`, the potential of every step weighted by `β`.

use super::netlist::{all_eligible, begin, every_step, gather_membranes, scored, unused};
use super::{Decision, Output, Readout, Scoring};
use crate::arch::design::Design;
use crate::arch::memory::MemoryImage;
use crate::arch::netlist::FOLDER;
use crate::fixed::{Interval, unsigned_bits};
use crate::netlist::Module;
use crate::network::{Readout as NetworkReadout, WeightedSource};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WeightedCurrent {
    pub beta_bits: u32,
}

impl Scoring for WeightedCurrent {
    /// Every partial sum of `β[t]·V[t]` lies between 0 and `α[0]` times the interval of `V`.
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout> {
        let NetworkReadout::TemporalWeighting { source: WeightedSource::Current, alpha } = readout else { return None };
        let potential = output.potential();
        let alpha_at = |step: usize| alpha.get(step).map_or(0, |&a| i64::from(a));
        let betas: Vec<i64> = (0..alpha.len()).map(|step| alpha_at(step) - alpha_at(step + 1)).collect();
        let largest = betas.iter().copied().max().unwrap_or(0);
        let beta_bits = unsigned_bits(largest as u64) + 1;
        let score = Interval { lo: potential.lo.min(0) * alpha_at(0), hi: potential.hi.max(0) * alpha_at(0) };
        let table = MemoryImage::column("readout_betas.mem".into(), beta_bits, betas);
        Some(output.readout(score.signed_bits(), WeightedCurrent { beta_bits }, vec![table]))
    }

    fn every_step(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "temporal-weighting of the current"
    }

    fn output_fires(&self) -> bool {
        false
    }

    /// A pass over the classes, a cycle for the last product, and one for the last sum.
    fn cycles_to_scores(&self, classes: u64) -> u64 {
        classes + 2
    }

    /// Every step has its pass.
    fn cycles_undecided(&self, classes: u64) -> u64 {
        classes + 1
    }

    fn decides(&self, decision: &Decision) -> bool {
        decision.last_step
    }

    fn instantiate(&self, design: &Design, module: &mut Module) {
        gather_membranes(design, module);
        unused(module, "Nobody fires.", "capture_spikes");
        let readout = begin("fs_readout_weighted_current", design)
            .set("STEPS", design.time_steps)
            .set("MEMBRANE_BITS", design.output_layer().membrane_bits)
            .set("BETA_BITS", self.beta_bits)
            .set("SCORE_BITS", design.readout.score_bits)
            .set("FOLDER", FOLDER)
            .set("BETA_FILE", design.readout.file(design));
        module.instance(scored(every_step(readout, "membranes").pin("membranes", "membranes"), "scores_q"));
        all_eligible(design, module);
    }
}
