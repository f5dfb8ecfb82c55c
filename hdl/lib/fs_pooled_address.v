// SPDX-License-Identifier: MIT OR Apache-2.0
// Pooled address: the address that a spike has after average pooling (docs/numerics.md 9.2).
//
// Rows and columns are divided by a choice among constants: a few LUTs, or mere wires if the factor
// is a power of two.

`timescale 1ns / 1ps
`default_nettype none

module fs_pooled_address #(
    parameter POOL         = 2,  // pooling factor
    parameter CHANNEL_BITS = 1,  // width of a channel, bits
    parameter HEIGHT       = 4,  // rows
    parameter WIDTH        = 4   // columns
) (
    input  wire [CHANNEL_BITS
                 + $clog2(HEIGHT > 1 ? HEIGHT : 2)
                 + $clog2(WIDTH > 1 ? WIDTH : 2) - 1:0] place,
    output wire [CHANNEL_BITS
                 + $clog2(HEIGHT/POOL > 1 ? HEIGHT/POOL : 2)
                 + $clog2(WIDTH/POOL > 1 ? WIDTH/POOL : 2) - 1:0] pooled
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (POOL < 1 || POOL > HEIGHT || POOL > WIDTH) begin : g_pool_guard
            fs_pooled_address_POOL_must_be_from_1_to_HEIGHT_and_WIDTH stop ();
        end
        if (CHANNEL_BITS < 1) begin : g_channel_bits_guard
            fs_pooled_address_CHANNEL_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam Y_BITS        = $clog2(HEIGHT > 1 ? HEIGHT : 2);
    localparam X_BITS        = $clog2(WIDTH > 1 ? WIDTH : 2);
    localparam POOLED_Y_BITS = $clog2(HEIGHT/POOL > 1 ? HEIGHT/POOL : 2);
    localparam POOLED_X_BITS = $clog2(WIDTH/POOL > 1 ? WIDTH/POOL : 2);

    wire [31:0]              y = {{(32-Y_BITS){1'b0}}, place[X_BITS +: Y_BITS]};
    wire [31:0]              x = {{(32-X_BITS){1'b0}}, place[0 +: X_BITS]};
    reg  [POOLED_Y_BITS-1:0] pooled_y;
    reg  [POOLED_X_BITS-1:0] pooled_x;
    integer                  p;
    integer                  i;

    always @* begin
        pooled_y = {POOLED_Y_BITS{1'b0}};
        pooled_x = {POOLED_X_BITS{1'b0}};
        for (p = 0; p < HEIGHT / POOL; p = p + 1) begin
            for (i = 0; i < POOL; i = i + 1) begin
                if (y == p * POOL + i) begin
                    pooled_y = pooled_y | p[POOLED_Y_BITS-1:0];
                end
            end
        end
        for (p = 0; p < WIDTH / POOL; p = p + 1) begin
            for (i = 0; i < POOL; i = i + 1) begin
                if (x == p * POOL + i) begin
                    pooled_x = pooled_x | p[POOLED_X_BITS-1:0];
                end
            end
        end
    end

    assign pooled = {place[Y_BITS+X_BITS +: CHANNEL_BITS], pooled_y, pooled_x};

endmodule

`resetall
