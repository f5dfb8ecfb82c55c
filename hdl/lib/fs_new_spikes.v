// SPDX-License-Identifier: MIT OR Apache-2.0
// New spikes: of the spikes of an image so far, those of this time step.

`timescale 1ns / 1ps
`default_nettype none

module fs_new_spikes #(
    parameter NEURONS = 4  // neurons
) (
    input  wire               clk,

    input  wire               valid,   // there is a step
    input  wire               first,   // it is the first one of its image
    input  wire [NEURONS-1:0] fired,   // those that have spiked in the image
    output wire [NEURONS-1:0] spikes   // those that spike in this step
);

    reg [NEURONS-1:0] before_q;

    assign spikes = fired & ~(before_q & ~{NEURONS{first}});

    always @(posedge clk) begin
        if (valid) begin
            before_q <= fired;
        end
    end

endmodule

`resetall
