// SPDX-License-Identifier: MIT OR Apache-2.0
// Buffer memory: one port to write, one to read through a register.

`timescale 1ns / 1ps
`default_nettype none

module fs_buffer_memory #(
    parameter ADDRESS_BITS = 2,  // width of an address; there are 2^ADDRESS_BITS words, bits
    parameter WORD_BITS    = 8   // width of a word, bits
) (
    input  wire                    clk,

    input  wire                    write,
    input  wire [ADDRESS_BITS-1:0] write_address,
    input  wire [WORD_BITS-1:0]    write_word,

    input  wire [ADDRESS_BITS-1:0] read_address,
    (* synthesis_role = "memory_output" *)
    output reg  [WORD_BITS-1:0]    read_word_q
);

    // Nobody reads a word while it is written, so no logic need order the two.
    (* no_rw_check *)
    reg [WORD_BITS-1:0] memory [0:(1<<ADDRESS_BITS)-1];

    always @(posedge clk) begin
        if (write) begin
            memory[write_address] <= write_word;
        end
        read_word_q <= memory[read_address];
    end

endmodule

`resetall
