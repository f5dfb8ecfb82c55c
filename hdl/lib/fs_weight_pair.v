// SPDX-License-Identifier: MIT OR Apache-2.0
// Weight pair: a weight memory of which two rows are read per cycle, by both ports of its block
// RAMs. Two cycles from row to word: the block RAM's own register, and one more, which a tool may
// move into the block RAM.

`timescale 1ns / 1ps
`default_nettype none

module fs_weight_pair #(
    parameter ROWS      = 4,   // rows
    parameter WORD_BITS = 4,   // width of a row: lanes * weight bits, bits
    parameter STYLE     = "auto",  // "block": in block RAM; "auto": where the synthesis tool likes
    parameter FOLDER    = "",  // folder of the image; empty: where the tool runs
    parameter FILE      = ""   // hexadecimal memory image, one row per line
) (
    input  wire                                   clk,
    input  wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0] row_a,
    input  wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0] row_b,
    output reg  [WORD_BITS-1:0]                   word_a_q2,
    output reg  [WORD_BITS-1:0]                   word_b_q2
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (ROWS < 1) begin : g_rows_guard
            fs_weight_pair_ROWS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 1) begin : g_word_bits_guard
            fs_weight_pair_WORD_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    // To a linter, an attribute is no use of a parameter.
    wire unused_style = &{1'b0, STYLE};

    (* rom_style = STYLE *)
    reg [WORD_BITS-1:0] memory [0:ROWS-1];
    (* synthesis_role = "memory_output" *)
    reg [WORD_BITS-1:0] word_a_q;
    (* synthesis_role = "memory_output" *)
    reg [WORD_BITS-1:0] word_b_q;

    // An unused default of the parameter must not look for a file.
    generate
        if (FILE != "") begin : g_image
            if (FOLDER == "") begin : g_here
                initial $readmemh(FILE, memory);
            end else begin : g_there
                initial $readmemh({FOLDER, "/", FILE}, memory);
            end
            fs_image_check #(.ROWS (ROWS), .FOLDER (FOLDER), .FILE (FILE)) image_check_i ();
        end
    endgenerate

    always @(posedge clk) begin
        word_a_q  <= memory[row_a];
        word_b_q  <= memory[row_b];
        word_a_q2 <= word_a_q;
        word_b_q2 <= word_b_q;
    end

endmodule

`resetall
