// SPDX-License-Identifier: MIT OR Apache-2.0
// Register: a stage of a pipeline that never waits.

`timescale 1ns / 1ps
`default_nettype none

module fs_register #(
    parameter BITS = 8  // width, bits
) (
    input  wire            clk,
    input  wire [BITS-1:0] d,
    output reg  [BITS-1:0] q
);

    always @(posedge clk) begin
        q <= d;
    end

endmodule

`resetall
