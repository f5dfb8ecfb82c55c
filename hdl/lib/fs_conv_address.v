// SPDX-License-Identifier: MIT OR Apache-2.0
// Convolution addresses: where the kernels of an event lie in weights and membranes.
//
// The neurons that an event reaches lie within a square of SIDE x SIDE. Neuron (y, x) sits in bank
// (y mod SIDE, x mod SIDE), in the word of tile (y div SIDE, x div SIDE): every bank holds one of
// the square. All that depends on the row, on the column or on the channel of an event alone comes
// from a table, which also does pooling, padding and stride. The weights of a row of memory are
// already in the order of the banks, so a row is chosen by the event's row and column modulo the
// period of the banks, too.
//
// Operations come in with the registers of fs_conv_control and leave four cycles after an event was
// accepted: weight row, words and banks, with a scan's place in the map.

`timescale 1ns / 1ps
`default_nettype none

module fs_conv_address #(
    parameter CHANNELS     = 1,   // input channels
    parameter HEIGHT       = 4,   // input rows, before pooling
    parameter WIDTH        = 4,   // input columns, before pooling
    parameter PLACE_BITS   = 5,   // width of an event: channel, row, column, bits
    parameter OUT_CHANNELS = 2,   // output channels
    parameter OUT_HEIGHT   = 3,   // rows of neurons
    parameter OUT_WIDTH    = 3,   // columns of neurons
    parameter SIDE         = 2,   // banks per axis
    parameter TILES_Y      = 2,   // tiles per column
    parameter TILES_X      = 2,   // tiles per row
    parameter PASSES       = 1,   // cycles per event
    parameter BLOCKS       = 1,   // words of a bank per tile
    parameter DEPTH        = 4,   // words of a bank: blocks * tiles
    parameter TOUCHES      = 4,   // sets of words that are worked through together: groups * tiles
    parameter ROWS         = 5,   // weight rows
    parameter FOLDER       = "",  // folder of the memory images
    parameter CHANNEL_FILE = "",  // per input channel: weight row, block of its first pass
    parameter Y_FILE       = "",  // per input row: weight rows, per bank {reached, word}, tiles
    parameter X_FILE       = "",  // per input column: the same
    parameter BLOCK_FILE   = "",  // per block: first word and set, last of its sets, first channel
    parameter TILE_FILE    = ""   // per tile: word, first row and column, banks with a neuron
) (
    input  wire clk,
    input  wire rst,

    input  wire                                       op_event,
    input  wire [PLACE_BITS-1:0]                      op_place,
    input  wire [$clog2(PASSES > 1 ? PASSES : 2)-1:0] op_pass,
    input  wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0]     op_pass_row,
    output wire [TILES_Y*TILES_X-1:0]                 op_tiles,

    input  wire                                       scan,
    input  wire [TILES_Y*TILES_X-1:0]                 scan_tile,
    input  wire [$clog2(BLOCKS > 1 ? BLOCKS : 2)-1:0] scan_block,
    input  wire [$clog2(ROWS > 1 ? ROWS : 2)-1:0]     scan_row,
    input  wire                                       scan_mark,
    input  wire                                       scan_clear,

    output reg  [$clog2(ROWS > 1 ? ROWS : 2)-1:0] row_q3,  // a cycle before the rest

    output reg                                                scan_q4,
    output reg                                                mark_q4,
    output reg                                                clear_q4,
    output reg  [SIDE*SIDE-1:0]                               active_q4,  // banks that work
    output reg  [SIDE*SIDE*$clog2(DEPTH > 1 ? DEPTH : 2)-1:0] words_q4,
    // The sets of the words.
    output reg  [SIDE*SIDE*$clog2(TOUCHES > 1 ? TOUCHES : 2)-1:0] touches_q4,
    // The last words of the sets.
    output reg                                                last_q4,
    output reg  [$clog2(BLOCKS > 1 ? BLOCKS : 2)-1:0]         block_q4,
    // Banks that hold a neuron of the map.
    output reg  [SIDE*SIDE-1:0]                               in_map_q4,
    // Place of the first neuron of a scan.
    output reg  [$clog2(OUT_CHANNELS > 1 ? OUT_CHANNELS : 2)-1:0] c_q4,
    output reg  [$clog2(OUT_HEIGHT > 1 ? OUT_HEIGHT : 2)-1:0] y_q4,
    output reg  [$clog2(OUT_WIDTH > 1 ? OUT_WIDTH : 2)-1:0]   x_q4
);

    localparam CHANNEL_BITS = $clog2(CHANNELS > 1 ? CHANNELS : 2);
    localparam Y_BITS       = $clog2(HEIGHT > 1 ? HEIGHT : 2);
    localparam X_BITS       = $clog2(WIDTH > 1 ? WIDTH : 2);
    localparam TILES        = TILES_Y * TILES_X;
    localparam TILE_BITS    = $clog2(TILES > 1 ? TILES : 2);
    localparam PASS_BITS    = $clog2(PASSES > 1 ? PASSES : 2);
    localparam BLOCK_BITS   = $clog2(BLOCKS > 1 ? BLOCKS : 2);
    localparam WORD_BITS    = $clog2(DEPTH > 1 ? DEPTH : 2);
    localparam TOUCH_BITS   = $clog2(TOUCHES > 1 ? TOUCHES : 2);
    localparam ROW_BITS     = $clog2(ROWS > 1 ? ROWS : 2);
    localparam OUT_C_BITS   = $clog2(OUT_CHANNELS > 1 ? OUT_CHANNELS : 2);
    localparam OUT_Y_BITS   = $clog2(OUT_HEIGHT > 1 ? OUT_HEIGHT : 2);
    localparam OUT_X_BITS   = $clog2(OUT_WIDTH > 1 ? OUT_WIDTH : 2);

    localparam BANK_BITS    = 1 + WORD_BITS;
    localparam CHANNEL_WORD = ROW_BITS + BLOCK_BITS;
    localparam Y_WORD       = ROW_BITS + SIDE * BANK_BITS + TILES_Y;
    localparam X_WORD       = ROW_BITS + SIDE * BANK_BITS + TILES_X;
    localparam BLOCK_WORD   = WORD_BITS + TOUCH_BITS + 1 + OUT_C_BITS;
    localparam TILE_WORD    = WORD_BITS + OUT_Y_BITS + OUT_X_BITS + 2 * SIDE;

    // Look up.
    wire [CHANNEL_WORD-1:0] by_channel;
    wire [Y_WORD-1:0]       by_line;
    wire [X_WORD-1:0]       by_column;
    wire [TILES_Y-1:0]      tile_lines   = by_line[ROW_BITS+SIDE*BANK_BITS +: TILES_Y];
    wire [TILES_X-1:0]      tile_columns = by_column[ROW_BITS+SIDE*BANK_BITS +: TILES_X];

    fs_table #(
        .ROWS      (CHANNELS),
        .WORD_BITS (CHANNEL_WORD),
        .FOLDER    (FOLDER),
        .FILE      (CHANNEL_FILE)
    ) channel_table (
        .row  (op_place[Y_BITS+X_BITS +: CHANNEL_BITS]),
        .word (by_channel)
    );

    fs_table #(
        .ROWS      (HEIGHT),
        .WORD_BITS (Y_WORD),
        .FOLDER    (FOLDER),
        .FILE      (Y_FILE)
    ) line_table (
        .row  (op_place[X_BITS +: Y_BITS]),
        .word (by_line)
    );

    fs_table #(
        .ROWS      (WIDTH),
        .WORD_BITS (X_WORD),
        .FOLDER    (FOLDER),
        .FILE      (X_FILE)
    ) column_table (
        .row  (op_place[0 +: X_BITS]),
        .word (by_column)
    );

    genvar t;
    generate
        for (t = 0; t < TILES; t = t + 1) begin : g_tile
            assign op_tiles[t] = tile_lines[t/TILES_X] && tile_columns[t%TILES_X];
        end
    endgenerate

    reg                      event_q;
    reg [ROW_BITS-1:0]       row_channel_q, row_place_q;
    reg [BLOCK_BITS-1:0]     block_q;
    reg [SIDE*BANK_BITS-1:0] line_banks_q, column_banks_q;

    wire [BLOCK_BITS-1:0]    first_block = by_channel[ROW_BITS +: BLOCK_BITS];

    generate
        if (PASSES > 1) begin : g_passes
            wire [BLOCK_BITS-1:0] pass = {{(BLOCK_BITS-PASS_BITS){1'b0}}, op_pass};
            always @(posedge clk) begin
                block_q <= first_block + pass;
            end
        end else begin : g_one_pass
            wire unused_pass = &{1'b0, op_pass};
            always @(posedge clk) begin
                block_q <= first_block;
            end
        end
    endgenerate

    always @(posedge clk) begin
        event_q        <= op_event;
        row_channel_q  <= by_channel[0 +: ROW_BITS] + op_pass_row;
        row_place_q    <= by_line[0 +: ROW_BITS] + by_column[0 +: ROW_BITS];
        line_banks_q   <= by_line[ROW_BITS +: SIDE*BANK_BITS];
        column_banks_q <= by_column[ROW_BITS +: SIDE*BANK_BITS];
        if (rst) begin
            event_q <= 1'b0;
        end
    end

    // Look up blocks and tiles, and finish the row.
    wire [BLOCK_BITS-1:0] block = scan ? scan_block : block_q;
    wire                  scans = scan_tile != {TILES{1'b0}};
    reg  [TILE_BITS-1:0]  tile;
    integer               i;

    always @* begin
        tile = {TILE_BITS{1'b0}};
        for (i = 0; i < TILES; i = i + 1) begin
            if (scan_tile[i]) begin
                tile = tile | i[TILE_BITS-1:0];
            end
        end
    end

    reg                      event_q2, scan_q2, scans_q2, mark_q2, clear_q2;
    reg [ROW_BITS-1:0]       row_q2, scan_row_q2;
    reg [BLOCK_BITS-1:0]     block_q2;
    wire [BLOCK_WORD-1:0]    by_block;
    reg [BLOCK_WORD-1:0]     by_block_q2;
    wire [TILE_WORD-1:0]     by_tile;
    reg [TILE_WORD-1:0]      by_tile_q2;
    reg [SIDE*BANK_BITS-1:0] line_banks_q2, column_banks_q2;

    fs_table #(
        .ROWS      (BLOCKS),
        .WORD_BITS (BLOCK_WORD),
        .FOLDER    (FOLDER),
        .FILE      (BLOCK_FILE)
    ) block_table (
        .row  (block),
        .word (by_block)
    );

    fs_table #(
        .ROWS      (TILES),
        .WORD_BITS (TILE_WORD),
        .FOLDER    (FOLDER),
        .FILE      (TILE_FILE)
    ) tile_table (
        .row  (tile),
        .word (by_tile)
    );

    always @(posedge clk) begin
        event_q2        <= event_q;
        row_q2          <= row_channel_q + row_place_q;
        scan_row_q2     <= scan_row;
        line_banks_q2   <= line_banks_q;
        column_banks_q2 <= column_banks_q;
        scan_q2         <= scan;
        scans_q2        <= scan && scans;
        mark_q2         <= scan_mark;
        clear_q2        <= scan_clear;
        block_q2        <= block;
        by_block_q2     <= by_block;
        by_tile_q2      <= by_tile;
        if (rst) begin
            event_q2 <= 1'b0;
            scan_q2  <= 1'b0;
            scans_q2 <= 1'b0;
            mark_q2  <= 1'b0;
            clear_q2 <= 1'b0;
        end
    end

    // Merge events and scan.
    wire [WORD_BITS-1:0]  block_word, tile_word;
    wire [TOUCH_BITS-1:0] block_touch;
    wire                  block_last;
    wire [OUT_C_BITS-1:0] block_channel;
    wire [SIDE-1:0]       tile_lines_in, tile_columns_in;
    wire [OUT_Y_BITS-1:0] tile_y;
    wire [OUT_X_BITS-1:0] tile_x;

    assign {block_channel, block_last, block_touch, block_word} = by_block_q2;
    assign {tile_columns_in, tile_lines_in, tile_x, tile_y, tile_word} = by_tile_q2;

    reg                       scan_q3, mark_q3, clear_q3, last_q3;
    reg [BLOCK_BITS-1:0]      block_q3;
    reg [SIDE-1:0]            lines_active_q3, columns_active_q3, lines_in_q3, columns_in_q3;
    reg [SIDE*WORD_BITS-1:0]  line_words_q3, column_words_q3;
    reg [SIDE*TOUCH_BITS-1:0] line_touches_q3;
    reg [OUT_C_BITS-1:0]      c_q3;
    reg [OUT_Y_BITS-1:0]      y_q3;
    reg [OUT_X_BITS-1:0]      x_q3;

    always @(posedge clk) begin
        row_q3        <= scan_q2 ? scan_row_q2 : row_q2;
        scan_q3       <= scans_q2;
        mark_q3       <= mark_q2;
        clear_q3      <= clear_q2;
        block_q3      <= block_q2;
        last_q3       <= block_last;
        lines_in_q3   <= tile_lines_in;
        columns_in_q3 <= tile_columns_in;
        c_q3          <= block_channel;
        y_q3          <= tile_y;
        x_q3          <= tile_x;

        scan_q4  <= scan_q3;
        mark_q4  <= mark_q3;
        clear_q4 <= clear_q3;
        block_q4 <= block_q3;
        last_q4  <= last_q3;
        c_q4     <= c_q3;
        y_q4     <= y_q3;
        x_q4     <= x_q3;
        if (rst) begin
            scan_q3  <= 1'b0;
            mark_q3  <= 1'b0;
            clear_q3 <= 1'b0;
            scan_q4  <= 1'b0;
            mark_q4  <= 1'b0;
            clear_q4 <= 1'b0;
        end
    end

    genvar line, column;
    generate
        for (line = 0; line < SIDE; line = line + 1) begin : g_line
            wire                 reached = line_banks_q2[line*BANK_BITS+WORD_BITS];
            wire [WORD_BITS-1:0] word    = scan_q2 ? tile_word
                : line_banks_q2[line*BANK_BITS +: WORD_BITS];
            always @(posedge clk) begin
                lines_active_q3[line] <= scans_q2 || (event_q2 && reached);
                line_words_q3[line*WORD_BITS +: WORD_BITS] <= block_word + word;
                line_touches_q3[line*TOUCH_BITS +: TOUCH_BITS]
                    <= block_touch + word[TOUCH_BITS-1:0];
                if (rst) begin
                    lines_active_q3[line] <= 1'b0;
                end
            end
        end
        for (column = 0; column < SIDE; column = column + 1) begin : g_column
            wire                 reached = column_banks_q2[column*BANK_BITS+WORD_BITS];
            wire [WORD_BITS-1:0] word    = column_banks_q2[column*BANK_BITS +: WORD_BITS];
            always @(posedge clk) begin
                columns_active_q3[column] <= scan_q2 || reached;
                column_words_q3[column*WORD_BITS +: WORD_BITS]
                    <= scan_q2 ? {WORD_BITS{1'b0}} : word;
            end
        end
        for (line = 0; line < SIDE; line = line + 1) begin : g_bank_line
            for (column = 0; column < SIDE; column = column + 1) begin : g_bank
                always @(posedge clk) begin
                    active_q4[line*SIDE+column] <= lines_active_q3[line]
                        && columns_active_q3[column];
                    in_map_q4[line*SIDE+column] <= lines_in_q3[line] && columns_in_q3[column];
                    words_q4[(line*SIDE+column)*WORD_BITS +: WORD_BITS]
                        <= line_words_q3[line*WORD_BITS +: WORD_BITS]
                        + column_words_q3[column*WORD_BITS +: WORD_BITS];
                    touches_q4[(line*SIDE+column)*TOUCH_BITS +: TOUCH_BITS]
                        <= line_touches_q3[line*TOUCH_BITS +: TOUCH_BITS]
                        + column_words_q3[column*WORD_BITS +: TOUCH_BITS];
                    if (rst) begin
                        active_q4[line*SIDE+column] <= 1'b0;
                    end
                end
            end
        end
    endgenerate

endmodule

`resetall
