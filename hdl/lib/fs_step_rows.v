// SPDX-License-Identifier: MIT OR Apache-2.0
// Step rows: in front of the mark of every step, one event more, which adds the row of the step.
//
// The rows lie behind the weights of the inputs, so to the layer they are the weights of an input
// that spikes in every step. A mark waits until its row was taken; nothing else waits.

`timescale 1ns / 1ps
`default_nettype none

module fs_step_rows #(
    parameter INPUTS = 4,  // addresses of the inputs; those of the rows follow
    parameter ROWS   = 1   // 1: the same row in all steps; more: one row for each step
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       s_axis_tvalid,
    output wire                                       s_axis_tready,
    input  wire [$clog2(INPUTS > 1 ? INPUTS : 2)-1:0] s_axis_tdata,
    input  wire                                       s_axis_tuser,

    output wire                           m_axis_tvalid,
    input  wire                           m_axis_tready,
    output wire [$clog2(INPUTS+ROWS)-1:0] m_axis_tdata,
    output wire                           m_axis_tuser
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (INPUTS < 1) begin : g_inputs_guard
            fs_step_rows_INPUTS_must_be_1_or_more stop ();
        end
        if (ROWS < 1) begin : g_rows_guard
            fs_step_rows_ROWS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam INDEX_BITS = $clog2(INPUTS > 1 ? INPUTS : 2);
    localparam ROWS_BITS  = $clog2(ROWS > 1 ? ROWS : 2);
    localparam OUT_BITS   = $clog2(INPUTS + ROWS);

    localparam [31:0] FIRST_ROW   = INPUTS;
    localparam [31:0] ROWS_LESS_1 = ROWS - 1;

    reg                 added_q;  // the row of this step was taken
    reg [ROWS_BITS-1:0] row_q;

    // With one row the register is constant, which synthesis cannot see.
    wire [ROWS_BITS-1:0] row  = ROWS == 1 ? {ROWS_BITS{1'b0}} : row_q;
    wire                 adds = s_axis_tuser && !added_q;
    wire [OUT_BITS-1:0]  row_address = FIRST_ROW[OUT_BITS-1:0] + {{(OUT_BITS-ROWS_BITS){1'b0}}, row};

    assign m_axis_tvalid = s_axis_tvalid;
    assign m_axis_tuser  = s_axis_tuser && added_q;
    assign m_axis_tdata  = adds ? row_address : {{(OUT_BITS-INDEX_BITS){1'b0}}, s_axis_tdata};
    assign s_axis_tready = m_axis_tready && !adds;

    always @(posedge clk) begin
        if (s_axis_tvalid && m_axis_tready && s_axis_tuser) begin
            added_q <= adds;
            if (!adds) begin
                row_q <= row == ROWS_LESS_1[ROWS_BITS-1:0] ? {ROWS_BITS{1'b0}} : row + 1'b1;
            end
        end

        if (rst) begin
            added_q <= 1'b0;
            row_q   <= {ROWS_BITS{1'b0}};
        end
    end

endmodule

`resetall
