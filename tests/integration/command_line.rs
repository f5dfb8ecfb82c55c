//! Exit codes, `--json`, and standard output that goes nowhere.

use std::process::Stdio;

use serde_json::Value;

use crate::support::{firstspike, run, text, write_model};

#[test]
fn wrong_arguments_exit_with_2() {
    let folder = tempfile::tempdir().unwrap();
    let wrong: [&[&str]; 6] = [
        &[],
        &["no-such-command"],
        &["evaluate"],
        &["evaluate", "model", "--data", "digits", "--limit", "0"],
        &["evaluate", "model", "--data", "digits", "--limit", "-3"],
        &["evaluate", "model", "--data", "digits", "--split", "validation"],
    ];
    for args in wrong {
        let done = run(folder.path(), args);
        assert_eq!(done.status.code(), Some(2), "{args:?}: {}", text(&done.stderr));
        assert!(text(&done.stderr).contains("--help") || text(&done.stderr).contains("Usage"), "{args:?}");
    }
}

#[test]
fn help_and_version_exit_with_0() {
    let folder = tempfile::tempdir().unwrap();
    for args in [["--help"], ["--version"]] {
        assert_eq!(run(folder.path(), &args).status.code(), Some(0));
    }
}

#[test]
fn errors_are_an_object_with_json() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["--json", "evaluate", "nowhere", "--data", "digits"]);
    assert_eq!(done.status.code(), Some(2));
    let object: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!(object["error"]["code"], "model-missing");
    assert_eq!(object["error"]["stage"], "model");
    for field in ["message", "problems", "help"] {
        assert!(!object["error"][field].is_null(), "{field}");
    }
    assert!(text(&done.stderr).starts_with("error[model/model-missing]"));
}

/// A reader that has gone (`| head -0`) is neither a panic nor an error.
#[test]
fn a_closed_pipe_is_no_error() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for args in
        [&["evaluate", "model", "--data", "digits"][..], &["--help"], &["--json", "evaluate", "x", "--data", "x"]]
    {
        let mut child =
            firstspike(folder.path()).args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let done = child.wait_with_output().unwrap();
        assert_ne!(done.status.code(), Some(101), "{args:?}");
        assert!(!text(&done.stderr).contains("panicked"), "{args:?}: {}", text(&done.stderr));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_standard_output_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let full = std::fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let done = firstspike(folder.path()).args(["evaluate", "model", "--data", "digits"]).stdout(full).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("cannot write to standard output"), "{}", text(&done.stderr));
}
