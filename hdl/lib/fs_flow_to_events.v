// SPDX-License-Identifier: MIT OR Apache-2.0
// Flow to events: streams the new spikes of a time step in the order of their places, one per cycle,
// then the mark.
//
//   fs_new_spikes -> fs_steps_to_events
//
// A step that comes finds a free slot: the gate of the flow has as many credits as there are slots,
// and the mark of a step gives one back when it leaves.

`timescale 1ns / 1ps
`default_nettype none

module fs_flow_to_events #(
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

    input  wire                             s_flow_valid,
    input  wire                             s_flow_first,
    input  wire                             s_flow_last,
    input  wire [CHANNELS*HEIGHT*WIDTH-1:0] s_flow_data,  // a bit per place: it has spiked
    output wire                             s_flow_credit,

    output wire m_axis_tvalid,
    input  wire m_axis_tready,
    // {channel, row, column}.
    output wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)+Y_BITS+X_BITS-1:0] m_axis_tdata,
    output wire m_axis_tuser  // end-of-step mark
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_flow_to_events_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_flow_to_events_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_flow_to_events_WIDTH_must_be_1_or_more stop ();
        end
        if (HEIGHT > 1 << Y_BITS) begin : g_y_bits_guard
            fs_flow_to_events_Y_BITS_must_be_wide_enough_for_HEIGHT stop ();
        end
        if (WIDTH > 1 << X_BITS) begin : g_x_bits_guard
            fs_flow_to_events_X_BITS_must_be_wide_enough_for_WIDTH stop ();
        end
        if (SLOTS < 1) begin : g_slots_guard
            fs_flow_to_events_SLOTS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 2 || (WORD_BITS & (WORD_BITS - 1)) != 0) begin : g_word_bits_guard
            fs_flow_to_events_WORD_BITS_must_be_a_power_of_2_from_2_on stop ();
        end
    endgenerate

    localparam PLACES = CHANNELS * HEIGHT * WIDTH;

    wire [PLACES-1:0] spikes;
    wire              always_ready;   // there are no more credits in front

    wire unused = &{1'b0, s_flow_last, always_ready};

    assign s_flow_credit = m_axis_tvalid && m_axis_tready && m_axis_tuser;

    fs_new_spikes #(
        .NEURONS (PLACES)
    ) new_spikes_i (
        .clk    (clk),
        .valid  (s_flow_valid),
        .first  (s_flow_first),
        .fired  (s_flow_data),
        .spikes (spikes)
    );

    fs_steps_to_events #(
        .CHANNELS  (CHANNELS),
        .HEIGHT    (HEIGHT),
        .Y_BITS    (Y_BITS),
        .WIDTH     (WIDTH),
        .X_BITS    (X_BITS),
        .SLOTS     (SLOTS),
        .WORD_BITS (WORD_BITS)
    ) steps_to_events_i (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tvalid (s_flow_valid),
        .s_axis_tready (always_ready),
        .s_axis_tdata  (spikes),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tready (m_axis_tready),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tuser  (m_axis_tuser)
    );

endmodule

`resetall
