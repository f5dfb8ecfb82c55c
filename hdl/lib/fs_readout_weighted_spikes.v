// SPDX-License-Identifier: MIT OR Apache-2.0
// Temporal weighting of spikes: the score is alpha at the spike time, 0 without a spike
// (docs/numerics.md 7.3).

`timescale 1ns / 1ps
`default_nettype none

module fs_readout_weighted_spikes #(
    parameter CLASSES    = 4,   // output neurons
    parameter STEPS      = 4,   // time steps per image
    parameter SCORE_BITS = 5,   // width of alpha with a leading zero, bits
    parameter FOLDER     = "",  // folder of the memory image
    parameter ALPHA_FILE = ""   // alpha, one step per line
) (
    input  wire                         clk,
    input  wire                         rst,

    input  wire                         vector_valid,
    input  wire                         vector_last_step,
    input  wire [CLASSES-1:0]           spikes,
    output wire                         capture_done,

    output wire                         score_valid,
    input  wire                         score_ready,
    output wire signed [SCORE_BITS-1:0] score,
    output wire                         score_eligible
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_readout_weighted_spikes_CLASSES_must_be_1_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_readout_weighted_spikes_STEPS_must_be_1_or_more stop ();
        end
        if (SCORE_BITS < 1) begin : g_score_bits_guard
            fs_readout_weighted_spikes_SCORE_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);
    localparam STEP_BITS  = $clog2(STEPS > 1 ? STEPS : 2);

    reg  [STEP_BITS-1:0]          step_q;
    reg  [CLASSES*SCORE_BITS-1:0] scores_q;
    wire                          first_step = step_q == {STEP_BITS{1'b0}};
    wire [SCORE_BITS-1:0]         alpha;
    wire                          finish;

    fs_table #(
        .ROWS      (STEPS),
        .WORD_BITS (SCORE_BITS),
        .FOLDER    (FOLDER),
        .FILE      (ALPHA_FILE)
    ) alpha_table (
        .row  (step_q),
        .word (alpha)
    );

    integer c;

    always @(posedge clk) begin
        if (vector_valid) begin
            step_q <= vector_last_step ? {STEP_BITS{1'b0}} : step_q + 1'b1;
            for (c = 0; c < CLASSES; c = c + 1) begin
                if (spikes[c]) begin
                    scores_q[c*SCORE_BITS +: SCORE_BITS] <= alpha;
                end else if (first_step) begin
                    scores_q[c*SCORE_BITS +: SCORE_BITS] <= {SCORE_BITS{1'b0}};
                end
            end
        end
        if (rst) begin
            step_q <= {STEP_BITS{1'b0}};
        end
    end

    assign capture_done = finish || (vector_valid && !vector_last_step);

    wire [CLASS_BITS-1:0] index;
    wire [SCORE_BITS-1:0] selected;

    fs_score_sequence #(
        .CLASSES (CLASSES)
    ) score_sequence_i (
        .clk         (clk),
        .rst         (rst),
        .start       (vector_valid && vector_last_step),
        .score_valid (score_valid),
        .score_ready (score_ready),
        .index       (index),
        .finish      (finish)
    );

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (SCORE_BITS)
    ) class_select_i (
        .values (scores_q),
        .index  (index),
        .value  (selected)
    );

    assign score          = selected;
    assign score_eligible = 1'b1;

endmodule

`resetall
