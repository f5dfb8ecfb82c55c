// SPDX-License-Identifier: MIT OR Apache-2.0
// Image check: in simulation, a memory image that is missing or has another number of rows than the
// memory ends the run, and is named. Without it the memory would hold X, or zeros in Verilator.

`timescale 1ns / 1ps
`default_nettype none

module fs_image_check #(
    parameter ROWS   = 4,        // rows of the memory
    parameter FOLDER = "",       // folder of the image; empty: where the simulation runs
    parameter FILE   = "x.mem"   // memory image, one row per line
) ();

    localparam LINE_FEED = 10;

    // No synthesis tool needs to see this; the second name is Quartus'.
`ifndef SYNTHESIS
`ifndef ALTERA_RESERVED_QIS
    integer file, rows, letter, last;

    initial begin
        rows = 0;
        file = FOLDER == "" ? $fopen(FILE, "r") : $fopen({FOLDER, "/", FILE}, "r");
        if (file != 0) begin
            last = LINE_FEED;
            letter = $fgetc(file);
            while (letter >= 0) begin
                if (last == LINE_FEED && letter != LINE_FEED) begin
                    rows = rows + 1;
                end
                last = letter;
                letter = $fgetc(file);
            end
            $fclose(file);
        end
        if (rows != ROWS) begin
            $display("ERROR: %m: memory image \"%0s\" has %0d rows, expected %0d", FILE, rows, ROWS);
            $display("       folder \"%0s\": set MEMORY_FOLDER of the top module", FOLDER);
`ifdef __ICARUS__
            $finish_and_return(1);
`else
            $stop;
`endif
        end
    end
`endif
`endif

endmodule

`resetall
