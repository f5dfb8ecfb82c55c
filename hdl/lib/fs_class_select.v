// SPDX-License-Identifier: MIT OR Apache-2.0
// Class select: the value of one class out of a vector over all classes.

`timescale 1ns / 1ps
`default_nettype none

module fs_class_select #(
    parameter CLASSES = 4,  // values in the vector
    parameter BITS    = 8   // width of a value, bits
) (
    input  wire [CLASSES*BITS-1:0]                      values,
    input  wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] index,
    output reg  [BITS-1:0]                              value
);

    localparam CLASS_BITS = $clog2(CLASSES > 1 ? CLASSES : 2);

    integer c;

    always @* begin
        value = {BITS{1'b0}};
        for (c = 0; c < CLASSES; c = c + 1) begin
            if (index == c[CLASS_BITS-1:0]) begin
                value = values[c*BITS +: BITS];
            end
        end
    end

endmodule

`resetall
