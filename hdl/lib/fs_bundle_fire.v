// SPDX-License-Identifier: MIT OR Apache-2.0
// Bundle fire: the neurons of one layer with a lane each, from bundles of events to captures.
//
//   fs_bundle_control, fs_bundle_weights -> fs_neuron_array
//
// The sum of a bundle's weights reaches the membranes three cycles after the bundle was accepted,
// of 4 events four; the capture of a step leaves one cycle later.

`timescale 1ns / 1ps
`default_nettype none

module fs_bundle_fire #(
    parameter EVENTS        = 2,   // events of a bundle: 2 or 4
    parameter INPUTS        = 4,   // inputs
    parameter NEURONS       = 8,   // neurons, each with its accumulator
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter CAPTURE_ALL   = 1,   // 1: capture every step; 0: only the last step of an image
    parameter CREDITS       = 1,   // captures that may be under way or not yet used up
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

    input  wire                             capture_done,
    output wire                             capture_valid,
    output wire                             capture_last_step,
    output wire                             capture_last_group,
    output wire                             capture_group,
    output wire [NEURONS-1:0]               capture_spikes,
    output wire [NEURONS*MEMBRANE_BITS-1:0] capture_membranes  // potential less threshold, LSB
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (EVENTS != 2 && EVENTS != 4) begin : g_events_guard
            fs_bundle_fire_EVENTS_must_be_2_or_4 stop ();
        end
        if (INPUTS < 1) begin : g_inputs_guard
            fs_bundle_fire_INPUTS_must_be_1_or_more stop ();
        end
        if (NEURONS < 1) begin : g_neurons_guard
            fs_bundle_fire_NEURONS_must_be_1_or_more stop ();
        end
        if (WEIGHT_BITS < 2) begin : g_weight_bits_guard
            fs_bundle_fire_WEIGHT_BITS_must_be_2_or_more stop ();
        end
        if (MEMBRANE_BITS < WEIGHT_BITS) begin : g_membrane_bits_guard
            fs_bundle_fire_MEMBRANE_BITS_must_be_WEIGHT_BITS_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_bundle_fire_STEPS_must_be_1_or_more stop ();
        end
        if (CREDITS < 1) begin : g_credits_guard
            fs_bundle_fire_CREDITS_must_be_1_or_more stop ();
        end
    endgenerate

    // A membrane counts modulo a power of two, so that a sum needs no more bits than it has.
    localparam TOTAL_BITS = WEIGHT_BITS + $clog2(EVENTS);
    localparam SUM_BITS   = TOTAL_BITS < MEMBRANE_BITS ? TOTAL_BITS : MEMBRANE_BITS;

    wire                        op_accumulate, op_capture, op_clear, op_last_step;
    wire [NEURONS*SUM_BITS-1:0] sums;

    fs_bundle_control #(
        .EVENTS      (EVENTS),
        .STEPS       (STEPS),
        .CAPTURE_ALL (CAPTURE_ALL),
        .CREDITS     (CREDITS)
    ) bundle_control_i (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tready (s_axis_tready),
        .s_axis_tuser  (s_axis_tuser),
        .capture_done  (capture_done),
        .op_accumulate (op_accumulate),
        .op_capture    (op_capture),
        .op_clear      (op_clear),
        .op_last_step  (op_last_step)
    );

    fs_bundle_weights #(
        .EVENTS      (EVENTS),
        .INPUTS      (INPUTS),
        .LANES       (NEURONS),
        .WEIGHT_BITS (WEIGHT_BITS),
        .SUM_BITS    (SUM_BITS),
        .STYLE       (WEIGHT_STYLE),
        .FOLDER      (FOLDER),
        .WEIGHT_FILE (WEIGHT_FILE),
        .ODD_FILE    (ODD_FILE)
    ) bundle_weights_i (
        .clk    (clk),
        .events (s_axis_tdata),
        .sums   (sums)
    );

    fs_neuron_array #(
        .LANES         (NEURONS),
        .GROUPS        (1),
        .WEIGHT_BITS   (SUM_BITS),
        .MEMBRANE_BITS (MEMBRANE_BITS),
        .FOLDER        (FOLDER),
        .INITIAL_FILE  (INITIAL_FILE)
    ) neuron_array_i (
        .clk                (clk),
        .rst                (rst),
        .op_accumulate      (op_accumulate),
        .op_capture         (op_capture),
        .op_clear           (op_clear),
        .op_last_step       (op_last_step),
        .op_last_group      (1'b1),
        .op_group           (1'b0),
        .weights            (sums),
        .capture_valid      (capture_valid),
        .capture_last_step  (capture_last_step),
        .capture_last_group (capture_last_group),
        .capture_group      (capture_group),
        .capture_spikes     (capture_spikes),
        .capture_membranes  (capture_membranes)
    );

endmodule

`resetall
