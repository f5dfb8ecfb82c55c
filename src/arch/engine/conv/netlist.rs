//! What a convolution instantiates.

use super::ConvEngine;
use crate::arch::design::{Design, Layer};
use crate::arch::netlist::{FOLDER, flag, quoted};
use crate::netlist::{Instance, Module};

pub(super) fn instantiate(engine: &ConvEngine, layer: &Layer, design: &Design, module: &mut Module) {
    let output = layer.output.address();
    let instance = layer.input.address().set(Instance::new("fs_conv_layer", layer.instance()));
    let instance = instance
        .set("SIDE", engine.side)
        .set("TILES_Y", engine.lines.tiles)
        .set("TILES_X", engine.columns.tiles)
        .set("TILE_BITS", engine.tile_bits)
        .set("LANES", engine.lanes)
        .set("PASSES", engine.passes)
        .set("PASS_BITS", engine.pass_bits)
        .set("PASS_ROWS", engine.pass_rows)
        .set("BLOCKS", engine.blocks)
        .set("BLOCK_BITS", engine.block_bits)
        .set("WORD_BITS", engine.word_bits)
        .set("TOUCHES", engine.touches)
        .set("TOUCH_BITS", engine.touch_bits)
        .set("ROWS", engine.rows)
        .set("ROW_BITS", engine.row_bits)
        .set("OUT_C_BITS", output.channel_bits)
        .set("OUT_Y_BITS", output.y_bits)
        .set("OUT_X_BITS", output.x_bits)
        .set("WEIGHT_BITS", layer.weight_bits)
        .set("MEMBRANE_BITS", layer.membrane_bits)
        .set("STEPS", design.time_steps)
        .set("STEP_BITS", design.step_bits)
        .set("STEP_ROWS", engine.step_rows)
        .set("SCAN_FIRST", flag(engine.scan_first))
        .set("CREDITS", engine.slots)
        .set("CREDIT_BITS", engine.credit_bits)
        .set("ENTRIES", engine.entries)
        .set("ENTRY_BITS", engine.entry_bits);
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
