// Spike queue: a fall-through chain of spike vectors, so that a layer can run several steps ahead
// of the scan.
//
// A vector moves one slot per cycle towards the head until the slot before it is taken. It is a
// chain of registers and not a memory: each slot has one source, so it costs flip-flops but no
// LUTs. The credits of event_control guarantee that the last slot is free when a vector arrives.

`default_nettype none

module spike_queue #(
    parameter NEURONS   = 16,  // neurons of the layer
    parameter WORD_BITS = 8,   // neurons per scan word
    parameter WORDS     = 2,   // scan words: ceil(NEURONS / WORD_BITS)
    parameter SLOTS     = 2    // vectors held
) (
    input  wire                       clk,
    input  wire                       rst,

    input  wire                       vector_valid,
    input  wire [NEURONS-1:0]         vector,

    output wire                       head_valid,
    output wire [WORDS*WORD_BITS-1:0] head_vector,
    output wire [WORDS-1:0]           head_words,   // the words that hold a spike
    input  wire                       head_pop
);

    localparam PADDED = WORDS * WORD_BITS;

    reg  [SLOTS-1:0]  valid_q;
    wire [SLOTS-1:0]  leaves;                 // the slot's vector moves on in this cycle
    wire [PADDED-1:0] padded = {{(PADDED-NEURONS){1'b0}}, vector};
    wire [WORDS-1:0]  words;

    genvar word;
    generate
        for (word = 0; word < WORDS; word = word + 1) begin : g_word
            assign words[word] = |padded[word*WORD_BITS +: WORD_BITS];
        end
    endgenerate

    genvar slot;
    generate
        for (slot = 0; slot < SLOTS; slot = slot + 1) begin : g_slot
            reg  [PADDED-1:0] vector_q;
            reg  [WORDS-1:0]  words_q;
            wire              arrives;        // a vector waits to enter this slot
            wire [PADDED-1:0] arriving_vector;
            wire [WORDS-1:0]  arriving_words;
            wire              open = !valid_q[slot] || leaves[slot];

            if (slot == SLOTS - 1) begin : g_last
                assign arrives         = vector_valid;
                assign arriving_vector = padded;
                assign arriving_words  = words;
            end else begin : g_inner
                assign arrives         = valid_q[slot+1];
                assign arriving_vector = g_slot[slot+1].vector_q;
                assign arriving_words  = g_slot[slot+1].words_q;
                assign leaves[slot+1]  = valid_q[slot+1] && open;
            end

            always @(posedge clk) begin
                if (open) begin
                    valid_q[slot] <= arrives;
                    vector_q      <= arriving_vector;
                    words_q       <= arriving_words;
                end
                if (rst) begin
                    valid_q[slot] <= 1'b0;
                end
            end
        end
    endgenerate

    assign leaves[0]   = head_pop;
    assign head_valid  = valid_q[0];
    assign head_vector = g_slot[0].vector_q;
    assign head_words  = g_slot[0].words_q;

endmodule

`resetall
