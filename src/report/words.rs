//! What went wrong, in words.

use super::LayerReport;
use crate::cosim::{Fault, Rule};
use crate::plant;
use crate::verify::{Divergence, Quantity, RoughDifference};

/// The fault in words.
pub fn describe_fault(fault: &Fault) -> String {
    let rule = match fault.rule {
        Rule::Hang => "hangs",
        Rule::Stream => "breaks a rule of its output stream",
        Rule::Spikes => "spikes where it must not",
    };
    let Fault { image, accepted_beats, cycle, last_progress_cycle, seen, .. } = fault;
    format!(
        "the hardware {rule}: image {image}, of which it accepted {accepted_beats} beats, cycle {cycle}, last progress in \
         cycle {last_progress_cycle}\n  {seen}"
    )
}

/// What is wrong, and where.
pub fn planted_text(fault: &plant::Fault) -> String {
    let files = fault.files.join(", ");
    if files.is_empty() { fault.change.clone() } else { format!("{} ({files})", fault.change) }
}

/// The first thing that went wrong in the rough run, in words.
pub fn describe_rough(difference: &RoughDifference, layers: &[LayerReport]) -> String {
    let divergence = difference.divergence.as_ref().map(|divergence| describe(divergence, layers));
    let fault = difference.fault.as_ref().map(describe_fault);
    let found: Vec<String> = divergence.into_iter().chain(fault).collect();
    format!("rough run, {}, {}:\n{}", difference.passage, difference.image, found.join("\n"))
}

/// The divergence in words.
pub fn describe(divergence: &Divergence, layers: &[LayerReport]) -> String {
    let layer = divergence.layer.map_or(String::new(), |index| {
        format!(", layer{index} ({})", layers.get(index).map_or("", |layer| layer.name.as_str()))
    });
    let neuron = divergence.neuron.map_or(String::new(), |neuron| format!(", neuron {neuron}"));
    let step = divergence.time_step.map_or(String::new(), |step| format!(", time step {step}"));
    let quantity = match divergence.quantity {
        Quantity::SpikeTime => "spike time",
        Quantity::SecondSpike => "a second spike; spike time",
        Quantity::Score => "score",
        Quantity::Class => "class",
        Quantity::Latency => "latency in cycles",
        Quantity::CycleCount => "cycles counted outside and by the hardware",
        Quantity::FrameError => "frame error",
    };
    format!(
        "first divergence: image {}{layer}{neuron}{step}: {quantity}: golden {}, hardware {}",
        divergence.image, divergence.golden, divergence.hardware
    )
}
