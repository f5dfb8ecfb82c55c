// SPDX-License-Identifier: MIT OR Apache-2.0
// Image buffer: gathers the payload of an image frame, then plays it into the core, one beat per
// cycle. So the core sees an image only when it is whole, and at full speed whatever the baud rate.
//
// On the link a beat is BEAT_BYTES bytes, low byte first; its most significant bit is the
// end-of-step mark where the input is events.

`timescale 1ns / 1ps
`default_nettype none

module fs_image_buffer #(
    parameter DATA_BITS = 4,  // width of s_axis_tdata of the core, bits
    parameter MARKS     = 1,  // 1: events and end-of-step marks, 0: pixels
    parameter BEATS     = 6   // beats of an image: at most with events, exactly with pixels
) (
    input  wire                 clk,
    input  wire                 rst,

    input  wire                 clear,         // forget what was gathered
    input  wire                 byte_valid,    // a byte of the payload
    input  wire [7:0]           data,
    output wire                 length_good,   // what was gathered can be an image

    input  wire                 play,          // pulse: play it
    output wire                 played,        // all beats have been accepted

    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire [DATA_BITS-1:0] m_axis_tdata,
    output wire                 m_axis_tuser,
    output wire                 m_axis_tlast
);

    localparam                    WORD_BITS    = DATA_BITS + MARKS;
    localparam                    BEAT_BYTES   = (WORD_BITS + 7) / 8;  // on the link
    localparam                    ADDRESS_BITS = $clog2(BEATS + 1);
    localparam [31:0]             BEATS_WIDE   = BEATS;
    localparam [ADDRESS_BITS-1:0] FULL         = BEATS_WIDE[ADDRESS_BITS-1:0];
    localparam [ADDRESS_BITS-1:0] NONE         = {ADDRESS_BITS{1'b0}};

    // Write side.
    reg  [ADDRESS_BITS-1:0] count_q;     // beats gathered
    reg                     too_long_q;
    wire                    beat_ends;   // this byte completes a beat
    wire                    beat_begun;  // some bytes of a beat are there
    wire [8*BEAT_BYTES-1:0] beat;

    generate
        if (BEAT_BYTES == 1) begin : g_byte
            assign beat_ends  = 1'b1;
            assign beat_begun = 1'b0;
            assign beat       = data;
        end else begin : g_bytes
            reg [8*(BEAT_BYTES-1)-1:0] earlier_q;
            reg [BEAT_BYTES-1:0]       place_q;    // one-hot: the byte that comes next

            assign beat_ends  = place_q[BEAT_BYTES-1];
            assign beat_begun = !place_q[0];
            assign beat       = {data, earlier_q};

            always @(posedge clk) begin
                if (byte_valid) begin
                    earlier_q <= beat[8*BEAT_BYTES-1:8];
                    place_q   <= {place_q[BEAT_BYTES-2:0], place_q[BEAT_BYTES-1]};
                end
                if (clear) begin
                    place_q <= {{(BEAT_BYTES-1){1'b0}}, 1'b1};
                end
            end
        end
    endgenerate

    wire [WORD_BITS-1:0] gathered;
    wire                 write = byte_valid && beat_ends && count_q != FULL;

    generate
        if (MARKS == 1) begin : g_marks
            assign gathered = {beat[8*BEAT_BYTES-1], beat[DATA_BITS-1:0]};
        end else begin : g_no_marks
            assign gathered = beat[DATA_BITS-1:0];
        end
    endgenerate

    // Bits between data and mark.
    wire unused = &{1'b0, beat};

    assign length_good = !beat_begun && !too_long_q && (MARKS == 1 ? count_q != NONE : count_q == FULL);

    // Read side: the memory's own register, one more, which a tool may move into the block RAM, and
    // a queue for what is on its way when the core stops.
    reg  [ADDRESS_BITS-1:0] address_q;
    reg                     playing_q;
    reg                     fetched_q, fetched_last_q;
    reg                     fetched_q2, fetched_last_q2;
    reg  [WORD_BITS-1:0]    word_q2;
    wire [WORD_BITS-1:0]    fetched_word, word;
    wire                    room;

    wire                    fetch = playing_q && room;
    wire [ADDRESS_BITS-1:0] next  = address_q + 1'b1;

    assign played       = !playing_q && !fetched_q && !fetched_q2 && !m_axis_tvalid;
    assign m_axis_tdata = word[DATA_BITS-1:0];
    assign m_axis_tuser = MARKS == 1 && word[WORD_BITS-1];

    fs_buffer_memory #(
        .ADDRESS_BITS (ADDRESS_BITS),
        .WORD_BITS    (WORD_BITS)
    ) buffer_memory_i (
        .clk           (clk),
        .write         (write),
        .write_address (count_q),
        .write_word    (gathered),
        .read_address  (address_q),
        .read_word_q   (fetched_word)
    );

    fs_skid_queue #(
        .WIDTH  (1 + WORD_BITS),
        .PLACES (4)
    ) skid_queue_i (
        .clk     (clk),
        .rst     (rst),
        .room_q  (room),
        .launch  (fetch),
        .s_valid (fetched_q2),
        .s_data  ({fetched_last_q2, word_q2}),
        .m_valid (m_axis_tvalid),
        .m_ready (m_axis_tready),
        .m_data  ({m_axis_tlast, word})
    );

    always @(posedge clk) begin
        if (byte_valid && beat_ends) begin
            count_q    <= count_q == FULL ? FULL : count_q + 1'b1;
            too_long_q <= too_long_q || count_q == FULL;
        end
        if (clear) begin
            count_q    <= NONE;
            too_long_q <= 1'b0;
        end
        fetched_q       <= fetch;
        fetched_last_q  <= next == count_q;
        fetched_q2      <= fetched_q;
        fetched_last_q2 <= fetched_last_q;
        word_q2         <= fetched_word;
        if (play) begin
            address_q <= NONE;
            playing_q <= 1'b1;
        end else if (fetch) begin
            address_q <= next;
            playing_q <= next != count_q;
        end
        if (rst) begin
            playing_q  <= 1'b0;
            fetched_q  <= 1'b0;
            fetched_q2 <= 1'b0;
        end
    end

endmodule

`resetall
