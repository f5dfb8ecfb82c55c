// SPDX-License-Identifier: MIT OR Apache-2.0
// Hidden layer: events in, spikes out, at most one spike per neuron and image.
//
//   fs_integrate_fire -> fs_spike_output

`timescale 1ns / 1ps
`default_nettype none

module fs_hidden_layer #(
    parameter INPUTS        = 4,   // inputs
    parameter NEURONS       = 8,   // neurons
    parameter LANES         = 8,   // accumulators
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter SLOTS         = 2,   // spike vectors between neurons and scan
    parameter WORD_BITS     = 8,   // neurons per scan word, a power of two
    parameter WEIGHT_STYLE  = "auto",  // "block": weights in block RAM; "auto": the tool decides
    parameter FOLDER        = "",  // folder of the memory images
    parameter WEIGHT_FILE   = "",  // weights, one row per line
    parameter INITIAL_FILE  = ""   // v0 - threshold, one group per line
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       s_axis_tvalid,
    output wire                                       s_axis_tready,
    input  wire [$clog2(INPUTS > 1 ? INPUTS : 2)-1:0] s_axis_tdata,
    input  wire                                       s_axis_tuser,

    output wire                                         m_axis_tvalid,
    input  wire                                         m_axis_tready,
    output wire [$clog2(NEURONS > 1 ? NEURONS : 2)-1:0] m_axis_tdata,
    output wire                                         m_axis_tuser
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (INPUTS < 1) begin : g_inputs_guard
            fs_hidden_layer_INPUTS_must_be_1_or_more stop ();
        end
        if (NEURONS < 1) begin : g_neurons_guard
            fs_hidden_layer_NEURONS_must_be_1_or_more stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_hidden_layer_LANES_must_be_1_or_more stop ();
        end
        if (WEIGHT_BITS < 1) begin : g_weight_bits_guard
            fs_hidden_layer_WEIGHT_BITS_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < WEIGHT_BITS) begin : g_membrane_bits_guard
            fs_hidden_layer_MEMBRANE_BITS_must_be_WEIGHT_BITS_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_hidden_layer_STEPS_must_be_1_or_more stop ();
        end
        if (SLOTS < 1) begin : g_slots_guard
            fs_hidden_layer_SLOTS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 2 || (WORD_BITS & (WORD_BITS - 1)) != 0) begin : g_word_bits_guard
            fs_hidden_layer_WORD_BITS_must_be_a_power_of_2_from_2_on stop ();
        end
    endgenerate

    localparam GROUPS     = (NEURONS + LANES - 1) / LANES;
    localparam GROUP_BITS = $clog2(GROUPS > 1 ? GROUPS : 2);

    wire                           capture_done;
    wire                           capture_valid, capture_last_step, capture_last_group;
    wire [GROUP_BITS-1:0]          capture_group;
    wire [LANES-1:0]               capture_spikes;
    wire [LANES*MEMBRANE_BITS-1:0] capture_membranes;

    // Only an output layer looks at the potentials.
    wire unused = &{1'b0, capture_membranes};

    fs_integrate_fire #(
        .INPUTS        (INPUTS),
        .NEURONS       (NEURONS),
        .LANES         (LANES),
        .WEIGHT_BITS   (WEIGHT_BITS),
        .MEMBRANE_BITS (MEMBRANE_BITS),
        .STEPS         (STEPS),
        .CAPTURE_ALL   (1),
        .CREDITS       (SLOTS),
        .WEIGHT_STYLE  (WEIGHT_STYLE),
        .FOLDER        (FOLDER),
        .WEIGHT_FILE   (WEIGHT_FILE),
        .INITIAL_FILE  (INITIAL_FILE)
    ) integrate_fire_i (
        .clk                (clk),
        .rst                (rst),
        .s_axis_tvalid      (s_axis_tvalid),
        .s_axis_tready      (s_axis_tready),
        .s_axis_tdata       (s_axis_tdata),
        .s_axis_tuser       (s_axis_tuser),
        .capture_done       (capture_done),
        .capture_valid      (capture_valid),
        .capture_last_step  (capture_last_step),
        .capture_last_group (capture_last_group),
        .capture_group      (capture_group),
        .capture_spikes     (capture_spikes),
        .capture_membranes  (capture_membranes)
    );

    fs_spike_output #(
        .NEURONS   (NEURONS),
        .LANES     (LANES),
        .SLOTS     (SLOTS),
        .WORD_BITS (WORD_BITS)
    ) spike_output_i (
        .clk                (clk),
        .rst                (rst),
        .capture_done       (capture_done),
        .capture_valid      (capture_valid),
        .capture_last_step  (capture_last_step),
        .capture_last_group (capture_last_group),
        .capture_group      (capture_group),
        .capture_spikes     (capture_spikes),
        .m_axis_tvalid      (m_axis_tvalid),
        .m_axis_tready      (m_axis_tready),
        .m_axis_tdata       (m_axis_tdata),
        .m_axis_tuser       (m_axis_tuser)
    );

endmodule

`resetall
