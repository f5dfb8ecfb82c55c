//! What a comparison of hardware and golden model showed.

use serde::{Deserialize, Serialize};

use super::words::{describe, describe_fault, describe_rough, planted_text};
use super::{Report, SimulationReport, Table, whole};
use crate::plant;
use crate::verify::{Comparison, Divergence, RoughReport};

/// What a comparison of hardware and golden model showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ComparisonReport {
    /// What the simulation showed.
    #[serde(flatten)]
    pub simulation: SimulationReport,
    /// The fault that was planted on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planted: Option<plant::Fault>,
    /// Images that differ.
    pub mismatches: usize,
    /// The first place where the two differ; none if they are equal.
    pub first_divergence: Option<Divergence>,
    /// The waveform around the first divergence.
    pub waveform: Option<String>,
    /// Whether the rough run was left out on demand.
    pub quick: bool,
    /// None if it was left out, on demand or as something differs already.
    pub rough: Option<RoughReport>,
}

impl Report for ComparisonReport {
    const NAME: &'static str = "compare";

    /// A table, and the first divergence below it.
    fn text(&self) -> String {
        let mut table = Table::new();
        self.add_figures(&mut table);
        self.add_machine(&mut table);
        format!("{table}{}", self.divergence_text())
    }
}

impl ComparisonReport {
    /// Joins what was simulated with what was compared.
    pub fn new(simulation: SimulationReport, comparison: &Comparison, quick: bool) -> Self {
        ComparisonReport {
            simulation,
            planted: None,
            mismatches: comparison.mismatches,
            first_divergence: comparison.first_divergence.clone(),
            waveform: None,
            quick,
            rough: None,
        }
    }

    /// Whether nothing differs.
    pub fn is_equal(&self) -> bool {
        let rough = self.rough.as_ref().is_none_or(RoughReport::is_equal);
        self.mismatches == 0 && self.simulation.fault.is_none() && rough
    }

    /// Figures of network, comparison and chip.
    pub fn add_figures(&self, table: &mut Table) {
        self.simulation.add_network(table);
        table.group("hardware against golden model");
        let mismatches = format!("{} of {} images", whole(self.mismatches), whole(self.simulation.images));
        table.verdict("mismatches", mismatches, self.mismatches == 0 && self.simulation.fault.is_none());
        self.add_rough(table);
        self.simulation.add_accuracy(table);
        self.simulation.add_chip(table);
    }

    fn add_rough(&self, table: &mut Table) {
        let Some(rough) = &self.rough else {
            let why = if self.quick { "--quick" } else { "the images differ already" };
            table.row("rough run", format!("left out: {why}"));
            return;
        };
        let RoughReport { mismatches, images, resets, power_ups, wrong_frames, stall_percent, .. } = rough;
        let played = format!("stalls ≤ {stall_percent} %, {power_ups} power-ups, {resets} resets");
        let text = format!("{mismatches} of {images}; {played}, {wrong_frames} bad frames");
        table.verdict("rough run", text, rough.is_equal());
    }

    /// Begins the group of figures that are those of this machine.
    pub fn add_machine(&self, table: &mut Table) {
        self.simulation.add_machine(table);
    }

    /// What was planted, the first divergence of either run, the broken rule and the waveform, on lines of their own.
    pub fn divergence_text(&self) -> String {
        let planted = |fault: &plant::Fault| format!("planted fault: {}: {}", fault.kind.name(), planted_text(fault));
        let rough = self.rough.as_ref().and_then(|rough| rough.first_difference.as_ref());
        let lines = [
            self.planted.as_ref().map(planted),
            self.first_divergence.as_ref().map(|divergence| describe(divergence, &self.simulation.layers)),
            rough.map(|difference| describe_rough(difference, &self.simulation.layers)),
            self.simulation.fault.as_ref().map(describe_fault),
            self.waveform.as_ref().map(|waveform| format!("  waveform: {waveform}")),
        ];
        lines.into_iter().flatten().map(|line| format!("\n{line}")).collect()
    }
}
