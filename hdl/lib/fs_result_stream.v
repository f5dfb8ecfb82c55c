// SPDX-License-Identifier: MIT OR Apache-2.0
// Result stream: the class, then the cycle count, then the scores, as one packet.
//
// The class is known a few cycles after the scores, long before they have left.

`timescale 1ns / 1ps
`default_nettype none

module fs_result_stream #(
    parameter CLASSES     = 4,   // output neurons
    parameter SCORE_BITS  = 8,   // width of a score, bits
    parameter RESULT_BITS = 32,  // width of a result word, bits
    parameter CYCLE_BITS  = 32   // width of the cycle count, bits
) (
    input  wire                          clk,
    input  wire                          rst,

    input  wire                          found,         // for one cycle: the class
    input  wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] winner,
    input  wire [CLASSES*SCORE_BITS-1:0] scores,        // hold from then on until done
    output wire                          scores_done,   // the last score enters the output

    output wire                          class_valid,   // the class word enters the output
    input  wire [CYCLE_BITS-1:0]         cycles,        // latency, valid with class_valid

    output wire                          m_axis_tvalid,
    input  wire                          m_axis_tready,
    output wire [RESULT_BITS-1:0]        m_axis_tdata,
    output wire                          m_axis_tlast
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_result_stream_CLASSES_must_be_1_or_more stop ();
        end
        if (SCORE_BITS < 1) begin : g_score_bits_guard
            fs_result_stream_SCORE_BITS_must_be_1_or_more stop ();
        end
        if (RESULT_BITS < SCORE_BITS || RESULT_BITS < CYCLE_BITS) begin : g_result_bits_guard
            fs_result_stream_RESULT_BITS_must_be_SCORE_BITS_and_CYCLE_BITS_or_more stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    localparam [31:0] CLASSES_LESS_1 = CLASSES - 1;
    localparam [1:0]  PHASE_CLASS    = 2'd0;
    localparam [1:0]  PHASE_CYCLES   = 2'd1;
    localparam [1:0]  PHASE_SCORES   = 2'd2;

    reg  [1:0]             phase_q;
    reg  [CLASS_BITS-1:0]  index_q;        // of the next score
    reg                    waiting_q;      // the class is known and has not left
    reg  [CLASS_BITS-1:0]  winner_q;
    reg                    valid_q, last_q;
    reg  [RESULT_BITS-1:0] data_q;
    reg  [CYCLE_BITS-1:0]  cycles_q;

    wire [SCORE_BITS-1:0]  score;
    wire                   known      = found || waiting_q;
    wire                   open       = !valid_q || m_axis_tready;
    wire                   last_score = index_q == CLASSES_LESS_1[CLASS_BITS-1:0];

    fs_class_select #(
        .CLASSES (CLASSES),
        .BITS    (SCORE_BITS)
    ) class_select_i (
        .values (scores),
        .index  (index_q),
        .value  (score)
    );

    assign scores_done   = open && phase_q == PHASE_SCORES && last_score;
    assign class_valid   = open && phase_q == PHASE_CLASS && known;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tdata  = data_q;
    assign m_axis_tlast  = last_q;

    always @(posedge clk) begin
        waiting_q <= known && !class_valid;
        if (found) begin
            winner_q <= winner;
        end
        if (open) begin
            valid_q <= phase_q != PHASE_CLASS || known;
            last_q  <= phase_q == PHASE_SCORES && last_score;
            case (phase_q)
                PHASE_CYCLES: begin
                    data_q  <= {{(RESULT_BITS-CYCLE_BITS){1'b0}}, cycles_q};
                    phase_q <= PHASE_SCORES;
                end
                PHASE_SCORES: begin
                    data_q  <= {{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score};
                    index_q <= last_score ? {CLASS_BITS{1'b0}} : index_q + 1'b1;
                    phase_q <= last_score ? PHASE_CLASS : PHASE_SCORES;
                end
                default: begin
                    data_q   <= {{(RESULT_BITS-CLASS_BITS){1'b0}}, found ? winner : winner_q};
                    cycles_q <= cycles;
                    phase_q  <= known ? PHASE_CYCLES : PHASE_CLASS;
                end
            endcase
        end
        if (rst) begin
            phase_q   <= PHASE_CLASS;
            index_q   <= {CLASS_BITS{1'b0}};
            waiting_q <= 1'b0;
            valid_q   <= 1'b0;
        end
    end

endmodule

`resetall
