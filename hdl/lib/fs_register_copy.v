// SPDX-License-Identifier: MIT OR Apache-2.0
// Register copy: one of several registers of the same bits. What they feed stands all over the chip,
// and each copy feeds a part of it. Synthesis would make one register of equal ones; where its script
// knows the role of this leaf, it does not.

`timescale 1ns / 1ps
`default_nettype none

(* synthesis_role = "copy" *)
module fs_register_copy #(
    parameter BITS = 8  // width, bits
) (
    input  wire            clk,
    input  wire [BITS-1:0] d,
    output wire [BITS-1:0] q
);

    (* keep = "true" *) reg [BITS-1:0] copy_q;

    assign q = copy_q;

    always @(posedge clk) begin
        copy_q <= d;
    end

endmodule

`resetall
