// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution layer: events in, spikes out, at most one spike per neuron and image.
//
//   fs_conv_control -> fs_conv_address -> fs_weight_memory -> fs_conv_array -> fs_word_queue
//   -> fs_word_scan
//
// An event is {channel, row, column} in bit fields, before pooling; so is a spike.

`timescale 1ns / 1ps
`default_nettype none

module fs_conv_layer #(
    parameter CHANNELS      = 1,   // input channels
    parameter CHANNEL_BITS  = 1,   // width of an input channel, bits
    parameter HEIGHT        = 4,   // input rows, before pooling
    parameter Y_BITS        = 2,   // width of an input row, bits
    parameter WIDTH         = 4,   // input columns, before pooling
    parameter X_BITS        = 2,   // width of an input column, bits
    parameter SIDE          = 2,   // banks per axis: ceil(kernel / stride)
    parameter TILES_Y       = 2,   // tiles per column: ceil(rows of neurons / SIDE)
    parameter TILES_X       = 2,   // tiles per row
    parameter TILE_BITS     = 2,   // width of a tile index, bits
    parameter LANES         = 2,   // output channels per word
    parameter PASSES        = 1,   // cycles per event
    parameter PASS_BITS     = 1,   // width of a pass index, bits
    parameter PASS_ROWS     = 4,   // weight rows of a pass
    parameter BLOCKS        = 1,   // words of a bank per tile
    parameter BLOCK_BITS    = 1,   // width of a block index, bits
    parameter WORD_BITS     = 2,   // width of a word address in a bank, bits
    parameter TOUCHES       = 4,   // sets of words that are worked through together: groups * tiles
    parameter TOUCH_BITS    = 2,   // width of the number of such a set, bits
    parameter ROWS          = 5,   // weight rows; the last ones are for scans
    parameter ROW_BITS      = 3,   // width of a weight row address, bits
    parameter OUT_C_BITS    = 1,   // width of an output channel, bits
    parameter OUT_Y_BITS    = 2,   // width of a row of neurons, bits
    parameter OUT_X_BITS    = 2,   // width of a column of neurons, bits
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter STEP_BITS     = 2,   // width of a step index, bits
    parameter STEP_ROWS     = 0,   // steps with rows of their own: 0: no rows, the last one is zeros;
                                   // 1: the same row in all steps but the first; more: STEPS - 1
    parameter SCAN_FIRST    = 0,   // 1: a neuron starts at threshold
    parameter CREDITS       = 2,   // steps that may wait for the scan
    parameter CREDIT_BITS   = 2,   // width of a count of steps, bits
    parameter ENTRIES       = 8,   // words that may wait: CREDITS * BLOCKS * tiles, a power of two
    parameter ENTRY_BITS    = 3,   // log2(ENTRIES), bits
    parameter WEIGHT_STYLE  = "auto",  // "block": weights in block RAM; "auto": the tool decides
    parameter FOLDER        = "",  // folder of the memory images
    parameter CHANNEL_FILE  = "",  // table of the input channels
    parameter Y_FILE        = "",  // table of the input rows
    parameter X_FILE        = "",  // table of the input columns
    parameter BLOCK_FILE    = "",  // table of the blocks
    parameter TILE_FILE     = "",  // table of the tiles
    parameter WEIGHT_FILE   = "",  // weights in the order of the banks, one row per line
    parameter INITIAL_FILE  = ""   // v0 - threshold, with the row of step 0, one block per line
) (
    input  wire                                        clk,
    input  wire                                        rst,

    input  wire                                        s_axis_tvalid,
    output wire                                        s_axis_tready,
    input  wire [CHANNEL_BITS+Y_BITS+X_BITS-1:0]       s_axis_tdata,
    input  wire                                        s_axis_tuser,

    output wire                                        m_axis_tvalid,
    input  wire                                        m_axis_tready,
    output wire [OUT_C_BITS+OUT_Y_BITS+OUT_X_BITS-1:0] m_axis_tdata,
    output wire                                        m_axis_tuser
);

    localparam PLACE_BITS  = CHANNEL_BITS + Y_BITS + X_BITS;
    localparam ORIGIN_BITS = OUT_C_BITS + OUT_Y_BITS + OUT_X_BITS;
    localparam TILES       = TILES_Y * TILES_X;
    localparam BANKS       = SIDE * SIDE;

    wire                                op_event;
    wire [PLACE_BITS-1:0]               op_place;
    wire [PASS_BITS-1:0]                op_pass;
    wire [ROW_BITS-1:0]                 op_pass_row;
    wire [TILES-1:0]                    op_tiles;
    wire                                scan, scan_mark, scan_clear;
    wire [TILES-1:0]                    scan_tile;
    wire [BLOCK_BITS-1:0]               scan_block;
    wire [ROW_BITS-1:0]                 scan_row;
    wire [ROW_BITS-1:0]                 row;
    wire                                bank_scan, bank_mark, bank_clear;
    wire [BANKS-1:0]                    bank_active, bank_in_map;
    wire [BANKS*WORD_BITS-1:0]          bank_words;
    wire [BANKS*TOUCH_BITS-1:0]         bank_touches;
    wire                                bank_last;
    wire [BLOCK_BITS-1:0]               bank_block;
    wire [ORIGIN_BITS-1:0]              bank_origin;
    wire [BANKS*LANES*WEIGHT_BITS-1:0]  weights;
    wire                                word_mark;
    wire [ORIGIN_BITS-1:0]              word_origin;
    wire [BANKS*LANES-1:0]              word_spikes;
    wire                                head_valid, head_take, fetch;
    wire [BANKS:0]                      head_places;
    wire [ORIGIN_BITS-1:0]              head_origin;
    wire [ENTRY_BITS-1:0]               head_entry, fetch_entry;
    wire [BANKS*LANES-1:0]              fetched;

    fs_conv_control #(
        .PLACE_BITS  (PLACE_BITS),
        .PASSES      (PASSES),
        .PASS_BITS   (PASS_BITS),
        .PASS_ROWS   (PASS_ROWS),
        .ROWS        (ROWS),
        .ROW_BITS    (ROW_BITS),
        .TILES       (TILES),
        .BLOCKS      (BLOCKS),
        .BLOCK_BITS  (BLOCK_BITS),
        .STEPS       (STEPS),
        .STEP_BITS   (STEP_BITS),
        .STEP_ROWS   (STEP_ROWS),
        .SCAN_FIRST  (SCAN_FIRST),
        .CREDITS     (CREDITS),
        .CREDIT_BITS (CREDIT_BITS)
    ) conv_control_i (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tready (s_axis_tready),
        .s_axis_tdata  (s_axis_tdata),
        .s_axis_tuser  (s_axis_tuser),
        .step_done     (m_axis_tvalid && m_axis_tready && m_axis_tuser),
        .op_event_q    (op_event),
        .op_place_q    (op_place),
        .op_pass_q     (op_pass),
        .op_pass_row_q (op_pass_row),
        .op_tiles      (op_tiles),
        .scan_q        (scan),
        .scan_tile_q   (scan_tile),
        .scan_block_q  (scan_block),
        .scan_row      (scan_row),
        .scan_mark_q   (scan_mark),
        .scan_clear_q  (scan_clear)
    );

    fs_conv_address #(
        .CHANNELS      (CHANNELS),
        .CHANNEL_BITS  (CHANNEL_BITS),
        .HEIGHT        (HEIGHT),
        .Y_BITS        (Y_BITS),
        .WIDTH         (WIDTH),
        .X_BITS        (X_BITS),
        .SIDE          (SIDE),
        .TILES_Y       (TILES_Y),
        .TILES_X       (TILES_X),
        .TILE_BITS     (TILE_BITS),
        .PASSES        (PASSES),
        .PASS_BITS     (PASS_BITS),
        .BLOCKS        (BLOCKS),
        .BLOCK_BITS    (BLOCK_BITS),
        .WORD_BITS     (WORD_BITS),
        .TOUCH_BITS    (TOUCH_BITS),
        .ROW_BITS      (ROW_BITS),
        .OUT_C_BITS    (OUT_C_BITS),
        .OUT_Y_BITS    (OUT_Y_BITS),
        .OUT_X_BITS    (OUT_X_BITS),
        .FOLDER        (FOLDER),
        .CHANNEL_FILE  (CHANNEL_FILE),
        .Y_FILE        (Y_FILE),
        .X_FILE        (X_FILE),
        .BLOCK_FILE    (BLOCK_FILE),
        .TILE_FILE     (TILE_FILE)
    ) conv_address_i (
        .clk         (clk),
        .rst         (rst),
        .op_event    (op_event),
        .op_place    (op_place),
        .op_pass     (op_pass),
        .op_pass_row (op_pass_row),
        .op_tiles    (op_tiles),
        .scan        (scan),
        .scan_tile   (scan_tile),
        .scan_block  (scan_block),
        .scan_row    (scan_row),
        .scan_mark   (scan_mark),
        .scan_clear  (scan_clear),
        .row_q3      (row),
        .scan_q4     (bank_scan),
        .mark_q4     (bank_mark),
        .clear_q4    (bank_clear),
        .active_q4   (bank_active),
        .words_q4    (bank_words),
        .touches_q4  (bank_touches),
        .last_q4     (bank_last),
        .block_q4    (bank_block),
        .in_map_q4   (bank_in_map),
        .c_q4        (bank_origin[OUT_Y_BITS+OUT_X_BITS +: OUT_C_BITS]),
        .y_q4        (bank_origin[OUT_X_BITS +: OUT_Y_BITS]),
        .x_q4        (bank_origin[0 +: OUT_X_BITS])
    );

    fs_weight_memory #(
        .ROWS      (ROWS),
        .ROW_BITS  (ROW_BITS),
        .WORD_BITS (BANKS * LANES * WEIGHT_BITS),
        .STYLE     (WEIGHT_STYLE),
        .FOLDER    (FOLDER),
        .FILE      (WEIGHT_FILE)
    ) weight_memory_i (
        .clk     (clk),
        .row     (row),
        .word_q2 (weights)
    );

    fs_conv_array #(
        .BANKS         (BANKS),
        .LANES         (LANES),
        .BLOCKS        (BLOCKS),
        .BLOCK_BITS    (BLOCK_BITS),
        .DEPTH         (BLOCKS * TILES),
        .WORD_BITS     (WORD_BITS),
        .TOUCHES       (TOUCHES),
        .TOUCH_BITS    (TOUCH_BITS),
        .WEIGHT_BITS   (WEIGHT_BITS),
        .MEMBRANE_BITS (MEMBRANE_BITS),
        .ORIGIN_BITS   (ORIGIN_BITS),
        .FOLDER        (FOLDER),
        .INITIAL_FILE  (INITIAL_FILE)
    ) conv_array_i (
        .clk        (clk),
        .rst        (rst),
        .op_scan    (bank_scan),
        .op_mark    (bank_mark),
        .op_clear   (bank_clear),
        .op_active  (bank_active),
        .op_words   (bank_words),
        .op_touches (bank_touches),
        .op_last    (bank_last),
        .op_block   (bank_block),
        .op_in_map  (bank_in_map),
        .op_origin  (bank_origin),
        .weights    (weights),
        .mark_q3    (word_mark),
        .origin_q3  (word_origin),
        .spikes_q3  (word_spikes)
    );

    fs_word_queue #(
        .BANKS       (BANKS),
        .LANES       (LANES),
        .ORIGIN_BITS (ORIGIN_BITS),
        .ENTRIES     (ENTRIES),
        .ENTRY_BITS  (ENTRY_BITS)
    ) word_queue_i (
        .clk          (clk),
        .rst          (rst),
        .mark         (word_mark),
        .origin       (word_origin),
        .spikes       (word_spikes),
        .head_valid_q (head_valid),
        .head_places  (head_places),
        .head_origin  (head_origin),
        .head_entry   (head_entry),
        .head_take    (head_take),
        .fetch        (fetch),
        .fetch_entry  (fetch_entry),
        .fetched_q    (fetched)
    );

    fs_word_scan #(
        .SIDE       (SIDE),
        .LANES      (LANES),
        .C_BITS     (OUT_C_BITS),
        .Y_BITS     (OUT_Y_BITS),
        .X_BITS     (OUT_X_BITS),
        .ENTRY_BITS (ENTRY_BITS)
    ) word_scan_i (
        .clk           (clk),
        .rst           (rst),
        .head_valid    (head_valid),
        .head_places   (head_places),
        .head_origin   (head_origin),
        .head_entry    (head_entry),
        .head_take     (head_take),
        .fetch         (fetch),
        .fetch_entry   (fetch_entry),
        .fetched_q     (fetched),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tready (m_axis_tready),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tuser  (m_axis_tuser)
    );

endmodule

`resetall
