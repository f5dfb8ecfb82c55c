// SPDX-License-Identifier: MIT OR Apache-2.0
// Half adder: turns two bits of one weight into one of that weight and one of twice that weight.

`timescale 1ns / 1ps
`default_nettype none

module fs_half_adder (
    input  wire a,
    input  wire b,
    output wire sum,
    output wire carry
);

    assign sum   = a ^ b;
    assign carry = a & b;

endmodule

`resetall
