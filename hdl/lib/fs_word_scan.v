// SPDX-License-Identifier: MIT OR Apache-2.0
// Word scan: streams the spikes of words, one per cycle, and the mark after the last word of a step.
//
// Six stages, each of which moves on when the next one can take it:
//   select   the lowest place of the head word, and the rest; the lowest of the rest follows in
//            every cycle. A place is a bank that holds a spike; the last one may be the mark.
//   fetch    the word, out of the memory of the queue
//   word     the word
//   bank     the spikes of the bank
//   lane     the lowest spike of the bank, and the rest, as in select
//   output   the place, with one place more for what is under way when the receiver stops
// Every bank selected holds at least one spike, so the output never waits for the selection. Every
// decision to move on hangs on registers of the scan alone; none waits for the receiver.

`timescale 1ns / 1ps
`default_nettype none

module fs_word_scan #(
    parameter SIDE       = 2,  // banks per axis
    parameter LANES      = 2,  // output channels of a word
    parameter C_BITS     = 1,  // width of an output channel, bits
    parameter Y_BITS     = 2,  // width of a row, bits
    parameter X_BITS     = 2,  // width of a column, bits
    parameter ENTRY_BITS = 4   // width of an entry of the queue, bits
) (
    input  wire                            clk,
    input  wire                            rst,

    input  wire                            head_valid,
    input  wire [SIDE*SIDE:0]              head_places,   // banks that hold a spike; the mark
    input  wire [C_BITS+Y_BITS+X_BITS-1:0] head_origin,   // place of the word's first neuron
    input  wire [ENTRY_BITS-1:0]           head_entry,
    output wire                            head_take,

    output wire                            fetch,
    output wire [ENTRY_BITS-1:0]           fetch_entry,
    input  wire [SIDE*SIDE*LANES-1:0]      fetched_q,

    output wire                            m_axis_tvalid,
    input  wire                            m_axis_tready,
    output wire [C_BITS+Y_BITS+X_BITS-1:0] m_axis_tdata,  // place; not meaningful in a mark
    output wire                            m_axis_tuser   // end-of-step mark
);

    localparam BANKS       = SIDE * SIDE;
    localparam ORIGIN_BITS = C_BITS + Y_BITS + X_BITS;

    // Select.
    reg                   select_valid_q, select_last_q;  // last: nothing is in the rest
    reg [BANKS:0]         select_q;                       // one-hot
    reg [BANKS:0]         select_rest_q;
    reg [ORIGIN_BITS-1:0] select_origin_q;
    reg [ENTRY_BITS-1:0]  select_entry_q;
    wire                  select_open, fetch_open;
    wire [BANKS:0]        head_lowest, places_lowest;
    wire                  head_several, places_several;

    fs_lowest_one  #(.BITS (BANKS + 1)) find_first  (.bits (head_places),   .lowest (head_lowest));
    fs_lowest_one  #(.BITS (BANKS + 1)) find_next   (.bits (select_rest_q), .lowest (places_lowest));
    fs_two_or_more #(.BITS (BANKS + 1)) count_first (.bits (head_places),   .yes (head_several));
    fs_two_or_more #(.BITS (BANKS + 1)) count_next  (.bits (select_rest_q), .yes (places_several));

    assign head_take   = head_valid && select_open;
    assign fetch       = fetch_open;
    assign fetch_entry = select_entry_q;

    always @(posedge clk) begin
        if (select_open) begin
            select_valid_q  <= head_valid;
            select_last_q   <= !head_several;
            select_q        <= head_lowest;
            select_rest_q   <= head_places & ~head_lowest;
            select_origin_q <= head_origin;
            select_entry_q  <= head_entry;
        end else if (fetch_open) begin
            select_last_q   <= !places_several;
            select_q        <= places_lowest;
            select_rest_q   <= select_rest_q & ~places_lowest;
        end
        if (rst) begin
            select_valid_q <= 1'b0;
        end
    end

    // Fetch, and take over.
    reg                   fetch_valid_q, word_valid_q;
    reg [BANKS:0]         fetch_select_q, word_select_q;
    reg [ORIGIN_BITS-1:0] fetch_origin_q, word_origin_q;
    reg [BANKS*LANES-1:0] word_q;
    wire                  word_open, bank_open;

    always @(posedge clk) begin
        if (fetch_open) begin
            fetch_valid_q  <= select_valid_q;
            fetch_select_q <= select_q;
            fetch_origin_q <= select_origin_q;
        end
        if (word_open) begin
            word_valid_q   <= fetch_valid_q;
            word_select_q  <= fetch_select_q;
            word_origin_q  <= fetch_origin_q;
            word_q         <= fetched_q;
        end
        if (rst) begin
            fetch_valid_q <= 1'b0;
            word_valid_q  <= 1'b0;
        end
    end

    // Bank.
    reg              bank_valid_q, bank_mark_q;
    reg [LANES-1:0]  bank_q;
    reg [C_BITS-1:0] bank_c_q;
    reg [Y_BITS-1:0] bank_y_q;
    reg [X_BITS-1:0] bank_x_q;
    wire             lane_open;
    reg [LANES-1:0]  selected;
    reg [Y_BITS-1:0] selected_line;
    reg [X_BITS-1:0] selected_column;
    integer          line;
    integer          column;

    always @* begin
        selected        = {LANES{1'b0}};
        selected_line   = {Y_BITS{1'b0}};
        selected_column = {X_BITS{1'b0}};
        for (line = 0; line < SIDE; line = line + 1) begin
            for (column = 0; column < SIDE; column = column + 1) begin
                if (word_select_q[line*SIDE+column]) begin
                    selected        = selected | word_q[(line*SIDE+column)*LANES +: LANES];
                    selected_line   = selected_line | line[Y_BITS-1:0];
                    selected_column = selected_column | column[X_BITS-1:0];
                end
            end
        end
    end

    always @(posedge clk) begin
        if (bank_open) begin
            bank_valid_q <= word_valid_q;
            bank_mark_q  <= word_select_q[BANKS];
            bank_q       <= selected;
            bank_c_q     <= word_origin_q[Y_BITS+X_BITS +: C_BITS];
            bank_y_q     <= word_origin_q[X_BITS +: Y_BITS] + selected_line;
            bank_x_q     <= word_origin_q[0 +: X_BITS] + selected_column;
        end
        if (rst) begin
            bank_valid_q <= 1'b0;
        end
    end

    // Lane.
    reg              lane_valid_q, lane_mark_q, lane_last_q;  // last: nothing is in the rest
    reg [LANES-1:0]  lane_spike_q;                            // one-hot
    reg [LANES-1:0]  lane_rest_q;
    reg [C_BITS-1:0] lane_c_q;
    reg [Y_BITS-1:0] lane_y_q;
    reg [X_BITS-1:0] lane_x_q;
    wire             output_open;
    wire [LANES-1:0] bank_lowest, rest_lowest;
    wire             bank_several, rest_several;

    fs_lowest_one  #(.BITS (LANES)) find_lane       (.bits (bank_q),      .lowest (bank_lowest));
    fs_lowest_one  #(.BITS (LANES)) find_next_lane  (.bits (lane_rest_q), .lowest (rest_lowest));
    fs_two_or_more #(.BITS (LANES)) count_lanes     (.bits (bank_q),      .yes (bank_several));
    fs_two_or_more #(.BITS (LANES)) count_lane_rest (.bits (lane_rest_q), .yes (rest_several));

    always @(posedge clk) begin
        if (lane_open) begin
            lane_valid_q <= bank_valid_q;
            lane_mark_q  <= bank_mark_q;
            lane_last_q  <= !bank_several;
            lane_spike_q <= bank_lowest;
            lane_rest_q  <= bank_q & ~bank_lowest;
            lane_c_q     <= bank_c_q;
            lane_y_q     <= bank_y_q;
            lane_x_q     <= bank_x_q;
        end else if (output_open) begin
            lane_last_q  <= !rest_several;
            lane_spike_q <= rest_lowest;
            lane_rest_q  <= lane_rest_q & ~rest_lowest;
        end
        if (rst) begin
            lane_valid_q <= 1'b0;
        end
    end

    // Output.
    reg                    valid_q, mark_q;
    reg [ORIGIN_BITS-1:0]  place_q;
    reg                    spare_valid_q, spare_mark_q;
    reg [ORIGIN_BITS-1:0]  spare_place_q;
    wire                   receives = !valid_q || m_axis_tready;
    wire [ORIGIN_BITS-1:0] place;
    reg [C_BITS-1:0]       lane;
    integer                i;

    always @* begin
        lane = {C_BITS{1'b0}};
        for (i = 0; i < LANES; i = i + 1) begin
            if (lane_spike_q[i]) begin
                lane = lane | i[C_BITS-1:0];
            end
        end
    end

    assign place         = {lane_c_q + lane, lane_y_q, lane_x_q};
    assign output_open   = !spare_valid_q;
    assign lane_open     = !lane_valid_q || (output_open && lane_last_q);
    assign bank_open     = !bank_valid_q || lane_open;
    assign word_open     = !word_valid_q || bank_open;
    assign fetch_open    = !fetch_valid_q || word_open;
    assign select_open   = !select_valid_q || (fetch_open && select_last_q);
    assign m_axis_tvalid = valid_q;
    assign m_axis_tuser  = mark_q;
    assign m_axis_tdata  = place_q;

    always @(posedge clk) begin
        if (receives) begin
            valid_q       <= spare_valid_q || lane_valid_q;
            mark_q        <= spare_valid_q ? spare_mark_q : lane_mark_q;
            place_q       <= spare_valid_q ? spare_place_q : place;
            spare_valid_q <= 1'b0;
        end else if (lane_valid_q) begin
            spare_valid_q <= 1'b1;
        end
        if (output_open) begin
            spare_mark_q  <= lane_mark_q;
            spare_place_q <= place;
        end
        if (rst) begin
            valid_q       <= 1'b0;
            spare_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
