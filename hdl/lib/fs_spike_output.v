// SPDX-License-Identifier: MIT OR Apache-2.0
// Spike output: from the captures of a layer to the stream of its spikes.
//
//   fs_capture_register -> fs_spike_queue -> fs_spike_scan

`timescale 1ns / 1ps
`default_nettype none

module fs_spike_output #(
    parameter NEURONS   = 8,  // neurons of the layer
    parameter LANES     = 8,  // neurons per group
    parameter SLOTS     = 2,  // spike vectors between neurons and scan
    parameter WORD_BITS = 8   // neurons per scan word, a power of two
) (
    input  wire clk,
    input  wire rst,

    output wire             capture_done,  // a captured step has left
    input  wire             capture_valid,
    input  wire             capture_last_step,
    input  wire             capture_last_group,
    input  wire [$clog2(NEURONS > LANES ? (NEURONS+LANES-1)/LANES : 2)-1:0] capture_group,
    input  wire [LANES-1:0] capture_spikes,

    output wire                                         m_axis_tvalid,
    input  wire                                         m_axis_tready,
    output wire [$clog2(NEURONS > 1 ? NEURONS : 2)-1:0] m_axis_tdata,
    output wire                                         m_axis_tuser
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (SLOTS < 1) begin : g_slots_guard
            fs_spike_output_SLOTS_must_be_1_or_more stop ();
        end
        if (WORD_BITS < 2 || (WORD_BITS & (WORD_BITS - 1)) != 0) begin : g_word_bits_guard
            fs_spike_output_WORD_BITS_must_be_a_power_of_2_from_2_on stop ();
        end
    endgenerate

    localparam WORDS = (NEURONS + WORD_BITS - 1) / WORD_BITS;

    wire                       vector_valid;
    wire [NEURONS-1:0]         vector;
    wire                       head_valid, head_silent, head_take;
    wire [WORDS-1:0]           head_word;
    wire [WORDS*WORD_BITS-1:0] head_vector;

    assign capture_done = m_axis_tvalid && m_axis_tready && m_axis_tuser;

    generate
        if (LANES >= NEURONS) begin : g_at_once
            // All neurons are captured in one cycle: nothing is to be gathered.
            wire unused_group = &{1'b0, capture_last_step, capture_last_group, capture_group};

            assign vector_valid = capture_valid;
            assign vector       = capture_spikes[NEURONS-1:0];
        end else begin : g_gathered
            wire vector_last_step;

            // The scan needs no count of steps.
            wire unused_step = &{1'b0, vector_last_step};

            fs_capture_register #(
                .NEURONS (NEURONS),
                .LANES   (LANES),
                .BITS    (1)
            ) capture_register_i (
                .clk                (clk),
                .rst                (rst),
                .capture_valid      (capture_valid),
                .capture_last_step  (capture_last_step),
                .capture_last_group (capture_last_group),
                .capture_group      (capture_group),
                .capture_data       (capture_spikes),
                .vector_valid_q     (vector_valid),
                .vector_last_step_q (vector_last_step),
                .vector_q           (vector)
            );
        end
    endgenerate

    fs_spike_queue #(
        .NEURONS   (NEURONS),
        .WORD_BITS (WORD_BITS),
        .SLOTS     (SLOTS)
    ) spike_queue_i (
        .clk           (clk),
        .rst           (rst),
        .vector_valid  (vector_valid),
        .vector        (vector),
        .head_valid    (head_valid),
        .head_silent   (head_silent),
        .head_word     (head_word),
        .head_take     (head_take),
        .head_vector_q (head_vector)
    );

    fs_spike_scan #(
        .NEURONS   (NEURONS),
        .WORD_BITS (WORD_BITS)
    ) spike_scan_i (
        .clk           (clk),
        .rst           (rst),
        .head_valid    (head_valid),
        .head_silent   (head_silent),
        .head_word     (head_word),
        .head_take     (head_take),
        .head_vector_q (head_vector),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tready (m_axis_tready),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tuser  (m_axis_tuser)
    );

endmodule

`resetall
