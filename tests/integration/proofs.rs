//! Proofs of leaves, in `hdl/formal`: yosys' SAT solver looks for inputs for which a property does not hold.

use std::fs;
use std::path::Path;
use std::process::Command;

use firstspike::tool::{Tool, Tools};

/// For outputs that follow from the inputs: `holds` is always 1.
const COMBINATIONAL: &str = "sat -verify -prove holds 1 proof";
/// For all cycles after registers of 0, by induction: the assertions hold, whatever modules that are not there give.
const SEQUENTIAL: &str =
    "chformal -lower; sat -verify -ignore_unknown_cells -tempinduct -maxsteps 12 -set-init-zero -prove-asserts proof";

/// Whether `proof` holds of the given files below `hdl/`, whose texts `change` may alter.
fn holds(proof: &str, method: &str, leaves: &[&str], change: impl Fn(String) -> String) -> bool {
    let hdl = Path::new(env!("CARGO_MANIFEST_DIR")).join("hdl");
    let folder = tempfile::tempdir().unwrap();
    let mut files = vec!["proof.v".to_owned()];
    fs::copy(hdl.join("formal").join(proof), folder.path().join("proof.v")).unwrap();
    for leaf in leaves {
        let name = Path::new(leaf).file_name().unwrap().to_str().unwrap().to_owned();
        fs::write(folder.path().join(&name), change(fs::read_to_string(hdl.join(leaf)).unwrap())).unwrap();
        files.push(name);
    }
    let script = format!(
        "read_verilog -DNO_INCLUDES +/ecp5/common_sim.vh +/ecp5/ccu2c_sim.vh; read_verilog -formal {}; \
         hierarchy -top proof; proc; flatten; opt_clean; {method}",
        files.join(" ")
    );
    let mut yosys = Command::new(Tools::locate().require(Tool::Yosys).unwrap());
    let done = yosys.args(["-q", "-p", &script]).current_dir(folder.path()).output().unwrap();
    let shown = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    assert!(done.status.success() || shown.contains("proof did fail"), "{shown}");
    done.status.success()
}

#[test]
fn the_adder_of_the_ecp5_adds() {
    let leaves = ["techmap/ecp5_adder.v"];
    assert!(holds("ecp5_adder.v", COMBINATIONAL, &leaves, |text| text));
    assert!(!holds("ecp5_adder.v", COMBINATIONAL, &leaves, |text| text.replace("16'h0008", "16'h000a")));
}

#[test]
fn the_trees_of_the_scan_are_right() {
    let leaves = ["lib/fs_lowest_one.v", "lib/fs_two_or_more.v"];
    assert!(holds("one_hot.v", COMBINATIONAL, &leaves, |text| text));
    assert!(!holds("one_hot.v", COMBINATIONAL, &leaves, |text| text.replace("some_groups || |several", "some_groups")));
}

#[test]
fn no_bank_of_a_convolution_works_while_it_is_cleared() {
    let leaves = ["conv_layer", "conv_control", "conv_address", "conv_array", "lowest_one", "two_or_more"];
    let leaves = leaves.map(|leaf| format!("lib/fs_{leaf}.v"));
    let leaves = leaves.each_ref().map(String::as_str);
    assert!(holds("conv_clear.v", SEQUENTIAL, &leaves, |text| text));
    // A cycle earlier, the last word of a scan is there.
    let early = |text: String| text.replace(".clear             (clear_q)", ".clear             (op_clear)");
    assert!(!holds("conv_clear.v", SEQUENTIAL, &leaves, early));
}
