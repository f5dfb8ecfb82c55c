// SPDX-License-Identifier: MIT OR Apache-2.0
// Emitted by rust-hdl from shell/src/crc16.rs. Do not edit.

`timescale 1ns / 1ps
`default_nettype none

// verilator lint_off DECLFILENAME
// verilator lint_off WIDTHEXPAND
// verilator lint_off WIDTHTRUNC

module fs_crc16(clk,start,valid,data,crc,busy);

    // Module arguments
    input wire  clk;
    input wire  start;
    input wire  valid;
    input wire  [7:0] data;
    output reg  [15:0] crc;
    output reg  busy;

    // Stub signals
    reg  [15:0] complement$d;
    wire  [15:0] complement$q;
    reg  complement$clock;
    reg  [3:0] left$d;
    wire  [3:0] left$q;
    reg  left$clock;

    // Sub module instances
    fs_crc16$complement complement(
        .d(complement$d),
        .q(complement$q),
        .clock(complement$clock)
    );
    fs_crc16$left left(
        .d(left$d),
        .q(left$q),
        .clock(left$clock)
    );

    // Update code
    always @(*) begin
        complement$clock = clk;
        left$clock = clk;
        complement$d = complement$q;
        left$d = left$q;
        crc = complement$q ^ 32'hffff;
        busy = |left$q;
        if (start) begin
            complement$d = 32'h0;
            left$d = 32'h0;
        end
        else if (valid) begin
            complement$d = complement$q ^ ((data) & 16'hffff);
            left$d = 32'h8;
        end
        else if (busy) begin
            left$d = left$q - 32'h1;
            if (complement$q[32'h0]) begin
                complement$d = (complement$q >> 32'h1) | 32'h8000;
            end
            else begin
                complement$d = ((complement$q >> 32'h1) | 32'h8000) ^ 32'h8408;
            end
        end
    end

endmodule // fs_crc16


module fs_crc16$complement(d,q,clock);

    // Module arguments
    input wire  [15:0] d;
    output reg  [15:0] q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 16'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_crc16$complement


module fs_crc16$left(d,q,clock);

    // Module arguments
    input wire  [3:0] d;
    output reg  [3:0] q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 4'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_crc16$left

`resetall
