// SPDX-License-Identifier: MIT OR Apache-2.0
// Result buffer: takes the result packet at full speed, so that the core's cycle count does not depend
// on the link, and is then read byte by byte.

`timescale 1ns / 1ps
`default_nettype none

module fs_result_buffer #(
    parameter CLASSES    = 4,  // scores in a packet, behind the class and the cycle count
    parameter WORD_BYTES = 4   // bytes of a result word: 4 or 8
) (
    input  wire clk,
    input  wire rst,

    input  wire clear,       // wait for the next packet
    output reg  complete_q,  // a packet is there

    input  wire                    s_axis_tvalid,
    input  wire [8*WORD_BYTES-1:0] s_axis_tdata,
    input  wire                    s_axis_tlast,

    input  wire [$clog2((CLASSES+2)*WORD_BYTES)-1:0] byte_index,
    // Of two cycles ago's byte_index, low byte first.
    output wire [7:0]                                data,

    output reg  [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] class_q  // of the last image, kept
);

    localparam BYTE_BITS   = $clog2(WORD_BYTES);
    localparam SELECT_BITS = $clog2(CLASSES + 2);
    localparam CLASS_BITS  = $clog2(CLASSES > 1 ? CLASSES : 2);

    reg  [SELECT_BITS-1:0]  word_q;
    wire [8*WORD_BYTES-1:0] read_word;

    fs_buffer_memory #(
        .ADDRESS_BITS (SELECT_BITS),
        .WORD_BITS    (8 * WORD_BYTES)
    ) buffer_memory_i (
        .clk           (clk),
        .write         (s_axis_tvalid),
        .write_address (word_q),
        .write_word    (s_axis_tdata),
        .read_address  (byte_index[SELECT_BITS+BYTE_BITS-1:BYTE_BITS]),
        .read_word_q   (read_word)
    );

    assign data = read_word[{byte_index[BYTE_BITS-1:0], 3'b000} +: 8];

    always @(posedge clk) begin
        if (s_axis_tvalid) begin
            word_q     <= word_q + 1'b1;
            complete_q <= s_axis_tlast;
            if (word_q == {SELECT_BITS{1'b0}}) begin
                class_q <= s_axis_tdata[CLASS_BITS-1:0];
            end
        end
        if (clear) begin
            word_q     <= {SELECT_BITS{1'b0}};
            complete_q <= 1'b0;
        end
        if (rst) begin
            complete_q <= 1'b0;
            class_q    <= {CLASS_BITS{1'b0}};
        end
    end

endmodule

`resetall
