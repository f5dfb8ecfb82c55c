// SPDX-License-Identifier: MIT OR Apache-2.0
// What clock_xilinx sees of the primitive, for lint.
module BUFG (
    input  wire I,
    output wire O
);
endmodule
