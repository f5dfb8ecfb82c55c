// SPDX-License-Identifier: MIT OR Apache-2.0
// Emitted by rust-hdl from shell/src/power_on_reset.rs. Do not edit.

`timescale 1ns / 1ps
`default_nettype none

// verilator lint_off DECLFILENAME
// verilator lint_off WIDTHEXPAND
// verilator lint_off WIDTHTRUNC

module fs_power_on_reset(clk,locked,button,rst);

    // Module arguments
    input wire  clk;
    input wire  locked;
    input wire  button;
    output reg  rst;

    // Stub signals
    reg  cause$d;
    wire  cause$q;
    reg  cause$clock;
    reg  cause2$d;
    wire  cause2$q;
    reg  cause2$clock;
    reg  [7:0] count$d;
    wire  [7:0] count$q;
    reg  count$clock;
    reg  released$d;
    wire  released$q;
    reg  released$clock;

    // Sub module instances
    fs_power_on_reset$cause cause(
        .d(cause$d),
        .q(cause$q),
        .clock(cause$clock)
    );
    fs_power_on_reset$cause2 cause2(
        .d(cause2$d),
        .q(cause2$q),
        .clock(cause2$clock)
    );
    fs_power_on_reset$count count(
        .d(count$d),
        .q(count$q),
        .clock(count$clock)
    );
    fs_power_on_reset$released released(
        .d(released$d),
        .q(released$q),
        .clock(released$clock)
    );

    // Update code
    always @(*) begin
        cause$clock = clk;
        cause2$clock = clk;
        count$clock = clk;
        released$clock = clk;
        cause$d = cause$q;
        cause2$d = cause2$q;
        count$d = count$q;
        released$d = released$q;
        rst = ~released$q;
        cause$d = button | ~locked;
        cause2$d = cause$q;
        if (cause2$q) begin
            count$d = 32'h0;
            released$d = 1'b0;
        end
        else if (~released$q) begin
            count$d = count$q + 32'h1;
            released$d = &count$q;
        end
    end

endmodule // fs_power_on_reset


module fs_power_on_reset$cause(d,q,clock);

    // Module arguments
    input wire  d;
    output reg  q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 1'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_power_on_reset$cause


module fs_power_on_reset$cause2(d,q,clock);

    // Module arguments
    input wire  d;
    output reg  q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 1'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_power_on_reset$cause2


module fs_power_on_reset$count(d,q,clock);

    // Module arguments
    input wire  [7:0] d;
    output reg  [7:0] q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 8'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_power_on_reset$count


module fs_power_on_reset$released(d,q,clock);

    // Module arguments
    input wire  d;
    output reg  q;
    input wire  clock;

    // Update code (custom)
    initial begin
       q = 1'h0;
    end

    always @(posedge clock) begin
       q <= d;
    end

endmodule // fs_power_on_reset$released

`resetall
