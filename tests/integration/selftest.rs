//! The comparison can fail: faults planted in the hardware are caught, for every kind of design; and what is no fault is not.

use std::fmt::Write;
use std::path::Path;
use std::process::Output;

use firstspike::fixed::WeightFormat;
use firstspike::model;
use firstspike::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, Synapses, WeightedSource};
use ndarray::{Array2, Array4};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use crate::support::{firstspike, text, write_model};

const ALL: [&str; 10] = [
    "threshold",
    "weight-bit",
    "lost-event",
    "second-spike",
    "swapped-index",
    "score",
    "tie-break",
    "cycle-count",
    "back-pressure",
    "missing-reset",
];

fn run(folder: &Path, args: &[&str]) -> Output {
    firstspike(folder).args(args).env("FIRSTSPIKE_CACHE", folder.join("cache")).output().expect("the binary starts")
}

fn report(done: &Output) -> Value {
    serde_json::from_slice(&done.stdout).unwrap_or_else(|cause| panic!("{cause}: {}", text(&done.stderr)))
}

/// The kinds of faults with this verdict.
fn kinds<'a>(report: &'a Value, verdict: &str) -> Vec<&'a str> {
    let faults = report["faults"].as_array().unwrap().iter();
    faults.filter(|fault| fault["verdict"] == verdict).map(|fault| fault["kind"].as_str().unwrap()).collect()
}

fn weight(row: usize, column: usize) -> i32 {
    ((row * 7 + column * 5 + row * column) % 15) as i32 - 7
}

fn dense(name: &str, input: Map, pool: usize, neurons: usize, threshold: Option<i32>) -> Layer {
    let weights = Array2::from_shape_fn((input.pooled(pool).size(), neurons), |(row, column)| weight(row, column));
    let neuron = threshold.map_or(Neuron::integrate(), |threshold| Neuron::integrate_once(vec![threshold; neurons]));
    let synapses = Synapses::Dense(weights);
    Layer {
        name: name.into(),
        format: WeightFormat::Int(4),
        input,
        pool,
        synapses,
        v0: vec![0; neurons],
        step_rows: None,
        neuron,
    }
}

fn convolution(name: &str, input: Map, channels: usize, threshold: i32) -> Layer {
    let sizes = (channels, input.channels, 3, 3);
    let weights = Array4::from_shape_fn(sizes, |(o, c, y, x)| weight(o + 3 * y, c + x));
    let synapses = Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 1, groups: 1 });
    let (v0, neuron) = (vec![0; channels], Neuron::integrate_once(vec![threshold; channels]));
    Layer { name: name.into(), format: WeightFormat::Int(4), input, pool: 1, synapses, v0, step_rows: None, neuron }
}

/// Writes the network as `model`, and images for it: a black one, where all scores are equal, and random ones.
fn write(folder: &Path, shape: &[usize], layers: Vec<Layer>, readout: Readout) {
    let network = IntegerNetwork::new("planted", 6, shape.to_vec(), 1, layers, readout).unwrap();
    model::write_integer(&folder.join("model"), &network).unwrap();
    let (mut rng, mut csv) = (ChaCha8Rng::seed_from_u64(7), String::new());
    for image in 0..40 {
        for _ in 0..network.inputs() {
            let pixel: u8 = if image == 0 || rng.random() { 0 } else { rng.random() };
            write!(csv, "{pixel},").unwrap();
        }
        writeln!(csv, "{}", image % network.outputs()).unwrap();
    }
    std::fs::write(folder.join("images.csv"), csv).unwrap();
}

/// Every kind is caught except those that have no place in the design.
fn all_are_caught(folder: &Path, design: &str, options: &[&str], no_place: &[&str]) {
    let done = run(folder, &[&["selftest", design, "--data", "images.csv", "--json"], options].concat());
    let report = report(&done);
    let expected: Vec<_> = ALL.into_iter().filter(|kind| !no_place.contains(kind)).collect();
    assert_eq!(kinds(&report, "caught"), expected, "{report:#}");
    assert_eq!(kinds(&report, "does-not-apply"), no_place);
    assert_eq!((done.status.code(), &report["is_equal"]), (Some(0), &true.into()));
}

#[test]
fn all_faults_in_the_shipped_network_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["selftest", "--json"]);
    let report = report(&done);
    assert_eq!((kinds(&report, "caught"), done.status.code()), (ALL.to_vec(), Some(0)), "{report:#}");
    // The accuracy does not show it.
    let threshold = &report["faults"][0];
    assert_eq!(threshold["files"], serde_json::json!(["rtl/fs_neuron_lane.v"]));
    assert_eq!((&threshold["mismatches"], &threshold["accuracy"]), (&325.into(), &report["untouched"]["accuracy"]));
    let place = &threshold["first_divergence"];
    assert_eq!((&place["layer"], &place["neuron"], &place["time_step"]), (&0.into(), &50.into(), &5.into()));
}

