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
    parameter HEIGHT        = 4,   // input rows, before pooling
    parameter WIDTH         = 4,   // input columns, before pooling
    parameter OUT_CHANNELS  = 2,   // output channels
    parameter OUT_HEIGHT    = 3,   // rows of neurons
    parameter OUT_WIDTH     = 3,   // columns of neurons
    parameter KERNEL        = 2,   // rows and columns of a kernel
    parameter STRIDE        = 1,   // rows and columns from one neuron to the next
    parameter GROUPS        = 1,   // groups of channels, each of which sees its own only
    parameter LANES         = 2,   // output channels per word
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter STEP_ROWS     = 0,   // steps with rows of their own: 0: no rows, the last one is zeros;
                                   // 1: the same row in all steps but the first; more: STEPS - 1
    parameter SCAN_FIRST    = 0,   // 1: a neuron starts at threshold
    parameter SLOTS         = 2,   // steps that may wait for the scan
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
    input  wire clk,
    input  wire rst,

    input  wire s_axis_tvalid,
    output wire s_axis_tready,
    input  wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)
                 + $clog2(HEIGHT > 1 ? HEIGHT : 2)
                 + $clog2(WIDTH > 1 ? WIDTH : 2) - 1:0] s_axis_tdata,
    input  wire s_axis_tuser,

    output wire m_axis_tvalid,
    input  wire m_axis_tready,
    output wire [$clog2(OUT_CHANNELS > 1 ? OUT_CHANNELS : 2)
                 + $clog2(OUT_HEIGHT > 1 ? OUT_HEIGHT : 2)
                 + $clog2(OUT_WIDTH > 1 ? OUT_WIDTH : 2) - 1:0] m_axis_tdata,
    output wire m_axis_tuser
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_conv_layer_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_conv_layer_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_conv_layer_WIDTH_must_be_1_or_more stop ();
        end
        if (OUT_CHANNELS < 1) begin : g_out_channels_guard
            fs_conv_layer_OUT_CHANNELS_must_be_1_or_more stop ();
        end
        if (OUT_HEIGHT < 1) begin : g_out_height_guard
            fs_conv_layer_OUT_HEIGHT_must_be_1_or_more stop ();
        end
        if (OUT_WIDTH < 1) begin : g_out_width_guard
            fs_conv_layer_OUT_WIDTH_must_be_1_or_more stop ();
        end
        if (KERNEL < 1) begin : g_kernel_guard
            fs_conv_layer_KERNEL_must_be_1_or_more stop ();
        end
        if (STRIDE < 1) begin : g_stride_guard
            fs_conv_layer_STRIDE_must_be_1_or_more stop ();
        end
        if (GROUPS < 1 || CHANNELS % GROUPS != 0 || OUT_CHANNELS % GROUPS != 0) begin : g_groups_guard
            fs_conv_layer_GROUPS_must_be_a_divisor_of_channels stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_conv_layer_LANES_must_be_1_or_more stop ();
        end
        if (WEIGHT_BITS < 1) begin : g_weight_bits_guard
            fs_conv_layer_WEIGHT_BITS_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < WEIGHT_BITS) begin : g_membrane_bits_guard
            fs_conv_layer_MEMBRANE_BITS_must_be_WEIGHT_BITS_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_conv_layer_STEPS_must_be_1_or_more stop ();
        end
        if (SLOTS < 1) begin : g_slots_guard
            fs_conv_layer_SLOTS_must_be_1_or_more stop ();
        end
    endgenerate

    // Events and spikes.
    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);
    localparam Y_BITS       = $clog2(HEIGHT > 1 ? HEIGHT : 2);
    localparam X_BITS       = $clog2(WIDTH > 1 ? WIDTH : 2);
    localparam PLACE_BITS   = CHANNEL_BITS + Y_BITS + X_BITS;
    localparam OUT_C_BITS   = $clog2(OUT_CHANNELS > 1 ? OUT_CHANNELS : 2);
    localparam OUT_Y_BITS   = $clog2(OUT_HEIGHT > 1 ? OUT_HEIGHT : 2);
    localparam OUT_X_BITS   = $clog2(OUT_WIDTH > 1 ? OUT_WIDTH : 2);
    localparam ORIGIN_BITS  = OUT_C_BITS + OUT_Y_BITS + OUT_X_BITS;

    // Neurons over banks.
    localparam SIDE    = (KERNEL + STRIDE - 1) / STRIDE;               // banks per axis
    localparam BANKS   = SIDE * SIDE;
    localparam TILES_Y = (OUT_HEIGHT + SIDE - 1) / SIDE;
    localparam TILES_X = (OUT_WIDTH + SIDE - 1) / SIDE;
    localparam TILES   = TILES_Y * TILES_X;
    localparam PASSES  = (OUT_CHANNELS / GROUPS + LANES - 1) / LANES;  // cycles per event
    localparam BLOCKS  = GROUPS * PASSES;                              // words of a bank per tile
    localparam DEPTH   = BLOCKS * TILES;                               // words of a bank
    localparam TOUCHES = GROUPS * TILES;                               // sets of words of a group

    // Weights.
    localparam PERIOD    = SIDE * STRIDE;    // input places until all is alike
    localparam PASS_ROWS = PERIOD * PERIOD;  // weight rows of a pass
    localparam SCAN_ROWS = STEP_ROWS == 0 ? 1 : STEP_ROWS * BLOCKS;
    localparam ROWS      = CHANNELS * PASSES * PASS_ROWS + SCAN_ROWS;

    // Words that wait for the scan: a step has at most DEPTH.
    localparam ENTRY_BITS = $clog2(SLOTS*DEPTH > 1 ? SLOTS*DEPTH : 2);
    localparam ENTRIES    = 1 << ENTRY_BITS;  // a power of two

    // Indices.
    localparam PASS_BITS  = $clog2(PASSES > 1 ? PASSES : 2);
    localparam BLOCK_BITS = $clog2(BLOCKS > 1 ? BLOCKS : 2);
    localparam WORD_BITS  = $clog2(DEPTH > 1 ? DEPTH : 2);
    localparam TOUCH_BITS = $clog2(TOUCHES > 1 ? TOUCHES : 2);
    localparam ROW_BITS   = $clog2(ROWS > 1 ? ROWS : 2);

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
        .PLACE_BITS (PLACE_BITS),
        .PASSES     (PASSES),
        .PASS_ROWS  (PASS_ROWS),
        .ROWS       (ROWS),
        .TILES      (TILES),
        .BLOCKS     (BLOCKS),
        .STEPS      (STEPS),
        .STEP_ROWS  (STEP_ROWS),
        .SCAN_FIRST (SCAN_FIRST),
        .CREDITS    (SLOTS)
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
        .CHANNELS     (CHANNELS),
        .HEIGHT       (HEIGHT),
        .WIDTH        (WIDTH),
        .PLACE_BITS   (PLACE_BITS),
        .OUT_CHANNELS (OUT_CHANNELS),
        .OUT_HEIGHT   (OUT_HEIGHT),
        .OUT_WIDTH    (OUT_WIDTH),
        .SIDE         (SIDE),
        .TILES_Y      (TILES_Y),
        .TILES_X      (TILES_X),
        .PASSES       (PASSES),
        .BLOCKS       (BLOCKS),
        .DEPTH        (DEPTH),
        .TOUCHES      (TOUCHES),
        .ROWS         (ROWS),
        .FOLDER       (FOLDER),
        .CHANNEL_FILE (CHANNEL_FILE),
        .Y_FILE       (Y_FILE),
        .X_FILE       (X_FILE),
        .BLOCK_FILE   (BLOCK_FILE),
        .TILE_FILE    (TILE_FILE)
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
        .DEPTH         (DEPTH),
        .TOUCHES       (TOUCHES),
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
        .ENTRIES     (ENTRIES)
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
