//! `firstspike evaluate` against a plain loop over the golden model.

use firstspike::data::{self, Split};
use firstspike::golden::Executor;
use firstspike::network::{FloatLayer, FloatNetwork, FloatReadout};
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
        correct += u64::from(trace.class == u32::from(label));
        spikes += trace.spike_times[0].iter().filter(|&&time| time < 8).count();
    }
    let events = images.pixels.iter().filter(|&&pixel| pixel > 0).count();
    assert_eq!(figures["images"], 100);
    assert_eq!(figures["correct"], correct);
    assert_eq!(figures["accuracy"].as_f64(), Some(correct as f64));
    assert_eq!(figures["spikes"].as_f64(), Some(spikes as f64 / 100.0));
    assert_eq!(figures["layers"][0]["spikes"], figures["spikes"]);
    assert_eq!(figures["input_events"].as_f64(), Some(events as f64 / 100.0));
    let confusion = figures["confusion"].as_array().unwrap();
    assert_eq!(confusion.iter().flat_map(|row| row.as_array().unwrap()).filter_map(Value::as_u64).sum::<u64>(), 100);
}

#[test]
fn text_names_accuracy_and_layers() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done =
        run(folder.path(), &["evaluate", "model/model.json", "--data", "digits", "--split", "train", "--confusion"]);
    let stdout = text(&done.stdout);
    for part in ["accuracy", "of 1437 images", "layer0", "of 10 neurons", "label \\ class"] {
        assert!(stdout.contains(part), "no {part} in\n{stdout}");
    }
    assert!(done.stderr.is_empty(), "{}", text(&done.stderr));
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
        input_threshold: 1,
        layers: vec![FloatLayer::dense(
            "layer0",
            digits_weights(10).mapv(|weight| weight as f32),
            vec![0.0; 10],
            Some(vec![5.0; 10]),
        )],
        readout: FloatReadout::FirstSpike,
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
    let correct = classes.iter().zip(&images.labels).filter(|(class, label)| **class == usize::from(**label)).count();
    assert_eq!((figures["kind"].as_str(), figures["correct"].as_u64()), (Some("float"), Some(correct as u64)));
}
