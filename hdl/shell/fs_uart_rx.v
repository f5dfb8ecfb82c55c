// SPDX-License-Identifier: MIT OR Apache-2.0
// UART receiver, 8N1: finds the falling edge of the start bit, looks at it again half a bit later
// and then at every bit in its middle.

`timescale 1ns / 1ps
`default_nettype none

module fs_uart_rx #(
    parameter CLOCKS_PER_BIT = 8  // at least 4
) (
    input  wire       clk,
    input  wire       rst,

    input  wire       rx,          // asynchronous

    output reg        valid_q,     // a byte has ended, for one cycle
    output wire [7:0] data,        // valid with valid_q
    output reg        bad_stop_q,  // with valid_q: no stop bit, so this is no byte
    output wire       busy         // inside a byte, or the line is low
);

    localparam                  COUNT_BITS = $clog2(CLOCKS_PER_BIT);
    localparam [31:0]           BIT        = CLOCKS_PER_BIT - 1;
    localparam [31:0]           HALF       = CLOCKS_PER_BIT / 2 - 1;
    localparam [COUNT_BITS-1:0] NONE       = {COUNT_BITS{1'b0}};
    localparam [3:0]            STOP       = 4'd9;

    reg                  rx_q, rx_q2;   // synchroniser
    reg                  active_q;
    reg [COUNT_BITS-1:0] count_q;       // cycles until the middle of the bit
    reg [3:0]            bit_q;         // 0: start, 1 ... 8: data, 9: stop
    reg [7:0]            data_q;

    wire middle = active_q && count_q == NONE;
    wire ends   = middle && (bit_q == STOP || (bit_q == 4'd0 && rx_q2));

    assign data = data_q;
    assign busy = active_q || !rx_q2;

    always @(posedge clk) begin
        rx_q  <= rx;
        rx_q2 <= rx_q;
        if (!active_q) begin
            active_q <= !rx_q2;
            count_q  <= HALF[COUNT_BITS-1:0];
            bit_q    <= 4'd0;
        end else begin
            active_q <= !ends;
            count_q  <= middle ? BIT[COUNT_BITS-1:0] : count_q - 1'b1;
            if (middle) begin
                bit_q <= bit_q + 1'b1;
            end
        end
        if (middle && bit_q != STOP) begin
            data_q <= {rx_q2, data_q[7:1]};
        end
        valid_q    <= middle && bit_q == STOP;
        bad_stop_q <= !rx_q2;
        if (rst) begin
            active_q <= 1'b0;
            valid_q  <= 1'b0;
        end
    end

endmodule

`resetall
