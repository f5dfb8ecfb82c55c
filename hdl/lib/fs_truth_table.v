// SPDX-License-Identifier: MIT OR Apache-2.0
// Truth table: a neuron with few inputs. It reaches its threshold or not; nothing is added.

`timescale 1ns / 1ps
`default_nettype none

module fs_truth_table #(
    parameter INPUTS                = 2,    // inputs of the neuron, at most 6
    parameter [(1<<INPUTS)-1:0] TABLE = 4'h8  // bit i: what it does where input k is bit k of i
) (
    input  wire [INPUTS-1:0] inputs,
    output wire              reached
);

    assign reached = TABLE[inputs];

endmodule

`resetall
