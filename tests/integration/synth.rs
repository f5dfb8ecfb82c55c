//! `firstspike synth` on a tiny network, through yosys and nextpnr.

use serde_json::Value;

use crate::support::{run, text, write_model};

#[test]
fn a_tiny_core_is_placed() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 2);
    assert_eq!(run(folder.path(), &["generate", "model", "-o", "design"]).status.code(), Some(0));
    let done = run(folder.path(), &["synth", "design", "--target", "ulx3s-25f", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((report["dsp"].as_u64(), report["bitstream"].is_null()), (Some(0), true));
    assert!(report["fmax_mhz"].as_f64() > Some(50.0), "{report}");
    // Two neurons of 11-bit membranes are there, and the rest is small.
    assert!((100..2000).contains(&report["lut4"].as_u64().unwrap()), "{report}");
    assert!(!report["critical_path"].as_array().unwrap().is_empty());

    // A clock that nobody reaches: the report, then the error.
    let done = run(folder.path(), &["synth", "design", "--target", "ulx3s-25f", "--freq", "2000"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("freq-not-reached"), "{}", text(&done.stderr));
    assert!(text(&done.stdout).contains("critical path"));
}

#[test]
fn an_unknown_board_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["synth", "design", "--target", "ulx3s"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("ulx3s-25f"), "{}", text(&done.stderr));
}
