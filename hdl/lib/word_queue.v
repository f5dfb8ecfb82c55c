// Word queue: words of spikes on their way from a convolution to its scan, in a memory.
//
// A word without spikes is dropped, unless it ends the step. The head is read ahead, so one word
// can be taken per cycle. The credits of conv_control guarantee that there is room.

`default_nettype none

module word_queue #(
    parameter BANKS       = 4,   // banks of a word
    parameter LANES       = 2,   // output channels of a word
    parameter ORIGIN_BITS = 5,   // width of a place in the map, bits
    parameter ENTRIES     = 16,  // words held, a power of two
    parameter ENTRY_BITS  = 4    // log2(ENTRIES), bits
) (
    input  wire                   clk,
    input  wire                   rst,

    input  wire                   mark,        // the word ends the step
    input  wire [ORIGIN_BITS-1:0] origin,
    input  wire [BANKS*LANES-1:0] spikes,

    output reg                    head_valid_q,
    output wire                   head_mark,
    output wire [ORIGIN_BITS-1:0] head_origin,
    output wire [BANKS-1:0]       head_banks,  // the banks that hold a spike
    output wire [BANKS*LANES-1:0] head_spikes,
    input  wire                   head_pop
);

    localparam WORD_BITS = 1 + ORIGIN_BITS + BANKS + BANKS * LANES;

    reg [WORD_BITS-1:0]  words [0:ENTRIES-1];
    reg [WORD_BITS-1:0]  head_q;
    reg [ENTRY_BITS:0]   newest_q, oldest_q;

    wire [BANKS-1:0]     banks;
    wire                 push   = mark || banks != {BANKS{1'b0}};
    wire [ENTRY_BITS:0]  oldest = oldest_q + {{ENTRY_BITS{1'b0}}, head_pop};

    genvar bank;
    generate
        for (bank = 0; bank < BANKS; bank = bank + 1) begin : g_bank
            assign banks[bank] = |spikes[bank*LANES +: LANES];
        end
    endgenerate

    assign {head_mark, head_origin, head_banks, head_spikes} = head_q;

    always @(posedge clk) begin
        if (push) begin
            words[newest_q[ENTRY_BITS-1:0]] <= {mark, origin, banks, spikes};
            newest_q <= newest_q + 1'b1;
        end
        head_q       <= words[oldest[ENTRY_BITS-1:0]];
        head_valid_q <= oldest != newest_q;
        oldest_q     <= oldest;
        if (rst) begin
            newest_q     <= {(ENTRY_BITS+1){1'b0}};
            oldest_q     <= {(ENTRY_BITS+1){1'b0}};
            head_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
