// SPDX-License-Identifier: MIT OR Apache-2.0
// Steps to events: streams the spikes of a time step in the order of their places, one per cycle,
// then the mark.
//
//   fs_spike_queue -> fs_spike_scan
//
// A step waits for a credit: there are as many as slots in the queue, and the mark of a step gives
// one back when it leaves.

`timescale 1ns / 1ps
`default_nettype none

module fs_steps_to_events #(
    parameter CHANNELS  = 4,  // channels of the map whose places spike
    parameter HEIGHT    = 1,  // rows
    parameter Y_BITS    = 0,  // width of a row in an event, bits
    parameter WIDTH     = 1,  // columns
    parameter X_BITS    = 0,  // width of a column in an event, bits
    parameter SLOTS     = 2,  // steps in front of the scan
    parameter WORD_BITS = 2   // places per scan word, a power of two
) (
    input  wire clk,
    input  wire rst,

    input  wire                             s_axis_tvalid,
    output wire                             s_axis_tready,
    input  wire [CHANNELS*HEIGHT*WIDTH-1:0] s_axis_tdata,  // a bit per place, row-major

    output wire m_axis_tvalid,
    input  wire m_axis_tready,
    // {channel, row, column}.
    output wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)+Y_BITS+X_BITS-1:0] m_axis_tdata,
    output wire m_axis_tuser  // end-of-step mark
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_steps_to_events_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_steps_to_events_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_steps_to_events_WIDTH_must_be_1_or_more stop ();
        end
        if (HEIGHT > 1 << Y_BITS) begin : g_y_bits_guard
            fs_steps_to_events_Y_BITS_must_be_wide_enough_for_HEIGHT stop ();
        end
        if (WIDTH > 1 << X_BITS) begin : g_x_bits_guard
            fs_steps_to_events_X_BITS_must_be_wide_enough_for_WIDTH stop ();
        end
        if (SLOTS < 1) begin : g_slots_guard
            fs_steps_to_events_SLOTS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 2 || (WORD_BITS & (WORD_BITS - 1)) != 0) begin : g_word_bits_guard
            fs_steps_to_events_WORD_BITS_must_be_a_power_of_2_from_2_on stop ();
        end
    endgenerate

    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);
    localparam CREDIT_BITS  = $clog2(SLOTS + 1);

    // One above the largest index of an event. Between them are those that name no place.
    localparam CODES  = ((CHANNELS - 1) << (Y_BITS + X_BITS)) + ((HEIGHT - 1) << X_BITS) + WIDTH;

    // Of a single channel, events have a bit more than the scan counts to.
    localparam INDEX_BITS = CHANNEL_BITS + Y_BITS + X_BITS;
    localparam SCAN_BITS  = $clog2(CODES > 1 ? CODES : 2);
    localparam WORDS      = (CODES + WORD_BITS - 1) / WORD_BITS;

    localparam [31:0] ALL_CREDITS = SLOTS;

    reg  [CREDIT_BITS-1:0]     credits_q;
    wire [CODES-1:0]           codes;        // the step, each bit at the index of its event
    wire                       head_valid, head_silent, head_take;
    wire [WORDS-1:0]           head_word;
    wire [WORDS*WORD_BITS-1:0] head_vector;
    wire [SCAN_BITS-1:0]       index;

    wire accepted = s_axis_tvalid && s_axis_tready;
    wire step_left = m_axis_tvalid && m_axis_tready && m_axis_tuser;

    assign s_axis_tready = credits_q != {CREDIT_BITS{1'b0}};
    assign m_axis_tdata  = {{(INDEX_BITS-SCAN_BITS){1'b0}}, index};

    genvar code;
    generate
        for (code = 0; code < CODES; code = code + 1) begin : g_code
            localparam CHANNEL = code >> (Y_BITS + X_BITS);
            localparam ROW     = (code >> X_BITS) & ((1 << Y_BITS) - 1);
            localparam COLUMN  = code & ((1 << X_BITS) - 1);
            if (ROW < HEIGHT && COLUMN < WIDTH) begin : g_place
                assign codes[code] = s_axis_tdata[(CHANNEL * HEIGHT + ROW) * WIDTH + COLUMN];
            end else begin : g_gap
                assign codes[code] = 1'b0;
            end
        end
    endgenerate

    fs_spike_queue #(
        .NEURONS   (CODES),
        .WORD_BITS (WORD_BITS),
        .SLOTS     (SLOTS)
    ) spike_queue_i (
        .clk           (clk),
        .rst           (rst),
        .vector_valid  (accepted),
        .vector        (codes),
        .head_valid    (head_valid),
        .head_silent   (head_silent),
        .head_word     (head_word),
        .head_take     (head_take),
        .head_vector_q (head_vector)
    );

    fs_spike_scan #(
        .NEURONS   (CODES),
        .WORD_BITS (WORD_BITS)
    ) spike_scan_i (
        .clk           (clk),
        .rst           (rst),
        .head_valid    (head_valid),
        .head_silent   (head_silent),
        .head_word     (head_word),
        .head_take     (head_take),
        .head_vector_q (head_vector),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tready (m_axis_tready),
        .m_axis_tdata  (index),
        .m_axis_tuser  (m_axis_tuser)
    );

    always @(posedge clk) begin
        if (accepted && !step_left) begin
            credits_q <= credits_q - 1'b1;
        end else if (step_left && !accepted) begin
            credits_q <= credits_q + 1'b1;
        end
        if (rst) begin
            credits_q <= ALL_CREDITS[CREDIT_BITS-1:0];
        end
    end

endmodule

`resetall
