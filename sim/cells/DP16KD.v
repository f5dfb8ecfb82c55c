// Block RAM of the ECP5, for the simulation of netlists: yosys has models of the other ECP5 cells.
//
// 1024 words of 18 bits, two ports. A port is 1, 2, 4, 9, 18 or (A writes, B reads) 36 bits wide;
// the address always counts bits: a wide port ignores the low ones, or takes them as byte enables.
// After Lattice's FPGA-TN-02204 (memory modes, output register) and the way in which yosys' techmap
// (lattice/brams_map_16kd.v) fills INITVAL and connects the ports of 36 bits.
// Not modeled: writes through both ports to one place in the same cycle, and the chip selects.

`default_nettype none

module DP16KD #(
    parameter DATA_WIDTH_A        = 18,        // width of port A, bits
    parameter DATA_WIDTH_B        = 18,        // width of port B, bits
    parameter REGMODE_A           = "NOREG",   // OUTREG: one more register behind the memory
    parameter REGMODE_B           = "NOREG",
    parameter WRITEMODE_A         = "NORMAL",  // NORMAL: a write leaves the output as it was
    parameter WRITEMODE_B         = "NORMAL",
    parameter RESETMODE           = "SYNC",    // SYNC or ASYNC
    parameter ASYNC_RESET_RELEASE = "SYNC",    // plays no part without delays
    parameter CSDECODE_A          = "0b000",   // plays no part: the selects are not modeled
    parameter CSDECODE_B          = "0b000",
    parameter CLKAMUX             = "CLKA",    // INV: port A works at falling edges
    parameter CLKBMUX             = "CLKB",
    parameter GSR                 = "ENABLED", // plays no part: there is no global reset
    // The memory after configuration: 16 words of 18 bits each, every word in 20.
    parameter [319:0] INITVAL_00 = 320'h0,
    parameter [319:0] INITVAL_01 = 320'h0,
    parameter [319:0] INITVAL_02 = 320'h0,
    parameter [319:0] INITVAL_03 = 320'h0,
    parameter [319:0] INITVAL_04 = 320'h0,
    parameter [319:0] INITVAL_05 = 320'h0,
    parameter [319:0] INITVAL_06 = 320'h0,
    parameter [319:0] INITVAL_07 = 320'h0,
    parameter [319:0] INITVAL_08 = 320'h0,
    parameter [319:0] INITVAL_09 = 320'h0,
    parameter [319:0] INITVAL_0A = 320'h0,
    parameter [319:0] INITVAL_0B = 320'h0,
    parameter [319:0] INITVAL_0C = 320'h0,
    parameter [319:0] INITVAL_0D = 320'h0,
    parameter [319:0] INITVAL_0E = 320'h0,
    parameter [319:0] INITVAL_0F = 320'h0,
    parameter [319:0] INITVAL_10 = 320'h0,
    parameter [319:0] INITVAL_11 = 320'h0,
    parameter [319:0] INITVAL_12 = 320'h0,
    parameter [319:0] INITVAL_13 = 320'h0,
    parameter [319:0] INITVAL_14 = 320'h0,
    parameter [319:0] INITVAL_15 = 320'h0,
    parameter [319:0] INITVAL_16 = 320'h0,
    parameter [319:0] INITVAL_17 = 320'h0,
    parameter [319:0] INITVAL_18 = 320'h0,
    parameter [319:0] INITVAL_19 = 320'h0,
    parameter [319:0] INITVAL_1A = 320'h0,
    parameter [319:0] INITVAL_1B = 320'h0,
    parameter [319:0] INITVAL_1C = 320'h0,
    parameter [319:0] INITVAL_1D = 320'h0,
    parameter [319:0] INITVAL_1E = 320'h0,
    parameter [319:0] INITVAL_1F = 320'h0,
    parameter [319:0] INITVAL_20 = 320'h0,
    parameter [319:0] INITVAL_21 = 320'h0,
    parameter [319:0] INITVAL_22 = 320'h0,
    parameter [319:0] INITVAL_23 = 320'h0,
    parameter [319:0] INITVAL_24 = 320'h0,
    parameter [319:0] INITVAL_25 = 320'h0,
    parameter [319:0] INITVAL_26 = 320'h0,
    parameter [319:0] INITVAL_27 = 320'h0,
    parameter [319:0] INITVAL_28 = 320'h0,
    parameter [319:0] INITVAL_29 = 320'h0,
    parameter [319:0] INITVAL_2A = 320'h0,
    parameter [319:0] INITVAL_2B = 320'h0,
    parameter [319:0] INITVAL_2C = 320'h0,
    parameter [319:0] INITVAL_2D = 320'h0,
    parameter [319:0] INITVAL_2E = 320'h0,
    parameter [319:0] INITVAL_2F = 320'h0,
    parameter [319:0] INITVAL_30 = 320'h0,
    parameter [319:0] INITVAL_31 = 320'h0,
    parameter [319:0] INITVAL_32 = 320'h0,
    parameter [319:0] INITVAL_33 = 320'h0,
    parameter [319:0] INITVAL_34 = 320'h0,
    parameter [319:0] INITVAL_35 = 320'h0,
    parameter [319:0] INITVAL_36 = 320'h0,
    parameter [319:0] INITVAL_37 = 320'h0,
    parameter [319:0] INITVAL_38 = 320'h0,
    parameter [319:0] INITVAL_39 = 320'h0,
    parameter [319:0] INITVAL_3A = 320'h0,
    parameter [319:0] INITVAL_3B = 320'h0,
    parameter [319:0] INITVAL_3C = 320'h0,
    parameter [319:0] INITVAL_3D = 320'h0,
    parameter [319:0] INITVAL_3E = 320'h0,
    parameter [319:0] INITVAL_3F = 320'h0
) (
    input  wire DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6,
                DIA5, DIA4, DIA3, DIA2, DIA1, DIA0,
    input  wire ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1,
                ADA0,
    input  wire CEA, OCEA, CLKA, WEA, RSTA, CSA2, CSA1, CSA0,
    output wire DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6,
                DOA5, DOA4, DOA3, DOA2, DOA1, DOA0,

    input  wire DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6,
                DIB5, DIB4, DIB3, DIB2, DIB1, DIB0,
    input  wire ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1,
                ADB0,
    input  wire CEB, OCEB, CLKB, WEB, RSTB, CSB2, CSB1, CSB0,
    output wire DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6,
                DOB5, DOB4, DOB3, DOB2, DOB1, DOB0
);

    localparam [20479:0] INITIAL = {INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B,
        INITVAL_3A, INITVAL_39, INITVAL_38, INITVAL_37, INITVAL_36, INITVAL_35, INITVAL_34,
        INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E, INITVAL_2D,
        INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26,
        INITVAL_25, INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F,
        INITVAL_1E, INITVAL_1D, INITVAL_1C, INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18,
        INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13, INITVAL_12, INITVAL_11,
        INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A,
        INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03,
        INITVAL_02, INITVAL_01, INITVAL_00};

    wire [13:0] address_a = {ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3,
        ADA2, ADA1, ADA0};
    wire [13:0] address_b = {ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3,
        ADB2, ADB1, ADB0};
    wire [17:0] data_a = {DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7,
        DIA6, DIA5, DIA4, DIA3, DIA2, DIA1, DIA0};
    wire [17:0] data_b = {DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7,
        DIB6, DIB5, DIB4, DIB3, DIB2, DIB1, DIB0};

    wire clock_a = (CLKAMUX == "INV") ? ~CLKA : CLKA;
    wire clock_b = (CLKBMUX == "INV") ? ~CLKB : CLKB;
    wire async_a = (RESETMODE == "ASYNC") && RSTA;
    wire async_b = (RESETMODE == "ASYNC") && RSTB;
    wire unused  = &{1'b0, CSA2, CSA1, CSA0, CSB2, CSB1, CSB0};

    reg [8:0] memory [0:2047];

    integer i;
    initial begin
        for (i = 0; i < 1024; i = i + 1) begin
            memory[2*i]   = INITIAL[20*i +: 9];
            memory[2*i+1] = INITIAL[20*i+9 +: 9];
        end
    end

    // The word of a port at an address, from bit 0 on.
    function [35:0] word(input integer width, input [13:0] address);
        reg [8:0] narrow;
        begin
            narrow = memory[address[13:3]];
            case (width)
                1:  word = {35'b0, narrow[{1'b0, address[2:0]}]};
                2:  word = {34'b0, narrow[{1'b0, address[2:1], 1'b0} +: 2]};
                4:  word = {32'b0, narrow[{1'b0, address[2], 2'b0} +: 4]};
                9:  word = {27'b0, narrow};
                18: word = {18'b0, memory[{address[13:4], 1'b1}], memory[{address[13:4], 1'b0}]};
                default: word = {memory[{address[13:5], 2'd3}], memory[{address[13:5], 2'd2}],
                                 memory[{address[13:5], 2'd1}], memory[{address[13:5], 2'd0}]};
            endcase
        end
    endfunction

    task write(input integer width, input [13:0] address, input [35:0] data);
        case (width)
            1:  memory[address[13:3]][{1'b0, address[2:0]}] <= data[0];
            2:  memory[address[13:3]][{1'b0, address[2:1], 1'b0} +: 2] <= data[1:0];
            4:  memory[address[13:3]][{1'b0, address[2], 2'b0} +: 4] <= data[3:0];
            9:  memory[address[13:3]] <= data[8:0];
            18: begin
                if (address[0]) memory[{address[13:4], 1'b0}] <= data[8:0];
                if (address[1]) memory[{address[13:4], 1'b1}] <= data[17:9];
            end
            default: begin
                if (address[0]) memory[{address[13:5], 2'd0}] <= data[8:0];
                if (address[1]) memory[{address[13:5], 2'd1}] <= data[17:9];
                if (address[2]) memory[{address[13:5], 2'd2}] <= data[26:18];
                if (address[3]) memory[{address[13:5], 2'd3}] <= data[35:27];
            end
        endcase
    endtask

    // What the output shows after a write: `data` where it was written, the old word elsewhere.
    function [35:0] merged(input integer width, input [13:0] enables, input [35:0] data,
                           input [35:0] old);
        begin
            merged = data;
            if (width == 18) begin
                if (!enables[0]) merged[8:0]  = old[8:0];
                if (!enables[1]) merged[17:9] = old[17:9];
            end
        end
    endfunction

    reg [35:0] word_a_q  = 36'b0;
    reg [35:0] word_a_q2 = 36'b0;

    always @(posedge clock_a or posedge async_a) begin
        if (async_a) begin
            word_a_q  <= 36'b0;
            word_a_q2 <= 36'b0;
        end else begin
            if (CEA && WEA) begin
                write(DATA_WIDTH_A, address_a, {data_b, data_a});
            end
            if (RSTA) begin
                word_a_q <= 36'b0;
            end else if (CEA && !WEA) begin
                word_a_q <= word(DATA_WIDTH_A, address_a);
            end else if (CEA && WRITEMODE_A == "READBEFOREWRITE") begin
                word_a_q <= word(DATA_WIDTH_A, address_a);
            end else if (CEA && WRITEMODE_A == "WRITETHROUGH") begin
                word_a_q <= merged(DATA_WIDTH_A, address_a, {data_b, data_a},
                                   word(DATA_WIDTH_A, address_a));
            end
            if (RSTA) begin
                word_a_q2 <= 36'b0;
            end else if (OCEA) begin
                word_a_q2 <= word_a_q;
            end
        end
    end

    reg [35:0] word_b_q  = 36'b0;
    reg [35:0] word_b_q2 = 36'b0;

    always @(posedge clock_b or posedge async_b) begin
        if (async_b) begin
            word_b_q  <= 36'b0;
            word_b_q2 <= 36'b0;
        end else begin
            if (CEB && WEB) begin
                write(DATA_WIDTH_B, address_b, {18'b0, data_b});
            end
            if (RSTB) begin
                word_b_q <= 36'b0;
            end else if (CEB && !WEB) begin
                word_b_q <= word(DATA_WIDTH_B, address_b);
            end else if (CEB && WRITEMODE_B == "READBEFOREWRITE") begin
                word_b_q <= word(DATA_WIDTH_B, address_b);
            end else if (CEB && WRITEMODE_B == "WRITETHROUGH") begin
                word_b_q <= merged(DATA_WIDTH_B, address_b, {18'b0, data_b},
                                   word(DATA_WIDTH_B, address_b));
            end
            if (RSTB) begin
                word_b_q2 <= 36'b0;
            end else if (OCEB) begin
                word_b_q2 <= word_b_q;
            end
        end
    end

    wire [35:0] output_a = (REGMODE_A == "OUTREG") ? word_a_q2 : word_a_q;
    wire [35:0] output_b = (REGMODE_B == "OUTREG") ? word_b_q2 : word_b_q;

    // A word of 36 bits leaves port B through the pins of both ports.
    assign {DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5,
            DOA4, DOA3, DOA2, DOA1, DOA0}
        = (DATA_WIDTH_B == 36) ? output_b[17:0] : output_a[17:0];
    assign {DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5,
            DOB4, DOB3, DOB2, DOB1, DOB0}
        = (DATA_WIDTH_B == 36) ? output_b[35:18] : output_b[17:0];

endmodule

`resetall
