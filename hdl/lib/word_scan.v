// Word scan: streams the spikes of words, one per cycle, and the mark after the last word of a step.
//
// Three stages, each of which moves on when the next one can take it:
//   select   the lowest bank of the head word that still holds a spike; none is left: the mark
//   bank     its spikes; the lowest is taken out in every cycle
//   output   the register of the stream
// Every bank selected holds at least one spike, so the output never waits for the selection.

`default_nettype none

module word_scan #(
    parameter SIDE     = 2,  // banks per axis
    parameter LANES    = 2,  // output channels of a word
    parameter C_BITS   = 1,  // width of an output channel, bits
    parameter Y_BITS   = 2,  // width of a row, bits
    parameter X_BITS   = 2   // width of a column, bits
) (
    input  wire                            clk,
    input  wire                            rst,

    input  wire                            head_valid,
    input  wire                            head_mark,
    input  wire [C_BITS+Y_BITS+X_BITS-1:0] head_origin,   // place of the word's first neuron
    input  wire [SIDE*SIDE-1:0]            head_banks,
    input  wire [SIDE*SIDE*LANES-1:0]      head_spikes,
    output wire                            head_pop,

    output wire                            m_axis_tvalid,
    input  wire                            m_axis_tready,
    output wire [C_BITS+Y_BITS+X_BITS-1:0] m_axis_tdata,  // place; not meaningful in a mark
    output wire                            m_axis_tuser   // end-of-step mark
);

    localparam BANKS = SIDE * SIDE;

    // Select.
    reg  [BANKS-1:0]                done_q;                // banks of the head already selected
    reg                             select_valid_q, select_mark_q;
    reg  [BANKS-1:0]                select_q;              // one-hot
    reg  [BANKS*LANES-1:0]          spikes_q;
    reg  [C_BITS+Y_BITS+X_BITS-1:0] origin_q;

    wire [BANKS-1:0] left       = head_banks & ~done_q;
    wire [BANKS-1:0] lowest_bank;
    wire             none_left  = left == {BANKS{1'b0}};
    wire             last       = head_mark ? none_left : (left & ~lowest_bank) == {BANKS{1'b0}};
    wire             select_open;
    wire             selects    = head_valid && select_open;

    assign head_pop = selects && last;

    // Bank.
    reg                bank_valid_q, bank_mark_q;
    reg  [LANES-1:0]   bank_q;
    reg  [C_BITS-1:0]  bank_c_q;
    reg  [Y_BITS-1:0]  bank_y_q;
    reg  [X_BITS-1:0]  bank_x_q;

    wire [LANES-1:0]   lowest_lane;
    wire [LANES-1:0]   without_low = bank_q & ~lowest_lane;
    wire               bank_ends   = bank_mark_q || without_low == {LANES{1'b0}};
    wire               output_open;
    wire               bank_open   = !bank_valid_q || (output_open && bank_ends);

    assign select_open = !select_valid_q || bank_open;

    lowest_one #(.BITS (BANKS)) find_bank (.bits (left),   .lowest (lowest_bank));
    lowest_one #(.BITS (LANES)) find_lane (.bits (bank_q), .lowest (lowest_lane));

    reg [LANES-1:0]  selected;
    reg [Y_BITS-1:0] selected_line;
    reg [X_BITS-1:0] selected_column;
    reg [C_BITS-1:0] lane;
    integer          line;
    integer          column;
    integer          i;

    always @* begin
        selected        = {LANES{1'b0}};
        selected_line   = {Y_BITS{1'b0}};
        selected_column = {X_BITS{1'b0}};
        for (line = 0; line < SIDE; line = line + 1) begin
            for (column = 0; column < SIDE; column = column + 1) begin
                if (select_q[line*SIDE+column]) begin
                    selected        = selected | spikes_q[(line*SIDE+column)*LANES +: LANES];
                    selected_line   = selected_line | line[Y_BITS-1:0];
                    selected_column = selected_column | column[X_BITS-1:0];
                end
            end
        end
        lane = {C_BITS{1'b0}};
        for (i = 0; i < LANES; i = i + 1) begin
            if (lowest_lane[i]) begin
                lane = lane | i[C_BITS-1:0];
            end
        end
    end

    // Output.
    reg              valid_q, mark_q;
    reg [C_BITS-1:0] c_q;
    reg [Y_BITS-1:0] y_q;
    reg [X_BITS-1:0] x_q;

    assign output_open   = !valid_q || m_axis_tready;
    assign m_axis_tvalid = valid_q;
    assign m_axis_tuser  = mark_q;
    assign m_axis_tdata  = {c_q, y_q, x_q};

    always @(posedge clk) begin
        if (selects) begin
            done_q <= last ? {BANKS{1'b0}} : done_q | lowest_bank;
        end
        if (select_open) begin
            select_valid_q <= head_valid;
            select_mark_q  <= none_left;
            select_q       <= lowest_bank;
            spikes_q       <= head_spikes;
            origin_q       <= head_origin;
        end
        if (bank_open) begin
            bank_valid_q <= select_valid_q;
            bank_mark_q  <= select_mark_q;
            bank_q       <= selected;
            bank_c_q     <= origin_q[Y_BITS+X_BITS +: C_BITS];
            bank_y_q     <= origin_q[X_BITS +: Y_BITS] + selected_line;
            bank_x_q     <= origin_q[0 +: X_BITS] + selected_column;
        end else if (output_open) begin
            bank_q       <= without_low;
        end
        if (output_open) begin
            valid_q <= bank_valid_q;
            mark_q  <= bank_mark_q;
            c_q     <= bank_c_q + lane;
            y_q     <= bank_y_q;
            x_q     <= bank_x_q;
        end
        if (rst) begin
            done_q         <= {BANKS{1'b0}};
            select_valid_q <= 1'b0;
            bank_valid_q   <= 1'b0;
            valid_q        <= 1'b0;
        end
    end

endmodule

`resetall
