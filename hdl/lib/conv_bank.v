// Convolution bank: one neuron out of SIDE x SIDE, of every tile and block, with all its lanes.
//
// An operation reads its word in one cycle and writes it in the next. The bits of touched_q say
// which words were written in this image; they are cleared at once, so the next image waits for
// nothing.

`default_nettype none

module conv_bank #(
    parameter LANES         = 2,  // output channels of a word
    parameter DEPTH         = 4,  // words: blocks * tiles
    parameter WORD_BITS     = 2,  // width of a word address, bits
    parameter WEIGHT_BITS   = 4,  // width of a weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8   // width of a membrane register, bits
) (
    input  wire                           clk,
    input  wire                           rst,

    input  wire                           active,             // read, and write in the next cycle
    input  wire [WORD_BITS-1:0]           word,

    // One cycle later.
    input  wire                           scan,               // compare; otherwise accumulate
    input  wire                           clear,              // the image ends with this cycle
    input  wire                           in_map,             // a scan may spike
    input  wire [LANES*WEIGHT_BITS-1:0]   weights,
    input  wire [LANES*MEMBRANE_BITS-1:0] initial_membranes,  // v0 - threshold, LSB
    output wire [LANES-1:0]               spikes
);

    localparam MEMORY_BITS = LANES * (MEMBRANE_BITS + 1);

    // Block RAM answers late in the cycle, and the sum is still to come; a deep memory pays for it.
    localparam STYLE = DEPTH > 128 ? "block" : "distributed";

    // To a linter, an attribute is no use of a parameter.
    wire unused_style = &{1'b0, STYLE};

    // What is read while it is written is handed on instead.
    (* ram_style = STYLE, no_rw_check *)
    reg  [MEMORY_BITS-1:0] words [0:DEPTH-1];
    reg  [MEMORY_BITS-1:0] read_q;
    wire [MEMORY_BITS-1:0] written;

    reg [DEPTH-1:0]     touched_q;
    reg                 active_q, fresh_q, forward_q;
    reg [WORD_BITS-1:0] word_q;

    wire same = active_q && word_q == word;

    always @(posedge clk) begin
        read_q    <= words[word];
        active_q  <= active;
        word_q    <= word;
        forward_q <= same;
        fresh_q   <= clear || !(touched_q[word] || same);
        if (active_q) begin
            touched_q[word_q] <= 1'b1;
            words[word_q]     <= written;
        end
        if (clear || rst) begin
            touched_q <= {DEPTH{1'b0}};
        end
        if (rst) begin
            active_q <= 1'b0;
        end
    end

    genvar lane;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            wire spike;

            conv_lane #(
                .WEIGHT_BITS   (WEIGHT_BITS),
                .MEMBRANE_BITS (MEMBRANE_BITS)
            ) conv_lane_i (
                .clk              (clk),
                .read             (read_q[lane*(MEMBRANE_BITS+1) +: MEMBRANE_BITS+1]),
                .scan             (scan),
                .fresh            (fresh_q),
                .forward          (forward_q),
                .weight           (weights[lane*WEIGHT_BITS +: WEIGHT_BITS]),
                .initial_membrane (initial_membranes[lane*MEMBRANE_BITS +: MEMBRANE_BITS]),
                .written          (written[lane*(MEMBRANE_BITS+1) +: MEMBRANE_BITS+1]),
                .spike            (spike)
            );

            assign spikes[lane] = spike && in_map;
        end
    endgenerate

endmodule

`resetall
