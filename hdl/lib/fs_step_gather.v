// SPDX-License-Identifier: MIT OR Apache-2.0
// Step gather: a time step that comes in several beats leaves in one, together with the last of
// them.
//
// A place that nobody looks at behind it needs no register: synthesis removes it.

`timescale 1ns / 1ps
`default_nettype none

module fs_step_gather #(
    parameter PLACES    = 4,  // places that spike
    parameter BEAT_BITS = 2   // width of a beat, bits
) (
    input  wire                 clk,
    input  wire                 rst,

    input  wire                 s_axis_tvalid,
    output wire                 s_axis_tready,
    input  wire [BEAT_BITS-1:0] s_axis_tdata,   // the next places, the first one lowest

    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire [PLACES-1:0]    m_axis_tdata    // a bit per place, row-major: it spikes in this step
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (PLACES < 1) begin : g_places_guard
            fs_step_gather_PLACES_must_be_1_or_more stop ();
        end
        if (BEAT_BITS < 1) begin : g_beat_bits_guard
            fs_step_gather_BEAT_BITS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam BEATS = (PLACES + BEAT_BITS - 1) / BEAT_BITS;

    localparam [BEATS:0] FIRST = {{BEATS{1'b0}}, 1'b1};

    reg  [BEATS-1:0]           beat_q;    // one-hot: the beat that comes next
    wire [BEATS*BEAT_BITS-1:0] gathered;  // the last beat, and those before it
    wire                       last = beat_q[BEATS-1];

    assign s_axis_tready = !last || m_axis_tready;
    assign m_axis_tvalid = last && s_axis_tvalid;
    assign m_axis_tdata  = gathered[PLACES-1:0];

    assign gathered[(BEATS-1)*BEAT_BITS +: BEAT_BITS] = s_axis_tdata;

    // The last beat may have room for more places than there are.
    generate
        if (BEATS * BEAT_BITS > PLACES) begin : g_room
            wire unused_room = &{1'b0, gathered[BEATS*BEAT_BITS-1:PLACES]};
        end
    endgenerate

    genvar beat;
    generate
        for (beat = 0; beat < BEATS - 1; beat = beat + 1) begin : g_beat
            reg [BEAT_BITS-1:0] bits_q;
            always @(posedge clk) begin
                if (s_axis_tvalid && beat_q[beat]) begin
                    bits_q <= s_axis_tdata;
                end
            end
            assign gathered[beat*BEAT_BITS +: BEAT_BITS] = bits_q;
        end
    endgenerate

    always @(posedge clk) begin
        if (s_axis_tvalid && s_axis_tready) begin
            beat_q <= last ? FIRST[BEATS-1:0] : beat_q << 1;
        end
        if (rst) begin
            beat_q <= FIRST[BEATS-1:0];
        end
    end

endmodule

`resetall
