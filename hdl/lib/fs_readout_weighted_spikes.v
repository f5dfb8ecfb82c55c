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
    input  wire                          clk,
    input  wire                          rst,

    input  wire                          vector_valid,
    input  wire                          vector_last_step,
    input  wire [CLASSES-1:0]            spikes,
    output wire                          capture_done,

    output reg                           scores_valid_q,  // for one cycle; they hold until done
    output reg  [CLASSES*SCORE_BITS-1:0] scores_q,
    input  wire                          scores_done
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

    localparam STEP_BITS = $clog2(STEPS > 1 ? STEPS : 2);

    reg  [STEP_BITS-1:0]  step_q;
    wire                  first_step = step_q == {STEP_BITS{1'b0}};
    wire [SCORE_BITS-1:0] alpha;

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
        scores_valid_q <= vector_valid && vector_last_step;
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
            step_q         <= {STEP_BITS{1'b0}};
            scores_valid_q <= 1'b0;
        end
    end

    assign capture_done = scores_done || (vector_valid && !vector_last_step);

endmodule

`resetall
