// SPDX-License-Identifier: MIT OR Apache-2.0
// Skid queue: a short queue at the end of a pipeline that cannot stop. It has a place for each word
// that may be on its way, so whoever launches one need only look at a register.
//
// A word takes the first free place; the words behind one that leaves move up in the same cycle, so
// place 0 is the output register.

`timescale 1ns / 1ps
`default_nettype none

module fs_skid_queue #(
    parameter WIDTH  = 8,  // width of a word, bits
    parameter PLACES = 3   // words on their way or here, at least 2
) (
    input  wire             clk,
    input  wire             rst,

    output reg              room_q,   // a word may be launched
    input  wire             launch,   // one is

    input  wire             s_valid,  // one arrives; there is a place for it
    input  wire [WIDTH-1:0] s_data,

    output wire             m_valid,
    input  wire             m_ready,
    output wire [WIDTH-1:0] m_data
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (WIDTH < 1) begin : g_width_guard
            fs_skid_queue_WIDTH_must_be_1_or_more stop ();
        end
        if (PLACES < 2) begin : g_places_guard
            fs_skid_queue_PLACES_must_be_2_or_more stop ();
        end
    endgenerate

    localparam COUNT_BITS = $clog2(PLACES + 1);

    localparam [31:0] PLACES_WIDE = PLACES;

    reg  [COUNT_BITS-1:0]   count_q;  // words on their way or here
    reg  [PLACES-1:0]       valid_q;
    wire [PLACES*WIDTH-1:0] words;    // of all places
    wire                    moves = m_ready || !valid_q[0];

    wire [COUNT_BITS-1:0] count = count_q
        + {{(COUNT_BITS-1){1'b0}}, launch} - {{(COUNT_BITS-1){1'b0}}, m_valid && m_ready};

    assign m_valid = valid_q[0];
    assign m_data  = words[0 +: WIDTH];

    always @(posedge clk) begin
        count_q <= count;
        room_q  <= count != PLACES_WIDE[COUNT_BITS-1:0];
        if (rst) begin
            count_q <= {COUNT_BITS{1'b0}};
            room_q  <= 1'b1;
        end
    end

    genvar place;
    generate
        for (place = 0; place < PLACES; place = place + 1) begin : g_place
            reg  [WIDTH-1:0] word_q;
            wire             behind_valid;
            wire [WIDTH-1:0] behind;
            wire             ahead_valid;   // this is the first free place, or behind it

            assign words[place*WIDTH +: WIDTH] = word_q;

            if (place == PLACES - 1) begin : g_last
                assign behind_valid = 1'b0;
                assign behind       = s_data;
            end else begin : g_inner
                assign behind_valid = valid_q[place+1];
                assign behind       = behind_valid ? words[(place+1)*WIDTH +: WIDTH] : s_data;
            end

            if (place == 0) begin : g_first
                assign ahead_valid = 1'b1;
            end else begin : g_later
                assign ahead_valid = moves ? valid_q[place] : valid_q[place-1];
            end

            always @(posedge clk) begin
                if (moves || !valid_q[place]) begin
                    word_q         <= behind;
                    valid_q[place] <= behind_valid || (s_valid && ahead_valid);
                end
                if (rst) begin
                    valid_q[place] <= 1'b0;
                end
            end
        end
    endgenerate

endmodule

`resetall
