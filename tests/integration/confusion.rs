//! Folders and options taken for something else.

use std::fs;
use std::path::Path;

use serde_json::Value;

use crate::support::{float_network, run, text, write_model};

fn with_design() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    assert_eq!(run(folder.path(), &["generate", "model", "-o", "design"]).status.code(), Some(0));
    folder
}

/// Standard error of a command that must end with 2 and name `part`.
fn refused(folder: &Path, args: &[&str], part: &str) {
    let done = run(folder, args);
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(part) && stderr.contains("help: ") && !stderr.contains("panicked"), "{stderr}");
}

#[test]
fn models_and_designs_are_told_apart() {
    let folder = with_design();
    refused(folder.path(), &["evaluate", "design", "--data", "digits"], "design/model");
    refused(folder.path(), &["simulate", "model", "--data", "digits"], "firstspike generate model -o DIR");
}

#[test]
fn options_that_a_design_has_fixed_are_refused() {
    let folder = with_design();
    refused(folder.path(), &["compare", "design", "--data", "digits", "--lanes", "3"], "design-fixed");
}

#[test]
fn an_edited_manifest_is_refused_with_the_field() {
    let folder = with_design();
    let path = folder.path().join("design/manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["result_bits"] = 7.into();
    fs::write(&path, manifest.to_string()).unwrap();
    refused(folder.path(), &["compare", "design", "--data", "digits"], "\"result_bits\"");
}

#[test]
fn absurd_slots_are_refused() {
    let folder = with_design();
    refused(folder.path(), &["generate", "model", "-o", "other", "--slots", "99999999999"], "expected 1 … 255");
    assert!(!folder.path().join("other").exists());
}

#[test]
fn quantize_does_not_overwrite_what_it_reads() {
    let folder = tempfile::tempdir().unwrap();
    let model = folder.path().join("float");
    firstspike::model::write_float(&model, &float_network()).unwrap();
    refused(folder.path(), &["quantize", "float", "--bits", "4", "-o", "float"], "output-is-input");
    assert!(firstspike::model::read_float(&model).is_ok());
}

#[test]
fn doctor_prints_one_object_whatever_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = crate::support::firstspike(folder.path());
    command.env("FIRSTSPIKE_TOOLS", folder.path()).env("PATH", folder.path()).env_remove("CXX");
    let done = command.args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((done.status.code(), report["can_simulate"].as_bool()), (Some(2), Some(false)));
}
