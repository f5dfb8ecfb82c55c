# Arty A7-35T. Pins from Digilent/digilent-xdc, Arty-A7-35-Master.xdc.
create_clock -name clk_in -period 10.000 [get_ports { clk_in }]
set_property -dict { PACKAGE_PIN E3 IOSTANDARD LVCMOS33 } [get_ports { clk_in }]; # CLK100MHZ
set_property -dict { PACKAGE_PIN D9 IOSTANDARD LVCMOS33 } [get_ports { rst_button }]; # btn[0]
set_property -dict { PACKAGE_PIN A9 IOSTANDARD LVCMOS33 } [get_ports { uart_rx }]; # uart_txd_in
set_property -dict { PACKAGE_PIN D10 IOSTANDARD LVCMOS33 } [get_ports { uart_tx }]; # uart_rxd_out
set_property -dict { PACKAGE_PIN H5 IOSTANDARD LVCMOS33 } [get_ports { led[0] }]
set_property -dict { PACKAGE_PIN J5 IOSTANDARD LVCMOS33 } [get_ports { led[1] }]
set_property -dict { PACKAGE_PIN T9 IOSTANDARD LVCMOS33 } [get_ports { led[2] }]
set_property -dict { PACKAGE_PIN T10 IOSTANDARD LVCMOS33 } [get_ports { led[3] }]
