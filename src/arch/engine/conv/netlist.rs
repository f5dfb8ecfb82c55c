//! What a convolution instantiates.

use super::ConvEngine;
use crate::arch::design::{Design, Layer};
use crate::arch::netlist::{FOLDER, flag, quoted};
use crate::netlist::{Instance, Module};

pub(super) fn instantiate(engine: &ConvEngine, layer: &Layer, design: &Design, module: &mut Module) {
    let (input, output) = (layer.input.address(), layer.output_map);
    let instance = input
        .set_map(Instance::new("fs_conv_layer", layer.instance()))
        .set("OUT_CHANNELS", output.channels)
        .set("OUT_HEIGHT", output.height)
        .set("OUT_WIDTH", output.width)
        .set("KERNEL", engine.lines.kernel)
        .set("STRIDE", engine.lines.stride)
        .set("GROUPS", engine.groups())
        .set("LANES", engine.lanes)
        .set("WEIGHT_BITS", layer.weight_bits)
        .set("MEMBRANE_BITS", layer.membrane_bits)
        .set("STEPS", design.time_steps)
        .set("STEP_ROWS", engine.step_rows)
        .set("SCAN_FIRST", flag(engine.scan_first))
        .set("SLOTS", engine.slots);
    let instance = memories(instance, engine, layer, design).pin("clk", "clk").pin("rst", "rst");
    let instance = layer.input_stream().connect(instance, "s_axis");
    module.instance(layer.output_stream().connect(instance, "m_axis"));
}

fn memories(instance: Instance, engine: &ConvEngine, layer: &Layer, design: &Design) -> Instance {
    instance
        .set("WEIGHT_STYLE", quoted(engine.weight_memory.name()))
        .set("FOLDER", FOLDER)
        .set("CHANNEL_FILE", layer.file(design, "channels"))
        .set("Y_FILE", layer.file(design, "lines"))
        .set("X_FILE", layer.file(design, "columns"))
        .set("BLOCK_FILE", layer.file(design, "blocks"))
        .set("TILE_FILE", layer.file(design, "tiles"))
        .set("WEIGHT_FILE", layer.file(design, "weights"))
        .set("INITIAL_FILE", layer.file(design, "initial"))
}
