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
    parameter THRESHOLD_FILE = ""   // thresholds as SCORE_BITS two's complement, one class per line
) (
    input  wire                             clk,
    input  wire                             rst,

    input  wire                             vector_valid,
    input  wire                             vector_last_step,
    input  wire [CLASSES-1:0]               spikes,
    input  wire [CLASSES*MEMBRANE_BITS-1:0] membranes,
    output wire                             capture_done,

    output wire                             score_valid,
    input  wire                             score_ready,
    output wire signed [SCORE_BITS-1:0]     score,
    output wire                             score_eligible
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

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    reg  decided_q;

    wire any_spike = |spikes;
    wire decides   = vector_valid && !decided_q && (any_spike || vector_last_step);
    wire finish;

    always @(posedge clk) begin
        if (vector_valid) begin
            decided_q <= (decided_q || decides) && !vector_last_step;
        end
        if (rst) begin
            decided_q <= 1'b0;
        end
    end

    assign capture_done = finish || (vector_valid && !decides);

    wire [CLASS_BITS-1:0] index;

    fs_score_sequence #(
        .CLASSES (CLASSES)
    ) score_sequence_i (
        .clk         (clk),
        .rst         (rst),
        .start       (decides),
        .score_valid (score_valid),
        .score_ready (score_ready),
        .index       (index),
        .finish      (finish)
    );

    wire [MEMBRANE_BITS-1:0] membrane;
    wire                     spiked;
    wire [SCORE_BITS-1:0]    threshold;

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (MEMBRANE_BITS)
    ) select_membrane (
        .values (membranes),
        .index  (index),
        .value  (membrane)
    );

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (1)
    ) select_spike (
        .values (spikes),
        .index  (index),
        .value  (spiked)
    );

    fs_table #(
        .ROWS      (CLASSES),
        .WORD_BITS (SCORE_BITS),
        .FOLDER    (FOLDER),
        .FILE      (THRESHOLD_FILE)
    ) threshold_table (
        .row  (index),
        .word (threshold)
    );

    wire [SCORE_BITS-1:0] wide_membrane;

    assign wide_membrane  = {{(SCORE_BITS-MEMBRANE_BITS){membrane[MEMBRANE_BITS-1]}}, membrane};
    assign score          = wide_membrane + threshold;
    assign score_eligible = spiked || !any_spike;

endmodule

`resetall
