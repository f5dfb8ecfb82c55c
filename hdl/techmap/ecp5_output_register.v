// SPDX-License-Identifier: MIT OR Apache-2.0
// ECP5: a register that moves into the block RAM in front of it leaves a wire behind.

`default_nettype none

module TRELLIS_FF (CLK, LSR, CE, DI, M, Q);

    parameter GSR     = "ENABLED";
    parameter CEMUX   = "1";
    parameter CLKMUX  = "CLK";
    parameter LSRMUX  = "LSR";
    parameter LSRMODE = "LSR";
    parameter SRMODE  = "LSR_OVER_CE";
    parameter REGSET  = "RESET";

    input  wire CLK, LSR, CE, DI, M;
    output wire Q;

    assign Q = DI;

endmodule

`resetall
