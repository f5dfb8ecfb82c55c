// SPDX-License-Identifier: MIT OR Apache-2.0
// What fs_clock_ice40 sees of the primitive, for lint.
`timescale 1ns / 1ps
module SB_PLL40_PAD #(
    parameter FEEDBACK_PATH = "SIMPLE",
    parameter [3:0] DIVR = 4'd0, parameter [6:0] DIVF = 7'd0,
    parameter [2:0] DIVQ = 3'd0, parameter [2:0] FILTER_RANGE = 3'd0
) (
    input  wire PACKAGEPIN, RESETB, BYPASS,
    output wire PLLOUTGLOBAL, LOCK
);
endmodule
