// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution lane: the integrate-and-fire unit of one output channel in one bank.
//
// The state of a neuron is the membrane potential less the threshold and, above it, a bit that says
// whether the neuron has spiked. It comes out of the memory of the bank and is added to in the next
// cycle. A neuron that was not written in this image has the initial potential; one that was
// written too late to be read has the value that was written.

`timescale 1ns / 1ps
`default_nettype none

(* synthesis_role = "lane" *)
module fs_conv_lane #(
    parameter WEIGHT_BITS   = 4,  // width of a stored weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8   // width of a membrane register, bits
) (
    input  wire                            clk,

    input  wire        [MEMBRANE_BITS:0]   read,
    input  wire                            fresh,             // not of this image
    input  wire                            forward,           // written in the cycle before
    input  wire signed [MEMBRANE_BITS-1:0] initial_membrane,  // v0 - threshold, LSB

    // One cycle later.
    input  wire                            forward_q,         // written in the cycle before
    input  wire                            scan,              // compare; otherwise accumulate
    input  wire        [WEIGHT_BITS-1:0]   weight,            // in a scan the next step's row, or 0
    output wire        [MEMBRANE_BITS:0]   written,
    output wire                            spike              // in a scan: for the first time
);

    reg         [MEMBRANE_BITS:0]   taken_q, written_q;

    wire        [MEMBRANE_BITS:0]   state    = forward_q ? written_q : taken_q;
    wire                            fired    = state[MEMBRANE_BITS];
    wire signed [MEMBRANE_BITS-1:0] membrane = state[MEMBRANE_BITS-1:0];
    wire signed [MEMBRANE_BITS-1:0] addend;

    generate
        if (WEIGHT_BITS == 1) begin : g_binary
            // Binary weights have neither rows nor a 0: a scan adds nothing.
            assign addend = {{(MEMBRANE_BITS-1){!weight[0] && !scan}}, !scan};
            // A membrane of one bit holds no difference between -1 and +1.
            wire unused_weight = &{1'b0, weight};
        end else begin : g_signed
            assign addend = {{(MEMBRANE_BITS-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}, weight};
        end
    endgenerate

    wire signed [MEMBRANE_BITS-1:0] sum      = membrane + addend;

    assign spike   = scan && !membrane[MEMBRANE_BITS-1] && !fired;
    assign written = {fired || spike, sum};

    always @(posedge clk) begin
        taken_q   <= fresh ? {1'b0, initial_membrane} : forward ? written_q : read;
        written_q <= written;
    end

endmodule

`resetall
