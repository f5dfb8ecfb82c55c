// SPDX-License-Identifier: MIT OR Apache-2.0
// What fs_clock_ecp5 sees of the primitive, for lint.
`timescale 1ns / 1ps
module EHXPLLL #(
    parameter CLKI_DIV = 1, CLKFB_DIV = 1, CLKOP_DIV = 8, CLKOP_CPHASE = 0,
    parameter CLKOP_ENABLE = "ENABLED", FEEDBK_PATH = "CLKOP"
) (
    input  wire CLKI, CLKFB, RST, STDBY, PLLWAKESYNC,
    input  wire PHASESEL0, PHASESEL1, PHASEDIR, PHASESTEP, PHASELOADREG, ENCLKOP,
    output wire CLKOP, LOCK
);
endmodule
