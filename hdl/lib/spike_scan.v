// Spike scan: streams the spikes of a vector in index order, one per cycle, then the end-of-step
// mark.
//
// Three stages, each of which moves on when the next one can take it:
//   select   the lowest word of the head vector that still holds a spike; no word is left: the mark
//   word     that word; its lowest spike is taken out in every cycle
//   output   the register of the stream
// Every word selected holds at least one spike, so the output never waits for the selection.

`default_nettype none

module spike_scan #(
    parameter WORD_BITS  = 8,  // neurons per scan word, a power of two
    parameter PLACE_BITS = 3,  // width of a place within a word: log2(WORD_BITS), bits
    parameter WORDS      = 2,  // scan words
    parameter SELECT_BITS = 1, // width of a word index, bits
    parameter INDEX_BITS = 4   // width of a neuron index, bits
) (
    input  wire                       clk,
    input  wire                       rst,

    input  wire                       head_valid,
    input  wire [WORDS*WORD_BITS-1:0] head_vector,
    input  wire [WORDS-1:0]           head_words,
    output wire                       head_pop,

    output wire                       m_axis_tvalid,
    input  wire                       m_axis_tready,
    output wire [INDEX_BITS-1:0]      m_axis_tdata,  // neuron index; not meaningful in a mark
    output wire                       m_axis_tuser   // end-of-step mark
);

    // Select.
    reg  [WORDS-1:0] done_q;                                  // words of the head already selected
    reg              select_valid_q, select_mark_q;
    reg  [WORDS-1:0] select_q;                                // one-hot

    wire [WORDS-1:0] left        = head_words & ~done_q;
    wire [WORDS-1:0] lowest_word;
    wire             none_left   = left == {WORDS{1'b0}};
    wire             select_open;
    wire             selects     = head_valid && select_open;

    assign head_pop = selects && none_left;

    // Word.
    reg                   word_valid_q, word_mark_q;
    reg [WORD_BITS-1:0]   word_q;
    reg [SELECT_BITS-1:0] word_index_q;

    wire [WORD_BITS-1:0]  lowest_spike;
    wire [WORD_BITS-1:0]  without_low  = word_q & ~lowest_spike;
    wire                  word_ends    = word_mark_q || without_low == {WORD_BITS{1'b0}};
    wire                  output_open;
    wire                  word_open    = !word_valid_q || (output_open && word_ends);

    assign select_open = !select_valid_q || word_open;

    lowest_one #(.BITS (WORDS))     find_word  (.bits (left),   .lowest (lowest_word));
    lowest_one #(.BITS (WORD_BITS)) find_spike (.bits (word_q), .lowest (lowest_spike));

    reg [WORD_BITS-1:0]   selected_word;
    reg [SELECT_BITS-1:0] selected_index;
    reg [PLACE_BITS-1:0]  lowest_place;
    integer               w;
    integer               p;

    always @* begin
        selected_word  = {WORD_BITS{1'b0}};
        selected_index = {SELECT_BITS{1'b0}};
        for (w = 0; w < WORDS; w = w + 1) begin
            if (select_q[w]) begin
                selected_word  = selected_word | head_vector[w*WORD_BITS +: WORD_BITS];
                selected_index = selected_index | w[SELECT_BITS-1:0];
            end
        end
        lowest_place = {PLACE_BITS{1'b0}};
        for (p = 0; p < WORD_BITS; p = p + 1) begin
            if (lowest_spike[p]) begin
                lowest_place = lowest_place | p[PLACE_BITS-1:0];
            end
        end
    end

    // Output.
    reg                              valid_q, mark_q;
    reg [SELECT_BITS+PLACE_BITS-1:0] index_q;

    assign output_open   = !valid_q || m_axis_tready;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tuser  = mark_q;
    assign m_axis_tdata  = index_q[INDEX_BITS-1:0];

    generate
        if (SELECT_BITS + PLACE_BITS > INDEX_BITS) begin : g_unused
            wire unused_index = &{1'b0, index_q[SELECT_BITS+PLACE_BITS-1:INDEX_BITS]};
        end
    endgenerate

    always @(posedge clk) begin
        if (selects) begin
            done_q <= none_left ? {WORDS{1'b0}} : done_q | lowest_word;
        end
        if (select_open) begin
            select_valid_q <= head_valid;
            select_mark_q  <= none_left;
            select_q       <= lowest_word;
        end
        if (word_open) begin
            word_valid_q <= select_valid_q;
            word_mark_q  <= select_mark_q;
            word_q       <= selected_word;
            word_index_q <= selected_index;
        end else if (output_open) begin
            word_q       <= without_low;
        end
        if (output_open) begin
            valid_q <= word_valid_q;
            mark_q  <= word_mark_q;
            index_q <= {word_index_q, lowest_place};
        end
        if (rst) begin
            done_q         <= {WORDS{1'b0}};
            select_valid_q <= 1'b0;
            word_valid_q   <= 1'b0;
            valid_q        <= 1'b0;
        end
    end

endmodule

`resetall
