// SPDX-License-Identifier: MIT OR Apache-2.0
// Proof: fs_lowest_one and fs_two_or_more against arithmetic, x & -x and x & (x - 1).

`default_nettype none

module proof (
    input  wire [19:0] bits,
    output wire        holds
);

    localparam WIDEST = 20;

    wire [WIDEST:1] equal;
    assign holds = &equal;

    genvar width;
    generate
        for (width = 1; width <= WIDEST; width = width + 1) begin : g_width
            wire [width-1:0] x = bits[width-1:0];
            wire [width-1:0] lowest;
            wire             several;

            fs_lowest_one  #(.BITS (width)) lowest_one_i  (.bits (x), .lowest (lowest));
            fs_two_or_more #(.BITS (width)) two_or_more_i (.bits (x), .yes (several));

            assign equal[width] = lowest == (x & -x) && several == |(x & (x - 1'b1));
        end
    endgenerate

endmodule

`resetall
