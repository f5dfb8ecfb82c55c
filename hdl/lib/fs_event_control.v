// SPDX-License-Identifier: MIT OR Apache-2.0
// Event control: turns the beats of an event stream into operations of one layer.
//
// An event beat names an input that spikes in the current time step; a mark beat (tuser) ends the
// step. Every operation runs over the GROUPS neurons that share a lane, one group per cycle:
//
//   accumulate   add the weight row of the event to the membranes        GROUPS cycles
//   capture      compare with the thresholds at the end of a step        GROUPS cycles
//   clear        with the capture of the last step: membranes := v0      (same cycles)
//
// The operations then travel down a pipeline that never stalls. What follows a capture may be busy,
// so a capture needs a credit before it starts; this is the only place where a layer waits.

`timescale 1ns / 1ps
`default_nettype none

module fs_event_control #(
    parameter INPUTS      = 4,  // inputs of the layer; events carry 0 ... INPUTS-1
    parameter GROUPS      = 1,  // neurons that share a lane, and so cycles per event
    parameter STEPS       = 4,  // time steps per image
    parameter CAPTURE_ALL = 1,  // 1: capture every step; 0: only the last step of an image
    parameter CREDITS     = 1   // captures that may be under way or not yet used up
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       s_axis_tvalid,
    output wire                                       s_axis_tready,
    input  wire [$clog2(INPUTS > 1 ? INPUTS : 2)-1:0] s_axis_tdata,
    input  wire                                       s_axis_tuser,

    input  wire capture_done,  // one captured step was used up

    // Of the beat before; with one group, of the beat itself.
    output wire                                       op_accumulate,
    output wire                                       op_capture,
    output wire                                       op_clear,
    output wire                                       op_last_step,
    output wire                                       op_last_group,
    output wire [$clog2(GROUPS > 1 ? GROUPS : 2)-1:0] op_group,
    // group * INPUTS + input.
    output wire [$clog2(GROUPS*INPUTS > 1 ? GROUPS*INPUTS : 2)-1:0] op_row
);

    localparam INDEX_BITS  = $clog2(INPUTS > 1 ? INPUTS : 2);
    localparam GROUP_BITS  = $clog2(GROUPS > 1 ? GROUPS : 2);
    localparam ROW_BITS    = $clog2(GROUPS*INPUTS > 1 ? GROUPS*INPUTS : 2);
    localparam STEP_BITS   = $clog2(STEPS > 1 ? STEPS : 2);
    localparam CREDIT_BITS = $clog2(CREDITS + 1);

    localparam [31:0] GROUPS_LESS_1 = GROUPS - 1;
    localparam [31:0] STEPS_LESS_1  = STEPS - 1;
    localparam [31:0] ALL_CREDITS   = CREDITS;
    localparam [31:0] GROUP_ROWS    = INPUTS;

    reg                   clearing_q;   // the pass over all groups that follows a reset
    reg [GROUP_BITS-1:0]  group_q;
    reg [ROW_BITS-1:0]    base_q;       // first weight row of the group
    reg [STEP_BITS-1:0]   step_q;
    reg [CREDIT_BITS-1:0] credits_q;

    // With one group the registers are constant, which synthesis cannot see.
    wire [GROUP_BITS-1:0] group = GROUPS == 1 ? {GROUP_BITS{1'b0}} : group_q;
    wire [ROW_BITS-1:0]   base  = GROUPS == 1 ? {ROW_BITS{1'b0}} : base_q;

    wire first_group = group == {GROUP_BITS{1'b0}};
    wire last_group  = group == GROUPS_LESS_1[GROUP_BITS-1:0];
    wire last_step   = step_q == STEPS_LESS_1[STEP_BITS-1:0];
    wire captures    = s_axis_tuser && (CAPTURE_ALL != 0 || last_step);
    wire silent_mark = s_axis_tuser && !captures;
    wire has_credit  = credits_q != {CREDIT_BITS{1'b0}};
    wire allowed     = !clearing_q && (!captures || !first_group || has_credit);
    wire starts      = allowed && s_axis_tvalid;
    wire take_credit = starts && captures && first_group;

    assign s_axis_tready = allowed && (last_group || silent_mark);

    wire [ROW_BITS-1:0] row        = base + {{(ROW_BITS-INDEX_BITS){1'b0}}, s_axis_tdata};
    wire                accumulate = starts && !s_axis_tuser;
    wire                capture    = starts && captures;
    wire                clear      = clearing_q || (capture && last_step);

    // One group needs no sum to find its row.
    generate
        if (GROUPS == 1) begin : g_at_once
            assign op_accumulate = accumulate;
            assign op_capture    = capture;
            assign op_clear      = clear;
            assign op_last_step  = last_step;
            assign op_last_group = last_group;
            assign op_group      = group;
            assign op_row        = row;
        end else begin : g_later
            reg                  accumulate_q, capture_q, clear_q, last_step_q, last_group_q;
            reg [GROUP_BITS-1:0] op_group_q;
            reg [ROW_BITS-1:0]   row_q;

            always @(posedge clk) begin
                accumulate_q <= accumulate;
                capture_q    <= capture;
                clear_q      <= clear;
                last_step_q  <= last_step;
                last_group_q <= last_group;
                op_group_q   <= group;
                row_q        <= row;
                if (rst) begin
                    accumulate_q <= 1'b0;
                    capture_q    <= 1'b0;
                    clear_q      <= 1'b0;
                end
            end

            assign op_accumulate = accumulate_q;
            assign op_capture    = capture_q;
            assign op_clear      = clear_q;
            assign op_last_step  = last_step_q;
            assign op_last_group = last_group_q;
            assign op_group      = op_group_q;
            assign op_row        = row_q;
        end
    endgenerate

    always @(posedge clk) begin
        if (clearing_q || (starts && !silent_mark)) begin
            group_q <= last_group ? {GROUP_BITS{1'b0}} : group + 1'b1;
            base_q  <= last_group ? {ROW_BITS{1'b0}} : base + GROUP_ROWS[ROW_BITS-1:0];
        end
        if (clearing_q && last_group) begin
            clearing_q <= 1'b0;
        end
        if (s_axis_tvalid && s_axis_tready && s_axis_tuser) begin
            step_q <= last_step ? {STEP_BITS{1'b0}} : step_q + 1'b1;
        end
        if (take_credit && !capture_done) begin
            credits_q <= credits_q - 1'b1;
        end else if (capture_done && !take_credit) begin
            credits_q <= credits_q + 1'b1;
        end

        if (rst) begin
            clearing_q <= 1'b1;
            group_q    <= {GROUP_BITS{1'b0}};
            base_q     <= {ROW_BITS{1'b0}};
            step_q     <= {STEP_BITS{1'b0}};
            credits_q  <= ALL_CREDITS[CREDIT_BITS-1:0];
        end
    end

endmodule

`resetall
