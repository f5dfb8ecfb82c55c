// SPDX-License-Identifier: MIT OR Apache-2.0
// Integrate and fire: the neurons of one layer, from events to captures.
//
//   fs_event_control -> fs_weight_memory -> fs_neuron_array
//
// An event reaches the membranes three cycles after it was accepted, one group per cycle; the
// capture of a step leaves three cycles after its mark was accepted. With one group it is two.

`timescale 1ns / 1ps
`default_nettype none

module fs_integrate_fire #(
    parameter INPUTS        = 4,   // inputs
    parameter NEURONS       = 8,   // neurons
    parameter LANES         = 8,   // accumulators
    parameter WEIGHT_BITS   = 4,   // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter STEPS         = 4,   // time steps per image
    parameter CAPTURE_ALL   = 1,   // 1: capture every step; 0: only the last step of an image
    parameter CREDITS       = 1,   // captures that may be under way or not yet used up
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

    input  wire                           capture_done,
    output wire                           capture_valid,
    output wire                           capture_last_step,
    output wire                           capture_last_group,
    output wire [$clog2(NEURONS > LANES ? (NEURONS+LANES-1)/LANES : 2)-1:0] capture_group,
    output wire [LANES-1:0]               capture_spikes,
    output wire [LANES*MEMBRANE_BITS-1:0] capture_membranes  // potential less threshold, LSB
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (INPUTS < 1) begin : g_inputs_guard
            fs_integrate_fire_INPUTS_must_be_1_or_more stop ();
        end
        if (NEURONS < 1) begin : g_neurons_guard
            fs_integrate_fire_NEURONS_must_be_1_or_more stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_integrate_fire_LANES_must_be_1_or_more stop ();
        end
        if (WEIGHT_BITS < 1) begin : g_weight_bits_guard
            fs_integrate_fire_WEIGHT_BITS_must_be_1_or_more stop ();
        end
        if (MEMBRANE_BITS < WEIGHT_BITS) begin : g_membrane_bits_guard
            fs_integrate_fire_MEMBRANE_BITS_must_be_WEIGHT_BITS_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_integrate_fire_STEPS_must_be_1_or_more stop ();
        end
        if (CREDITS < 1) begin : g_credits_guard
            fs_integrate_fire_CREDITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam GROUPS     = (NEURONS + LANES - 1) / LANES;
    localparam GROUP_BITS = $clog2(GROUPS > 1 ? GROUPS : 2);
    localparam ROWS       = GROUPS * INPUTS;
    localparam ROW_BITS   = $clog2(ROWS > 1 ? ROWS : 2);

    wire                         op_accumulate, op_capture, op_clear, op_last_step, op_last_group;
    wire [GROUP_BITS-1:0]        op_group;
    wire [ROW_BITS-1:0]          op_row;
    wire [LANES*WEIGHT_BITS-1:0] weights;

    fs_event_control #(
        .INPUTS      (INPUTS),
        .GROUPS      (GROUPS),
        .STEPS       (STEPS),
        .CAPTURE_ALL (CAPTURE_ALL),
        .CREDITS     (CREDITS)
    ) event_control_i (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tready (s_axis_tready),
        .s_axis_tdata  (s_axis_tdata),
        .s_axis_tuser  (s_axis_tuser),
        .capture_done  (capture_done),
        .op_accumulate (op_accumulate),
        .op_capture    (op_capture),
        .op_clear      (op_clear),
        .op_last_step  (op_last_step),
        .op_last_group (op_last_group),
        .op_group      (op_group),
        .op_row        (op_row)
    );

    fs_weight_memory #(
        .ROWS      (ROWS),
        .WORD_BITS (LANES * WEIGHT_BITS),
        .STYLE     (WEIGHT_STYLE),
        .FOLDER    (FOLDER),
        .FILE      (WEIGHT_FILE)
    ) weight_memory_i (
        .clk     (clk),
        .row     (op_row),
        .word_q2 (weights)
    );

    fs_neuron_array #(
        .LANES         (LANES),
        .GROUPS        (GROUPS),
        .WEIGHT_BITS   (WEIGHT_BITS),
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
        .op_last_group      (op_last_group),
        .op_group           (op_group),
        .weights            (weights),
        .capture_valid      (capture_valid),
        .capture_last_step  (capture_last_step),
        .capture_last_group (capture_last_group),
        .capture_group      (capture_group),
        .capture_spikes     (capture_spikes),
        .capture_membranes  (capture_membranes)
    );

endmodule

`resetall
