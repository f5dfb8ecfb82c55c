// SPDX-License-Identifier: MIT OR Apache-2.0
// First-spike readout: the earliest output spike decides; ties go to the larger potential, then to
// the smaller index; nobody spikes: the largest potential after the last step (docs/numerics.md
// 7.2).
//
// The result leaves as soon as it is known. The rest of the image still passes, so that the next
// one meets an idle readout.

`timescale 1ns / 1ps
`default_nettype none

module fs_readout_first_spike #(
    parameter CLASSES        = 4,   // output neurons
    parameter MEMBRANE_BITS  = 8,   // width of a membrane register (potential less threshold), bits
    parameter SCORE_BITS     = 9,   // width of a score (potential), bits
    parameter FOLDER         = "",  // folder of the memory image
    parameter THRESHOLD_FILE = ""   // thresholds as SCORE_BITS two's complement, all in one line
) (
    input  wire                             clk,
    input  wire                             rst,

    input  wire                             vector_valid,
    input  wire                             vector_last_step,
    input  wire [CLASSES-1:0]               spikes,
    input  wire [CLASSES*MEMBRANE_BITS-1:0] membranes,
    output wire                             capture_done,

    output reg                              scores_valid_q,  // for one cycle; they hold until done
    output wire [CLASSES*SCORE_BITS-1:0]    scores,
    output reg  [CLASSES-1:0]               scores_eligible_q,
    input  wire                             scores_done
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_readout_first_spike_CLASSES_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < 1) begin : g_membrane_bits_guard
            fs_readout_first_spike_MEMBRANE_BITS_must_be_1_or_more stop ();
        end
        if (SCORE_BITS < MEMBRANE_BITS) begin : g_score_bits_guard
            fs_readout_first_spike_SCORE_BITS_must_be_MEMBRANE_BITS_or_more stop ();
        end
    endgenerate

    reg  decided_q;

    wire any_spike = |spikes;
    wire decides   = vector_valid && !decided_q && (any_spike || vector_last_step);

    assign capture_done = scores_done || (vector_valid && !decides);

    wire [CLASSES*SCORE_BITS-1:0] thresholds;

    fs_table #(
        .ROWS      (1),
        .WORD_BITS (CLASSES*SCORE_BITS),
        .FOLDER    (FOLDER),
        .FILE      (THRESHOLD_FILE)
    ) threshold_table (
        .row  (1'b0),
        .word (thresholds)
    );

    always @(posedge clk) begin
        scores_valid_q    <= decides;
        scores_eligible_q <= spikes | {CLASSES{!any_spike}};
        if (vector_valid) begin
            decided_q <= (decided_q || decides) && !vector_last_step;
        end
        if (rst) begin
            decided_q      <= 1'b0;
            scores_valid_q <= 1'b0;
        end
    end

    genvar c;
    generate
        for (c = 0; c < CLASSES; c = c + 1) begin : g_class
            wire [MEMBRANE_BITS-1:0] membrane  = membranes[c*MEMBRANE_BITS +: MEMBRANE_BITS];
            wire [SCORE_BITS-1:0]    threshold = thresholds[c*SCORE_BITS +: SCORE_BITS];
            wire [SCORE_BITS-1:0]    wide_membrane;
            reg  [SCORE_BITS-1:0]    score_q;

            assign wide_membrane
                = {{(SCORE_BITS-MEMBRANE_BITS){membrane[MEMBRANE_BITS-1]}}, membrane};
            assign scores[c*SCORE_BITS +: SCORE_BITS] = score_q;

            always @(posedge clk) begin
                score_q <= wide_membrane + threshold;
            end
        end
    endgenerate

endmodule

`resetall
