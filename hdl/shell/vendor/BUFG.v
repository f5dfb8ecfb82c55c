// SPDX-License-Identifier: MIT OR Apache-2.0
// What fs_clock_xilinx sees of the primitive, for lint.
`timescale 1ns / 1ps
module BUFG (
    input  wire I,
    output wire O
);
endmodule
