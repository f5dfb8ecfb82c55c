//! What a convolution instantiates.

use super::events::observe;
use super::{FOLDER, file, flag, quoted};
use crate::arch::{ConvStage, Design, Layer};
use crate::netlist::{Instance, Module};

pub(super) fn instantiate(module: &mut Module, design: &Design, index: usize, layer: &Layer, stage: &ConvStage) {
    let (map, next) = (layer.input.map, index + 1);
    module.gap();
    let engine = Instance::new("fs_conv_layer", format!("layer{index}"))
        .set("CHANNELS", map.channels)
        .set("CHANNEL_BITS", layer.input.channel_bits)
        .set("HEIGHT", map.height)
        .set("Y_BITS", layer.input.y_bits)
        .set("WIDTH", map.width)
        .set("X_BITS", layer.input.x_bits)
        .set("SIDE", stage.side)
        .set("TILES_Y", stage.lines.tiles)
        .set("TILES_X", stage.columns.tiles)
        .set("TILE_BITS", stage.tile_bits)
        .set("LANES", layer.lanes)
        .set("PASSES", layer.groups)
        .set("PASS_BITS", layer.group_bits)
        .set("PASS_ROWS", stage.pass_rows)
        .set("BLOCKS", stage.blocks)
        .set("BLOCK_BITS", stage.block_bits)
        .set("WORD_BITS", stage.word_bits)
        .set("TOUCHES", stage.touches)
        .set("TOUCH_BITS", stage.touch_bits)
        .set("ROWS", layer.rows())
        .set("ROW_BITS", layer.row_bits)
        .set("OUT_C_BITS", layer.output.channel_bits)
        .set("OUT_Y_BITS", layer.output.y_bits)
        .set("OUT_X_BITS", layer.output.x_bits)
        .set("WEIGHT_BITS", layer.weight_bits)
        .set("MEMBRANE_BITS", layer.membrane_bits)
        .set("STEPS", design.time_steps)
        .set("STEP_BITS", design.step_bits)
        .set("SCAN_FIRST", flag(stage.scan_first))
        .set("CREDITS", stage.slots)
        .set("CREDIT_BITS", stage.credit_bits)
        .set("ENTRIES", stage.entries)
        .set("ENTRY_BITS", stage.entry_bits)
        .set("WEIGHT_STYLE", quoted(layer.weight_memory.name()))
        .set("FOLDER", FOLDER)
        .set("CHANNEL_FILE", file(design, &stage.channel_table))
        .set("Y_FILE", file(design, &stage.line_table))
        .set("X_FILE", file(design, &stage.column_table))
        .set("BLOCK_FILE", file(design, &stage.block_table))
        .set("TILE_FILE", file(design, &stage.tile_table))
        .set("WEIGHT_FILE", file(design, &layer.weights))
        .set("INITIAL_FILE", file(design, &layer.initial))
        .pin("clk", "clk")
        .pin("rst", "rst");
    let engine = ["tvalid", "tready", "tdata", "tuser"]
        .iter()
        .fold(engine, |engine, signal| engine.pin(&format!("s_axis_{signal}"), format!("events{index}_{signal}")));
    let engine = ["tvalid", "tready", "tdata", "tuser"]
        .iter()
        .fold(engine, |engine, signal| engine.pin(&format!("m_axis_{signal}"), format!("events{next}_{signal}")));
    module.instance(engine);
    observe(module, index);
}
