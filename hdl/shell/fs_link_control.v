// SPDX-License-Identifier: MIT OR Apache-2.0
// Link control: takes a request frame, has it done, sends the answer frame (docs/board.md).
//
// Both kinds of frame have the same form, and one walker goes through either: sync, type, tag, length,
// payload, CRC. One request is under way at a time. After any error the line must fall silent before
// it is answered, so both sides begin anew at a frame border.

`timescale 1ns / 1ps
`default_nettype none

module fs_link_control #(
    parameter RESULT_BYTES = 24,     // payload of a result
    parameter SILENCE_BITS = 20,     // the line is silent after 2^SILENCE_BITS cycles without a byte
    parameter IDENTITY     = 128'd0  // payload of an identity, byte 0 in the least significant bits
) (
    input  wire clk,
    input  wire rst,

    // Receiver.
    input  wire       rx_valid,
    input  wire [7:0] rx_data,
    input  wire       rx_bad_stop,
    input  wire       rx_busy,

    // Transmitter.
    output wire       tx_valid,
    input  wire       tx_ready,
    output wire [7:0] tx_data,

    // Image and result.
    output wire       image_clear,
    output wire       image_valid,  // rx_data is a byte of an image
    input  wire       image_good,
    output wire       play,         // pulse: the image goes to the core
    input  wire       played,
    input  wire       result_complete,
    output wire [$clog2(RESULT_BYTES > 16 ? RESULT_BYTES : 16)-1:0] result_index,
    input  wire [7:0] result_data,

    // Core.
    input  wire core_frame_error,
    output reg  core_reset_q
);

    // An identity has 16 bytes.
    localparam INDEX_BITS = $clog2(RESULT_BYTES > 16 ? RESULT_BYTES : 16);

    localparam [7:0] SYNC          = 8'ha5;
    localparam [7:0] TYPE_IDENTIFY = 8'h01;
    localparam [7:0] TYPE_IMAGE    = 8'h02;
    localparam [7:0] TYPE_IDENTITY = 8'h81;
    localparam [7:0] TYPE_RESULT   = 8'h82;
    localparam [7:0] TYPE_ERROR    = 8'hff;

    localparam [2:0] ERROR_SYNC   = 3'd1;  // a byte outside a frame
    localparam [2:0] ERROR_LINE   = 3'd2;  // a byte without stop bit
    localparam [2:0] ERROR_CUT    = 3'd3;  // silence inside a frame
    localparam [2:0] ERROR_CRC    = 3'd4;
    localparam [2:0] ERROR_TYPE   = 3'd5;  // no such request
    localparam [2:0] ERROR_LENGTH = 3'd6;  // no image has such a payload
    localparam [2:0] ERROR_FRAME  = 3'd7;  // the core found the image malformed
    localparam [2:0] ERROR_CORE   = 3'd0;  // the core gave no result

    localparam [15:0] IDENTITY_LENGTH = 16'd16;
    localparam [31:0] RESULT_LENGTH   = RESULT_BYTES;

    // Places in a frame.
    localparam [2:0] AT_SYNC     = 3'd0;
    localparam [2:0] AT_TYPE     = 3'd1;
    localparam [2:0] AT_TAG      = 3'd2;
    localparam [2:0] AT_LENGTH   = 3'd3;
    localparam [2:0] AT_LENGTH_2 = 3'd4;
    localparam [2:0] AT_PAYLOAD  = 3'd5;
    localparam [2:0] AT_CRC      = 3'd6;
    localparam [2:0] AT_CRC_2    = 3'd7;

    localparam [2:0] RECEIVE = 3'd0;
    localparam [2:0] CHECK   = 3'd1;
    localparam [2:0] PLAY    = 3'd2;
    localparam [2:0] SILENCE = 3'd3;  // an error waits for the line to fall silent
    localparam [2:0] SEND    = 3'd4;

    reg [2:0]              mode_q, place_q;
    reg [7:0]              type_q, tag_q;
    reg [15:0]             left_q;     // payload bytes still to come
    reg [INDEX_BITS-1:0]   index_q;    // of the payload byte to send
    reg [2:0]              error_q;
    reg [SILENCE_BITS:0]   silence_q;  // stops when its top bit rises

    wire receives = mode_q == RECEIVE && rx_valid;
    wire walks    = receives || (tx_valid && tx_ready);
    wire silent   = silence_q[SILENCE_BITS];

    wire [7:0]  moving = mode_q == SEND ? tx_data : rx_data;
    wire [15:0] crc;
    wire        crc_busy;

    fs_crc16 crc16_i (
        .clk   (clk),
        .start (walks && place_q == AT_SYNC),
        .valid (walks && place_q != AT_SYNC),
        .data  (moving),
        .crc   (crc),
        .busy  (crc_busy)
    );

    // What is to be done with a request, once its CRC is known: a cycle to judge, a cycle to act.
    reg  judged_q, crc_good_q, is_identify_q, is_image_q, image_good_q;
    wire checked    = mode_q == CHECK && judged_q;
    wire identifies = checked && crc_good_q && is_identify_q;
    wire images     = checked && crc_good_q && is_image_q;

    always @(posedge clk) begin
        judged_q      <= mode_q == CHECK && !crc_busy;
        crc_good_q    <= crc == 16'd0;
        is_identify_q <= type_q == TYPE_IDENTIFY;
        is_image_q    <= type_q == TYPE_IMAGE;
        image_good_q  <= image_good;
    end

    assign image_clear  = receives && place_q == AT_SYNC;
    assign image_valid  = receives && place_q == AT_PAYLOAD;
    assign play         = images && image_good_q;
    assign result_index = index_q;

    // The one error of this cycle, if there is one.
    reg       fails;
    reg [2:0] error;

    always @* begin
        fails = 1'b1;
        error = ERROR_CORE;
        if (receives && rx_bad_stop) begin
            error = ERROR_LINE;
        end else if (receives && place_q == AT_SYNC && rx_data != SYNC) begin
            error = ERROR_SYNC;
        end else if (mode_q == RECEIVE && place_q != AT_SYNC && silent) begin
            error = ERROR_CUT;
        end else if (checked && !crc_good_q) begin
            error = ERROR_CRC;
        end else if (checked && !identifies && !images) begin
            error = ERROR_TYPE;
        end else if (images && !image_good_q) begin
            error = ERROR_LENGTH;
        end else if (mode_q == PLAY && core_frame_error) begin
            error = ERROR_FRAME;
        end else if (!(mode_q == PLAY && silent)) begin
            fails = 1'b0;
        end
    end

    // The byte to send. The CRC unit shifts its low byte out while that byte passes through it.
    reg [7:0] sent;

    always @* begin
        case (place_q)
            AT_SYNC:     sent = SYNC;
            AT_TYPE:     sent = type_q;
            AT_TAG:      sent = tag_q;
            AT_LENGTH:   sent = left_q[7:0];
            AT_LENGTH_2: sent = left_q[15:8];
            AT_PAYLOAD:  sent = type_q == TYPE_RESULT ? result_data :
                                type_q == TYPE_IDENTITY ? IDENTITY[{index_q[3:0], 3'b000} +: 8] :
                                {5'd0, error_q};
            default:     sent = crc[7:0];
        endcase
    end

    assign tx_valid = mode_q == SEND && !crc_busy;
    assign tx_data  = sent;

    always @(posedge clk) begin
        if (rx_busy || rx_valid) begin
            silence_q <= {(SILENCE_BITS+1){1'b0}};
        end else if (!silent) begin
            silence_q <= silence_q + 1'b1;
        end

        if (walks) begin
            place_q <= place_q + 3'd1;
            case (place_q)
                AT_SYNC:    index_q <= {INDEX_BITS{1'b0}};
                // What is sent is there already, and no answer is empty.
                AT_TYPE:    if (receives) type_q <= rx_data;
                AT_TAG:     if (receives) tag_q <= rx_data;
                AT_LENGTH:  if (receives) left_q[7:0] <= rx_data;
                AT_LENGTH_2: if (receives) begin
                    left_q[15:8] <= rx_data;
                    if ({rx_data, left_q[7:0]} == 16'd0) begin
                        place_q <= AT_CRC;
                    end
                end
                AT_PAYLOAD: begin
                    left_q  <= left_q - 16'd1;
                    index_q <= index_q + 1'b1;
                    if (left_q != 16'd1) begin
                        place_q <= AT_PAYLOAD;
                    end
                end
                AT_CRC_2: mode_q <= mode_q == SEND ? RECEIVE : CHECK;
                default: ;
            endcase
        end

        core_reset_q <= mode_q == PLAY && fails;
        if (fails) begin
            mode_q  <= SILENCE;
            error_q <= error;
            place_q <= AT_SYNC;
        end else if (identifies) begin
            mode_q <= SEND;
            type_q <= TYPE_IDENTITY;
            left_q <= IDENTITY_LENGTH;
        end else if (play) begin
            mode_q <= PLAY;
        end else if (mode_q == PLAY && played && result_complete) begin
            mode_q <= SEND;
            type_q <= TYPE_RESULT;
            left_q <= RESULT_LENGTH[15:0];
        end else if (mode_q == SILENCE && silent) begin
            mode_q <= SEND;
            type_q <= TYPE_ERROR;
            left_q <= 16'd1;
        end

        if (rst) begin
            mode_q       <= RECEIVE;
            place_q      <= AT_SYNC;
            core_reset_q <= 1'b0;
            silence_q    <= {(SILENCE_BITS+1){1'b0}};
        end
    end

endmodule

`resetall
