// SPDX-License-Identifier: MIT OR Apache-2.0
// Flow delay: carries the flags of a step beside the pipeline that works on its spikes.

`timescale 1ns / 1ps
`default_nettype none

module fs_flow_delay #(
    parameter STAGES = 2  // registers of the pipeline, at least 1
) (
    input  wire clk,
    input  wire rst,

    input  wire s_valid,
    input  wire s_first,
    input  wire s_last,

    output wire before_first,  // m_first, two cycles early; one with a single register
    output wire m_valid,
    output wire m_first,
    output wire m_last
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (STAGES < 1) begin : g_stages_guard
            fs_flow_delay_STAGES_must_be_1_or_more stop ();
        end
    endgenerate

    reg  [STAGES-1:0] valid_q, first_q, last_q;
    wire [STAGES:0]   valid = {valid_q, s_valid};
    wire [STAGES:0]   first = {first_q, s_first};
    wire [STAGES:0]   last  = {last_q, s_last};

    assign before_first = first[STAGES > 1 ? STAGES-2 : 0];
    assign m_valid      = valid[STAGES];
    assign m_first      = first[STAGES];
    assign m_last       = last[STAGES];

    always @(posedge clk) begin
        valid_q <= valid[STAGES-1:0];
        first_q <= first[STAGES-1:0];
        last_q  <= last[STAGES-1:0];
        if (rst) begin
            valid_q <= {STAGES{1'b0}};
            first_q <= {STAGES{1'b0}};
        end
    end

endmodule

`resetall
