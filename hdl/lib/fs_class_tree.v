// SPDX-License-Identifier: MIT OR Apache-2.0
// Class tree: the class of the largest eligible score, by a knockout of pairs, one level per cycle.
// Ties go to the smaller index.
//
// Node n has the nodes 2n and 2n + 1 below it; node 1 is the root, and the scores are the last
// nodes. Those without a class are not eligible.

`timescale 1ns / 1ps
`default_nettype none

module fs_class_tree #(
    parameter CLASSES    = 4,  // scores
    parameter SCORE_BITS = 8   // width of a score, bits
) (
    input  wire clk,
    input  wire rst,

    input  wire                          s_valid,
    input  wire [CLASSES*SCORE_BITS-1:0] s_scores,
    input  wire [CLASSES-1:0]            s_eligible,

    output wire                                         m_valid,  // as many cycles later as levels
    output wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] m_class
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLASSES < 1) begin : g_classes_guard
            fs_class_tree_CLASSES_must_be_1_or_more stop ();
        end
        if (SCORE_BITS < 1) begin : g_score_bits_guard
            fs_class_tree_SCORE_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam LEVELS = $clog2(CLASSES > 1 ? CLASSES : 2);  // and the width of a class
    localparam LEAVES = 1 << LEVELS;

    wire [2*LEAVES*SCORE_BITS-1:SCORE_BITS] scores;
    wire [2*LEAVES*LEVELS-1:LEVELS]         classes;
    wire [2*LEAVES-1:1]                     eligible;
    reg  [LEVELS-1:0]                       valid_q;
    wire [LEVELS:0]                         valid    = {valid_q, s_valid};

    // Of the winner, the class alone is asked for.
    wire unused_root = &{1'b0, scores[SCORE_BITS +: SCORE_BITS], eligible[1]};

    assign m_valid = valid[LEVELS];
    assign m_class = classes[LEVELS +: LEVELS];

    genvar leaf, node;
    generate
        for (leaf = 0; leaf < LEAVES; leaf = leaf + 1) begin : g_leaf
            localparam [31:0] LEAF = leaf;
            assign classes[(LEAVES+leaf)*LEVELS +: LEVELS] = LEAF[LEVELS-1:0];
            if (leaf < CLASSES) begin : g_class
                assign eligible[LEAVES+leaf] = s_eligible[leaf];
                assign scores[(LEAVES+leaf)*SCORE_BITS +: SCORE_BITS]
                    = s_scores[leaf*SCORE_BITS +: SCORE_BITS];
            end else begin : g_none
                assign eligible[LEAVES+leaf] = 1'b0;
                assign scores[(LEAVES+leaf)*SCORE_BITS +: SCORE_BITS] = {SCORE_BITS{1'b0}};
            end
        end
        for (node = 1; node < LEAVES; node = node + 1) begin : g_node
            wire signed [SCORE_BITS-1:0] left  = scores[2*node*SCORE_BITS +: SCORE_BITS];
            wire signed [SCORE_BITS-1:0] right = scores[(2*node+1)*SCORE_BITS +: SCORE_BITS];
            wire                         second
                = eligible[2*node+1] && (!eligible[2*node] || right > left);
            reg         [SCORE_BITS-1:0] score_q;
            reg         [LEVELS-1:0]     class_q;
            reg                          eligible_q;

            always @(posedge clk) begin
                score_q    <= second ? right : left;
                class_q    <= second ? classes[(2*node+1)*LEVELS +: LEVELS]
                                     : classes[2*node*LEVELS +: LEVELS];
                eligible_q <= eligible[2*node] || eligible[2*node+1];
            end

            assign scores[node*SCORE_BITS +: SCORE_BITS] = score_q;
            assign classes[node*LEVELS +: LEVELS]        = class_q;
            assign eligible[node]                        = eligible_q;
        end
    endgenerate

    always @(posedge clk) begin
        valid_q <= valid[LEVELS-1:0];
        if (rst) begin
            valid_q <= {LEVELS{1'b0}};
        end
    end

endmodule

`resetall
