//! The cells that synthesis makes of a design do what the golden model does, and a wrong cell is noticed.

use std::fs;
use std::path::Path;

use firstspike::arch::{InputKind, Lanes, Options, ResultKind};
use firstspike::board::Board;
use firstspike::cosim::{BuildOptions, RunOptions, Simulator};
use firstspike::fixed::WeightFormat;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use firstspike::synth::{self, Netlist};
use firstspike::verify::Comparison;
use ndarray::Array2;

use crate::design::{self, Pair};
use crate::spatial;
use crate::support::{run, text, write_model};

/// Small, and with two lanes for 32 neurons large enough in memory to be given block RAM, LUTs as RAM, and carry chains.
fn network() -> IntegerNetwork {
    let weights = |inputs, outputs| {
        Array2::from_shape_fn((inputs, outputs), |(input, neuron)| {
            (input * 7 + neuron * 5 + input * neuron) as i32 % 15 - 7
        })
    };
    let layer = |name, inputs, outputs, neuron| {
        Layer::dense(name, WeightFormat::Int(4), weights(inputs, outputs), vec![0; outputs], neuron)
    };
    let layers = vec![
        layer("hidden", 32, 32, Neuron::integrate_once(vec![5; 32])),
        layer("classes", 32, 4, Neuron::integrate()),
    ];
    IntegerNetwork::new("cells", 4, vec![32], 1, layers, Readout::Membrane).unwrap()
}

const OPTIONS: fn() -> Options = || Options { lanes: Lanes::AtMost(2), ..Options::default() };

fn images() -> Vec<Vec<u8>> {
    (0..8).map(|image| (0..32).map(|pixel| ((image * 37 + pixel * 53) % 256) as u8).collect()).collect()
}

fn cells(folder: &Path, board: &str) -> Netlist {
    synth::netlist(folder, &Board::find(board).unwrap(), false, None).unwrap()
}

/// The netlist against the golden model, in everything.
fn comparison(folder: &Path, netlist: &Netlist) -> Comparison {
    let network = network();
    let design = firstspike::arch::plan(&network, &OPTIONS()).unwrap();
    let pair = Pair::of_cells(folder, &network, design, netlist);
    pair.compare(&images(), &[], &RunOptions::default())
}

fn assert_equal(folder: &Path, netlist: &Netlist) {
    let comparison = comparison(folder, netlist);
    assert!(comparison.is_equal(), "{comparison:?}");
}

#[test]
fn ecp5_cells_are_equal_and_a_lut_with_another_table_is_not() {
    let folder = tempfile::tempdir().unwrap();
    design::write(folder.path(), &network(), &OPTIONS());
    let netlist = cells(folder.path(), "ulx3s-25f");
    let verilog = fs::read_to_string(&netlist.verilog).unwrap();
    for cell in ["LUT4", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4", "DP16KD"] {
        assert!(verilog.contains(&format!("  {cell} #(")), "{cell} is tested");
    }
    assert_equal(folder.path(), &netlist);
    assert_two_models_are_refused(folder.path(), &netlist);

    // A second call finds the netlist, unless it was changed.
    let written = |netlist: &Netlist| fs::metadata(&netlist.verilog).unwrap().modified().unwrap();
    let first = written(&netlist);
    assert_eq!(written(&cells(folder.path(), "ulx3s-25f")), first);
    fs::write(&netlist.verilog, invert_a_lut(&verilog)).unwrap();
    assert!(comparison(folder.path(), &netlist).mismatches > 0);
    assert_eq!(fs::read_to_string(cells(folder.path(), "ulx3s-25f").verilog).unwrap(), verilog);
}

/// Weights as logic, behind a port of three pixels per beat, in front of results of one beat.
#[test]
fn cells_of_logic_are_equal() {
    let network = spatial::network(4);
    let options = Options { result: ResultKind::Vector, stream_bits: Some(24), ..spatial::spatial(InputKind::Pixels) };
    let images: Vec<Vec<u8>> =
        (0..24).map(|image| (0..8).map(|pixel| ((image * 37 + pixel * 53) % 256) as u8).collect()).collect();
    for (board, chain) in [("ulx3s-25f", "CCU2C"), ("icebreaker", "SB_CARRY")] {
        let folder = tempfile::tempdir().unwrap();
        let design = design::write(folder.path(), &network, &options);
        let netlist = cells(folder.path(), board);
        let verilog = fs::read_to_string(&netlist.verilog).unwrap();
        assert!(verilog.contains(&format!("  {chain} ")), "{chain} is tested");
        let pair = Pair::of_cells(folder.path(), &network, design, &netlist);
        assert_eq!(pair.difference(&images, &[], &RunOptions::default()), None, "{board}");
    }
}

/// A simulator would silently take one of two models of a cell, perhaps an empty one.
fn assert_two_models_are_refused(folder: &Path, netlist: &Netlist) {
    let mut netlist = netlist.clone();
    let again = folder.join("again.v");
    fs::copy(&netlist.models[0], &again).unwrap();
    netlist.models.push(again);
    let error =
        Simulator::build(folder, BuildOptions { netlist: Some(&netlist), ..BuildOptions::default() }).unwrap_err();
    assert!(error.to_string().contains("MODDUP"), "{error}");
}

/// Inverts the table of one LUT: the first that makes a bit of a membrane.
fn invert_a_lut(verilog: &str) -> String {
    const TABLE: &str = ".INIT(16'h";
    let of_a_lane = |cell: &&str| cell.split(");").next().is_some_and(|cell| cell.contains("neuron_lane_i"));
    let start = verilog.split("  LUT4 #(").skip(1).find(of_a_lane).expect("lanes have LUTs");
    let digits = start.find(TABLE).expect("a LUT has a table") + TABLE.len();
    let table = u16::from_str_radix(&start[digits..digits + 4], 16).unwrap();
    let inverted = format!("{}{:04x}{}", &start[..digits], !table, &start[digits + 4..]);
    verilog.replacen(start, &inverted, 1)
}

#[test]
fn ice40_cells_are_equal() {
    let folder = tempfile::tempdir().unwrap();
    design::write(folder.path(), &network(), &OPTIONS());
    let netlist = cells(folder.path(), "icebreaker");
    let verilog = fs::read_to_string(&netlist.verilog).unwrap();
    for cell in ["SB_LUT4", "SB_CARRY", "SB_DFF", "SB_RAM40_4K"] {
        assert!(verilog.contains(&format!("  {cell} ")), "{cell} is tested");
    }
    assert_equal(folder.path(), &netlist);
}

#[test]
fn netlists_without_models_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["generate", "model", "-o", "design"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let done = run(folder.path(), &["compare", "design", "--data", "digits", "--netlist", "arty-a7-35t"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("no-cell-models"), "{}", text(&done.stderr));
}
