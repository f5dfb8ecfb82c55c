// SPDX-License-Identifier: MIT OR Apache-2.0
// Temporal weighting of the current: score = sum over t of alpha[t] * I[t] (docs/numerics.md 7.3).
//
// Since I[t] = V[t] - V[t-1] and V[-1] counts as 0, the same sum is that of beta[t] * V[t] with
// beta[t] = alpha[t] - alpha[t+1] and alpha[STEPS] = 0: one pass over the classes per step, with
// one small multiplier.

`timescale 1ns / 1ps
`default_nettype none

module fs_readout_weighted_current #(
    parameter CLASSES       = 4,   // output neurons
    parameter STEPS         = 4,   // time steps per image
    parameter MEMBRANE_BITS = 8,   // width of a potential, bits
    parameter BETA_BITS     = 4,   // width of beta with a leading zero, bits
    parameter SCORE_BITS    = 12,  // width of a score and of every partial sum, bits
    parameter FOLDER        = "",  // folder of the memory image
    parameter BETA_FILE     = ""   // beta, one step per line
) (
    input  wire                             clk,
    input  wire                             rst,

    input  wire                             vector_valid,
    input  wire                             vector_last_step,
    input  wire [CLASSES*MEMBRANE_BITS-1:0] membranes,
    output wire                             capture_done,

    output reg                              scores_valid_q,  // for one cycle; they hold until done
    output reg  [CLASSES*SCORE_BITS-1:0]    scores_q,
    input  wire                             scores_done
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_readout_weighted_current_CLASSES_must_be_1_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_readout_weighted_current_STEPS_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < 1) begin : g_membrane_bits_guard
            fs_readout_weighted_current_MEMBRANE_BITS_must_be_1_or_more stop ();
        end
        if (BETA_BITS < 1) begin : g_beta_bits_guard
            fs_readout_weighted_current_BETA_BITS_must_be_1_or_more stop ();
        end
        if (SCORE_BITS < 1) begin : g_score_bits_guard
            fs_readout_weighted_current_SCORE_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);
    localparam STEP_BITS  = $clog2(STEPS > 1 ? STEPS : 2);

    localparam PRODUCT_BITS = BETA_BITS + MEMBRANE_BITS;

    // Pass over the classes: product in one cycle, sum in the next.
    reg                                  last_step_q;
    reg  [STEP_BITS-1:0]                 step_q;
    wire                                 pass_valid, pass_finish;
    wire [CLASS_BITS-1:0]                pass_index;
    wire [MEMBRANE_BITS-1:0]             membrane;
    reg                                  sum_valid_q, sum_finish_q, sum_first_step_q;
    reg  [CLASS_BITS-1:0]                sum_index_q;
    reg  signed [PRODUCT_BITS-1:0]       product_q;

    wire        [BETA_BITS-1:0]    beta;
    wire signed [PRODUCT_BITS-1:0] wide_beta  = {{MEMBRANE_BITS{1'b0}}, beta};
    wire signed [PRODUCT_BITS-1:0] wide_v     = {{BETA_BITS{membrane[MEMBRANE_BITS-1]}}, membrane};
    wire signed [SCORE_BITS-1:0]   addend;
    wire        [SCORE_BITS-1:0]   sum_so_far;
    wire signed [SCORE_BITS-1:0]   sum_before = sum_first_step_q ? {SCORE_BITS{1'b0}} : sum_so_far;

    fs_table #(
        .ROWS      (STEPS),
        .WORD_BITS (BETA_BITS),
        .FOLDER    (FOLDER),
        .FILE      (BETA_FILE)
    ) beta_table (
        .row  (step_q),
        .word (beta)
    );

    generate
        if (SCORE_BITS > PRODUCT_BITS) begin : g_extend
            assign addend = {{(SCORE_BITS-PRODUCT_BITS){product_q[PRODUCT_BITS-1]}}, product_q};
        end else if (SCORE_BITS < PRODUCT_BITS) begin : g_truncate
            // The proved score interval is narrower than the product of the two widths.
            wire unused_high_bits = &{1'b0, product_q[PRODUCT_BITS-1:SCORE_BITS]};
            assign addend = product_q[SCORE_BITS-1:0];
        end else begin : g_same
            assign addend = product_q;
        end
    endgenerate

    fs_score_sequence #(
        .CLASSES (CLASSES)
    ) pass_sequence (
        .clk         (clk),
        .rst         (rst),
        .start       (vector_valid),
        .score_valid (pass_valid),
        .score_ready (1'b1),
        .index       (pass_index),
        .finish      (pass_finish)
    );

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (MEMBRANE_BITS)
    ) select_membrane (
        .values (membranes),
        .index  (pass_index),
        .value  (membrane)
    );

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (SCORE_BITS)
    ) select_sum (
        .values (scores_q),
        .index  (sum_index_q),
        .value  (sum_so_far)
    );

    integer c;

    always @(posedge clk) begin
        product_q        <= wide_beta * wide_v;
        sum_index_q      <= pass_index;
        sum_first_step_q <= step_q == {STEP_BITS{1'b0}};
        sum_valid_q      <= pass_valid;
        sum_finish_q     <= pass_finish;
        scores_valid_q   <= sum_finish_q && last_step_q;
        for (c = 0; c < CLASSES; c = c + 1) begin
            if (sum_valid_q && sum_index_q == c[CLASS_BITS-1:0]) begin
                scores_q[c*SCORE_BITS +: SCORE_BITS] <= sum_before + addend;
            end
        end
        if (vector_valid) begin
            last_step_q <= vector_last_step;
        end
        if (pass_finish) begin
            step_q <= last_step_q ? {STEP_BITS{1'b0}} : step_q + 1'b1;
        end
        if (rst) begin
            sum_valid_q    <= 1'b0;
            sum_finish_q   <= 1'b0;
            scores_valid_q <= 1'b0;
            step_q         <= {STEP_BITS{1'b0}};
        end
    end

    assign capture_done = scores_done || (sum_finish_q && !last_step_q);

endmodule

`resetall
