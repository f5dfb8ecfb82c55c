//! ECP5: what yosys is told to do, and where it is helped.
//!
//! - The adders of the neuron lanes become carry chains with open ends (`hdl/techmap/ecp5_adder.v`), three LUT4 fewer each.
//! - yosys leaves the second register of a weight memory outside the block RAM, whose own output then takes 5.6 ns. Where all outputs
//!   of a block RAM go to plain registers, these become its output registers (`REGMODE OUTREG`).

/// Cell maps of our own: file name and text.
pub(super) const MAPS: [(&str, &str); 2] = [
    ("ecp5_adder.v", include_str!("../../hdl/techmap/ecp5_adder.v")),
    ("ecp5_output_register.v", include_str!("../../hdl/techmap/ecp5_output_register.v")),
];

/// The yosys script. `results` is the folder of the maps and of what comes out: the netlist for nextpnr, and the cells counted.
pub(super) fn script(sources: &[String], top: &str, results: &str) -> String {
    let sources = sources.join(" ");
    format!(
        r#"read_verilog {sources}
synth_ecp5 -top {top} -run begin:coarse

# Black boxes until all cells are mapped.
read_verilog -lib {results}/ecp5_adder.v
chtype -set ecp5_adder *neuron_lane*/t:$add
synth_ecp5 -top {top} -run coarse:

# Block RAMs whose outputs go to plain registers only, and those registers.
select -set rams t:DP16KD n:*weight_memory* %i
select -set plain t:TRELLIS_FF r:CEMUX=CE %d r:SRMODE=* %d
select -set others @rams %co2 t:* %i @rams %d @plain %d
select -set rams @rams @others %ci2 %d
select -set registers @rams %co2 @plain %i
setparam -set REGMODE_A "OUTREG" -set REGMODE_B "OUTREG" @rams
techmap -map {results}/ecp5_output_register.v @registers

techmap -D NEXTPNR -map {results}/ecp5_adder.v
clean
autoname
write_json {results}/netlist.json
tee -q -o {results}/cells.json stat -json
"#
    )
}
