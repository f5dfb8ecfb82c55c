// SPDX-License-Identifier: MIT OR Apache-2.0
// Events to flow: gathers the events of an image, and lets a step into layers that never wait when
// its mark has come.
//
// A step enters the flow two cycles after its mark was accepted, as all spikes of its image so far.
// The vector then stands until the next step enters.

`timescale 1ns / 1ps
`default_nettype none

module fs_events_to_flow #(
    parameter CHANNELS   = 4,  // channels of the map whose places spike
    parameter HEIGHT     = 1,  // rows
    parameter Y_BITS     = 0,  // width of a row in an event, bits
    parameter WIDTH      = 1,  // columns
    parameter X_BITS     = 0,  // width of a column in an event, bits
    parameter STEPS      = 4,  // time steps per image
    parameter EVERY_STEP = 1,  // 1: every step takes a credit; 0: only the last one of an image
    parameter CREDITS    = 1   // steps that may be behind the gate
) (
    input  wire clk,
    input  wire rst,

    input  wire s_axis_tvalid,
    output wire s_axis_tready,
    // {channel, row, column}.
    input  wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)+Y_BITS+X_BITS-1:0] s_axis_tdata,
    input  wire s_axis_tuser,  // end-of-step mark

    output wire                             m_flow_valid,
    output wire                             m_flow_first,
    output wire                             m_flow_last,
    output wire [CHANNELS*HEIGHT*WIDTH-1:0] m_flow_data,  // a bit per place: it has spiked
    input  wire                             m_flow_credit
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_events_to_flow_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_events_to_flow_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_events_to_flow_WIDTH_must_be_1_or_more stop ();
        end
        if (HEIGHT > 1 << Y_BITS) begin : g_y_bits_guard
            fs_events_to_flow_Y_BITS_must_be_wide_enough_for_HEIGHT stop ();
        end
        if (WIDTH > 1 << X_BITS) begin : g_x_bits_guard
            fs_events_to_flow_X_BITS_must_be_wide_enough_for_WIDTH stop ();
        end
    endgenerate

    localparam GROUP        = 32;
    localparam PLACES       = CHANNELS * HEIGHT * WIDTH;
    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);
    localparam INDEX_BITS   = CHANNEL_BITS + Y_BITS + X_BITS;

    reg  [PLACES-1:0] vector_q;
    reg  [PLACES-1:0] gathered_q;   // the step that is under way included
    reg               begins_q;     // gathered_q is of the image before
    wire [PLACES-1:0] named;        // the place of the event, one-hot
    wire              ready, last, unused_first;

    wire              accepted = s_axis_tvalid && s_axis_tready;
    wire [PLACES-1:0] gathered = gathered_q & ~{PLACES{begins_q}};

    assign s_axis_tready = !s_axis_tuser || ready;
    assign m_flow_data   = vector_q;

    fs_flow_gate #(
        .STEPS      (STEPS),
        .EVERY_STEP (EVERY_STEP),
        .CREDITS    (CREDITS)
    ) flow_gate_i (
        .clk     (clk),
        .rst     (rst),
        .offered (s_axis_tvalid && s_axis_tuser),
        .ready   (ready),
        .credit  (m_flow_credit),
        .first   (unused_first),
        .last    (last),
        .valid_q (m_flow_valid),
        .first_q (m_flow_first),
        .last_q  (m_flow_last)
    );

    genvar place;
    generate
        for (place = 0; place < PLACES; place = place + 1) begin : g_place
            localparam [31:0] INDEX = ((place / (HEIGHT * WIDTH)) << (Y_BITS + X_BITS))
                | ((place / WIDTH % HEIGHT) << X_BITS) | (place % WIDTH);
            assign named[place] = s_axis_tdata == INDEX[INDEX_BITS-1:0];
        end
    endgenerate

    always @(posedge clk) begin
        if (accepted) begin
            gathered_q <= s_axis_tuser ? gathered : gathered | named;
            begins_q   <= s_axis_tuser && last;
        end
        if (rst) begin
            begins_q   <= 1'b1;
        end
    end

    // The places are spread over the whole chip: each group has its own copy of the flag.
    genvar group;
    generate
        for (group = 0; group < PLACES; group = group + GROUP) begin : g_group
            localparam COUNT = PLACES - group < GROUP ? PLACES - group : GROUP;
            wire marked_q;
            fs_register_copy #(
                .BITS (1)
            ) marked_i (
                .clk (clk),
                .d   (accepted && s_axis_tuser),
                .q   (marked_q)
            );
            always @(posedge clk) begin
                if (marked_q) begin
                    vector_q[group +: COUNT] <= gathered_q[group +: COUNT];
                end
            end
        end
    endgenerate

endmodule

`resetall
