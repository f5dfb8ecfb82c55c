// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof: the carry chain with open ends adds, whatever stands at its open carry input.

`default_nettype none

module proof (
    input  wire [23:0] a,
    input  wire [23:0] b,
    output wire        holds
);

    localparam WIDEST = 24;

    wire [WIDEST:1] equal;
    assign holds = &equal;

    genvar width;
    generate
        for (width = 1; width <= WIDEST; width = width + 1) begin : g_width
            localparam NARROW = (width + 1) / 2;
            wire signed [width-1:0]  a_signed = a[width-1:0];
            wire signed [NARROW-1:0] b_signed = b[NARROW-1:0];
            wire signed [width-1:0]  sum      = a_signed + b_signed;
            wire        [width-1:0]  total    = a[NARROW-1:0] + b[width-1:0];
            wire        [width-1:0]  sum_chain, total_chain;

            fs_ecp5_adder #(
                .A_SIGNED (1), .A_WIDTH (width), .B_SIGNED (1), .B_WIDTH (NARROW), .Y_WIDTH (width)
            ) signed_adder (
                .A (a_signed), .B (b_signed), .Y (sum_chain)
            );

            fs_ecp5_adder #(
                .A_SIGNED (0), .A_WIDTH (NARROW), .B_SIGNED (0), .B_WIDTH (width), .Y_WIDTH (width)
            ) unsigned_adder (
                .A (a[NARROW-1:0]), .B (b[width-1:0]), .Y (total_chain)
            );

            assign equal[width] = sum_chain == sum && total_chain == total;
        end
    endgenerate

endmodule

`resetall
