// SPDX-License-Identifier: MIT OR Apache-2.0
// Final sum: the last two rows of a bit heap in one carry chain. What does not fit is dropped.

`timescale 1ns / 1ps
`default_nettype none

module fs_final_sum #(
    parameter BITS = 8  // width of a row and of the sum, bits
) (
    input  wire [BITS-1:0] a,
    input  wire [BITS-1:0] b,
    output wire [BITS-1:0] sum
);

    assign sum = a + b;

endmodule

`resetall
