// SPDX-License-Identifier: MIT OR Apache-2.0
// Score sequence: counts through the classes, one per accepted score, from a start pulse on.

`timescale 1ns / 1ps
`default_nettype none

module fs_score_sequence #(
    parameter CLASSES = 4  // output neurons
) (
    input  wire clk,
    input  wire rst,

    // The scores are ready from the next cycle on.
    input  wire                                         start,
    output wire                                         score_valid,
    input  wire                                         score_ready,
    output wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] index,
    // The last score is accepted in this cycle.
    output wire                                         finish
);

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    localparam [31:0] CLASSES_LESS_1 = CLASSES - 1;

    reg                  active_q;
    reg [CLASS_BITS-1:0] index_q;

    wire accepted = active_q && score_ready;
    wire last     = index_q == CLASSES_LESS_1[CLASS_BITS-1:0];

    assign score_valid = active_q;
    assign index       = index_q;
    assign finish      = accepted && last;

    always @(posedge clk) begin
        if (accepted) begin
            index_q <= last ? {CLASS_BITS{1'b0}} : index_q + 1'b1;
        end
        if (start) begin
            active_q <= 1'b1;
        end else if (finish) begin
            active_q <= 1'b0;
        end
        if (rst) begin
            active_q <= 1'b0;
            index_q  <= {CLASS_BITS{1'b0}};
        end
    end

endmodule

`resetall
