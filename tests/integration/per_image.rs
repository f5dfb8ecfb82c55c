//! `--trace`, also called `--per-image`: what every image gave, equal to what golden model and hardware say.

use std::path::Path;

use firstspike::data::{self, Split};
use firstspike::float::FloatNetwork;
use firstspike::golden::Executor;
use firstspike::network::{Readout, WeightedSource};
use firstspike::npz::{self, Archive};
use serde_json::{Value, json};

use crate::support::{digits_network, float_network, run, text, write_model};

const IMAGES: usize = 6;

fn lines(folder: &Path, command: &[&str]) -> Vec<Value> {
    let common = ["--data", "digits", "--limit", "6", "--per-image", "lines.jsonl"];
    let done = run(folder, &[command, &common].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let lines = std::fs::read_to_string(folder.join("lines.jsonl")).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// What the golden model says of the first images.
fn golden() -> Vec<Value> {
    let (network, images) = (digits_network(10), data::load("digits", Split::Test).unwrap());
    let mut executor = Executor::new(&network);
    let line = |image: usize| {
        let trace = executor.run(images.image(image).into());
        let times: Vec<Vec<Option<u8>>> =
            trace.spike_times.iter().map(|layer| layer.iter().map(|&t| (t < 8).then_some(t)).collect()).collect();
        json!({
            "image": image, "label": images.labels[image], "class": trace.class, "scores": trace.scores,
            "spike_times": times,
        })
    };
    (0..IMAGES).map(line).collect()
}

#[test]
fn the_hardware_has_the_golden_lines_and_cycles() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["generate", "model", "-o", "design"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let simulated = lines(folder.path(), &["simulate", "design"]);
    assert!(simulated.iter().all(|line| line["cycles"].as_u64() > Some(0)), "{simulated:?}");
    assert_eq!(lines(folder.path(), &["compare", "design", "--quick"]), simulated);
    let without_cycles = |mut line: Value| {
        line.as_object_mut().unwrap().remove("cycles");
        line
    };
    assert_eq!(lines(folder.path(), &["evaluate", "model"]), golden());
    assert_eq!(simulated.into_iter().map(without_cycles).collect::<Vec<_>>(), golden());
}

#[test]
fn nothing_is_left_of_a_run_that_fails() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["evaluate", "model", "--data", "digits", "--per-image", "no/folder/lines.jsonl"]);
    assert_eq!(done.status.code(), Some(2));
    let done = run(folder.path(), &["evaluate", "model", "--data", "digits", "--per-image", "/dev/null"]);
    assert!(text(&done.stderr).contains("not-a-file"), "{}", text(&done.stderr));
}

/// All numbers of an array.
fn array(path: &Path, name: &str) -> Vec<i64> {
    let number = |_, value| match value {
        npz::Value::Integer(number) => Ok(number as i64),
        npz::Value::Float(_) => panic!("{name} holds whole numbers"),
    };
    Archive::open(path).unwrap().required(name).unwrap().next(usize::MAX, number).unwrap()
}

