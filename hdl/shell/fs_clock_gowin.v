// SPDX-License-Identifier: MIT OR Apache-2.0
// Clock of a Gowin part: clk = clk_in / (IDIV_SEL + 1) * (FBDIV_SEL + 1); the VCO runs at
// ODIV_SEL * clk.

`timescale 1ns / 1ps
`default_nettype none

module fs_clock_gowin #(
    parameter FCLKIN    = "27",        // MHz
    parameter DEVICE    = "GW1NR-9C",
    parameter IDIV_SEL  = 0,
    parameter FBDIV_SEL = 0,
    parameter ODIV_SEL  = 32
) (
    input  wire clk_in,
    output wire clk,
    output wire locked
);

    rPLL #(
        .FCLKIN    (FCLKIN),
        .DEVICE    (DEVICE),
        .IDIV_SEL  (IDIV_SEL),
        .FBDIV_SEL (FBDIV_SEL),
        .ODIV_SEL  (ODIV_SEL)
    ) pll_i (
        .CLKIN   (clk_in),
        .CLKFB   (1'b0),
        .RESET   (1'b0),
        .RESET_P (1'b0),
        .FBDSEL  (6'd0),
        .IDSEL   (6'd0),
        .ODSEL   (6'd0),
        .PSDA    (4'd0),
        .DUTYDA  (4'd0),
        .FDLY    (4'd0),
        .CLKOUT  (clk),
        .LOCK    (locked)
    );

endmodule

`resetall
