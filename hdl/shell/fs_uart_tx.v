// SPDX-License-Identifier: MIT OR Apache-2.0
// UART transmitter, 8N1. Takes the next byte while the stop bit of the last one is on the line, so
// that a stream of bytes has no gaps.

`timescale 1ns / 1ps
`default_nettype none

module fs_uart_tx #(
    parameter CLOCKS_PER_BIT = 8  // at least 4
) (
    input  wire       clk,
    input  wire       rst,

    input  wire       valid,
    output wire       ready,
    input  wire [7:0] data,

    output wire       tx
);

    localparam                  COUNT_BITS = $clog2(CLOCKS_PER_BIT);
    localparam [31:0]           BIT        = CLOCKS_PER_BIT - 1;
    localparam [COUNT_BITS-1:0] NONE       = {COUNT_BITS{1'b0}};

    reg [COUNT_BITS-1:0] count_q;   // cycles left of the bit
    reg [3:0]            left_q;    // bits that follow the one on the line
    reg [8:0]            shift_q;   // the bit on the line and those after it; the stop bit fills up

    wire bit_ends = count_q == NONE;

    assign ready = bit_ends && left_q == 4'd0;
    assign tx    = shift_q[0];

    always @(posedge clk) begin
        if (!bit_ends) begin
            count_q <= count_q - 1'b1;
        end else if (left_q != 4'd0) begin
            count_q <= BIT[COUNT_BITS-1:0];
            left_q  <= left_q - 1'b1;
            shift_q <= {1'b1, shift_q[8:1]};
        end else if (valid) begin
            count_q <= BIT[COUNT_BITS-1:0];
            left_q  <= 4'd9;
            shift_q <= {data, 1'b0};
        end
        if (rst) begin
            count_q <= NONE;
            left_q  <= 4'd0;
            shift_q <= 9'h1ff;
        end
    end

endmodule

`resetall