#[test]
fn what_is_no_fault_is_not_caught() {
    let folder = tempfile::tempdir().unwrap();
    let done = run(folder.path(), &["selftest", "--plant", "nothing", "--plant", "back-pressure"]);
    let shown = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{shown}{}", text(&done.stderr));
    assert!(shown.contains("NOT caught: 1 of 2"), "{shown}");
    // The longest row there is fits a terminal of 80 columns.
    let row = shown.lines().find(|line| line.starts_with("  back-pressure  caught by rough run, broken rule")).unwrap();
    assert!(row.chars().count() <= 80, "{row}");
    let done = run(folder.path(), &["selftest", "--plant", "nothing", "--json"]);
    assert_eq!((kinds(&report(&done), "missed"), done.status.code()), (vec!["nothing"], Some(1)));
}

#[test]
fn compare_ends_at_a_planted_fault_as_at_any_other() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let compare =
        |kind| run(folder.path(), &["compare", "model", "--data", "digits", "--limit", "40", "--plant", kind]);
    let done = compare("threshold");
    let shown = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{shown}{}", text(&done.stderr));
    for part in
        ["planted fault: threshold: a potential that", "rtl/fs_neuron_lane.v", "first divergence: image ", "waveform: "]
    {
        assert!(shown.contains(part), "{part}: {shown}");
    }
    let done = compare("nothing");
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    // The design itself is as it was.
    let done = run(folder.path(), &["compare", "model", "--data", "digits", "--limit", "40"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stdout));
    let done = compare("swapped-index");
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("no layer sends spikes to another"), "{}", text(&done.stderr));
}

#[test]
fn faults_in_convolutions_and_behind_a_latency_encoder_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let map = Map::new(1, 6, 6);
    let conv = convolution("conv", map, 3, 5);
    let layers = vec![conv, dense("classes", Map::new(3, 6, 6), 2, 4, Some(40))];
    write(folder.path(), &[6, 6], layers, Readout::FirstSpike);
    all_are_caught(folder.path(), "model", &["--input", "pixels", "--lanes", "2"], &[]);
}

/// Weights that are logic are in no memory.
#[test]
fn faults_in_layers_of_logic_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let layers =
        vec![dense("first", Map::vector(20), 1, 11, Some(9)), dense("classes", Map::vector(11), 1, 5, Some(6))];
    write(folder.path(), &[20], layers, Readout::FirstSpike);
    all_are_caught(folder.path(), "model", &["--engine", "spatial", "--input", "steps"], &["weight-bit"]);
    all_are_caught(folder.path(), "model", &["--engine", "spatial,event"], &[]);
}

#[test]
fn faults_in_weighted_currents_and_shared_lanes_are_caught() {
    let folder = tempfile::tempdir().unwrap();
    let layers = vec![
        dense("first", Map::vector(20), 1, 11, Some(9)),
        dense("second", Map::vector(11), 1, 7, Some(6)),
        dense("classes", Map::vector(7), 1, 5, None),
    ];
    let readout = Readout::TemporalWeighting { source: WeightedSource::Current, alpha: vec![9, 7, 5, 3, 2, 1] };
    write(folder.path(), &[20], layers, readout);
    // Contents that stand in the Verilog are in files in the copy.
    let generate = ["generate", "model", "-o", "design", "--lanes", "3", "--memories", "inline"];
    assert_eq!(run(folder.path(), &generate).status.code(), Some(0));
    all_are_caught(folder.path(), "design", &[], &[]);
}

#[test]
fn faults_without_a_place_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let weighted = Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha: vec![9, 7, 5, 3, 2, 1] };
    write(folder.path(), &[20], vec![dense("only", Map::vector(20), 1, 6, Some(12))], weighted);
    all_are_caught(folder.path(), "model", &[], &["swapped-index"]);
    write(folder.path(), &[20], vec![dense("only", Map::vector(20), 1, 6, None)], Readout::Membrane);
    all_are_caught(folder.path(), "model", &[], &["threshold", "second-spike", "swapped-index"]);
}

#[test]
fn black_images_show_nothing_that_needs_an_event() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    std::fs::write(folder.path().join("black.csv"), format!("{}0\n", "0,".repeat(64))).unwrap();
    let done =
        run(folder.path(), &["selftest", "model", "--data", "black.csv", "--label", "last", "--plant", "lost-event"]);
    assert!(text(&done.stdout).contains("no image has an event"), "{}{}", text(&done.stdout), text(&done.stderr));
}
