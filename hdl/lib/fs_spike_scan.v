// SPDX-License-Identifier: MIT OR Apache-2.0
// Spike scan: streams the spikes of a vector in index order, one per cycle, then the end-of-step
// mark.
//
// Four stages:
//   select   the lowest word of the head vector that still holds a spike; no word is left: the mark
//   fetch    that word, with two places more for what is under way when the next stage stops
//   word     its lowest spike, and the rest; the lowest spike of the rest follows in every cycle
//   output   the index, with one place more for what is under way when the receiver stops
// Every word selected holds at least one spike, so the output never waits for the selection. Every
// decision to move on hangs on registers of one stage; none waits for the receiver.

`timescale 1ns / 1ps
`default_nettype none

module fs_spike_scan #(
    parameter NEURONS   = 16,  // neurons of the layer
    parameter WORD_BITS = 8    // neurons per scan word, a power of two
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       head_valid,
    input  wire                                       head_silent,
    input  wire [(NEURONS+WORD_BITS-1)/WORD_BITS-1:0] head_word,  // one-hot
    output wire                                       head_take,
    // One cycle after head_word.
    input  wire [(NEURONS+WORD_BITS-1)/WORD_BITS*WORD_BITS-1:0] head_vector_q,

    output wire                                         m_axis_tvalid,
    input  wire                                         m_axis_tready,
    // Neuron index; not meaningful in a mark.
    output wire [$clog2(NEURONS > 1 ? NEURONS : 2)-1:0] m_axis_tdata,
    output wire                                         m_axis_tuser  // end-of-step mark
);

    localparam WORDS       = (NEURONS + WORD_BITS - 1) / WORD_BITS;
    localparam SELECT_BITS = $clog2(WORDS > 1 ? WORDS : 2);
    localparam PLACE_BITS  = $clog2(WORD_BITS);
    localparam INDEX_BITS  = $clog2(NEURONS > 1 ? NEURONS : 2);

    // Select. What is selected is fetched in the next cycle.
    reg              select_valid_q, select_mark_q;
    reg  [WORDS-1:0] select_q;                           // one-hot
    wire             room;

    assign head_take = head_valid && room;

    // Fetch.
    reg  [WORD_BITS-1:0]   selected_word;
    reg  [SELECT_BITS-1:0] selected_index;
    wire                   fetch_valid, fetch_mark;
    wire [WORD_BITS-1:0]   fetch_word;
    wire [SELECT_BITS-1:0] fetch_index;
    wire                   word_open;
    integer                w;

    always @* begin
        selected_word  = {WORD_BITS{1'b0}};
        selected_index = {SELECT_BITS{1'b0}};
        for (w = 0; w < WORDS; w = w + 1) begin
            if (select_q[w]) begin
                selected_word  = selected_word | head_vector_q[w*WORD_BITS +: WORD_BITS];
                selected_index = selected_index | w[SELECT_BITS-1:0];
            end
        end
    end

    fs_skid_queue #(
        .WIDTH  (1 + SELECT_BITS + WORD_BITS),
        .PLACES (3)
    ) skid_queue_i (
        .clk     (clk),
        .rst     (rst),
        .room_q  (room),
        .launch  (head_take),
        .s_valid (select_valid_q),
        .s_data  ({select_mark_q, selected_index, selected_word}),
        .m_valid (fetch_valid),
        .m_ready (word_open),
        .m_data  ({fetch_mark, fetch_index, fetch_word})
    );

    // Word.
    reg                   word_valid_q, word_mark_q, word_last_q;  // last: nothing is in the rest
    reg [WORD_BITS-1:0]   word_spike_q;                            // one-hot
    reg [WORD_BITS-1:0]   word_rest_q;
    reg [SELECT_BITS-1:0] word_index_q;
    wire [WORD_BITS-1:0]  fetch_lowest, rest_lowest;
    wire                  fetch_several, rest_several;

    fs_lowest_one  #(.BITS (WORD_BITS)) find_first  (.bits (fetch_word),  .lowest (fetch_lowest));
    fs_lowest_one  #(.BITS (WORD_BITS)) find_next   (.bits (word_rest_q), .lowest (rest_lowest));
    fs_two_or_more #(.BITS (WORD_BITS)) count_first (.bits (fetch_word),  .yes (fetch_several));
    fs_two_or_more #(.BITS (WORD_BITS)) count_next  (.bits (word_rest_q), .yes (rest_several));

    // Output.
    reg                               valid_q, mark_q;
    reg [SELECT_BITS+PLACE_BITS-1:0]  index_q;
    reg                               spare_valid_q, spare_mark_q;
    reg [SELECT_BITS+PLACE_BITS-1:0]  spare_index_q;
    wire                              output_open = !spare_valid_q;
    wire                              receives    = !valid_q || m_axis_tready;
    wire [SELECT_BITS+PLACE_BITS-1:0] index;
    reg [PLACE_BITS-1:0]              place;
    integer                           p;

    always @* begin
        place = {PLACE_BITS{1'b0}};
        for (p = 0; p < WORD_BITS; p = p + 1) begin
            if (word_spike_q[p]) begin
                place = place | p[PLACE_BITS-1:0];
            end
        end
    end

    assign index         = {word_index_q, place};
    assign word_open     = !word_valid_q || (output_open && word_last_q);
    assign m_axis_tvalid = valid_q;
    assign m_axis_tuser  = mark_q;
    assign m_axis_tdata  = index_q[INDEX_BITS-1:0];

    generate
        if (SELECT_BITS + PLACE_BITS > INDEX_BITS) begin : g_unused
            wire unused_index = &{1'b0, index_q[SELECT_BITS+PLACE_BITS-1:INDEX_BITS]};
        end
    endgenerate

    always @(posedge clk) begin
        select_valid_q <= head_take;
        select_mark_q  <= head_silent;
        select_q       <= head_word;
        if (word_open) begin
            word_valid_q <= fetch_valid;
            word_mark_q  <= fetch_mark;
            word_last_q  <= !fetch_several;
            word_spike_q <= fetch_lowest;
            word_rest_q  <= fetch_word & ~fetch_lowest;
            word_index_q <= fetch_index;
        end else if (output_open) begin
            word_last_q  <= !rest_several;
            word_spike_q <= rest_lowest;
            word_rest_q  <= word_rest_q & ~rest_lowest;
        end
        if (receives) begin
            valid_q       <= spare_valid_q || word_valid_q;
            mark_q        <= spare_valid_q ? spare_mark_q : word_mark_q;
            index_q       <= spare_valid_q ? spare_index_q : index;
            spare_valid_q <= 1'b0;
        end else if (word_valid_q) begin
            spare_valid_q <= 1'b1;
        end
        if (output_open) begin
            spare_mark_q  <= word_mark_q;
            spare_index_q <= index;
        end
        if (rst) begin
            select_valid_q <= 1'b0;
            word_valid_q   <= 1'b0;
            valid_q        <= 1'b0;
            spare_valid_q  <= 1'b0;
        end
    end

endmodule

`resetall
