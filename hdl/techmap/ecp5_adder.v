// SPDX-License-Identifier: MIT OR Apache-2.0
// ECP5: the adder of a neuron lane, without carry in and carry out, as a chain of CCU2C cells.
//
// The map of yosys connects both ends of the chain, and nextpnr then spends a cell each on bringing
// the carry in from the fabric and out again. Here both ends are open: position 0 makes the carry
// of bit 0 from the operands alone, whatever stands at CIN, and a LUT makes the sum of bit 0. An odd
// width leaves a position over: position 0 then makes a carry of 0, and bit 0 follows in position 1.
// Nothing but wires may be left beside the cells, since the map comes after logic optimization.

`default_nettype none

module fs_ecp5_adder (A, B, Y);

    parameter A_SIGNED = 0;
    parameter B_SIGNED = 0;
    parameter A_WIDTH  = 1;  // as for the cell $add of yosys
    parameter B_WIDTH  = 1;
    parameter Y_WIDTH  = 1;

    input  wire [A_WIDTH-1:0] A;
    input  wire [B_WIDTH-1:0] B;
    output wire [Y_WIDTH-1:0] Y;

    localparam        CELLS      = (Y_WIDTH + 1) / 2;
    localparam        BITS       = 2 * CELLS;
    localparam        SPARE      = Y_WIDTH > 1 ? Y_WIDTH % 2 : 0;
    localparam [15:0] XOR        = 16'h6666;
    localparam [15:0] CARRY_ONLY = 16'h0008;  // no sum; carry A & B
    localparam [15:0] FULL_ADDER = 16'h66aa;  // sum A ^ B ^ carry; carry A where A and B are equal

    wire [BITS-1:0] a, b, chain_sum;
    wire [CELLS:0]  carry;

    // For nextpnr a pin at x is open, and one at a wire without another end is not; a simulator
    // refuses x at an output.
`ifdef NEXTPNR
    assign carry[0]     = 1'bx;
    assign carry[CELLS] = 1'bx;
`endif

    genvar i;
    generate
        if (SPARE) begin : g_spare
            assign a[0] = 1'b0;
            assign b[0] = 1'b0;
            assign Y    = chain_sum[Y_WIDTH:1];
        end else begin : g_first
            wire sum_0;

            LUT4 #(
                .INIT (XOR)
            ) lut_0 (
                .A (a[0]),
                .B (b[0]),
                .C (1'b0),
                .D (1'b0),
                .Z (sum_0)
            );

            if (Y_WIDTH > 1) begin : g_sum
                assign Y = {chain_sum[Y_WIDTH-1:1], sum_0};
            end else begin : g_bit_0
                assign Y = sum_0;
            end
        end

        for (i = 0; i < BITS - SPARE; i = i + 1) begin : g_bit
            if (i < A_WIDTH) begin : g_a
                assign a[i+SPARE] = A[i];
            end else begin : g_a_above
                assign a[i+SPARE] = A_SIGNED ? A[A_WIDTH-1] : 1'b0;
            end
            if (i < B_WIDTH) begin : g_b
                assign b[i+SPARE] = B[i];
            end else begin : g_b_above
                assign b[i+SPARE] = B_SIGNED ? B[B_WIDTH-1] : 1'b0;
            end
        end

        for (i = 0; i < CELLS; i = i + 1) begin : g_cell
            CCU2C #(
                .INIT0     (i == 0 ? CARRY_ONLY : FULL_ADDER),
                .INIT1     (FULL_ADDER),
                .INJECT1_0 ("NO"),
                .INJECT1_1 ("NO")
            ) ccu2c_i (
                .CIN  (carry[i]),
                .A0   (a[2*i]),
                .B0   (b[2*i]),
                .C0   (1'b1),
                .D0   (1'b1),
                .A1   (a[2*i+1]),
                .B1   (b[2*i+1]),
                .C1   (1'b1),
                .D1   (1'b1),
                .S0   (chain_sum[2*i]),
                .S1   (chain_sum[2*i+1]),
                .COUT (carry[i+1])
            );
        end
    endgenerate

endmodule

`resetall
