// SPDX-License-Identifier: MIT OR Apache-2.0
// Capture register: gathers the groups of a capture into one vector over all neurons of the layer.

`timescale 1ns / 1ps
`default_nettype none

module fs_capture_register #(
    parameter NEURONS = 4,  // neurons of the layer
    parameter LANES   = 4,  // neurons per group
    parameter BITS    = 1   // bits per neuron
) (
    input  wire clk,
    input  wire rst,

    input  wire                  capture_valid,
    input  wire                  capture_last_step,
    input  wire                  capture_last_group,
    input  wire [$clog2(NEURONS > LANES ? (NEURONS+LANES-1)/LANES : 2)-1:0] capture_group,
    input  wire [LANES*BITS-1:0] capture_data,

    output reg                     vector_valid_q,  // for one cycle: the vector is complete
    output reg                     vector_last_step_q,
    output wire [NEURONS*BITS-1:0] vector_q         // holds until the next capture
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (NEURONS < 1) begin : g_neurons_guard
            fs_capture_register_NEURONS_must_be_1_or_more stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_capture_register_LANES_must_be_1_or_more stop ();
        end
        if (BITS < 1) begin : g_bits_guard
            fs_capture_register_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam GROUPS     = (NEURONS + LANES - 1) / LANES;
    localparam GROUP_BITS = $clog2(GROUPS > 1 ? GROUPS : 2);

    reg [GROUPS*LANES*BITS-1:0] data_q;

    // The last group may be larger than the neurons that are left.
    generate
        if (GROUPS * LANES > NEURONS) begin : g_padding
            wire unused_padding = &{1'b0, data_q[GROUPS*LANES*BITS-1:NEURONS*BITS]};
        end
    endgenerate

    assign vector_q = data_q[NEURONS*BITS-1:0];

    genvar group;
    generate
        for (group = 0; group < GROUPS; group = group + 1) begin : g_group
            localparam [31:0] GROUP = group;
            always @(posedge clk) begin
                if (capture_valid && capture_group == GROUP[GROUP_BITS-1:0]) begin
                    data_q[group*LANES*BITS +: LANES*BITS] <= capture_data;
                end
            end
        end
    endgenerate

    always @(posedge clk) begin
        vector_valid_q     <= capture_valid && capture_last_group;
        vector_last_step_q <= capture_last_step;
        if (rst) begin
            vector_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
