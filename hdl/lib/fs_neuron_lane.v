// SPDX-License-Identifier: MIT OR Apache-2.0
// Neuron lane: the integrate-and-fire units of the GROUPS neurons that share one accumulator.
//
// The register holds the membrane potential less the threshold, so that "potential >= threshold" is
// its sign bit and no comparator is needed. It cannot overflow: its width is proved from the
// weights.

`timescale 1ns / 1ps
`default_nettype none

(* synthesis_role = "lane" *)
module fs_neuron_lane #(
    parameter GROUPS        = 1,  // neurons of this lane
    parameter WEIGHT_BITS   = 4,  // width of a stored weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8   // width of the membrane register, bits
) (
    input  wire clk,

    input  wire                                              accumulate,
    input  wire                                              capture,
    input  wire                                              clear,
    input  wire        [$clog2(GROUPS > 1 ? GROUPS : 2)-1:0] group,
    input  wire        [WEIGHT_BITS-1:0]                     weight,
    // v0 - threshold, LSB.
    input  wire signed [MEMBRANE_BITS-1:0]                   initial_membrane,

    output wire signed [MEMBRANE_BITS-1:0] membrane,  // before this cycle's operation, LSB
    output wire                            spike      // at threshold, for the first time
);

    wire signed [MEMBRANE_BITS-1:0] addend;
    wire                            reached = !membrane[MEMBRANE_BITS-1];
    wire                            fired;

    generate
        if (WEIGHT_BITS == 1) begin : g_binary
            assign addend = {{(MEMBRANE_BITS-1){!weight[0]}}, 1'b1};
            // A membrane of one bit holds no difference between -1 and +1.
            wire unused_weight = &{1'b0, weight};
        end else begin : g_signed
            assign addend = {{(MEMBRANE_BITS-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}, weight};
        end

        if (GROUPS == 1) begin : g_single
            reg signed [MEMBRANE_BITS-1:0] membrane_q;
            reg                            fired_q;

            // A single neuron has no group to select.
            wire unused_group = &{1'b0, group};

            always @(posedge clk) begin
                if (clear) begin
                    membrane_q <= initial_membrane;
                end else if (accumulate) begin
                    membrane_q <= membrane_q + addend;
                end
                if (clear) begin
                    fired_q <= 1'b0;
                end else begin
                    // Not an enable: every lane would need one of its own.
                    fired_q <= fired_q || (capture && reached);
                end
            end

            assign membrane = membrane_q;
            assign fired    = fired_q;
        end else begin : g_shared
            reg signed [MEMBRANE_BITS-1:0] membranes [0:GROUPS-1];
            reg        [GROUPS-1:0]        fired_q;

            always @(posedge clk) begin
                if (clear) begin
                    membranes[group] <= initial_membrane;
                end else if (accumulate) begin
                    membranes[group] <= membranes[group] + addend;
                end
                if (clear) begin
                    fired_q[group] <= 1'b0;
                end else if (capture && reached) begin
                    fired_q[group] <= 1'b1;
                end
            end

            assign membrane = membranes[group];
            assign fired    = fired_q[group];
        end
    endgenerate

    assign spike = reached && !fired;

endmodule

`resetall
