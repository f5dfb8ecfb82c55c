// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution bank: one neuron out of SIDE x SIDE, of every tile and block, with all its lanes.
//
// An operation reads its word in one cycle, prepares it in the second, adds to it and writes it in
// the third. What an operation before has not written yet is handed on: written_q of the lanes. The
// bits of touched_q say which words belong to this image; they are cleared at once, so the next
// image waits for nothing. Events and scans work through all blocks of a tile (and group), so these
// share a bit, which the last one sets.

`timescale 1ns / 1ps
`default_nettype none

module fs_conv_bank #(
    parameter LANES         = 2,  // output channels of a word
    parameter DEPTH         = 4,  // words: blocks * tiles
    parameter TOUCHES       = 4,  // sets of words that are worked through together: groups * tiles
    parameter WEIGHT_BITS   = 4,  // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8   // width of a membrane register, bits
) (
    input  wire clk,
    input  wire rst,

    input  wire                                         active,
    input  wire [$clog2(DEPTH > 1 ? DEPTH : 2)-1:0]     word,
    input  wire [$clog2(TOUCHES > 1 ? TOUCHES : 2)-1:0] touch,  // the set of the word
    input  wire                                         last,   // the last word of the set

    // One cycle later.
    input  wire                           clear,              // the image ends with this operation
    input  wire [LANES*MEMBRANE_BITS-1:0] initial_membranes,  // v0 - threshold, LSB
    input  wire [LANES*WEIGHT_BITS-1:0]   weights,

    // Two cycles later.
    input  wire             scan,    // compare; otherwise accumulate
    input  wire             in_map,  // a scan may spike
    output wire [LANES-1:0] spikes
);

    localparam WORD_BITS  = $clog2(DEPTH > 1 ? DEPTH : 2);
    localparam TOUCH_BITS = $clog2(TOUCHES > 1 ? TOUCHES : 2);

    localparam MEMORY_BITS = LANES * (MEMBRANE_BITS + 1);

    // Block RAM answers late in the cycle; a deep memory has no other place.
    localparam STYLE = DEPTH > 128 ? "block" : "distributed";

    // To a linter, an attribute is no use of a parameter.
    wire unused_style = &{1'b0, STYLE};

    // What is read while it is written is handed on instead.
    (* ram_style = STYLE, no_rw_check *)
    reg  [MEMORY_BITS-1:0] words [0:DEPTH-1];
    reg  [MEMORY_BITS-1:0] read_q;
    wire [MEMORY_BITS-1:0] written;

    reg [TOUCHES-1:0]           touched_q;
    reg [TOUCH_BITS-1:0]        touch_q;
    reg                         active_q, last_q, fresh_q, next_q, second_q;
    reg                         active_q2, next_q2;
    reg [WORD_BITS-1:0]         word_q, word_q2;
    reg [LANES*WEIGHT_BITS-1:0] weights_q;

    wire                        next    = active_q && word_q == word;    // as one operation before
    wire                        second  = active_q2 && word_q2 == word;  // as two before
    wire                        touches = active_q && last_q;
    wire                        touched = touched_q[touch] || (touches && touch_q == touch);

    always @(posedge clk) begin
        read_q    <= words[word];
        active_q  <= active;
        word_q    <= word;
        touch_q   <= touch;
        last_q    <= last;
        // No operation comes in the cycle of a clearing (hdl/formal/conv_clear.v).
        fresh_q   <= !touched;
        next_q    <= next;
        second_q  <= second;
        if (touches) begin
            touched_q[touch_q] <= 1'b1;
        end

        active_q2 <= active_q;
        word_q2   <= word_q;
        next_q2   <= next_q;
        weights_q <= weights;
        if (active_q2) begin
            words[word_q2] <= written;
        end
        if (clear || rst) begin
            touched_q <= {TOUCHES{1'b0}};
        end
        if (rst) begin
            active_q  <= 1'b0;
            active_q2 <= 1'b0;
        end
    end

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            wire spike;

            fs_conv_lane #(
                .WEIGHT_BITS   (WEIGHT_BITS),
                .MEMBRANE_BITS (MEMBRANE_BITS)
            ) conv_lane_i (
                .clk              (clk),
                .read             (read_q[lane*(MEMBRANE_BITS+1) +: MEMBRANE_BITS+1]),
                .fresh            (fresh_q),
                .forward          (second_q),
                .initial_membrane (initial_membranes[lane*MEMBRANE_BITS +: MEMBRANE_BITS]),
                .forward_q        (next_q2),
                .scan             (scan),
                .weight           (weights_q[lane*WEIGHT_BITS +: WEIGHT_BITS]),
                .written          (written[lane*(MEMBRANE_BITS+1) +: MEMBRANE_BITS+1]),
                .spike            (spike)
            );

            assign spikes[lane] = spike && in_map;
        end
    endgenerate

endmodule

`resetall
