// SPDX-License-Identifier: MIT OR Apache-2.0
// Two or more: whether more than one bit is set. A tree over groups of four bits, not a count.

`timescale 1ns / 1ps
`default_nettype none

module fs_two_or_more #(
    parameter BITS = 4  // width, bits
) (
    input  wire [BITS-1:0] bits,
    output wire            yes
);

    localparam GROUPS = (BITS + 3) / 4;

    generate
        if (BITS <= 4) begin : g_group
            wire [3:0] group = {{(4-BITS){1'b0}}, bits};
            assign yes = (group[3:2] != 2'b00 && group[1:0] != 2'b00) || &group[3:2] || &group[1:0];
        end else begin : g_tree
            wire [4*GROUPS-1:0] padded = {{(4*GROUPS-BITS){1'b0}}, bits};
            wire [GROUPS-1:0]   some;        // groups with a bit that is set
            wire [GROUPS-1:0]   several;     // groups with more than one
            wire                some_groups; // more than one group has a bit that is set

            genvar i;
            for (i = 0; i < GROUPS; i = i + 1) begin : g_part
                assign some[i] = |padded[4*i +: 4];
                fs_two_or_more #(.BITS (4)) part (.bits (padded[4*i +: 4]), .yes (several[i]));
            end

            fs_two_or_more #(.BITS (GROUPS)) rest (.bits (some), .yes (some_groups));
            assign yes = some_groups || |several;
        end
    endgenerate

endmodule

`resetall
