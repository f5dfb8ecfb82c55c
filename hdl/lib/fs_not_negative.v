// SPDX-License-Identifier: MIT OR Apache-2.0
// Not negative: which of some potentials, less their thresholds, are at the threshold or above.

`timescale 1ns / 1ps
`default_nettype none

module fs_not_negative #(
    parameter NEURONS = 4,  // neurons
    parameter BITS    = 8   // width of a potential, bits
) (
    input  wire [NEURONS*BITS-1:0] potentials,  // less the thresholds
    output wire [NEURONS-1:0]      reached
);

    wire unused = &{1'b0, potentials};

    genvar neuron;
    generate
        for (neuron = 0; neuron < NEURONS; neuron = neuron + 1) begin : g_neuron
            wire [BITS-1:0] potential = potentials[neuron*BITS +: BITS];
            assign reached[neuron] = !potential[BITS-1];
        end
    endgenerate

endmodule

`resetall
