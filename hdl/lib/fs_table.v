// SPDX-License-Identifier: MIT OR Apache-2.0
// Table: a memory with an image, read without a clock. Small ones become logic; with a register
// behind it, a large one becomes a block RAM.

`timescale 1ns / 1ps
`default_nettype none

module fs_table #(
    parameter ROWS      = 4,   // rows
    parameter WORD_BITS = 4,   // width of a row, bits
    parameter FOLDER    = "",  // folder of the image; empty: where the tool runs
    parameter FILE      = ""   // hexadecimal memory image, one row per line
) (
    input  wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0] row,
    output wire [WORD_BITS-1:0]                   word
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (ROWS < 1) begin : g_rows_guard
            fs_table_ROWS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 1) begin : g_word_bits_guard
            fs_table_WORD_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    reg [WORD_BITS-1:0] memory [0:ROWS-1];

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

    assign word = memory[row];

endmodule

`resetall
