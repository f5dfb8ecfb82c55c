//! What the readouts share: the captures of the output layer, the registers that gather them, the scores.

use super::Readout;
use crate::arch::design::{Design, Layer};
use crate::arch::options::ResultKind;
use crate::fixed::index_bits;
use crate::netlist::{Instance, Module, Shape};

/// The wires of the scores, and the readout's own module.
pub(super) fn instantiate(readout: &Readout, design: &Design, module: &mut Module) {
    module.gap();
    if readout.kind.result() == ResultKind::Words {
        module.wires(Shape::Bit, ["scores_valid", "scores_done"]);
        module.wires(Shape::Vector(readout.classes), ["scores_eligible"]);
        module.wires(Shape::Vector(readout.classes * readout.score_bits as usize), ["scores"]);
    }
    readout.kind.instantiate(design, module);
    if readout.kind.result() == ResultKind::Words {
        find_class(readout, design, module);
    }
}

/// The class of the largest score.
fn find_class(readout: &Readout, design: &Design, module: &mut Module) {
    module.gap();
    module.wires(Shape::Bit, ["found"]);
    module.wires(Shape::Vector(index_bits(readout.classes) as usize), ["winner"]);
    module.gap();
    let compared = if design.compares_captures() { "capture_membranes" } else { "scores" };
    module.instance(
        Instance::new("fs_class_tree", "class_tree_i")
            .set("CLASSES", readout.classes)
            .set("SCORE_BITS", readout.score_bits)
            .pin("clk", "clk")
            .pin("rst", "rst")
            .pin("s_valid", "scores_valid")
            .pin("s_scores", compared)
            .pin("s_eligible", "scores_eligible")
            .pin("m_valid", "found")
            .pin("m_class", "winner"),
    );
}

/// Connects what gives the scores on its port `scores`.
pub(super) fn scored(readout: Instance, scores: &str) -> Instance {
    readout
        .pin("capture_done", "capture_done")
        .pin("scores_valid_q", "scores_valid")
        .pin(scores, "scores")
        .pin("scores_done", "scores_done")
}

/// Lets every class win.
pub(super) fn all_eligible(design: &Design, module: &mut Module) {
    module.gap();
    module.assigns([("scores_eligible", format!("{{{}{{1'b1}}}}", design.readout.classes))]);
}

/// Gathers the potentials of a capture.
pub(super) fn gather_membranes(design: &Design, module: &mut Module) {
    gather(module, design.output_layer(), "membranes", design.output_layer().membrane_bits as usize);
}

/// Gathers the spikes of a capture, and shows them.
pub(super) fn gather_spikes(design: &Design, module: &mut Module) {
    gather(module, design.output_layer(), "spikes", 1);
    module.gap();
    module.assigns([("output_fire_valid", "spikes_valid"), ("output_fire", "spikes")]);
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
        .set("LANES", output.engine.lanes())
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
pub(super) fn unused(module: &mut Module, why: &str, names: &str) {
    module.gap();
    module.comment(why);
    module.driven("unused", format!("&{{1'b0, {names}}}"));
    module.gap();
}

pub(super) fn begin(name: &str, design: &Design) -> Instance {
    let readout = Instance::new(name, "readout_i");
    readout.set("CLASSES", design.readout.classes)
}

/// Follows the vectors of every step.
pub(super) fn every_step(readout: Instance, vector: &str) -> Instance {
    readout
        .pin("clk", "clk")
        .pin("rst", "rst")
        .pin("vector_valid", format!("{vector}_valid"))
        .pin("vector_last_step", format!("{vector}_last_step"))
}
