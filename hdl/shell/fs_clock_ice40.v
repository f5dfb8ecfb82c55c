// SPDX-License-Identifier: MIT OR Apache-2.0
// Clock of an iCE40: clk = clk_in / (DIVR + 1) * (DIVF + 1) / 2^DIVQ. The pin of clk_in belongs to the
// PLL and can feed nothing else.

`timescale 1ns / 1ps
`default_nettype none

module fs_clock_ice40 #(
    parameter [3:0] DIVR         = 4'd0,
    parameter [6:0] DIVF         = 7'd63,
    parameter [2:0] DIVQ         = 3'd5,
    parameter [2:0] FILTER_RANGE = 3'd1   // by the frequency clk_in / (DIVR + 1)
) (
    input  wire clk_in,
    output wire clk,
    output wire locked
);

    SB_PLL40_PAD #(
        .FEEDBACK_PATH ("SIMPLE"),
        .DIVR          (DIVR),
        .DIVF          (DIVF),
        .DIVQ          (DIVQ),
        .FILTER_RANGE  (FILTER_RANGE)
    ) pll_i (
        .PACKAGEPIN   (clk_in),
        .RESETB       (1'b1),
        .BYPASS       (1'b0),
        .PLLOUTGLOBAL (clk),
        .LOCK         (locked)
    );

endmodule

`resetall
