//! Proofs of leaves, in `hdl/formal`: yosys' SAT solver looks for inputs for which a property does not hold.

use std::fs;
use std::path::Path;
use std::process::Command;

use firstspike::tool::{Tool, Tools};

/// Whether `proof` holds of the given files below `hdl/`, whose texts `change` may alter.
fn holds(proof: &str, leaves: &[&str], change: impl Fn(String) -> String) -> bool {
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
        "read_verilog -DNO_INCLUDES +/ecp5/common_sim.vh +/ecp5/ccu2c_sim.vh; read_verilog {}; hierarchy -top proof; \
         proc; flatten; opt_clean; sat -verify -prove holds 1 proof",
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
    assert!(holds("ecp5_adder.v", &leaves, |text| text));
    assert!(!holds("ecp5_adder.v", &leaves, |text| text.replace("16'h0008", "16'h000a")));
}

#[test]
fn the_trees_of_the_scan_are_right() {
    let leaves = ["lib/fs_lowest_one.v", "lib/fs_two_or_more.v"];
    assert!(holds("one_hot.v", &leaves, |text| text));
    assert!(!holds("one_hot.v", &leaves, |text| text.replace("some_groups || |several", "some_groups")));
}
