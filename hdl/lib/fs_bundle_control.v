// SPDX-License-Identifier: MIT OR Apache-2.0
// Bundle control: turns bundles of events into operations of a layer with a lane for every neuron.
//
// A bundle holds up to EVENTS events of a time step; the last one of a step is marked (tuser), and
// the step is captured one cycle after its events were added. The events of the next step may be
// added in the same cycle, since a capture compares what was there before. Not so after the last
// step of an image, whose capture clears the membranes: there the next bundle waits for one cycle.
// A capture needs a credit before it starts, as in fs_event_control.

`timescale 1ns / 1ps
`default_nettype none

module fs_bundle_control #(
    parameter EVENTS      = 2,  // events of a bundle: 2 or 4
    parameter STEPS       = 4,  // time steps per image
    parameter CAPTURE_ALL = 1,  // 1: capture every step; 0: only the last step of an image
    parameter CREDITS     = 1   // captures that may be under way or not yet used up
) (
    input  wire clk,
    input  wire rst,

    input  wire s_axis_tvalid,
    output wire s_axis_tready,
    input  wire s_axis_tuser,

    input  wire capture_done,  // one captured step was used up

    output wire op_accumulate,  // two cycles before the sums of the bundle are there
    output wire op_capture,     // one cycle later
    output wire op_clear,
    output wire op_last_step
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (EVENTS != 2 && EVENTS != 4) begin : g_events_guard
            fs_bundle_control_EVENTS_must_be_2_or_4 stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_bundle_control_STEPS_must_be_1_or_more stop ();
        end
        if (CREDITS < 1) begin : g_credits_guard
            fs_bundle_control_CREDITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam LEVELS      = $clog2(EVENTS);  // cycles in which the weights are summed up
    localparam STEP_BITS   = $clog2(STEPS > 1 ? STEPS : 2);
    localparam CREDIT_BITS = $clog2(CREDITS + 1);

    localparam [31:0] STEPS_LESS_1 = STEPS - 1;
    localparam [31:0] ALL_CREDITS  = CREDITS;

    reg                   clearing_q;   // the cycle that follows a reset
    reg                   pause_q;
    reg [STEP_BITS-1:0]   step_q;
    reg [CREDIT_BITS-1:0] credits_q;
    reg [LEVELS-1:0]      accumulate_q;
    reg [LEVELS:0]        capture_q, last_step_q;
    reg                   clear_q;

    wire last_step  = step_q == STEPS_LESS_1[STEP_BITS-1:0];
    wire captures   = s_axis_tuser && (CAPTURE_ALL != 0 || last_step);
    wire has_credit = credits_q != {CREDIT_BITS{1'b0}};
    wire accepted   = s_axis_tvalid && s_axis_tready;
    wire captured   = accepted && captures;

    // What was accepted this cycle, one cycle ago, two ...
    wire [LEVELS:0]   accumulate  = {accumulate_q, accepted};
    wire [LEVELS+1:0] capture     = {capture_q, captured};
    wire [LEVELS+1:0] in_the_last = {last_step_q, last_step};

    assign s_axis_tready = !clearing_q && !pause_q && (!captures || has_credit);
    assign op_accumulate = accumulate[LEVELS];
    assign op_capture    = capture[LEVELS+1];
    assign op_clear      = clear_q;
    assign op_last_step  = in_the_last[LEVELS+1];

    always @(posedge clk) begin
        clearing_q   <= 1'b0;
        pause_q      <= accepted && s_axis_tuser && last_step;
        accumulate_q <= accumulate[LEVELS-1:0];
        capture_q    <= capture[LEVELS:0];
        last_step_q  <= in_the_last[LEVELS:0];
        clear_q      <= clearing_q || (capture[LEVELS] && in_the_last[LEVELS]);

        if (accepted && s_axis_tuser) begin
            step_q <= last_step ? {STEP_BITS{1'b0}} : step_q + 1'b1;
        end
        if (captured && !capture_done) begin
            credits_q <= credits_q - 1'b1;
        end else if (capture_done && !captured) begin
            credits_q <= credits_q + 1'b1;
        end

        if (rst) begin
            clearing_q   <= 1'b1;
            pause_q      <= 1'b0;
            step_q       <= {STEP_BITS{1'b0}};
            credits_q    <= ALL_CREDITS[CREDIT_BITS-1:0];
            accumulate_q <= {LEVELS{1'b0}};
            capture_q    <= {(LEVELS+1){1'b0}};
            clear_q      <= 1'b0;
        end
    end

endmodule

`resetall
