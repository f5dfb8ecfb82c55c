// SPDX-License-Identifier: MIT OR Apache-2.0
// Steps to flow: gathers the spikes of an image, step by step, for layers that never wait.
//
// A step enters the flow two cycles after it was accepted, as all spikes of its image so far. The
// vector then stands until the next step enters.

`timescale 1ns / 1ps
`default_nettype none

module fs_steps_to_flow #(
    parameter PLACES     = 4,  // places that spike
    parameter STEPS      = 4,  // time steps per image
    parameter EVERY_STEP = 1,  // 1: every step takes a credit; 0: only the last one of an image
    parameter CREDITS    = 1   // steps that may be behind the gate
) (
    input  wire              clk,
    input  wire              rst,

    input  wire              s_axis_tvalid,
    output wire              s_axis_tready,
    input  wire [PLACES-1:0] s_axis_tdata,   // a bit per place, row-major: it spikes in this step

    output wire              m_flow_valid,
    output wire              m_flow_first,
    output wire              m_flow_last,
    output wire [PLACES-1:0] m_flow_data,    // it has spiked
    input  wire              m_flow_credit
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (PLACES < 1) begin : g_places_guard
            fs_steps_to_flow_PLACES_must_be_1_or_more stop ();
        end
    endgenerate

    localparam GROUP = 32;

    reg  [PLACES-1:0] step_q, vector_q;
    wire              first, unused_last;

    assign m_flow_data = vector_q;

    fs_flow_gate #(
        .STEPS      (STEPS),
        .EVERY_STEP (EVERY_STEP),
        .CREDITS    (CREDITS)
    ) flow_gate_i (
        .clk     (clk),
        .rst     (rst),
        .offered (s_axis_tvalid),
        .ready   (s_axis_tready),
        .credit  (m_flow_credit),
        .first   (first),
        .last    (unused_last),
        .valid_q (m_flow_valid),
        .first_q (m_flow_first),
        .last_q  (m_flow_last)
    );

    always @(posedge clk) begin
        step_q <= s_axis_tdata;
    end

    // The places are spread over the whole chip: each group has its own copies of the flags.
    genvar group;
    generate
        for (group = 0; group < PLACES; group = group + GROUP) begin : g_group
            localparam COUNT = PLACES - group < GROUP ? PLACES - group : GROUP;
            wire entered_q, first_q;
            fs_register_copy #(
                .BITS (2)
            ) flags_i (
                .clk (clk),
                .d   ({s_axis_tvalid && s_axis_tready, first}),
                .q   ({entered_q, first_q})
            );
            always @(posedge clk) begin
                if (entered_q) begin
                    vector_q[group +: COUNT] <= step_q[group +: COUNT]
                        | (vector_q[group +: COUNT] & ~{COUNT{first_q}});
                end
            end
        end
    endgenerate

endmodule

`resetall
