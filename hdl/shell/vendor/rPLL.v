// SPDX-License-Identifier: MIT OR Apache-2.0
// What fs_clock_gowin sees of the primitive, for lint.
`timescale 1ns / 1ps
module rPLL #(
    parameter FCLKIN = "100.0", DEVICE = "GW1N-1",
    parameter IDIV_SEL = 0, FBDIV_SEL = 0, ODIV_SEL = 8
) (
    input  wire CLKIN, CLKFB, RESET, RESET_P,
    input  wire [5:0] FBDSEL, IDSEL, ODSEL,
    input  wire [3:0] PSDA, DUTYDA, FDLY,
    output wire CLKOUT, LOCK
);
endmodule
