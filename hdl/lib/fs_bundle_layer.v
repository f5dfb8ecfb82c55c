// SPDX-License-Identifier: MIT OR Apache-2.0
// Bundle layer: a hidden layer that takes several events per cycle; bundles of events in, spikes
// out, at most one spike per neuron and image.
//
//   fs_bundle_fire -> fs_spike_output

`timescale 1ns / 1ps
`default_nettype none

module fs_bundle_layer #(
    parameter EVENTS        = 2,   // events of a bundle: 2 or 4
    parameter INPUTS        = 4,   // inputs
    parameter NEURONS       = 8,   // neurons, each with its accumulator
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter SLOTS         = 2,   // spike vectors between neurons and scan
    parameter WORD_BITS     = 8,   // neurons per scan word, a power of two
    parameter WEIGHT_STYLE  = "auto",  // "block": weights in block RAM; "auto": the tool decides
    parameter FOLDER        = "",  // folder of the memory images
    parameter WEIGHT_FILE   = "",  // weights, of 4 events those of even inputs, and a row of zeros
    parameter ODD_FILE      = "",  // of 4 events, those of odd inputs, and as many rows
    parameter INITIAL_FILE  = ""   // v0 - threshold, in one line
) (
    input  wire clk,
    input  wire rst,

    input  wire                                                  s_axis_tvalid,
    output wire                                                  s_axis_tready,
    // Per event: whether it is there, and its input.
    input  wire [EVENTS*($clog2(INPUTS > 1 ? INPUTS : 2)+1)-1:0] s_axis_tdata,
    input  wire                                                  s_axis_tuser,

    output wire                                         m_axis_tvalid,
    input  wire                                         m_axis_tready,
    output wire [$clog2(NEURONS > 1 ? NEURONS : 2)-1:0] m_axis_tdata,
    output wire                                         m_axis_tuser
);

    wire                             capture_done;
    wire                             capture_valid, capture_last_step, capture_last_group;
    wire                             capture_group;
    wire [NEURONS-1:0]               capture_spikes;
    wire [NEURONS*MEMBRANE_BITS-1:0] capture_membranes;

    // Only an output layer looks at the potentials.
    wire unused = &{1'b0, capture_membranes};

    fs_bundle_fire #(
        .EVENTS        (EVENTS),
        .INPUTS        (INPUTS),
        .NEURONS       (NEURONS),
        .WEIGHT_BITS   (WEIGHT_BITS),
        .MEMBRANE_BITS (MEMBRANE_BITS),
        .STEPS         (STEPS),
        .CAPTURE_ALL   (1),
        .CREDITS       (SLOTS),
        .WEIGHT_STYLE  (WEIGHT_STYLE),
        .FOLDER        (FOLDER),
        .WEIGHT_FILE   (WEIGHT_FILE),
        .ODD_FILE      (ODD_FILE),
        .INITIAL_FILE  (INITIAL_FILE)
    ) bundle_fire_i (
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
        .LANES     (NEURONS),
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
