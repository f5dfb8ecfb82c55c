// CRC-16/MCRF4XX, one bit per cycle: polynomial x^16 + x^12 + x^5 + 1, initial value ffff, least
// significant bit first. A message followed by its CRC, low byte first, leaves 0.

`default_nettype none

module crc16 (
    input  wire        clk,

    input  wire        start,   // begin a new message; no byte in this cycle
    input  wire        valid,   // a byte; the next one 9 cycles later at the earliest
    input  wire [7:0]  data,

    output wire [15:0] crc,     // of all bytes, while not busy
    output wire        busy
);

    reg [15:0] crc_q;
    reg [3:0]  left_q;          // bits of the byte still to come

    wire [15:0] shifted = {1'b0, crc_q[15:1]};

    assign crc  = crc_q;
    assign busy = left_q != 4'd0;

    always @(posedge clk) begin
        if (start) begin
            crc_q  <= 16'hffff;
            left_q <= 4'd0;
        end else if (valid) begin
            crc_q[7:0] <= crc_q[7:0] ^ data;
            left_q     <= 4'd8;
        end else if (busy) begin
            crc_q  <= crc_q[0] ? shifted ^ 16'h8408 : shifted;
            left_q <= left_q - 4'd1;
        end
    end

endmodule

`resetall
