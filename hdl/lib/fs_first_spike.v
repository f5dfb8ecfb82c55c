// SPDX-License-Identifier: MIT OR Apache-2.0
// First spike: remembers which neurons have reached their threshold in this image.
//
// The potential may fall below the threshold again, and the neuron has spiked all the same. Between
// two steps the comparisons stand still, and so do the latches.

`timescale 1ns / 1ps
`default_nettype none

module fs_first_spike #(
    parameter NEURONS = 4,  // neurons
    parameter EARLY   = 0   // 1: first comes one cycle before reached
) (
    input  wire               clk,

    input  wire               first,    // this is the first step of an image
    input  wire [NEURONS-1:0] reached,  // neurons at or above their threshold
    output wire [NEURONS-1:0] fired     // neurons that have spiked in the image, one cycle later
);

    localparam GROUP = 32;

    reg [NEURONS-1:0] fired_q;

    // The neurons are spread over the whole chip: each group has its own copy of the flag.
    genvar group;
    generate
        for (group = 0; group < NEURONS; group = group + GROUP) begin : g_group
            localparam COUNT = NEURONS - group < GROUP ? NEURONS - group : GROUP;
            wire clears;
            if (EARLY != 0) begin : g_early
                fs_register_copy #(
                    .BITS (1)
                ) first_i (
                    .clk (clk),
                    .d   (first),
                    .q   (clears)
                );
            end else begin : g_now
                assign clears = first;
            end
            always @(posedge clk) begin
                fired_q[group +: COUNT] <= reached[group +: COUNT]
                    | (fired_q[group +: COUNT] & ~{COUNT{clears}});
            end
        end
    endgenerate

    genvar neuron;
    generate
        for (neuron = 0; neuron < NEURONS; neuron = neuron + 1) begin : g_neuron
            assign fired[neuron] = fired_q[neuron];
        end
    endgenerate

endmodule

`resetall
