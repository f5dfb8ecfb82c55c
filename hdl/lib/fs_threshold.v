// SPDX-License-Identifier: MIT OR Apache-2.0
// Threshold: the last two rows of a bit heap in one carry chain. The heap holds the potential less
// the threshold, plus what the top bit weighs: so the top bit of the sum tells whether the threshold
// is reached.

`timescale 1ns / 1ps
`default_nettype none

module fs_threshold #(
    parameter BITS = 8  // width of a row, bits
) (
    input  wire [BITS-1:0] a,
    input  wire [BITS-1:0] b,
    output wire            reached
);

    wire [BITS-1:0] sum = a + b;
    wire            unused = &{1'b0, sum};

    assign reached = sum[BITS-1];

endmodule

`resetall
