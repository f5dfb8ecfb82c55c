//! From the captures of the output layer to one score per class.

use super::{FOLDER, file};
use crate::arch::{Design, Layer, MemoryImage, ReadoutKind};
use crate::netlist::{Instance, Module, Shape};

/// The registers that gather the captures, and the readout's own module.
pub(super) fn instantiate(module: &mut Module, design: &Design) {
    let output = design.layers.last().expect("a design has layers");
    module.gap();
    module.wires(Shape::Bit, ["score_valid", "score_ready", "score_eligible"]);
    module.wires(Shape::Signed(design.readout.score_bits as usize), ["score"]);
    let kind = &design.readout.kind;
    if !matches!(kind, ReadoutKind::WeightedSpikes { .. }) {
        gather(module, output, "membranes", output.membrane_bits as usize);
    }
    if kind.output_fires() {
        gather(module, output, "spikes", 1);
        module.gap();
        module.assigns([("output_fire_valid", "spikes_valid"), ("output_fire", "spikes")]);
    }
    let readout = match kind {
        ReadoutKind::Membrane => membrane(module, design),
        ReadoutKind::FirstSpike { thresholds } => first_spike(module, design, output, thresholds),
        ReadoutKind::WeightedCurrent { beta_bits, betas } => {
            weighted_current(module, design, output, *beta_bits, betas)
        }
        ReadoutKind::WeightedSpikes { alphas } => weighted_spikes(module, design, alphas),
    };
    let scores = ["capture_done", "score_valid", "score_ready", "score", "score_eligible"];
    module.instance(scores.into_iter().fold(readout, |readout, name| readout.pin(name, name)));
}

/// A register that gathers the groups of a capture into one vector, with `bits` for each neuron.
fn gather(module: &mut Module, output: &Layer, what: &str, bits: usize) {
    let (valid, last_step) = (format!("{what}_valid"), format!("{what}_last_step"));
    module.gap();
    module.wires(Shape::Bit, [valid.clone(), last_step.clone()]);
    module.wires(Shape::Vector(output.neurons() * bits), [what]);
    module.gap();
    let register = Instance::new("fs_capture_register", format!("capture_{what}_i"))
        .set("NEURONS", output.neurons())
        .set("LANES", output.lanes)
        .set("GROUPS", output.groups)
        .set("GROUP_BITS", output.group_bits)
        .set("BITS", bits);
    let shared = ["clk", "rst", "capture_valid", "capture_last_step", "capture_last_group", "capture_group"];
    let register = shared.into_iter().fold(register, |register, name| register.pin(name, name));
    module.instance(
        register
            .pin("capture_data", format!("capture_{what}"))
            .pin("vector_valid_q", valid)
            .pin("vector_last_step_q", last_step)
            .pin("vector_q", what),
    );
}

/// What a readout has no use for, and why.
fn unused(module: &mut Module, why: &str, names: &str) {
    module.gap();
    module.comment(why);
    module.driven("unused", format!("&{{1'b0, {names}}}"));
    module.gap();
}

fn begin(name: &str, design: &Design) -> Instance {
    let readout = Instance::new(name, "readout_i");
    readout.set("CLASSES", design.readout.classes).set("CLASS_BITS", design.readout.class_bits)
}

fn membrane(module: &mut Module, design: &Design) -> Instance {
    unused(module, "Only the last step is captured, and nobody fires.", "membranes_last_step, capture_spikes");
    begin("fs_readout_membrane", design)
        .set("MEMBRANE_BITS", design.readout.score_bits)
        .pin("clk", "clk")
        .pin("rst", "rst")
        .pin("vector_valid", "membranes_valid")
        .pin("membranes", "membranes")
}

fn first_spike(module: &mut Module, design: &Design, output: &Layer, thresholds: &MemoryImage) -> Instance {
    unused(module, "Both capture registers fill in the same cycles.", "membranes_valid, membranes_last_step");
    let readout = begin("fs_readout_first_spike", design)
        .set("MEMBRANE_BITS", output.membrane_bits)
        .set("SCORE_BITS", design.readout.score_bits)
        .set("FOLDER", FOLDER)
        .set("THRESHOLD_FILE", file(design, thresholds));
    every_step(readout, "spikes").pin("spikes", "spikes").pin("membranes", "membranes")
}

fn weighted_current(
    module: &mut Module,
    design: &Design,
    output: &Layer,
    beta_bits: u32,
    betas: &MemoryImage,
) -> Instance {
    unused(module, "Nobody fires.", "capture_spikes");
    let readout = begin("fs_readout_weighted_current", design)
        .set("STEPS", design.time_steps)
        .set("STEP_BITS", design.step_bits)
        .set("MEMBRANE_BITS", output.membrane_bits)
        .set("BETA_BITS", beta_bits)
        .set("SCORE_BITS", design.readout.score_bits)
        .set("FOLDER", FOLDER)
        .set("BETA_FILE", file(design, betas));
    every_step(readout, "membranes").pin("membranes", "membranes")
}

fn weighted_spikes(module: &mut Module, design: &Design, alphas: &MemoryImage) -> Instance {
    unused(module, "The potentials play no part.", "capture_membranes");
    let readout = begin("fs_readout_weighted_spikes", design)
        .set("STEPS", design.time_steps)
        .set("STEP_BITS", design.step_bits)
        .set("SCORE_BITS", design.readout.score_bits)
        .set("FOLDER", FOLDER)
        .set("ALPHA_FILE", file(design, alphas));
    every_step(readout, "spikes").pin("spikes", "spikes")
}

/// Follows the vectors of every step.
fn every_step(readout: Instance, vector: &str) -> Instance {
    readout
        .pin("clk", "clk")
        .pin("rst", "rst")
        .pin("vector_valid", format!("{vector}_valid"))
        .pin("vector_last_step", format!("{vector}_last_step"))
}
