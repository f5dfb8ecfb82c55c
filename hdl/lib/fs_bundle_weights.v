// SPDX-License-Identifier: MIT OR Apache-2.0
// Bundle weights: the sum of the weights of all events of a bundle, for each lane.
//
// Two events meet in one memory, by its two ports. Of four, two name even inputs and two odd ones,
// and each half has a memory of its own. An event that is not there reads the last row of its
// memory, which holds zeros.

`timescale 1ns / 1ps
`default_nettype none

(* synthesis_role = "lane" *)
module fs_bundle_weights #(
    parameter EVENTS      = 2,   // events of a bundle: 2 or 4
    parameter INPUTS      = 4,   // inputs
    parameter LANES       = 8,   // sums
    parameter WEIGHT_BITS = 4,   // width of a weight, bits
    parameter SUM_BITS    = 5,   // width of a sum, bits; its higher bits are left out
    parameter STYLE       = "auto",  // "block": weights in block RAM; "auto": the tool decides
    parameter FOLDER      = "",  // folder of the memory images
    parameter WEIGHT_FILE = "",  // weights, of 4 events those of even inputs, and a row of zeros
    parameter ODD_FILE    = ""   // of 4 events, those of odd inputs, and as many rows
) (
    input  wire clk,

    // Per event: whether it is there, and its input.
    input  wire [EVENTS*($clog2(INPUTS > 1 ? INPUTS : 2)+1)-1:0] events,
    // Three cycles later; of 4 events, four.
    output wire [LANES*SUM_BITS-1:0]                             sums
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (EVENTS != 2 && EVENTS != 4) begin : g_events_guard
            fs_bundle_weights_EVENTS_must_be_2_or_4 stop ();
        end
        if (INPUTS < 1) begin : g_inputs_guard
            fs_bundle_weights_INPUTS_must_be_1_or_more stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_bundle_weights_LANES_must_be_1_or_more stop ();
        end
        if (WEIGHT_BITS < 2) begin : g_weight_bits_guard
            fs_bundle_weights_WEIGHT_BITS_must_be_2_or_more stop ();
        end
        if (SUM_BITS < 1) begin : g_sum_bits_guard
            fs_bundle_weights_SUM_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam BANKS      = EVENTS / 2;
    localparam SHIFT      = BANKS - 1;  // of an input, to its place in a memory
    localparam INDEX_BITS = $clog2(INPUTS > 1 ? INPUTS : 2);
    localparam PLACES     = (INPUTS + BANKS - 1) / BANKS;  // inputs of a memory
    localparam ROW_BITS   = $clog2(PLACES + 1);
    localparam WORD_BITS  = LANES * WEIGHT_BITS;
    localparam PAIR_BITS  = WEIGHT_BITS + 1;
    localparam TOTAL_BITS = WEIGHT_BITS + BANKS;

    localparam [31:0] ZEROS = PLACES;

    wire [EVENTS*ROW_BITS-1:0]       rows;
    wire [EVENTS*WORD_BITS-1:0]      words;
    wire [BANKS*LANES*PAIR_BITS-1:0] pairs;

    fs_weight_pair #(
        .ROWS      (PLACES + 1),
        .WORD_BITS (WORD_BITS),
        .STYLE     (STYLE),
        .FOLDER    (FOLDER),
        .FILE      (WEIGHT_FILE)
    ) weight_pair_i (
        .clk       (clk),
        .row_a     (rows[0 +: ROW_BITS]),
        .row_b     (rows[ROW_BITS +: ROW_BITS]),
        .word_a_q2 (words[0 +: WORD_BITS]),
        .word_b_q2 (words[WORD_BITS +: WORD_BITS])
    );

    genvar slot, bank, lane;
    generate
        if (EVENTS == 4) begin : g_odd
            fs_weight_pair #(
                .ROWS      (PLACES + 1),
                .WORD_BITS (WORD_BITS),
                .STYLE     (STYLE),
                .FOLDER    (FOLDER),
                .FILE      (ODD_FILE)
            ) odd_pair_i (
                .clk       (clk),
                .row_a     (rows[2*ROW_BITS +: ROW_BITS]),
                .row_b     (rows[3*ROW_BITS +: ROW_BITS]),
                .word_a_q2 (words[2*WORD_BITS +: WORD_BITS]),
                .word_b_q2 (words[3*WORD_BITS +: WORD_BITS])
            );
        end else begin : g_even
            wire unused_file = &{1'b0, ODD_FILE};
        end

        for (slot = 0; slot < EVENTS; slot = slot + 1) begin : g_slot
            wire                  present;
            wire [INDEX_BITS-1:0] index;
            wire [31:0]           place  = {{(32-INDEX_BITS){1'b0}}, index} >> SHIFT;
            wire                  unused = &{1'b0, place[31:ROW_BITS]};

            assign {present, index} = events[slot*(INDEX_BITS+1) +: INDEX_BITS+1];
            assign rows[slot*ROW_BITS +: ROW_BITS]
                = present ? place[ROW_BITS-1:0] : ZEROS[ROW_BITS-1:0];
        end

        for (bank = 0; bank < BANKS; bank = bank + 1) begin : g_bank
            wire [WORD_BITS-1:0] word_a = words[2*bank*WORD_BITS +: WORD_BITS];
            wire [WORD_BITS-1:0] word_b = words[(2*bank+1)*WORD_BITS +: WORD_BITS];

            for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
                wire signed [WEIGHT_BITS-1:0] a = word_a[lane*WEIGHT_BITS +: WEIGHT_BITS];
                wire signed [WEIGHT_BITS-1:0] b = word_b[lane*WEIGHT_BITS +: WEIGHT_BITS];
                reg  signed [PAIR_BITS-1:0]   pair_q;

                always @(posedge clk) begin
                    pair_q <= {a[WEIGHT_BITS-1], a} + {b[WEIGHT_BITS-1], b};
                end

                assign pairs[(bank*LANES+lane)*PAIR_BITS +: PAIR_BITS] = pair_q;
            end
        end

        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_sum
            wire [PAIR_BITS-1:0]  even = pairs[lane*PAIR_BITS +: PAIR_BITS];
            wire [TOTAL_BITS-1:0] total;

            if (BANKS == 1) begin : g_pair
                assign total = even;
            end else begin : g_pairs
                wire [PAIR_BITS-1:0]  odd = pairs[(LANES+lane)*PAIR_BITS +: PAIR_BITS];
                reg  [TOTAL_BITS-1:0] total_q;

                always @(posedge clk) begin
                    total_q <= {even[PAIR_BITS-1], even} + {odd[PAIR_BITS-1], odd};
                end

                assign total = total_q;
            end

            if (SUM_BITS < TOTAL_BITS) begin : g_truncate
                // A membrane has no bits for them.
                wire unused_high_bits = &{1'b0, total[TOTAL_BITS-1:SUM_BITS]};
            end
            assign sums[lane*SUM_BITS +: SUM_BITS] = total[SUM_BITS-1:0];
        end
    endgenerate

endmodule

`resetall
