// Reset: asserted from power-on, and by an unlocked clock or the button; released some cycles after
// the last of them. All in step with the clock.
//
// The delay is needed: the block RAMs of an iCE40 read zeros for some microseconds after
// configuration. It counts from the initial value of a register, which every FPGA here loads.

`default_nettype none

module power_on_reset #(
    parameter DELAY_BITS = 8    // the reset lasts 2^DELAY_BITS cycles longer than its cause
) (
    input  wire clk,
    input  wire locked,         // asynchronous: the clock is good
    input  wire button,         // asynchronous: pressed
    output wire rst
);

    reg                  cause_q, cause_q2;
    reg                  rst_q;
    reg [DELAY_BITS-1:0] count_q;

    initial begin
        rst_q   = 1'b1;
        count_q = {DELAY_BITS{1'b0}};
    end

    assign rst = rst_q;

    always @(posedge clk) begin
        cause_q  <= button || !locked;
        cause_q2 <= cause_q;
        if (cause_q2) begin
            count_q <= {DELAY_BITS{1'b0}};
            rst_q   <= 1'b1;
        end else if (rst_q) begin
            count_q <= count_q + 1'b1;
            rst_q   <= !(&count_q);
        end
    end

endmodule

`resetall
