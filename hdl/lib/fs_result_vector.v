// SPDX-License-Identifier: MIT OR Apache-2.0
// Result vector: class, cycle count and scores of an image in one beat, the words of a packet side
// by side.
//
// Results that have to wait stand in a memory. Whoever sends them has a credit for each place of it.

`timescale 1ns / 1ps
`default_nettype none

module fs_result_vector #(
    parameter CLASSES     = 4,   // output neurons
    parameter SCORE_BITS  = 8,   // width of a score, bits
    parameter RESULT_BITS = 32,  // width of a result word, bits
    parameter CYCLE_BITS  = 32,  // width of the cycle count, bits
    parameter PLACES      = 16   // results that wait, a power of two
) (
    input  wire                               clk,
    input  wire                               rst,

    input  wire                               s_valid,
    input  wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] s_class,
    input  wire [CLASSES*SCORE_BITS-1:0]      s_scores,

    output wire                               class_valid,   // a result enters the output
    input  wire [CYCLE_BITS-1:0]              cycles,        // latency, valid with class_valid

    output wire                               m_axis_tvalid,
    input  wire                               m_axis_tready,
    output wire [(CLASSES+2)*RESULT_BITS-1:0] m_axis_tdata,  // {last score ... first, cycles, class}
    output wire                               m_axis_tlast
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (PLACES < 2 || (PLACES & (PLACES - 1)) != 0) begin : g_places_guard
            fs_result_vector_PLACES_must_be_a_power_of_two stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);
    localparam PLACE_BITS = $clog2(PLACES);
    localparam WIDTH      = CLASS_BITS + CLASSES * SCORE_BITS;

    reg  [WIDTH-1:0]      waiting [0:PLACES-1];
    reg  [PLACE_BITS:0]   newest_q, oldest_q;
    reg                   valid_q;
    reg  [WIDTH-1:0]      result_q;
    reg  [CYCLE_BITS-1:0] cycles_q;

    wire             open  = !valid_q || m_axis_tready;
    wire             empty = newest_q == oldest_q;
    wire             waits = s_valid && !(open && empty);
    wire [WIDTH-1:0] next  = empty ? {s_class, s_scores} : waiting[oldest_q[PLACE_BITS-1:0]];

    assign class_valid   = open && (!empty || s_valid);
    assign m_axis_tvalid = valid_q;
    assign m_axis_tlast  = 1'b1;

    genvar c;
    generate
        for (c = 0; c < CLASSES; c = c + 1) begin : g_score
            wire [SCORE_BITS-1:0] score = result_q[c*SCORE_BITS +: SCORE_BITS];
            assign m_axis_tdata[(2+c)*RESULT_BITS +: RESULT_BITS]
                = {{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score};
        end
    endgenerate

    assign m_axis_tdata[0 +: RESULT_BITS]
        = {{(RESULT_BITS-CLASS_BITS){1'b0}}, result_q[WIDTH-1 -: CLASS_BITS]};
    assign m_axis_tdata[RESULT_BITS +: RESULT_BITS]
        = {{(RESULT_BITS-CYCLE_BITS){1'b0}}, cycles_q};

    always @(posedge clk) begin
        if (waits) begin
            waiting[newest_q[PLACE_BITS-1:0]] <= {s_class, s_scores};
            newest_q <= newest_q + 1'b1;
        end
        if (class_valid && !empty) begin
            oldest_q <= oldest_q + 1'b1;
        end
        if (open) begin
            valid_q  <= class_valid;
            result_q <= next;
            cycles_q <= cycles;
        end
        if (rst) begin
            newest_q <= {(PLACE_BITS+1){1'b0}};
            oldest_q <= {(PLACE_BITS+1){1'b0}};
            valid_q  <= 1'b0;
        end
    end

endmodule

`resetall
