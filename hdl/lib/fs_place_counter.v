// SPDX-License-Identifier: MIT OR Apache-2.0
// Place counter: walks the places of a map, row by row, channel by channel.

`timescale 1ns / 1ps
`default_nettype none

module fs_place_counter #(
    parameter CHANNELS = 1,  // channels
    parameter HEIGHT   = 4,  // rows
    parameter WIDTH    = 4   // columns
) (
    input  wire clk,
    input  wire rst,
    input  wire next,
    output wire [$clog2(CHANNELS > 1 ? CHANNELS : 2)
                 + $clog2(HEIGHT > 1 ? HEIGHT : 2)
                 + $clog2(WIDTH > 1 ? WIDTH : 2) - 1:0] place
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CHANNELS < 1) begin : g_channels_guard
            fs_place_counter_CHANNELS_must_be_1_or_more stop ();
        end
        if (HEIGHT < 1) begin : g_height_guard
            fs_place_counter_HEIGHT_must_be_1_or_more stop ();
        end
        if (WIDTH < 1) begin : g_width_guard
            fs_place_counter_WIDTH_must_be_1_or_more stop ();
        end
    endgenerate

    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);
    localparam Y_BITS       = $clog2(HEIGHT > 1 ? HEIGHT : 2);
    localparam X_BITS       = $clog2(WIDTH > 1 ? WIDTH : 2);

    localparam [31:0] CHANNELS_LESS_1 = CHANNELS - 1;
    localparam [31:0] HEIGHT_LESS_1   = HEIGHT - 1;
    localparam [31:0] WIDTH_LESS_1    = WIDTH - 1;

    reg [CHANNEL_BITS-1:0] channel_q;
    reg [Y_BITS-1:0]       y_q;
    reg [X_BITS-1:0]       x_q;

    wire last_x       = x_q == WIDTH_LESS_1[X_BITS-1:0];
    wire last_y       = y_q == HEIGHT_LESS_1[Y_BITS-1:0];
    wire last_channel = channel_q == CHANNELS_LESS_1[CHANNEL_BITS-1:0];

    assign place = {channel_q, y_q, x_q};

    always @(posedge clk) begin
        if (next) begin
            x_q <= last_x ? {X_BITS{1'b0}} : x_q + 1'b1;
            if (last_x) begin
                y_q <= last_y ? {Y_BITS{1'b0}} : y_q + 1'b1;
            end
            if (last_x && last_y) begin
                channel_q <= last_channel ? {CHANNEL_BITS{1'b0}} : channel_q + 1'b1;
            end
        end
        if (rst) begin
            channel_q <= {CHANNEL_BITS{1'b0}};
            y_q       <= {Y_BITS{1'b0}};
            x_q       <= {X_BITS{1'b0}};
        end
    end

endmodule

`resetall
