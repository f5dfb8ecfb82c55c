// SPDX-License-Identifier: MIT OR Apache-2.0
// Result stream: the scores as they come, then the class, then the cycle count, as one packet.
//
// The class is the eligible score that is largest; ties go to the smaller index. A score is
// compared while it stands in the output register, so the class is known when the last score has
// left.

`timescale 1ns / 1ps
`default_nettype none

module fs_result_stream #(
    parameter CLASSES     = 4,   // output neurons
    parameter SCORE_BITS  = 8,   // width of a score, bits
    parameter RESULT_BITS = 32,  // width of a result word, bits
    parameter CYCLE_BITS  = 32   // width of the cycle count, bits
) (
    input  wire                         clk,
    input  wire                         rst,

    input  wire                         score_valid,
    output wire                         score_ready,
    input  wire signed [SCORE_BITS-1:0] score,
    input  wire                         score_eligible,

    output wire                         class_valid,   // the class word enters the output
    input  wire [CYCLE_BITS-1:0]        cycles,        // latency, valid with class_valid

    output wire                         m_axis_tvalid,
    input  wire                         m_axis_tready,
    output wire [RESULT_BITS-1:0]       m_axis_tdata,
    output wire                         m_axis_tlast
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
    localparam [1:0]  PHASE_SCORES   = 2'd0;
    localparam [1:0]  PHASE_CLASS    = 2'd1;
    localparam [1:0]  PHASE_CYCLES   = 2'd2;

    reg  [1:0]                   phase_q;
    reg  [CLASS_BITS-1:0]        index_q;        // of the next score
    reg                          valid_q, last_q;
    reg  [RESULT_BITS-1:0]       data_q;
    reg  [CYCLE_BITS-1:0]        cycles_q;

    reg                          candidate_q;    // the output register holds an eligible score
    reg  [CLASS_BITS-1:0]        candidate_index_q;
    reg                          best_valid_q;
    reg  [CLASS_BITS-1:0]        best_index_q;
    reg  signed [SCORE_BITS-1:0] best_q;

    wire signed [SCORE_BITS-1:0] candidate   = data_q[SCORE_BITS-1:0];
    wire                         better      = candidate_q && (!best_valid_q || candidate > best_q);
    wire [CLASS_BITS-1:0]        winner      = better ? candidate_index_q : best_index_q;
    wire                         open        = !valid_q || m_axis_tready;
    wire                         last_score  = index_q == CLASSES_LESS_1[CLASS_BITS-1:0];

    assign score_ready   = open && phase_q == PHASE_SCORES;
    assign class_valid   = open && phase_q == PHASE_CLASS;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tdata  = data_q;
    assign m_axis_tlast  = last_q;

    always @(posedge clk) begin
        if (open) begin
            valid_q     <= phase_q != PHASE_SCORES || score_valid;
            last_q      <= phase_q == PHASE_CYCLES;
            candidate_q <= 1'b0;
            if (better) begin
                best_valid_q <= 1'b1;
                best_index_q <= candidate_index_q;
                best_q       <= candidate;
            end
            case (phase_q)
                PHASE_CLASS: begin
                    data_q       <= {{(RESULT_BITS-CLASS_BITS){1'b0}}, winner};
                    cycles_q     <= cycles;
                    best_valid_q <= 1'b0;
                    phase_q      <= PHASE_CYCLES;
                end
                PHASE_CYCLES: begin
                    data_q  <= {{(RESULT_BITS-CYCLE_BITS){1'b0}}, cycles_q};
                    phase_q <= PHASE_SCORES;
                end
                default: begin
                    data_q            <= {{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score};
                    candidate_q       <= score_valid && score_eligible;
                    candidate_index_q <= index_q;
                    if (score_valid) begin
                        index_q <= last_score ? {CLASS_BITS{1'b0}} : index_q + 1'b1;
                        phase_q <= last_score ? PHASE_CLASS : PHASE_SCORES;
                    end
                end
            endcase
        end
        if (rst) begin
            phase_q      <= PHASE_SCORES;
            index_q      <= {CLASS_BITS{1'b0}};
            valid_q      <= 1'b0;
            candidate_q  <= 1'b0;
            best_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
