// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution control: turns the beats of an event stream into operations of a convolution.
//
//   event   adds kernels to the membranes that the event reaches    PASSES cycles
//   scan    looks for neurons at threshold at the end of a step,    a cycle per word to look at
//           and adds the step row of the next step to them
//
// An event is taken in every cycle (with several passes, in every PASSES-th). A mark starts the
// scan, which walks the tiles that events of this step have reached, all blocks of a tile one after
// the other; a neuron elsewhere has not changed. At step 0 it walks all tiles if a neuron starts at
// threshold, and in every step if rows are added. What follows the scan may be busy, so a mark needs
// a credit.

`timescale 1ns / 1ps
`default_nettype none

module fs_conv_control #(
    parameter PLACE_BITS = 6,   // width of an event: channel, row, column, bits
    parameter PASSES     = 1,   // cycles per event
    parameter PASS_ROWS  = 9,   // weight rows of a pass
    parameter ROWS       = 10,  // weight rows; the last ones are for scans
    parameter TILES      = 4,   // tiles of the map
    parameter BLOCKS     = 1,   // words of a bank per tile
    parameter STEPS      = 4,   // time steps per image
    // Steps with rows of their own; 0: nothing is added; 1: always the same.
    parameter STEP_ROWS  = 0,
    parameter SCAN_FIRST = 0,   // 1: a neuron starts at threshold
    parameter CREDITS    = 2    // steps that may be under way or not yet used up
) (
    input  wire clk,
    input  wire rst,

    input  wire                  s_axis_tvalid,
    output wire                  s_axis_tready,
    input  wire [PLACE_BITS-1:0] s_axis_tdata,
    input  wire                  s_axis_tuser,

    input  wire step_done,  // the spikes of one step have left

    output reg                                        op_event_q,
    output reg  [PLACE_BITS-1:0]                      op_place_q,
    output reg  [$clog2(PASSES > 1 ? PASSES : 2)-1:0] op_pass_q,
    output reg  [$clog2(ROWS > 1 ? ROWS : 2)-1:0]     op_pass_row_q,  // op_pass_q * PASS_ROWS
    input  wire [TILES-1:0]                           op_tiles,       // that the event reaches

    // A cycle later than the event that is accepted in the same cycle.
    output reg                                        scan_q,
    // One-hot; 0: nothing to look at.
    output reg  [TILES-1:0]                           scan_tile_q,
    output reg  [$clog2(BLOCKS > 1 ? BLOCKS : 2)-1:0] scan_block_q,
    output wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0]     scan_row,     // weight row of what is added
    output reg                                        scan_mark_q,  // the last one of the step
    output reg                                        scan_clear_q  // and of the image
);

    localparam PASS_BITS   = $clog2(PASSES > 1 ? PASSES : 2);
    localparam ROW_BITS    = $clog2(ROWS > 1 ? ROWS : 2);
    localparam BLOCK_BITS  = $clog2(BLOCKS > 1 ? BLOCKS : 2);
    localparam STEP_BITS   = $clog2(STEPS > 1 ? STEPS : 2);
    localparam CREDIT_BITS = $clog2(CREDITS + 1);

    localparam [31:0] PASSES_LESS_1 = PASSES - 1;
    localparam [31:0] BLOCKS_LESS_1 = BLOCKS - 1;
    localparam [31:0] STEPS_LESS_1  = STEPS - 1;
    localparam [31:0] ALL_CREDITS   = CREDITS;
    localparam [31:0] ROWS_OF_PASS  = PASS_ROWS;
    localparam [31:0] SCAN_ROW      = ROWS - (STEP_ROWS == 0 ? 1 : STEP_ROWS * BLOCKS);

    localparam [TILES-1:0] EVERY_TILES = STEP_ROWS != 0 ? {TILES{1'b1}} : {TILES{1'b0}};
    localparam [TILES-1:0] FIRST_TILES = SCAN_FIRST != 0 ? {TILES{1'b1}} : EVERY_TILES;

    reg                   scanning_q, last_step_q;
    reg [PASS_BITS-1:0]   pass_q;
    reg [ROW_BITS-1:0]    pass_row_q;
    reg [STEP_BITS-1:0]   step_q;
    reg [CREDIT_BITS-1:0] credits_q;
    reg [TILES-1:0]       tiles_q;      // to be looked at
    reg [BLOCK_BITS-1:0]  block_q;

    wire last_pass  = pass_q == PASSES_LESS_1[PASS_BITS-1:0];
    wire last_step  = step_q == STEPS_LESS_1[STEP_BITS-1:0];
    wire has_credit = credits_q != {CREDIT_BITS{1'b0}};
    wire takes      = s_axis_tvalid && !scanning_q;
    wire takes_mark = takes && s_axis_tuser && has_credit;
    wire event_pass = takes && !s_axis_tuser;

    assign s_axis_tready = !scanning_q && (s_axis_tuser ? has_credit : last_pass);

    wire [TILES-1:0] tile;
    wire [TILES-1:0] tiles_left = tiles_q & ~tile;
    wire             last_block = block_q == BLOCKS_LESS_1[BLOCK_BITS-1:0];
    wire             no_tile    = tiles_q == {TILES{1'b0}};
    wire             several;           // tiles
    wire             scan_ends  = !several && (last_block || no_tile);

    fs_lowest_one  #(.BITS (TILES)) find_tile   (.bits (tiles_q), .lowest (tile));
    fs_two_or_more #(.BITS (TILES)) count_tiles (.bits (tiles_q), .yes (several));

    generate
        if (STEP_ROWS == 0) begin : g_no_rows
            assign scan_row = SCAN_ROW[ROW_BITS-1:0];
        end else begin : g_rows
            wire [ROW_BITS-1:0] first_row;  // of the step, for block 0
            reg  [ROW_BITS-1:0] scan_row_q;

            assign scan_row = scan_row_q;

            always @(posedge clk) begin
                scan_row_q <= first_row + {{(ROW_BITS-BLOCK_BITS){1'b0}}, block_q};
            end

            if (STEP_ROWS == 1) begin : g_same
                assign first_row = SCAN_ROW[ROW_BITS-1:0];
            end else begin : g_in_turn
                localparam [31:0] ROWS_OF_STEP = BLOCKS;

                reg [ROW_BITS-1:0] first_row_q;

                assign first_row = first_row_q;

                // step_q is a step ahead. What the scan of the last step adds is of no image, so it
                // takes the rows of the scan before.
                always @(posedge clk) begin
                    if (scanning_q && scan_ends && !last_step) begin
                        first_row_q <= last_step_q ? SCAN_ROW[ROW_BITS-1:0]
                            : first_row_q + ROWS_OF_STEP[ROW_BITS-1:0];
                    end
                    if (rst) begin
                        first_row_q <= SCAN_ROW[ROW_BITS-1:0];
                    end
                end
            end
        end
    endgenerate

    always @(posedge clk) begin
        op_event_q    <= event_pass;
        op_place_q    <= s_axis_tdata;
        op_pass_q     <= pass_q;
        op_pass_row_q <= pass_row_q;
        if (event_pass) begin
            pass_q     <= last_pass ? {PASS_BITS{1'b0}} : pass_q + 1'b1;
            pass_row_q <= last_pass ? {ROW_BITS{1'b0}} : pass_row_q + ROWS_OF_PASS[ROW_BITS-1:0];
        end

        scan_q       <= scanning_q;
        scan_tile_q  <= tile;
        scan_block_q <= block_q;
        scan_mark_q  <= scanning_q && scan_ends;
        scan_clear_q <= scanning_q && scan_ends && last_step_q;
        if (takes_mark) begin
            scanning_q  <= 1'b1;
            last_step_q <= last_step;
            step_q      <= last_step ? {STEP_BITS{1'b0}} : step_q + 1'b1;
        end else if (scan_ends) begin
            scanning_q  <= 1'b0;
        end
        if (op_event_q) begin
            tiles_q <= tiles_q | op_tiles;
        end else if (scanning_q && scan_ends) begin
            tiles_q <= last_step_q ? FIRST_TILES : EVERY_TILES;
        end else if (scanning_q && last_block) begin
            tiles_q <= tiles_left;
        end
        if (scanning_q) begin
            block_q <= last_block || scan_ends ? {BLOCK_BITS{1'b0}} : block_q + 1'b1;
        end

        if (takes_mark && !step_done) begin
            credits_q <= credits_q - 1'b1;
        end else if (step_done && !takes_mark) begin
            credits_q <= credits_q + 1'b1;
        end

        if (rst) begin
            op_event_q   <= 1'b0;
            pass_q       <= {PASS_BITS{1'b0}};
            pass_row_q   <= {ROW_BITS{1'b0}};
            scan_q       <= 1'b0;
            scan_mark_q  <= 1'b0;
            scan_clear_q <= 1'b0;
            scanning_q   <= 1'b0;
            step_q       <= {STEP_BITS{1'b0}};
            tiles_q      <= FIRST_TILES;
            block_q      <= {BLOCK_BITS{1'b0}};
            credits_q    <= ALL_CREDITS[CREDIT_BITS-1:0];
        end
    end

endmodule

`resetall
