//! The demonstration, from an empty folder: equal, and as good and as fast as it was.

use serde_json::Value;

use crate::support::{contents, firstspike, text};

const BASELINE: &str = include_str!("../baselines/digits.json");

#[test]
fn the_demo_is_equal_and_holds_its_baseline() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let demo = || {
        let mut command = firstspike(folder.path());
        command
            .args(["demo", "--no-place", "--json"])
            .env("FIRSTSPIKE_CACHE", cache.path())
            .output()
            .expect("the binary starts")
    };
    let baseline: Value = serde_json::from_str(BASELINE).unwrap();
    // The second run finds the design in the cache.
    for _ in 0..2 {
        let done = demo();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        for (field, expected) in baseline.as_object().unwrap() {
            assert_eq!(&report[field], expected, "{field}");
        }
        for field in ["interval_cycles", "images_per_second", "latency_us", "clock_mhz"] {
            assert!(!report[field].is_null(), "{field}");
        }
    }
    assert!(contents(folder.path()).is_empty());
}

#[test]
fn a_waveform_of_one_image_is_written() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_model(folder.path(), 10);
    let run = |args: &[&str]| {
        let done = crate::support::run(folder.path(), args);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    };
    run(&["generate", "model", "-o", "design"]);
    run(&["simulate", "design", "--data", "digits", "--limit", "20", "--trace", "img=17", "out.fst"]);
    wellen::simple::read(folder.path().join("out.fst")).expect("a readable waveform");
}

#[test]
fn first_runs_at_the_same_time_do_not_disturb_each_other() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let start = || {
        let mut command = firstspike(folder.path());
        command.args(["demo", "--no-place", "--json"]).env("FIRSTSPIKE_CACHE", cache.path());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped()).spawn().unwrap()
    };
    for child in [start(), start(), start()] {
        let done = child.wait_with_output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
}

#[test]
fn a_cache_that_cannot_be_written_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();
    let done = firstspike(folder.path()).arg("demo").env("FIRSTSPIKE_CACHE", file.join("below")).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("FIRSTSPIKE_CACHE"), "{}", text(&done.stderr));
}
