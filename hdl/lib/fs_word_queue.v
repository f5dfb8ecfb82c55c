// SPDX-License-Identifier: MIT OR Apache-2.0
// Word queue: words of spikes on their way from a convolution to its scan, in memories.
//
// A word without spikes is dropped, unless it ends the step. The head says where spikes are: its
// places are the banks of the word and, as the last one, the mark. It is read ahead, two stages
// each of which moves on when the next one can take it, so one word can be taken per cycle. The
// spikes follow when the scan asks for them, by the entry of the head. An entry stays until its
// whole step has left: the credits of fs_conv_control guarantee that there is room.

`timescale 1ns / 1ps
`default_nettype none

module fs_word_queue #(
    parameter BANKS       = 4,  // banks of a word
    parameter LANES       = 2,  // output channels of a word
    parameter ORIGIN_BITS = 5,  // width of a place in the map, bits
    parameter ENTRIES     = 16  // words held, a power of two
) (
    input  wire clk,
    input  wire rst,

    input  wire                   mark,  // the word ends the step
    input  wire [ORIGIN_BITS-1:0] origin,
    input  wire [BANKS*LANES-1:0] spikes,

    output reg                        head_valid_q,
    output wire [BANKS:0]             head_places,  // banks that hold a spike; above them the mark
    output wire [ORIGIN_BITS-1:0]     head_origin,
    output wire [$clog2(ENTRIES)-1:0] head_entry,
    input  wire                       head_take,

    input  wire                       fetch,
    input  wire [$clog2(ENTRIES)-1:0] fetch_entry,
    output reg  [BANKS*LANES-1:0]     fetched_q
);

    // A wrong parameter stops elaboration with its name: there is no such module.
    generate
        if (ENTRIES < 2 || (ENTRIES & (ENTRIES - 1)) != 0) begin : g_entries_guard
            fs_word_queue_ENTRIES_must_be_a_power_of_2_from_2_on stop ();
        end
    endgenerate

    localparam ENTRY_BITS = $clog2(ENTRIES);
    localparam HEAD_BITS  = ORIGIN_BITS + 1 + BANKS;

    // In. What is read was written before: reading and writing never meet in an entry.
    (* no_rw_check *)
    reg  [HEAD_BITS-1:0]   heads [0:ENTRIES-1];
    (* no_rw_check *)
    reg  [BANKS*LANES-1:0] words [0:ENTRIES-1];
    reg                    mark_q;
    reg  [ORIGIN_BITS-1:0] origin_q;
    reg  [BANKS-1:0]       banks_q;
    reg  [BANKS*LANES-1:0] spikes_q;
    reg  [ENTRY_BITS:0]    newest_q, oldest_q;

    wire                   push = mark_q || banks_q != {BANKS{1'b0}};

    genvar bank;
    generate
        for (bank = 0; bank < BANKS; bank = bank + 1) begin : g_bank
            always @(posedge clk) begin
                banks_q[bank] <= |spikes[bank*LANES +: LANES];
                if (rst) begin
                    banks_q[bank] <= 1'b0;
                end
            end
        end
    endgenerate

    always @(posedge clk) begin
        mark_q   <= mark;
        origin_q <= origin;
        spikes_q <= spikes;
        if (push) begin
            heads[newest_q[ENTRY_BITS-1:0]] <= {origin_q, mark_q, banks_q};
            words[newest_q[ENTRY_BITS-1:0]] <= spikes_q;
            newest_q <= newest_q + 1'b1;
        end
        if (rst) begin
            mark_q   <= 1'b0;
            newest_q <= {(ENTRY_BITS+1){1'b0}};
        end
    end

    // Out.
    reg                   read_valid_q;
    reg  [HEAD_BITS-1:0]  read_q, head_q;
    reg  [ENTRY_BITS-1:0] read_entry_q, head_entry_q;
    wire                  head_open = !head_valid_q || head_take;
    wire                  read_open = !read_valid_q || head_open;
    wire                  waits     = oldest_q != newest_q;

    assign {head_origin, head_places} = head_q;
    assign head_entry                 = head_entry_q;

    always @(posedge clk) begin
        if (read_open) begin
            read_valid_q <= waits;
            read_q       <= heads[oldest_q[ENTRY_BITS-1:0]];
            read_entry_q <= oldest_q[ENTRY_BITS-1:0];
        end
        if (read_open && waits) begin
            oldest_q     <= oldest_q + 1'b1;
        end
        if (head_open) begin
            head_valid_q <= read_valid_q;
            head_q       <= read_q;
            head_entry_q <= read_entry_q;
        end
        if (fetch) begin
            fetched_q    <= words[fetch_entry];
        end
        if (rst) begin
            oldest_q     <= {(ENTRY_BITS+1){1'b0}};
            read_valid_q <= 1'b0;
            head_valid_q <= 1'b0;
        end
    end

endmodule

`resetall
