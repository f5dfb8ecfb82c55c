// SPDX-License-Identifier: MIT OR Apache-2.0
// Latency encoder: pixels in, events out, ordered by time step and then by pixel index
// (docs/numerics.md 2).
//
// The spike time of a gray level comes from a table. Each step has a bucket of pixel indices; two
// sets of buckets, so that one image is written while the one before is read.

`timescale 1ns / 1ps
`default_nettype none

module fs_latency_encoder #(
    parameter PIXELS     = 4,   // pixels per image
    parameter PLACE_BITS = 2,   // width of an event, bits
    parameter STEPS      = 4,   // time steps per image
    parameter FOLDER     = "",  // folder of the memory image
    parameter TIME_FILE  = ""   // per gray level: never-bit, then the step; 256 lines
) (
    input  wire clk,
    input  wire rst,

    input  wire       s_axis_tvalid,
    output wire       s_axis_tready,
    input  wire [7:0] s_axis_tdata,

    output wire [$clog2(PIXELS > 1 ? PIXELS : 2)-1:0] pixel,  // number of the pixel at the input
    input  wire [PLACE_BITS-1:0]                      place,  // what events call it

    output wire                  m_axis_tvalid,
    input  wire                  m_axis_tready,
    output wire [PLACE_BITS-1:0] m_axis_tdata,
    output wire                  m_axis_tuser  // end-of-step mark
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (PIXELS < 1) begin : g_pixels_guard
            fs_latency_encoder_PIXELS_must_be_1_or_more stop ();
        end
        if (PLACE_BITS < 1) begin : g_place_bits_guard
            fs_latency_encoder_PLACE_BITS_must_be_1_or_more stop ();
        end
        if (STEPS < 1) begin : g_steps_guard
            fs_latency_encoder_STEPS_must_be_1_or_more stop ();
        end
    endgenerate

    localparam INDEX_BITS = $clog2(PIXELS > 1 ? PIXELS : 2);
    localparam COUNT_BITS = $clog2(PIXELS + 1);
    localparam STEP_BITS  = $clog2(STEPS > 1 ? STEPS : 2);

    localparam [31:0] PIXELS_LESS_1 = PIXELS - 1;
    localparam [31:0] STEPS_LESS_1  = STEPS - 1;
    localparam        ADDRESS_BITS  = 1 + STEP_BITS + INDEX_BITS;

    localparam [COUNT_BITS-1:0] NONE = {COUNT_BITS{1'b0}};
    localparam [COUNT_BITS-1:0] ONE  = {{(COUNT_BITS-1){1'b0}}, 1'b1};

    reg [PLACE_BITS-1:0]   buckets [0:(1<<ADDRESS_BITS)-1];
    reg [COUNT_BITS-1:0]   counts  [0:2*(1<<STEP_BITS)-1];  // entries per set and step

    // Write side: one pixel per cycle.
    reg                           write_set_q;
    reg [INDEX_BITS-1:0]          pixel_q;
    reg [1:0]                     full_q;       // sets that hold a whole image
    reg [2*(1<<STEP_BITS)-1:0]    used_q;       // per set and step: the count is not 0

    wire                  accepted     = s_axis_tvalid && s_axis_tready;
    wire                  never;
    wire [STEP_BITS-1:0]  step;
    wire [STEP_BITS:0]    write_bucket = {write_set_q, step};
    wire [COUNT_BITS-1:0] count        = used_q[write_bucket] ? counts[write_bucket] : NONE;
    wire                  last_pixel   = pixel_q == PIXELS_LESS_1[INDEX_BITS-1:0];

    fs_table #(
        .ROWS      (256),
        .WORD_BITS (1+STEP_BITS),
        .FOLDER    (FOLDER),
        .FILE      (TIME_FILE)
    ) time_table (
        .row  (s_axis_tdata),
        .word ({never, step})
    );

    assign pixel         = pixel_q;
    assign s_axis_tready = !full_q[write_set_q];

    // Read side: the bucket memory's output register is the stream's.
    reg                  read_set_q;
    reg [STEP_BITS-1:0]  read_step_q;
    reg [COUNT_BITS-1:0] read_entry_q;
    reg                  valid_q, mark_q;
    reg [PLACE_BITS-1:0] place_q;

    wire                  open        = !valid_q || m_axis_tready;
    wire                  reads       = open && full_q[read_set_q];
    wire [STEP_BITS:0]    read_bucket = {read_set_q, read_step_q};
    wire [COUNT_BITS-1:0] entries     = used_q[read_bucket] ? counts[read_bucket] : NONE;
    wire                  step_ends   = read_entry_q == entries;
    wire                  image_ends  = step_ends && read_step_q == STEPS_LESS_1[STEP_BITS-1:0];

    assign m_axis_tvalid = valid_q;
    assign m_axis_tdata  = place_q;
    assign m_axis_tuser  = mark_q;

    always @(posedge clk) begin
        if (accepted && !never) begin
            buckets[{write_bucket, count[INDEX_BITS-1:0]}] <= place;
            counts[write_bucket] <= count + ONE;
        end
        if (open) begin
            place_q <= buckets[{read_bucket, read_entry_q[INDEX_BITS-1:0]}];
        end
    end

    always @(posedge clk) begin
        if (accepted) begin
            pixel_q <= last_pixel ? {INDEX_BITS{1'b0}} : pixel_q + 1'b1;
            if (!never) begin
                used_q[write_bucket] <= 1'b1;
            end
            if (last_pixel) begin
                full_q[write_set_q] <= 1'b1;
                write_set_q         <= !write_set_q;
            end
        end
        if (open) begin
            valid_q <= full_q[read_set_q];
            mark_q  <= step_ends;
        end
        if (reads) begin
            read_entry_q <= step_ends ? NONE : read_entry_q + ONE;
            if (step_ends) begin
                read_step_q         <= image_ends ? {STEP_BITS{1'b0}} : read_step_q + 1'b1;
                used_q[read_bucket] <= 1'b0;
            end
            if (image_ends) begin
                full_q[read_set_q] <= 1'b0;
                read_set_q         <= !read_set_q;
            end
        end
        if (rst) begin
            write_set_q  <= 1'b0;
            pixel_q      <= {INDEX_BITS{1'b0}};
            used_q       <= {(2*(1<<STEP_BITS)){1'b0}};
            full_q       <= 2'b00;
            read_set_q   <= 1'b0;
            read_step_q  <= {STEP_BITS{1'b0}};
            read_entry_q <= NONE;
            valid_q      <= 1'b0;
        end
    end

endmodule

`resetall
