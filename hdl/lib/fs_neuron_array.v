// SPDX-License-Identifier: MIT OR Apache-2.0
// Neuron array: all lanes of a layer, and the pipeline registers that bring the operation to them
// together with the weight row (two cycles after fs_event_control).

`timescale 1ns / 1ps
`default_nettype none

module fs_neuron_array #(
    parameter LANES         = 4,   // accumulators
    parameter GROUPS        = 1,   // neurons per lane
    parameter WEIGHT_BITS   = 4,   // width of a stored weight, bits
    parameter MEMBRANE_BITS = 8,   // width of a membrane register, bits
    parameter FOLDER        = "",  // folder of the memory images
    parameter INITIAL_FILE  = ""   // v0 - threshold of all neurons, one group per line
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       op_accumulate,
    input  wire                                       op_capture,
    input  wire                                       op_clear,
    input  wire                                       op_last_step,
    input  wire                                       op_last_group,
    input  wire [$clog2(GROUPS > 1 ? GROUPS : 2)-1:0] op_group,
    input  wire [LANES*WEIGHT_BITS-1:0]               weights,  // two cycles after the operation

    output wire                                       capture_valid,  // one group, at a step's end
    output wire                                       capture_last_step,
    output wire                                       capture_last_group,
    output wire [$clog2(GROUPS > 1 ? GROUPS : 2)-1:0] capture_group,
    output wire [LANES-1:0]                           capture_spikes,
    // Potential less threshold, LSB.
    output wire [LANES*MEMBRANE_BITS-1:0]             capture_membranes
);

    localparam GROUP_BITS = $clog2(GROUPS > 1 ? GROUPS : 2);

    reg                  accumulate_q, accumulate_q2;
    reg                  capture_q, capture_q2;
    reg                  clear_q, clear_q2;
    reg                  last_step_q, last_step_q2;
    reg                  last_group_q, last_group_q2;
    reg [GROUP_BITS-1:0] group_q, group_q2;

    always @(posedge clk) begin
        accumulate_q  <= op_accumulate;
        capture_q     <= op_capture;
        clear_q       <= op_clear;
        last_step_q   <= op_last_step;
        last_group_q  <= op_last_group;
        group_q       <= op_group;

        accumulate_q2 <= accumulate_q;
        capture_q2    <= capture_q;
        clear_q2      <= clear_q;
        last_step_q2  <= last_step_q;
        last_group_q2 <= last_group_q;
        group_q2      <= group_q;

        if (rst) begin
            accumulate_q  <= 1'b0;
            accumulate_q2 <= 1'b0;
            capture_q     <= 1'b0;
            capture_q2    <= 1'b0;
            clear_q       <= 1'b0;
            clear_q2      <= 1'b0;
        end
    end

    // The initial membranes of the group that arrives at the lanes in the next cycle.
    wire [LANES*MEMBRANE_BITS-1:0] initial_row, initial_membranes;

    fs_table #(
        .ROWS      (GROUPS),
        .WORD_BITS (LANES*MEMBRANE_BITS),
        .FOLDER    (FOLDER),
        .FILE      (INITIAL_FILE)
    ) initial_table (
        .row  (GROUPS == 1 ? {GROUP_BITS{1'b0}} : group_q),
        .word (initial_row)
    );

    generate
        if (GROUPS == 1) begin : g_constant
            assign initial_membranes = initial_row;
        end else begin : g_by_group
            reg [LANES*MEMBRANE_BITS-1:0] initial_membranes_q;
            always @(posedge clk) begin
                initial_membranes_q <= initial_row;
            end
            assign initial_membranes = initial_membranes_q;
        end
    endgenerate

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            fs_neuron_lane #(
                .GROUPS        (GROUPS),
                .WEIGHT_BITS   (WEIGHT_BITS),
                .MEMBRANE_BITS (MEMBRANE_BITS)
            ) neuron_lane_i (
                .clk              (clk),
                .accumulate       (accumulate_q2),
                .capture          (capture_q2),
                .clear            (clear_q2),
                .group            (group_q2),
                .weight           (weights[lane*WEIGHT_BITS +: WEIGHT_BITS]),
                .initial_membrane (initial_membranes[lane*MEMBRANE_BITS +: MEMBRANE_BITS]),
                .membrane         (capture_membranes[lane*MEMBRANE_BITS +: MEMBRANE_BITS]),
                .spike            (capture_spikes[lane])
            );
        end
    endgenerate

    assign capture_valid      = capture_q2;
    assign capture_last_step  = last_step_q2;
    assign capture_last_group = last_group_q2;
    assign capture_group      = group_q2;

endmodule

`resetall
