// Convolution lane: the integrate-and-fire units of one output channel in one bank.
//
// A word holds the membrane potential less the threshold and a bit that says whether the neuron has
// spiked. It is read in one cycle and written in the next; if both meet in the same word, the new
// value is handed on. A word that was not written in this image stands for the initial potential.

`default_nettype none

module conv_lane #(
    parameter DEPTH         = 4,  // words
    parameter WORD_BITS     = 2,  // width of a word address, bits
    parameter WEIGHT_BITS   = 4,  // width of a stored weight, bits; 1: a bit that means -1 or +1
    parameter MEMBRANE_BITS = 8   // width of a membrane register, bits
) (
    input  wire                            clk,

    input  wire        [WORD_BITS-1:0]     read_word,

    // One cycle after the word was read.
    input  wire                            update,
    input  wire                            scan,              // compare; otherwise accumulate
    input  wire                            fresh,             // the word is not of this image
    input  wire                            forward,           // the word was written a cycle ago
    input  wire        [WORD_BITS-1:0]     word,
    input  wire        [WEIGHT_BITS-1:0]   weight,            // 0 in a scan, unless binary
    input  wire signed [MEMBRANE_BITS-1:0] initial_membrane,  // v0 - threshold, LSB

    output wire                            spike              // in a scan: for the first time
);

    reg         [MEMBRANE_BITS:0]   words [0:DEPTH-1];
    reg         [MEMBRANE_BITS:0]   read_q, written_q;

    wire        [MEMBRANE_BITS:0]   kept     = forward ? written_q : read_q;
    wire                            fired    = !fresh && kept[MEMBRANE_BITS];
    wire signed [MEMBRANE_BITS-1:0] membrane = fresh ? initial_membrane : kept[MEMBRANE_BITS-1:0];
    wire signed [MEMBRANE_BITS-1:0] addend;

    generate
        if (WEIGHT_BITS == 1) begin : g_binary
            assign addend = {{(MEMBRANE_BITS-1){!weight[0] && !scan}}, !scan};
        end else begin : g_signed
            assign addend = {{(MEMBRANE_BITS-WEIGHT_BITS){weight[WEIGHT_BITS-1]}}, weight};
        end
    endgenerate

    wire signed [MEMBRANE_BITS-1:0] sum     = membrane + addend;
    wire        [MEMBRANE_BITS:0]   written = {fired || spike, sum};

    assign spike = scan && !membrane[MEMBRANE_BITS-1] && !fired;

    always @(posedge clk) begin
        read_q    <= words[read_word];
        written_q <= written;
        if (update) begin
            words[word] <= written;
        end
    end

endmodule

`resetall
