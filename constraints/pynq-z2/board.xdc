# PYNQ-Z2. Pins from TUL's PYNQ-Z2 v1.0.xdc.
# The UART on USB belongs to the processor: the programmable logic has none. These are pins of Pmod A, for a serial adapter of 3.3 V
# in the order of Digilent's Pmod interface type 3 (pin 2 out of the FPGA, pin 3 into it).
create_clock -name clk_in -period 8.000 [get_ports { clk_in }]
set_property -dict { PACKAGE_PIN H16 IOSTANDARD LVCMOS33 } [get_ports { clk_in }]; # sysclk
set_property -dict { PACKAGE_PIN D19 IOSTANDARD LVCMOS33 } [get_ports { rst_button }]; # btn[0]
set_property -dict { PACKAGE_PIN Y16 IOSTANDARD LVCMOS33 } [get_ports { uart_rx }]; # ja_p[2], Pmod A pin 3
set_property -dict { PACKAGE_PIN Y19 IOSTANDARD LVCMOS33 } [get_ports { uart_tx }]; # ja_n[1], Pmod A pin 2
set_property -dict { PACKAGE_PIN R14 IOSTANDARD LVCMOS33 } [get_ports { led[0] }]
set_property -dict { PACKAGE_PIN P14 IOSTANDARD LVCMOS33 } [get_ports { led[1] }]
set_property -dict { PACKAGE_PIN N16 IOSTANDARD LVCMOS33 } [get_ports { led[2] }]
set_property -dict { PACKAGE_PIN M14 IOSTANDARD LVCMOS33 } [get_ports { led[3] }]
