// SPDX-License-Identifier: MIT OR Apache-2.0
// Board shell: between a serial line and the core. Images come in and results go out as frames
// (docs/board.md); the class of the last image is kept for the LEDs.

`timescale 1ns / 1ps
`default_nettype none

module fs_shell #(
    parameter CLOCKS_PER_BIT = 8,      // clock / baud rate, at least 4
    parameter SILENCE_BITS   = 20,     // the line is silent after 2^SILENCE_BITS cycles without a byte
    parameter DATA_BITS      = 4,      // width of the core's input, bits
    parameter MARKS          = 1,      // 1: the input is events and end-of-step marks, 0: pixels
    parameter BEATS          = 6,      // beats of an image: at most with events, exactly with pixels
    parameter CLASSES        = 4,      // scores of a result
    parameter WORD_BYTES     = 4,      // bytes of a result word: 4 or 8
    parameter IDENTITY       = 128'd0  // payload of an identity, byte 0 in the least significant bits
) (
    input  wire clk,
    input  wire clock_locked,  // asynchronous
    input  wire reset_button,  // asynchronous: pressed

    input  wire uart_rx,  // asynchronous
    output wire uart_tx,

    output wire                 core_rst,
    output wire                 m_axis_tvalid,
    input  wire                 m_axis_tready,
    output wire [DATA_BITS-1:0] m_axis_tdata,
    output wire                 m_axis_tuser,  // end-of-step mark
    output wire                 m_axis_tlast,

    input  wire                    s_axis_tvalid,  // always taken
    input  wire [8*WORD_BYTES-1:0] s_axis_tdata,
    input  wire                    s_axis_tlast,
    input  wire                    frame_error,

    output wire [$clog2(CLASSES > 1 ? CLASSES : 2)-1:0] class_q  // of the last image
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (CLOCKS_PER_BIT < 4) begin : g_clocks_per_bit_guard
            fs_shell_CLOCKS_PER_BIT_must_be_4_or_more stop ();
        end
        if (SILENCE_BITS < 1) begin : g_silence_bits_guard
            fs_shell_SILENCE_BITS_must_be_1_or_more stop ();
        end
        if (DATA_BITS < 1) begin : g_data_bits_guard
            fs_shell_DATA_BITS_must_be_1_or_more stop ();
        end
        if (MARKS != 0 && MARKS != 1) begin : g_marks_guard
            fs_shell_MARKS_must_be_0_or_1 stop ();
        end
        if (BEATS < 1) begin : g_beats_guard
            fs_shell_BEATS_must_be_1_or_more stop ();
        end
        if (CLASSES < 1) begin : g_classes_guard
            fs_shell_CLASSES_must_be_1_or_more stop ();
        end
        if (WORD_BYTES != 4 && WORD_BYTES != 8) begin : g_word_bytes_guard
            fs_shell_WORD_BYTES_must_be_4_or_8 stop ();
        end
    endgenerate

    localparam RESULT_BYTES = (CLASSES + 2) * WORD_BYTES;
    localparam RESULT_BITS  = $clog2(RESULT_BYTES);
    localparam INDEX_BITS   = $clog2(RESULT_BYTES > 16 ? RESULT_BYTES : 16);

    wire       rst, core_reset;
    wire       rx_valid, rx_bad_stop, rx_busy;
    wire [7:0] rx_data;
    wire       tx_valid, tx_ready;
    wire [7:0] tx_data;
    wire       image_clear, image_valid, image_good, play, played;
    wire       result_complete;
    wire [7:0] result_data;

    wire [INDEX_BITS-1:0] result_index;

    assign core_rst = rst || core_reset;

    fs_power_on_reset power_on_reset_i (
        .clk    (clk),
        .locked (clock_locked),
        .button (reset_button),
        .rst    (rst)
    );

    fs_uart_rx #(
        .CLOCKS_PER_BIT (CLOCKS_PER_BIT)
    ) uart_rx_i (
        .clk        (clk),
        .rst        (rst),
        .rx         (uart_rx),
        .valid_q    (rx_valid),
        .data       (rx_data),
        .bad_stop_q (rx_bad_stop),
        .busy       (rx_busy)
    );

    fs_uart_tx #(
        .CLOCKS_PER_BIT (CLOCKS_PER_BIT)
    ) uart_tx_i (
        .clk   (clk),
        .rst   (rst),
        .valid (tx_valid),
        .ready (tx_ready),
        .data  (tx_data),
        .tx    (uart_tx)
    );

    fs_link_control #(
        .RESULT_BYTES (RESULT_BYTES),
        .SILENCE_BITS (SILENCE_BITS),
        .IDENTITY     (IDENTITY)
    ) link_control_i (
        .clk              (clk),
        .rst              (rst),
        .rx_valid         (rx_valid),
        .rx_data          (rx_data),
        .rx_bad_stop      (rx_bad_stop),
        .rx_busy          (rx_busy),
        .tx_valid         (tx_valid),
        .tx_ready         (tx_ready),
        .tx_data          (tx_data),
        .image_clear      (image_clear),
        .image_valid      (image_valid),
        .image_good       (image_good),
        .play             (play),
        .played           (played),
        .result_complete  (result_complete),
        .result_index     (result_index),
        .result_data      (result_data),
        .core_frame_error (frame_error),
        .core_reset_q     (core_reset)
    );

    fs_image_buffer #(
        .DATA_BITS (DATA_BITS),
        .MARKS     (MARKS),
        .BEATS     (BEATS)
    ) image_buffer_i (
        .clk           (clk),
        .rst           (core_rst),
        .clear         (image_clear),
        .byte_valid    (image_valid),
        .data          (rx_data),
        .length_good   (image_good),
        .play          (play),
        .played        (played),
        .m_axis_tvalid (m_axis_tvalid),
        .m_axis_tready (m_axis_tready),
        .m_axis_tdata  (m_axis_tdata),
        .m_axis_tuser  (m_axis_tuser),
        .m_axis_tlast  (m_axis_tlast)
    );

    fs_result_buffer #(
        .CLASSES    (CLASSES),
        .WORD_BYTES (WORD_BYTES)
    ) result_buffer_i (
        .clk           (clk),
        .rst           (rst),
        .clear         (play),
        .complete_q    (result_complete),
        .s_axis_tvalid (s_axis_tvalid),
        .s_axis_tdata  (s_axis_tdata),
        .s_axis_tlast  (s_axis_tlast),
        .byte_index    (result_index[RESULT_BITS-1:0]),
        .data          (result_data),
        .class_q       (class_q)
    );

endmodule

`resetall
