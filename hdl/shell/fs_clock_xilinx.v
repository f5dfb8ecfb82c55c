// SPDX-License-Identifier: MIT OR Apache-2.0
// Clock of an AMD 7 series part: clk = clk_in / DIVCLK_DIVIDE * CLKFBOUT_MULT / CLKOUT0_DIVIDE.

`timescale 1ns / 1ps
`default_nettype none

module fs_clock_xilinx #(
    parameter real CLKIN1_PERIOD  = 10.0,  // ns
    parameter      DIVCLK_DIVIDE  = 1,
    parameter      CLKFBOUT_MULT  = 8,
    parameter      CLKOUT0_DIVIDE = 8
) (
    input  wire clk_in,
    output wire clk,
    output wire locked
);

    wire clk_pll, feedback;

    PLLE2_BASE #(
        .CLKIN1_PERIOD  (CLKIN1_PERIOD),
        .DIVCLK_DIVIDE  (DIVCLK_DIVIDE),
        .CLKFBOUT_MULT  (CLKFBOUT_MULT),
        .CLKOUT0_DIVIDE (CLKOUT0_DIVIDE)
    ) pll_i (
        .CLKIN1   (clk_in),
        .CLKFBIN  (feedback),
        .RST      (1'b0),
        .PWRDWN   (1'b0),
        .CLKFBOUT (feedback),
        .CLKOUT0  (clk_pll),
        .LOCKED   (locked)
    );

    BUFG buffer_i (
        .I (clk_pll),
        .O (clk)
    );

endmodule

`resetall
