// SPDX-License-Identifier: MIT OR Apache-2.0
// Pixel steps: several pixels per beat in, whole time steps out (docs/numerics.md 2).
//
// At the port stands a table of spike times for each pixel of a beat. Behind it each pixel of the
// image keeps its time, and every step asks all of them whether it is theirs. So a step leaves per
// cycle from the cycle after the last beat on, while the next image comes in: it writes a beat in a
// cycle in which a step leaves, or none does. Only the times of the first beats, which are written
// while steps are still to leave, are held in a second register. A pixel that nobody looks at needs
// none: synthesis removes it.

`timescale 1ns / 1ps
`default_nettype none

module fs_pixel_steps #(
    parameter PIXELS    = 4,   // pixels per image
    parameter LANES     = 2,   // pixels per beat
    parameter STEPS     = 4,   // time steps per image
    parameter FOLDER    = "",  // folder of the memory image
    parameter TIME_FILE = ""   // per gray level: never-bit, then the step; 256 lines
) (
    input  wire               clk,
    input  wire               rst,

    input  wire               s_axis_tvalid,
    output wire               s_axis_tready,
    input  wire [8*LANES-1:0] s_axis_tdata,   // the next pixels, the first one lowest

    output wire               m_axis_tvalid,
    input  wire               m_axis_tready,
    output wire [PIXELS-1:0]  m_axis_tdata    // a bit per pixel, row-major: it spikes in this step
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (PIXELS < 1) begin : g_pixels_guard
            fs_pixel_steps_PIXELS_must_be_1_or_more stop ();
        end
        if (LANES < 1) begin : g_lanes_guard
            fs_pixel_steps_LANES_must_be_1_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_pixel_steps_STEPS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam BEATS     = (PIXELS + LANES - 1) / LANES;
    localparam STEP_BITS = $clog2(STEPS > 1 ? STEPS : 2);
    localparam TIME_BITS = 1 + STEP_BITS;

    localparam [31:0]    STEPS_LESS_1 = STEPS - 1;
    localparam [BEATS:0] FIRST        = {{BEATS{1'b0}}, 1'b1};

    reg  [BEATS-1:0]           beat_q;     // one-hot: the beat that comes next
    reg                        playing_q;  // steps leave
    reg  [STEP_BITS-1:0]       step_q;     // the one that leaves next

    wire [LANES*TIME_BITS-1:0] times;      // of the pixels at the port
    wire [BEATS*LANES-1:0]     spikes;

    wire last_beat = beat_q[BEATS-1];
    wire last_step = step_q == STEPS_LESS_1[STEP_BITS-1:0];
    wire accepted  = s_axis_tvalid && s_axis_tready;
    wire leaves    = playing_q && m_axis_tready;

    // The last beat would complete the next image, so the last step of this one comes first.
    assign s_axis_tready = !playing_q || (m_axis_tready && (!last_beat || last_step));
    assign m_axis_tvalid = playing_q;
    assign m_axis_tdata  = spikes[PIXELS-1:0];

    // The last beat may have room for more pixels than there are.
    generate
        if (BEATS * LANES > PIXELS) begin : g_room
            wire unused_room = &{1'b0, spikes[BEATS*LANES-1:PIXELS]};
        end
    endgenerate

    genvar lane, beat;
    generate
        for (lane = 0; lane < LANES; lane = lane + 1) begin : g_lane
            fs_table #(
                .ROWS      (256),
                .WORD_BITS (TIME_BITS),
                .FOLDER    (FOLDER),
                .FILE      (TIME_FILE)
            ) time_table (
                .row  (s_axis_tdata[8*lane +: 8]),
                .word (times[lane*TIME_BITS +: TIME_BITS])
            );
        end

        for (beat = 0; beat < BEATS; beat = beat + 1) begin : g_beat
            reg  [LANES*TIME_BITS-1:0] times_q;
            wire [LANES*TIME_BITS-1:0] shown;

            always @(posedge clk) begin
                if (accepted && beat_q[beat]) begin
                    times_q <= times;
                end
            end

            if (beat < STEPS - 1) begin : g_held
                reg [LANES*TIME_BITS-1:0] held_q;
                wire                      first_step = step_q == {STEP_BITS{1'b0}};

                always @(posedge clk) begin
                    if (first_step) begin
                        held_q <= times_q;
                    end
                end
                assign shown = first_step ? times_q : held_q;
            end else begin : g_kept
                assign shown = times_q;
            end

            for (lane = 0; lane < LANES; lane = lane + 1) begin : g_pixel
                assign spikes[beat*LANES+lane] = shown[lane*TIME_BITS +: TIME_BITS] == {1'b0, step_q};
            end
        end
    endgenerate

    always @(posedge clk) begin
        if (accepted) begin
            beat_q <= last_beat ? FIRST[BEATS-1:0] : beat_q << 1;
        end
        if (leaves) begin
            step_q    <= last_step ? {STEP_BITS{1'b0}} : step_q + 1'b1;
            playing_q <= !last_step;
        end
        if (accepted && last_beat) begin
            playing_q <= 1'b1;
        end
        if (rst) begin
            beat_q    <= FIRST[BEATS-1:0];
            playing_q <= 1'b0;
            step_q    <= {STEP_BITS{1'b0}};
        end
    end

endmodule

`resetall
