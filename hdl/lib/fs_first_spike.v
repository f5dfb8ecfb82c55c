// SPDX-License-Identifier: MIT OR Apache-2.0
// First spike: remembers which neurons have reached their threshold in this image.
//
// The potential may fall below the threshold again, and the neuron has spiked all the same. Between
// two steps the comparisons stand still, and so do the latches.

`timescale 1ns / 1ps
`default_nettype none

module fs_first_spike #(
    parameter NEURONS = 4  // neurons
) (
    input  wire               clk,

    input  wire               first,    // this is the first step of an image
    input  wire [NEURONS-1:0] reached,  // neurons at or above their threshold
    output wire [NEURONS-1:0] fired     // neurons that have spiked in the image, one cycle later
);

    reg [NEURONS-1:0] fired_q;

    always @(posedge clk) begin
        fired_q <= reached | (fired_q & ~{NEURONS{first}});
    end

    genvar neuron;
    generate
        for (neuron = 0; neuron < NEURONS; neuron = neuron + 1) begin : g_neuron
            assign fired[neuron] = fired_q[neuron];
        end
    endgenerate

endmodule

`resetall
