// SPDX-License-Identifier: MIT OR Apache-2.0
// Membrane readout: the scores are the potentials after the last time step (docs/numerics.md 7.1).

`timescale 1ns / 1ps
`default_nettype none

module fs_readout_membrane #(
    parameter CLASSES       = 4,  // output neurons
    parameter MEMBRANE_BITS = 8   // width of a potential and of a score, bits
) (
    input  wire                             clk,
    input  wire                             rst,

    input  wire                             vector_valid,
    input  wire [CLASSES*MEMBRANE_BITS-1:0] membranes,
    output wire                             capture_done,

    output wire                             score_valid,
    input  wire                             score_ready,
    output wire signed [MEMBRANE_BITS-1:0]  score,
    output wire                             score_eligible
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_readout_membrane_CLASSES_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < 1) begin : g_membrane_bits_guard
            fs_readout_membrane_MEMBRANE_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    wire [CLASS_BITS-1:0] index;

    fs_score_sequence #(
        .CLASSES (CLASSES)
    ) score_sequence_i (
        .clk         (clk),
        .rst         (rst),
        .start       (vector_valid),
        .score_valid (score_valid),
        .score_ready (score_ready),
        .index       (index),
        .finish      (capture_done)
    );

    wire [MEMBRANE_BITS-1:0] selected;

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (MEMBRANE_BITS)
    ) class_select_i (
        .values (membranes),
        .index  (index),
        .value  (selected)
    );

    assign score          = selected;
    assign score_eligible = 1'b1;

endmodule

`resetall
