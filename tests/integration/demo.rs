//! The demonstration, from an empty folder: equal, and as good and as fast as it was.

use serde_json::Value;
use wellen::simple::Waveform;
use wellen::{FileFormat, TimescaleUnit};

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

/// In the format that the name says, in nanoseconds at the clock, and from reset on.
#[test]
fn a_waveform_of_one_image_is_written() {
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_model(folder.path(), 10);
    let run = |args: &[&str]| {
        let done = crate::support::run(folder.path(), args);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    };
    run(&["generate", "model", "-o", "design"]);
    let simulate = ["simulate", "design", "--data", "digits", "--limit", "20", "--clock", "40", "--trace", "img=17"];
    for (file, format) in [("out.fst", FileFormat::Fst), ("out.vcd", FileFormat::Vcd)] {
        run(&[&simulate[..], &[file]].concat());
        let mut waveform = wellen::simple::read(folder.path().join(file)).expect("a readable waveform");
        assert_eq!(waveform.hierarchy().file_format(), format);
        let timescale = waveform.hierarchy().timescale().unwrap();
        assert_eq!((timescale.factor, timescale.unit), (1, TimescaleUnit::PicoSeconds));
        let clock = rises(&mut waveform, "clk");
        // 25 ns per cycle, from the first one on.
        assert!(clock.len() > 20 && clock.iter().zip(0..).all(|(&rise, cycle)| rise == 12_500 + 25_000 * cycle));
        assert_eq!(rises(&mut waveform, "rst"), [0]);
        let first = |waveform: &mut Waveform, signal: &str| rises(waveform, signal)[0];
        let input = first(&mut waveform, "s_axis_tvalid");
        for signal in ["m_axis_tvalid", "output_fire_valid"] {
            assert!(first(&mut waveform, signal) > input, "{signal} before the first event");
        }
    }
    let done = crate::support::run(folder.path(), &[&simulate[..], &["out.txt"]].concat());
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("waveform-format"), "{}", text(&done.stderr));
}

/// When a signal of the top module becomes 1.
fn rises(waveform: &mut Waveform, name: &str) -> Vec<u64> {
    let signal = waveform.hierarchy().lookup_var(&["TOP"], name).expect("a signal of the top module");
    let signal = waveform.hierarchy()[signal].signal_ref();
    waveform.load_signals(&[signal]);
    let changes = waveform.get_signal(signal).unwrap().iter_changes();
    let ones = changes.filter(|(_, value)| value.to_bit_string().as_deref() == Some("1"));
    ones.map(|(index, _)| waveform.time_table()[index as usize]).collect()
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
