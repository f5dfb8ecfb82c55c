//! What a dense layer instantiates: one event at a time into all its neurons.

use super::input::address;
use super::{FOLDER, file, flag, quoted};
use crate::arch::{Design, HiddenStage, Layer};
use crate::netlist::{Instance, Module, Shape};

/// A layer that feeds another one.
pub(super) fn hidden(module: &mut Module, design: &Design, index: usize, layer: &Layer, stage: &HiddenStage) {
    let next = index + 1;
    let (low, high) = (layer.output.y_bits + layer.output.x_bits, layer.output.bits());
    let mut spikes = format!("events{next}_tdata");
    module.gap();
    if layer.output.is_packed() {
        module.comment("A map of one row and one column.");
        module.assigns([(format!("{spikes}[{}:0]", low - 1), format!("{low}'d0"))]);
        module.gap();
        spikes += &format!("[{}:{low}]", high - 1);
    }
    let engine = Instance::new("fs_hidden_layer", format!("layer{index}"))
        .set("INPUTS", layer.addresses)
        .set("INDEX_BITS", layer.index_bits)
        .set("NEURONS", layer.neurons())
        .set("NEURON_BITS", layer.output.channel_bits);
    let engine = widths(engine, design, layer)
        .set("SLOTS", stage.slots)
        .set("CREDIT_BITS", stage.credit_bits)
        .set("WORD_BITS", stage.word_bits)
        .set("PLACE_BITS", stage.place_bits)
        .set("WORDS", stage.words)
        .set("SELECT_BITS", stage.select_bits);
    let engine = slave(memories(engine, design, layer), index, layer)
        .pin("m_axis_tvalid", format!("events{next}_tvalid"))
        .pin("m_axis_tready", format!("events{next}_tready"))
        .pin("m_axis_tdata", spikes)
        .pin("m_axis_tuser", format!("events{next}_tuser"));
    module.instance(engine);
    observe(module, index);
}

/// The layer that feeds the readout; `capture_all`: at every step.
pub(super) fn output(module: &mut Module, design: &Design, index: usize, layer: &Layer, capture_all: bool) {
    module.gap();
    module.comment("Captures of the output layer.");
    module.wires(Shape::Bit, ["capture_valid", "capture_last_step", "capture_last_group", "capture_done"]);
    module.wires(Shape::Vector(layer.group_bits as usize), ["capture_group"]);
    module.wires(Shape::Vector(layer.lanes), ["capture_spikes"]);
    module.wires(Shape::Vector(layer.lanes * layer.membrane_bits as usize), ["capture_membranes"]);
    module.gap();
    let engine = Instance::new("fs_integrate_fire", format!("layer{index}"))
        .set("INPUTS", layer.addresses)
        .set("INDEX_BITS", layer.index_bits);
    let engine =
        widths(engine, design, layer).set("CAPTURE_ALL", flag(capture_all)).set("CREDITS", 1).set("CREDIT_BITS", 1);
    let engine = slave(memories(engine, design, layer), index, layer);
    let captures = ["capture_done", "capture_valid", "capture_last_step", "capture_last_group", "capture_group"];
    let captures = captures.into_iter().chain(["capture_spikes", "capture_membranes"]);
    module.instance(captures.fold(engine, |engine, name| engine.pin(name, name)));
}

fn widths(engine: Instance, design: &Design, layer: &Layer) -> Instance {
    engine
        .set("LANES", layer.lanes)
        .set("GROUPS", layer.groups)
        .set("GROUP_BITS", layer.group_bits)
        .set("ROWS", layer.rows())
        .set("ROW_BITS", layer.row_bits)
        .set("WEIGHT_BITS", layer.weight_bits)
        .set("MEMBRANE_BITS", layer.membrane_bits)
        .set("STEPS", design.time_steps)
        .set("STEP_BITS", design.step_bits)
}

fn memories(engine: Instance, design: &Design, layer: &Layer) -> Instance {
    engine
        .set("WEIGHT_STYLE", quoted(layer.weight_memory.name()))
        .set("FOLDER", FOLDER)
        .set("WEIGHT_FILE", file(design, &layer.weights))
        .set("INITIAL_FILE", file(design, &layer.initial))
}

fn slave(engine: Instance, index: usize, layer: &Layer) -> Instance {
    engine
        .pin("clk", "clk")
        .pin("rst", "rst")
        .pin("s_axis_tvalid", format!("events{index}_tvalid"))
        .pin("s_axis_tready", format!("events{index}_tready"))
        .pin("s_axis_tdata", address(index, layer))
        .pin("s_axis_tuser", format!("events{index}_tuser"))
}

/// Shows what a layer sends to the next one, in the cycle in which it moves.
pub(super) fn observe(module: &mut Module, index: usize) {
    let next = index + 1;
    module.gap();
    module.assigns([
        (format!("layer{index}_spike_valid"), format!("events{next}_tvalid && events{next}_tready")),
        (format!("layer{index}_spike_index"), format!("events{next}_tdata")),
        (format!("layer{index}_spike_step_end"), format!("events{next}_tuser")),
    ]);
}
