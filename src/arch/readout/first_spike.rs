//! The class is that of the first output neuron that spikes; the potential tells between those of the same step.

use super::netlist::{begin, every_step, gather_membranes, gather_spikes, scored, unused};
use super::{Decision, Output, Readout, Scoring};
use crate::arch::design::Design;
use crate::arch::membrane::{channel_of, effective_threshold, register_interval};
use crate::arch::memory::MemoryImage;
use crate::arch::netlist::FOLDER;
use crate::fixed::Interval;
use crate::netlist::Module;
use crate::network::Readout as NetworkReadout;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FirstSpike;

impl Scoring for FirstSpike {
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout> {
        if *readout != NetworkReadout::FirstSpike {
            return None;
        }
        let layer = output.layer;
        let threshold = |j| effective_threshold(layer, channel_of(layer, j)).expect("a first-spike output fires");
        let thresholds: Vec<i64> = (0..layer.outputs()).map(threshold).collect();
        let widest =
            thresholds.iter().fold(output.potential().hull(register_interval(layer)), |interval, &threshold| {
                interval.hull(Interval { lo: threshold, hi: threshold })
            });
        let bits = widest.signed_bits().max(output.weight_bits);
        let table = MemoryImage::table("readout_thresholds.mem".into(), bits, vec![thresholds]);
        Some(output.readout(bits, FirstSpike, vec![table]))
    }

    fn every_step(&self) -> bool {
        true
    }

    fn name(&self) -> &'static str {
        "first-spike"
    }

    fn output_fires(&self) -> bool {
        true
    }

    /// They are potentials again, each with its threshold added.
    fn cycles_to_scores(&self, _classes: u64) -> u64 {
        1
    }

    fn decides(&self, decision: &Decision) -> bool {
        decision.deciding
    }

    fn instantiate(&self, design: &Design, module: &mut Module) {
        gather_membranes(design, module);
        gather_spikes(design, module);
        unused(module, "Both capture registers fill in the same cycles.", "membranes_valid, membranes_last_step");
        let readout = begin("fs_readout_first_spike", design)
            .set("MEMBRANE_BITS", design.output_layer().membrane_bits)
            .set("SCORE_BITS", design.readout.score_bits)
            .set("FOLDER", FOLDER)
            .set("THRESHOLD_FILE", design.readout.file(design));
        let readout = every_step(readout, "spikes").pin("spikes", "spikes").pin("membranes", "membranes");
        module.instance(scored(readout, "scores").pin("scores_eligible_q", "scores_eligible"));
    }
}
