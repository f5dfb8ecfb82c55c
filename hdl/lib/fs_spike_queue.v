// SPDX-License-Identifier: MIT OR Apache-2.0
// Spike queue: a fall-through chain of spike vectors, so that a layer can run several steps ahead
// of the scan.
//
// A vector moves one slot per cycle towards the head until the slot before it is taken. It is a
// chain of registers and not a memory: each slot has one source, so it costs flip-flops but no
// LUTs. The credits of fs_event_control guarantee that the last slot is free when a vector arrives.
//
// Only the marks of the words that hold a spike move at once; the vectors follow one cycle later,
// so that registers drive their enables, which reach all neurons of the layer.

`timescale 1ns / 1ps
`default_nettype none

module fs_spike_queue #(
    parameter NEURONS   = 16,  // neurons of the layer
    parameter WORD_BITS = 8,   // neurons per scan word
    parameter SLOTS     = 2    // vectors held
) (
    input  wire clk,
    input  wire rst,

    input  wire               vector_valid,
    input  wire [NEURONS-1:0] vector,

    output wire                                       head_valid,
    output wire                                       head_silent,  // no word with a spike is left
    // The lowest that is left, one-hot.
    output wire [(NEURONS+WORD_BITS-1)/WORD_BITS-1:0] head_word,
    // Takes that word, or the vector if silent.
    input  wire                                       head_take,
    // The vector at the head one cycle ago.
    output wire [(NEURONS+WORD_BITS-1)/WORD_BITS*WORD_BITS-1:0] head_vector_q
);

    localparam WORDS  = (NEURONS + WORD_BITS - 1) / WORD_BITS;
    localparam PADDED = WORDS * WORD_BITS;

    reg  [SLOTS-1:0]  valid_q;
    reg  [PADDED-1:0] vector_q;
    wire [PADDED-1:0] padded = {{(PADDED-NEURONS){1'b0}}, vector};
    wire [WORDS-1:0]  words;
    wire              pop    = head_take && head_silent;
    wire              several;                // words are left at the head, the lowest apart

    // What the slots hold, the head lowest.
    wire [SLOTS*WORDS-1:0]  slot_words;
    wire [SLOTS-1:0]        slot_silent;
    wire [SLOTS*PADDED-1:0] slot_vectors;

    fs_lowest_one  #(.BITS (WORDS)) find_word  (.bits (slot_words[WORDS-1:0]), .lowest (head_word));
    fs_two_or_more #(.BITS (WORDS)) count_left (.bits (slot_words[WORDS-1:0]), .yes (several));

    always @(posedge clk) begin
        vector_q <= padded;
    end

    genvar word;
    generate
        for (word = 0; word < WORDS; word = word + 1) begin : g_word
            assign words[word] = |padded[word*WORD_BITS +: WORD_BITS];
        end
    endgenerate

    genvar slot;
    generate
        for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
            reg  [WORDS-1:0]  words_q;
            reg               silent_q;       // words_q is zero
            reg  [PADDED-1:0] vector_q2;
            reg               open_q;
            wire              arrives;        // a vector waits to enter this slot
            wire [WORDS-1:0]  arriving_words;
            wire              arriving_silent;
            wire [PADDED-1:0] arriving_vector;

            assign slot_words[slot*WORDS +: WORDS]     = words_q;
            assign slot_silent[slot]                   = silent_q;
            assign slot_vectors[slot*PADDED +: PADDED] = vector_q2;

            // The vectors up to the first free slot move on; all of them, if the head is taken.
            wire              open = pop || !(&valid_q[slot:0]);

            if (slot == SLOTS - 1) begin : g_last
                assign arrives         = vector_valid;
                assign arriving_words  = words;
                assign arriving_silent = words == {WORDS{1'b0}};
                assign arriving_vector = vector_q;
            end else begin : g_inner
                assign arrives         = valid_q[slot+1];
                assign arriving_words  = slot_words[(slot+1)*WORDS +: WORDS];
                assign arriving_silent = slot_silent[slot+1];
                assign arriving_vector = slot_vectors[(slot+1)*PADDED +: PADDED];
            end

            always @(posedge clk) begin
                open_q <= open;
                if (open) begin
                    valid_q[slot] <= arrives;
                    words_q       <= arriving_words;
                    silent_q      <= arriving_silent;
                end else if (slot == 0 && head_take) begin
                    words_q       <= words_q & ~head_word;
                    silent_q      <= !several;
                end
                if (open_q) begin
                    vector_q2     <= arriving_vector;
                end
                if (rst) begin
                    valid_q[slot] <= 1'b0;
                end
            end
        end
    endgenerate

    assign head_valid    = valid_q[0];
    assign head_silent   = slot_silent[0];
    assign head_vector_q = slot_vectors[PADDED-1:0];

endmodule

`resetall
