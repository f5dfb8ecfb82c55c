// SPDX-License-Identifier: MIT OR Apache-2.0
// Lowest one: keeps the lowest bit that is set. Trees of ORs, not a subtraction: a carry chain
// would be the longest path of the scan.

`timescale 1ns / 1ps
`default_nettype none

module fs_lowest_one #(
    parameter BITS = 4  // width, bits
) (
    input  wire [BITS-1:0] bits,
    output wire [BITS-1:0] lowest
);

    genvar i;
    generate
        for (i = 0; i < BITS; i = i + 1) begin : g_bit
            if (i == 0) begin : g_first
                assign lowest[i] = bits[i];
            end else begin : g_other
                assign lowest[i] = bits[i] && !(|bits[i-1:0]);
            end
        end
    endgenerate

endmodule

`resetall
