// SPDX-License-Identifier: MIT OR Apache-2.0
// Flow gate: lets time steps into layers that never wait.
//
// Behind it, a step moves on in every cycle. So a step enters only if there is a place for it where
// the flow ends: it takes a credit, which comes back when that place is free again.

`timescale 1ns / 1ps
`default_nettype none

module fs_flow_gate #(
    parameter STEPS      = 4,  // time steps per image
    parameter EVERY_STEP = 1,  // 1: every step takes a credit; 0: only the last one of an image
    parameter CREDITS    = 1   // steps that may be behind the gate
) (
    input  wire clk,
    input  wire rst,

    input  wire offered,    // the end of a step
    output wire ready,
    input  wire credit,     // a credit comes back

    output wire first,      // the next step is the first one of its image
    output wire last,       // the next step is the last one
    output reg  valid_q,    // a step has entered two cycles ago
    output reg  first_q,    // it is the first one of its image
    output reg  last_q      // it is the last one
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (STEPS < 1) begin : g_steps_guard
            fs_flow_gate_STEPS_must_be_1_or_more stop ();
        end
        if (CREDITS < 1) begin : g_credits_guard
            fs_flow_gate_CREDITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam STEP_BITS   = $clog2(STEPS > 1 ? STEPS : 2);
    localparam CREDIT_BITS = $clog2(CREDITS + 1);

    localparam [31:0] STEPS_LESS_1 = STEPS - 1;
    localparam [31:0] ALL_CREDITS  = CREDITS;

    reg [STEP_BITS-1:0]   step_q;
    reg [CREDIT_BITS-1:0] credits_q;
    reg                   entered_q, entered_first_q, entered_last_q;

    wire pays   = EVERY_STEP != 0 || last;
    wire enters = offered && ready;
    wire take   = enters && pays;

    assign first = step_q == {STEP_BITS{1'b0}};
    assign last  = step_q == STEPS_LESS_1[STEP_BITS-1:0];
    assign ready = !pays || credits_q != {CREDIT_BITS{1'b0}};

    always @(posedge clk) begin
        entered_q       <= enters;
        entered_first_q <= enters && first;
        entered_last_q  <= enters && last;
        valid_q         <= entered_q;
        first_q         <= entered_first_q;
        last_q          <= entered_last_q;
        if (enters) begin
            step_q <= last ? {STEP_BITS{1'b0}} : step_q + 1'b1;
        end
        if (take && !credit) begin
            credits_q <= credits_q - 1'b1;
        end else if (credit && !take) begin
            credits_q <= credits_q + 1'b1;
        end
        if (rst) begin
            entered_q <= 1'b0;
            valid_q   <= 1'b0;
            step_q    <= {STEP_BITS{1'b0}};
            credits_q <= ALL_CREDITS[CREDIT_BITS-1:0];
        end
    end

endmodule

`resetall
