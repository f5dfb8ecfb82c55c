// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof: no bank of a convolution works in the cycle in which it is cleared, whatever comes in and
// whatever the tables hold. The bank is this one here; tables, memories and queues are left open.

`default_nettype none

module proof (
    input wire       clk,
    input wire       rst,
    input wire       valid,
    input wire       mark,
    input wire [4:0] place,
    input wire       ready
);

    fs_conv_layer #(.LANES (1), .STEPS (2)) layer (
        .clk           (clk),
        .rst           (rst),
        .s_axis_tvalid (valid),
        .s_axis_tdata  (place),
        .s_axis_tuser  (mark),
        .m_axis_tready (ready)
    );

endmodule

module fs_conv_bank #(
    parameter LANES         = 1,
    parameter DEPTH         = 1,
    parameter TOUCHES       = 1,
    parameter WEIGHT_BITS   = 1,
    parameter MEMBRANE_BITS = 1
) (
    input  wire                                         clk,
    input  wire                                         rst,
    input  wire                                         active,
    input  wire [$clog2(DEPTH > 1 ? DEPTH : 2)-1:0]     word,
    input  wire [$clog2(TOUCHES > 1 ? TOUCHES : 2)-1:0] touch,
    input  wire                                         last,
    input  wire                                         clear,
    input  wire [LANES*MEMBRANE_BITS-1:0]               initial_membranes,
    input  wire [LANES*WEIGHT_BITS-1:0]                 weights,
    input  wire                                         scan,
    input  wire                                         in_map,
    output wire [LANES-1:0]                             spikes
);

    always @* begin
        assert (!(clear && active));
    end

endmodule

`resetall
