// SPDX-License-Identifier: MIT OR Apache-2.0
// Events to steps: gathers the events of a time step in a vector, and hands it on when the mark
// has come.
//
// The vector leaves one cycle after its mark was accepted. The next step is gathered meanwhile; its
// mark waits until the vector before was taken.

`timescale 1ns / 1ps
`default_nettype none

module fs_events_to_steps #(
    parameter CHANNELS = 4,  // channels of the map whose places spike
    parameter HEIGHT   = 1,  // rows
    parameter Y_BITS   = 0,  // width of a row in an event, bits
    parameter WIDTH    = 1,  // columns
    parameter X_BITS   = 0   // width of a column in an event, bits
) (
    input  wire clk,
    input  wire rst,

    input  wire s_axis_tvalid,
    output wire s_axis_tready,
    // {channel, row, column}.
    input  wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)+Y_BITS+X_BITS-1:0] s_axis_tdata,
    input  wire s_axis_tuser,  // end-of-step mark

    output wire                             m_axis_tvalid,
    input  wire                             m_axis_tready,
    output wire [CHANNELS*HEIGHT*WIDTH-1:0] m_axis_tdata  // a bit per place, row-major
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_events_to_steps_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_events_to_steps_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_events_to_steps_WIDTH_must_be_1_or_more stop ();
        end
        if (HEIGHT > 1 << Y_BITS) begin : g_y_bits_guard
            fs_events_to_steps_Y_BITS_must_be_wide_enough_for_HEIGHT stop ();
        end
        if (WIDTH > 1 << X_BITS) begin : g_x_bits_guard
            fs_events_to_steps_X_BITS_must_be_wide_enough_for_WIDTH stop ();
        end
    endgenerate

    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);

    localparam PLACES     = CHANNELS * HEIGHT * WIDTH;
    localparam INDEX_BITS = CHANNEL_BITS + Y_BITS + X_BITS;

    reg               valid_q;
    reg  [PLACES-1:0] vector_q;
    reg  [PLACES-1:0] gathered_q;
    wire [PLACES-1:0] named;        // the place of the event, one-hot

    wire accepted = s_axis_tvalid && s_axis_tready;

    assign s_axis_tready = !s_axis_tuser || !valid_q;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tdata  = vector_q;

    genvar place;
    generate
        for (place = 0; place < PLACES; place = place + 1) begin : g_place
            localparam [31:0] INDEX = ((place / (HEIGHT * WIDTH)) << (Y_BITS + X_BITS))
                | ((place / WIDTH % HEIGHT) << X_BITS) | (place % WIDTH);
            assign named[place] = s_axis_tdata == INDEX[INDEX_BITS-1:0];
        end
    endgenerate

    always @(posedge clk) begin
        if (m_axis_tready) begin
            valid_q <= 1'b0;
        end
        if (accepted && s_axis_tuser) begin
            valid_q    <= 1'b1;
            vector_q   <= gathered_q;
            gathered_q <= {PLACES{1'b0}};
        end else if (accepted) begin
            gathered_q <= gathered_q | named;
        end
        if (rst) begin
            valid_q    <= 1'b0;
            gathered_q <= {PLACES{1'b0}};
        end
    end

endmodule

`resetall
