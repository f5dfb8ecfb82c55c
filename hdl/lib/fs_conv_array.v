// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution array: all banks of a convolution, and the pipeline registers around them.
//
// Operations come from fs_conv_address; their weights come a cycle later. The spikes of a scan leave
// three cycles after it came in.

`timescale 1ns / 1ps
`default_nettype none

module fs_conv_array #(
    parameter BANKS         = 4,   // banks
    parameter LANES         = 2,   // output channels of a word
    parameter BLOCKS        = 1,   // words of a bank per tile
    parameter DEPTH         = 4,   // words of a bank: blocks * tiles
    parameter TOUCHES       = 4,   // sets of words that are worked through together: groups * tiles
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter ORIGIN_BITS   = 5,   // width of a place in the map, bits
    parameter FOLDER        = "",  // folder of the memory images
    parameter INITIAL_FILE  = ""   // v0 - threshold of all output channels, one block per line
) (
    input  wire clk,
    input  wire rst,

    input  wire                                               op_scan,
    input  wire                                               op_mark,
    input  wire                                               op_clear,
    input  wire [BANKS-1:0]                                   op_active,
    input  wire [BANKS*$clog2(DEPTH > 1 ? DEPTH : 2)-1:0]     op_words,
    input  wire [BANKS*$clog2(TOUCHES > 1 ? TOUCHES : 2)-1:0] op_touches,  // the sets of the words
    // The last words of the sets.
    input  wire                                               op_last,
    input  wire [$clog2(BLOCKS > 1 ? BLOCKS : 2)-1:0]         op_block,
    input  wire [BANKS-1:0]                                   op_in_map,
    input  wire [ORIGIN_BITS-1:0]                             op_origin,
    // A cycle after the operation.
    input  wire [BANKS*LANES*WEIGHT_BITS-1:0]                 weights,

    output reg                    mark_q3,    // the last word of a step
    output reg  [ORIGIN_BITS-1:0] origin_q3,  // place of the word's first neuron
    output reg  [BANKS*LANES-1:0] spikes_q3
);

    localparam BLOCK_BITS = $clog2(BLOCKS > 1 ? BLOCKS : 2);
    localparam WORD_BITS  = $clog2(DEPTH > 1 ? DEPTH : 2);
    localparam TOUCH_BITS = $clog2(TOUCHES > 1 ? TOUCHES : 2);

    reg                    scan_q, mark_q, clear_q, scan_q2, mark_q2;
    reg  [BANKS-1:0]       in_map_q, in_map_q2;
    reg  [ORIGIN_BITS-1:0] origin_q, origin_q2;
    wire [BANKS*LANES-1:0] spikes;

    always @(posedge clk) begin
        scan_q    <= op_scan;
        mark_q    <= op_mark;
        clear_q   <= op_clear;
        in_map_q  <= op_in_map;
        origin_q  <= op_origin;

        scan_q2   <= scan_q;
        mark_q2   <= mark_q;
        in_map_q2 <= in_map_q;
        origin_q2 <= origin_q;

        mark_q3   <= mark_q2;
        origin_q3 <= origin_q2;
        spikes_q3 <= spikes;
        if (rst) begin
            scan_q    <= 1'b0;
            mark_q    <= 1'b0;
            clear_q   <= 1'b0;
            scan_q2   <= 1'b0;
            mark_q2   <= 1'b0;
            mark_q3   <= 1'b0;
            spikes_q3 <= {(BANKS*LANES){1'b0}};
        end
    end

    wire [LANES*MEMBRANE_BITS-1:0] initial_row, initial_membranes;

    fs_table #(
        .ROWS      (BLOCKS),
        .WORD_BITS (LANES*MEMBRANE_BITS),
        .FOLDER    (FOLDER),
        .FILE      (INITIAL_FILE)
    ) initial_table (
        .row  (BLOCKS == 1 ? {BLOCK_BITS{1'b0}} : op_block),
        .word (initial_row)
    );

    generate
        if (BLOCKS == 1) begin : g_constant
            assign initial_membranes = initial_row;
        end else begin : g_by_block
            reg [LANES*MEMBRANE_BITS-1:0] initial_membranes_q;
            always @(posedge clk) begin
                initial_membranes_q <= initial_row;
            end
            assign initial_membranes = initial_membranes_q;
        end
    endgenerate

    genvar bank;
    generate
        for (bank = 0; bank < BANKS; bank = bank + 1) begin : g_bank
            fs_conv_bank #(
                .LANES         (LANES),
                .DEPTH         (DEPTH),
                .TOUCHES       (TOUCHES),
                .WEIGHT_BITS   (WEIGHT_BITS),
                .MEMBRANE_BITS (MEMBRANE_BITS)
            ) conv_bank_i (
                .clk               (clk),
                .rst               (rst),
                .active            (op_active[bank]),
                .word              (op_words[bank*WORD_BITS +: WORD_BITS]),
                .touch             (op_touches[bank*TOUCH_BITS +: TOUCH_BITS]),
                .last              (op_last),
                .clear             (clear_q),
                .initial_membranes (initial_membranes),
                .weights           (weights[bank*LANES*WEIGHT_BITS +: LANES*WEIGHT_BITS]),
                .scan              (scan_q2),
                .in_map            (in_map_q2[bank]),
                .spikes            (spikes[bank*LANES +: LANES])
            );
        end
    endgenerate

endmodule

`resetall
