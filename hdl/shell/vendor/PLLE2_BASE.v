// SPDX-License-Identifier: MIT OR Apache-2.0
// What clock_xilinx sees of the primitive, for lint.
module PLLE2_BASE #(
    parameter real CLKIN1_PERIOD = 0.0,
    parameter DIVCLK_DIVIDE = 1, CLKFBOUT_MULT = 5, CLKOUT0_DIVIDE = 1
) (
    input  wire CLKIN1, CLKFBIN, RST, PWRDWN,
    output wire CLKFBOUT, CLKOUT0, LOCKED
);
endmodule
