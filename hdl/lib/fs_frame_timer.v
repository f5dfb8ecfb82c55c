// SPDX-License-Identifier: MIT OR Apache-2.0
// Frame timer: counts the cycles from the first accepted beat of an image to its class, for all
// images under way, and checks the framing of the input.

`timescale 1ns / 1ps
`default_nettype none

module fs_frame_timer #(
    parameter FRAMES     = 4,   // images under way at most, a power of two
    parameter CYCLE_BITS = 32,  // width of the cycle count, bits
    parameter ENDINGS    = 4    // frame-counting beats per image: marks, or pixels
) (
    input  wire                  clk,
    input  wire                  rst,

    input  wire                  beat,         // an input beat is accepted
    input  wire                  beat_counts,  // it is a mark, or a pixel
    input  wire                  beat_last,    // it says that it ends the image
    input  wire                  beat_bad,     // its index is out of range

    input  wire                  class_valid,  // the class of the oldest image is leaving
    output wire [CYCLE_BITS-1:0] cycles,       // its latency, cycles
    output reg                   frame_error   // framing or index error since reset
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (FRAMES < 2 || (FRAMES & (FRAMES - 1)) != 0) begin : g_frames_guard
            fs_frame_timer_FRAMES_must_be_a_power_of_2_from_2_on stop ();
        end
        if (CYCLE_BITS < 1) begin : g_cycle_bits_guard
            fs_frame_timer_CYCLE_BITS_must_be_1_or_more stop ();
        end
        if (ENDINGS < 1) begin : g_endings_guard
            fs_frame_timer_ENDINGS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam FRAME_BITS  = $clog2(FRAMES > 1 ? FRAMES : 2);
    localparam ENDING_BITS = $clog2(ENDINGS > 1 ? ENDINGS : 2);

    localparam [31:0] ENDINGS_LESS_1 = ENDINGS - 1;

    reg [CYCLE_BITS-1:0]  now_q;
    reg [CYCLE_BITS-1:0]  before_q;              // now_q - 1
    reg [CYCLE_BITS-1:0]  starts [0:FRAMES-1];
    reg [FRAME_BITS-1:0]  newest_q, oldest_q;
    reg                   inside_q;              // a frame has begun and not ended
    reg [ENDING_BITS-1:0] ending_q;

    wire ends = beat_counts && ending_q == ENDINGS_LESS_1[ENDING_BITS-1:0];

    // The class word is seen one cycle after class_valid, so the cycle before the start counts.
    assign cycles = now_q - starts[oldest_q];

    always @(posedge clk) begin
        now_q    <= now_q + {{(CYCLE_BITS-1){1'b0}}, 1'b1};
        before_q <= now_q;
        if (beat) begin
            inside_q <= !ends;
            if (!inside_q) begin
                starts[newest_q] <= before_q;
                newest_q         <= newest_q + 1'b1;
            end
            if (beat_counts) begin
                ending_q <= ends ? {ENDING_BITS{1'b0}} : ending_q + 1'b1;
            end
            if (beat_bad || beat_last != ends) begin
                frame_error <= 1'b1;
            end
        end
        if (class_valid) begin
            oldest_q <= oldest_q + 1'b1;
        end
        if (rst) begin
            now_q       <= {CYCLE_BITS{1'b0}};
            before_q    <= {CYCLE_BITS{1'b1}};
            newest_q    <= {FRAME_BITS{1'b0}};
            oldest_q    <= {FRAME_BITS{1'b0}};
            inside_q    <= 1'b0;
            ending_q    <= {ENDING_BITS{1'b0}};
            frame_error <= 1'b0;
        end
    end

endmodule

`resetall
