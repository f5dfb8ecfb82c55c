// SPDX-License-Identifier: MIT OR Apache-2.0
// What fs_clock_xilinx sees of the primitive, for lint.
`timescale 1ns / 1ps
module PLLE2_BASE #(
    parameter real CLKIN1_PERIOD = 0.0,
    parameter DIVCLK_DIVIDE = 1, CLKFBOUT_MULT = 5, CLKOUT0_DIVIDE = 1
) (
    input  wire CLKIN1, CLKFBIN, RST, PWRDWN,
    output wire CLKFBOUT, CLKOUT0, LOCKED
);
endmodule
