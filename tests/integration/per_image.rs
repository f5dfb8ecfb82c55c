//! `--per-image`: a line for every image, equal to what golden model and hardware say.

use std::path::Path;

use firstspike::data::{self, Split};
use firstspike::golden::Executor;
use serde_json::{Value, json};

use crate::support::{digits_network, run, text, write_model};

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
