// SPDX-License-Identifier: MIT OR Apache-2.0
// Clock of an ECP5: clk = clk_in / INPUT_DIVIDER * MULTIPLIER; the VCO runs at OUTPUT_DIVIDER * clk.

`timescale 1ns / 1ps
`default_nettype none

module fs_clock_ecp5 #(
    parameter INPUT_DIVIDER  = 1,
    parameter MULTIPLIER     = 4,
    parameter OUTPUT_DIVIDER = 6
) (
    input  wire clk_in,
    output wire clk,
    output wire locked
);

    // The loop filter that Project Trellis' ecppll sets.
    (* ICP_CURRENT = "12" *) (* LPF_RESISTOR = "8" *)
    (* MFG_ENABLE_FILTEROPAMP = "1" *) (* MFG_GMCREF_SEL = "2" *)
    EHXPLLL #(
        .CLKI_DIV      (INPUT_DIVIDER),
        .CLKFB_DIV     (MULTIPLIER),
        .CLKOP_DIV     (OUTPUT_DIVIDER),
        .CLKOP_CPHASE  (OUTPUT_DIVIDER / 2),
        .CLKOP_ENABLE  ("ENABLED"),
        .FEEDBK_PATH   ("CLKOP")
    ) pll_i (
        .CLKI          (clk_in),
        .CLKFB         (clk),
        .RST           (1'b0),
        .STDBY         (1'b0),
        .PLLWAKESYNC   (1'b0),
        .PHASESEL0     (1'b0),
        .PHASESEL1     (1'b0),
        .PHASEDIR      (1'b1),
        .PHASESTEP     (1'b1),
        .PHASELOADREG  (1'b1),
        .ENCLKOP       (1'b0),
        .CLKOP         (clk),
        .LOCK          (locked)
    );

endmodule

`resetall
