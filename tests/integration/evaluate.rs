//! `firstspike evaluate` against a plain loop over the golden model.

use firstspike::data::{self, Split};
use firstspike::fixed::WeightFormat;
use firstspike::float::{Connection, FloatLayer, FloatNetwork, Grid, Kernel, Map, Pooling};
use firstspike::golden::Executor;
use firstspike::network::{Neuron, Readout};
use ndarray::Array2;
use serde_json::Value;

use crate::support::{digits_network, digits_weights, float_network, run, text, write_model};

#[test]
fn figures_equal_a_plain_loop() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done =
        run(folder.path(), &["evaluate", "model", "--data", "digits", "--limit", "100", "--confusion", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let figures: Value = serde_json::from_slice(&done.stdout).unwrap();

    let network = digits_network(10);
    let images = data::load("digits", Split::Test).unwrap().take(100);
    let mut executor = Executor::new(&network);
    let (mut correct, mut spikes) = (0, 0);
    for (pixels, &label) in images.pixels.rows().into_iter().zip(&images.labels) {
        let trace = executor.run(pixels);
        correct += u64::from(trace.class == label);
        spikes += trace.spike_times[0].iter().filter(|&&time| time < 8).count();
    }
    let events = images.pixels.iter().filter(|&&pixel| pixel > 0).count();
    assert_eq!(figures["images"], 100);
    assert_eq!(figures["correct"], correct);
    assert_eq!(figures["accuracy"].as_f64(), Some(correct as f64));
    assert_eq!(figures["spikes"].as_f64(), Some(spikes as f64 / 100.0));
    assert_eq!(figures["layers"][0]["spikes"], figures["spikes"]);
    assert_eq!(figures["input_events"].as_f64(), Some(events as f64 / 100.0));
    let confusion = figures["confusion"]["counts"].as_array().unwrap();
    assert_eq!(confusion.iter().flat_map(|row| row.as_array().unwrap()).filter_map(Value::as_u64).sum::<u64>(), 100);
}

#[test]
fn text_names_accuracy_and_layers() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done =
        run(folder.path(), &["evaluate", "model/model.json", "--data", "digits", "--split", "train", "--confusion"]);
    let stdout = text(&done.stdout);
    for part in ["accuracy", "of 1,437 images", "layer0", "of 10 neurons", "label \\ class"] {
        assert!(stdout.contains(part), "no {part} in\n{stdout}");
    }
    assert!(done.stderr.is_empty(), "{}", text(&done.stderr));
}

/// A layer without thresholds has no spikes to count, and a convolution has more neurons than channels.
#[test]
fn layers_are_counted_by_their_neurons_and_only_if_they_can_spike() {
    let folder = tempfile::tempdir().unwrap();
    firstspike::model::write_float(&folder.path().join("model"), &conv_network()).unwrap();
    let evaluate = |more: &[&str]| {
        let done = run(folder.path(), &[&["evaluate", "model", "--data", "digits", "--limit", "20"], more].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        text(&done.stdout)
    };
    let shown = evaluate(&[]);
    assert!(shown.contains("of 128 neurons") && !shown.contains("readout"), "{shown}");
    let figures: Value = serde_json::from_str(&evaluate(&["--json"])).unwrap();
    assert_eq!((&figures["layers"][0]["neurons"], &figures["layers"][1]["spikes"]), (&128.into(), &Value::Null));
}

/// Two channels of 8 × 8 neurons, each with the pixel of its own place, and an output layer read by its membranes.
fn conv_network() -> FloatNetwork {
    let kernel = Kernel { size: 1, stride: 1, padding: 0, groups: 1 };
    let conv = FloatLayer {
        name: "conv".into(),
        input: Map { channels: 1, height: 8, width: 8 },
        pooling: Pooling::NONE,
        connection: Connection::Conv(kernel),
        weights: Array2::from_elem((1, 2), 1.0),
        bias: vec![0.0; 2],
        step_rows: None,
        neuron: Neuron::integrate_once(vec![1.0; 2]),
        grid: None,
    };
    let readout = FloatLayer::dense("readout", Array2::from_elem((128, 10), 0.5), vec![0.0; 10], Neuron::integrate());
    FloatNetwork {
        name: "conv".into(),
        time_steps: 8,
        input_shape: vec![8, 8],
        coding: 1.into(),
        layers: vec![conv, FloatLayer { input: Map { channels: 2, height: 8, width: 8 }, ..readout }],
        readout: Readout::Membrane,
    }
}

/// Training on a grid shows the network its weights on the grid: so does its evaluation.
#[test]
fn a_float_network_is_evaluated_on_the_grid_it_was_trained_on() {
    let folder = tempfile::tempdir().unwrap();
    let mut network = float_network();
    network.layers[0].grid = Some(Grid { format: WeightFormat::Ternary, scale: 3.0 });
    firstspike::model::write_float(&folder.path().join("model"), &network).unwrap();
    let done = run(folder.path(), &["evaluate", "model", "--data", "digits", "--json"]);
    let figures: Value = serde_json::from_slice(&done.stdout).unwrap();
    network.layers[0].weights.mapv_inplace(|weight| (weight / 3.0).round().clamp(-1.0, 1.0) * 3.0);
    let images = data::load("digits", Split::Test).unwrap();
    let classes = network.classify(images.pixels.view());
    let correct = classes.iter().zip(&images.labels).filter(|(class, label)| **class == **label as usize).count();
    assert_eq!(figures["correct"].as_u64(), Some(correct as u64));
}

/// Integer weights as floats: the float network must do exactly what the integer network does.
#[test]
fn whole_weights_in_float_do_what_the_integers_do() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let float = FloatNetwork {
        name: "tiny".into(),
        time_steps: 8,
        input_shape: vec![8, 8],
        coding: 1.into(),
        layers: vec![FloatLayer::dense(
            "layer0",
            digits_weights(10).mapv(|weight| weight as f32),
            vec![0.0; 10],
            Neuron::integrate_once(vec![5.0; 10]),
        )],
        readout: Readout::FirstSpike,
    };
    firstspike::model::write_float(&folder.path().join("float"), &float).unwrap();
    let figures = |model| -> Value {
        let done = run(folder.path(), &["--json", "evaluate", model, "--data", "digits", "--confusion"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let (integer, float) = (figures("model"), figures("float"));
    for field in ["correct", "confusion", "spikes", "input_events", "layers"] {
        assert_eq!(integer[field], float[field], "{field}");
    }
    assert_eq!((&float["kind"], &float["network_hash"]), (&"float".into(), &Value::Null));
}

#[test]
fn float_networks_run_in_the_float_executor() {
    let folder = tempfile::tempdir().unwrap();
    let network = float_network();
    firstspike::model::write_float(&folder.path().join("model"), &network).unwrap();
    let done = run(folder.path(), &["evaluate", "model", "--data", "digits", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let figures: Value = serde_json::from_slice(&done.stdout).unwrap();

    let images = data::load("digits", Split::Test).unwrap();
    let classes = network.classify(images.pixels.view());
    let correct = classes.iter().zip(&images.labels).filter(|(class, label)| **class == **label as usize).count();
    assert_eq!((figures["kind"].as_str(), figures["correct"].as_u64()), (Some("float"), Some(correct as u64)));
}