/// A trace in arrays is a set of spike times, and a recording: it goes in again where it came from.
#[test]
fn traces_in_arrays_are_read_by_data_and_by_check() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    firstspike::model::write_float(&folder.path().join("float"), &float_network()).unwrap();
    // Tenths, which floats round, times potentials, which they do not.
    let alpha = (0..8).map(|step| 1.0 - 0.1 * step as f32).collect();
    let readout = Readout::TemporalWeighting { source: WeightedSource::Current, alpha };
    let weighted = FloatNetwork { readout, ..float_network() };
    firstspike::model::write_float(&folder.path().join("weighted"), &weighted).unwrap();
    let succeed = |args: &[&str]| {
        let done = run(folder.path(), args);
        assert_eq!(done.status.code(), Some(0), "{args:?}\n{}{}", text(&done.stdout), text(&done.stderr));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    for model in ["model", "float", "weighted"] {
        let limited = ["evaluate", model, "--limit", "50", "--json", "--data"];
        let set = succeed(&[&limited[..], &["digits", "--trace", "trace.npz"]].concat());
        let again = succeed(&[&limited[..], &["trace.npz"]].concat());
        assert_eq!((&set["correct"], &set["spikes"]), (&again["correct"], &again["spikes"]));
        let checked = succeed(&["check", model, "--recording", "trace.npz", "--json"]);
        assert_eq!((&checked["images"], &checked["output"]["score_differences"]), (&50.into(), &0.into()));
    }
    succeed(&["evaluate", "model", "--data", "digits", "--limit", "50", "--trace", "software.npz", "--json"]);
    succeed(&["compare", "model", "--data", "digits", "--limit", "50", "--quick", "--trace", "hardware.npz", "--json"]);
    for name in ["times", "labels", "classes", "scores", "times.layer0"] {
        let [software, hardware] = ["software.npz", "hardware.npz"].map(|file| array(&folder.path().join(file), name));
        assert_eq!(software, hardware, "{name}");
    }
    assert_eq!(array(&folder.path().join("hardware.npz"), "cycles").len(), 50);
}

#[test]
fn wrong_images_are_listed_with_label_class_and_margin() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let args = ["evaluate", "model", "--data", "digits", "--limit", "30", "--wrong"];
    let done = run(folder.path(), &[&args[..], &["--json"]].concat());
    let figures: Value = serde_json::from_slice(&done.stdout).unwrap();
    let images = data::load("digits", Split::Test).unwrap().take(30);
    let network = digits_network(10);
    let mut executor = Executor::new(&network);
    let mut expected = Vec::new();
    for index in 0..30 {
        let (trace, label) = (executor.run(images.image(index).into()), images.labels[index] as usize);
        if trace.class as usize != label {
            let margin = (trace.scores[trace.class as usize] - trace.scores[label]) as f64;
            let (label, class) = (label.to_string(), trace.class.to_string());
            expected.push(json!({ "image": index, "label": label, "class": class, "margin": margin }));
        }
    }
    assert!(!expected.is_empty() && expected.len() < 30, "some are wrong, some are right");
    assert_eq!(figures["wrong"], Value::from(expected.clone()));
    let shown = text(&run(folder.path(), &args).stdout);
    assert_eq!(shown.matches("image ").count() - shown.matches("per image ").count(), expected.len(), "{shown}");
    let line = format!("image {}: label {}, class", expected[0]["image"], expected[0]["label"].as_str().unwrap());
    assert!(shown.contains(&line), "no {line} in\n{shown}");
}

#[test]
fn traces_are_not_written_over_what_is_read() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["generate", "model", "-o", "design"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let done = run(folder.path(), &["evaluate", "model", "--data", "digits", "--trace", "set.npz"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let cases = [
        ("evaluate", "model", "digits", "model/model.json"),
        ("evaluate", "model/model.json", "digits", "model/model.safetensors"),
        ("evaluate", "model", "set.npz", "set.npz"),
        ("compare", "model", "digits", "model/model.json"),
        ("compare", "design", "digits", "design/manifest.json"),
        ("simulate", "design", "digits", "design/tiny.v"),
    ];
    for (command, subject, data, trace) in cases {
        let before = std::fs::read(folder.path().join(trace)).unwrap();
        let done = run(folder.path(), &[command, subject, "--data", data, "--per-image", trace]);
        let stderr = text(&done.stderr);
        assert!(done.status.code() == Some(2) && stderr.contains("/output-is-input]"), "{trace}: {stderr}");
        assert!(std::fs::read(folder.path().join(trace)).unwrap() == before, "{trace}");
    }
    // The trace of a run before is nothing that this one reads.
    let again = run(folder.path(), &["evaluate", "model", "--data", "digits", "--trace", "set.npz"]);
    assert_eq!(again.status.code(), Some(0), "{}", text(&again.stderr));
}
