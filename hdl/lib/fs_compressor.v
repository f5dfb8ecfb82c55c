// SPDX-License-Identifier: MIT OR Apache-2.0
// Compressor: full adders side by side, which turn three bits of one weight into one of that weight
// and one of twice that weight.

`timescale 1ns / 1ps
`default_nettype none

module fs_compressor #(
    parameter ADDERS = 4  // full adders
) (
    input  wire [ADDERS-1:0] a,
    input  wire [ADDERS-1:0] b,
    input  wire [ADDERS-1:0] c,
    output wire [ADDERS-1:0] sum,
    output wire [ADDERS-1:0] carry
);

    assign sum   = a ^ b ^ c;
    assign carry = (a & b) | (a & c) | (b & c);

endmodule

`resetall
