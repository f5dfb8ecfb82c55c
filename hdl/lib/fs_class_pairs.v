// SPDX-License-Identifier: MIT OR Apache-2.0
// Class pairs: the class of the largest score, out of the comparisons of all pairs of scores at once.
//
// One cycle for the comparisons, one for the class that none beats. Ties go to the smaller index.

`timescale 1ns / 1ps
`default_nettype none

module fs_class_pairs #(
    parameter CLASSES    = 4,  // scores
    parameter SCORE_BITS = 8   // width of a score, bits
) (
    input  wire                          clk,
    input  wire                          rst,

    input  wire                          s_valid,
    input  wire [CLASSES*SCORE_BITS-1:0] s_scores,

    output reg                           m_valid_q,
    output wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] m_class,
    output wire [CLASSES*SCORE_BITS-1:0] m_scores
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_class_pairs_CLASSES_must_be_1_or_more stop ();
        end
    endgenerate

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    reg                           valid_q;
    reg  [CLASSES*SCORE_BITS-1:0] scores_q, scores_q2;
    reg  [CLASS_BITS-1:0]         best, best_q;
    wire [CLASSES*CLASSES-1:0]    beats;   // bit a * CLASSES + b: a is before b
    integer                       c;

    assign m_class  = best_q;
    assign m_scores = scores_q2;

    genvar a, b;
    generate
        for (a = 0; a < CLASSES; a = a + 1) begin : g_class
            assign beats[a*CLASSES+a] = 1'b1;
            for (b = a + 1; b < CLASSES; b = b + 1) begin : g_later
                wire signed [SCORE_BITS-1:0] earlier = s_scores[a*SCORE_BITS +: SCORE_BITS];
                wire signed [SCORE_BITS-1:0] later   = s_scores[b*SCORE_BITS +: SCORE_BITS];
                reg                          later_q;
                always @(posedge clk) begin
                    later_q <= later > earlier;
                end
                assign beats[a*CLASSES+b] = !later_q;
                assign beats[b*CLASSES+a] = later_q;
            end
        end
    endgenerate

    always @* begin
        best = {CLASS_BITS{1'b0}};
        for (c = 0; c < CLASSES; c = c + 1) begin
            if (&beats[c*CLASSES +: CLASSES]) begin
                best = best | c[CLASS_BITS-1:0];
            end
        end
    end

    always @(posedge clk) begin
        valid_q   <= s_valid;
        m_valid_q <= valid_q;
        scores_q  <= s_scores;
        scores_q2 <= scores_q;
        best_q    <= best;
        if (rst) begin
            valid_q   <= 1'b0;
            m_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
