//! Layers that add something to their potentials in every time step, from the float model on.

use std::path::Path;

use firstspike::fixed::WeightFormat;
use firstspike::float::{FloatLayer, FloatNetwork, Grid};
use firstspike::model;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout, StepRows};
use ndarray::Array2;
use serde_json::Value;

use crate::support::{digits_network, digits_weights, float_network, refused, run, text};

/// Entry of a step and a neuron, in LSB.
fn row((step, neuron): (usize, usize)) -> i32 {
    (step * 5 + neuron * 3) as i32 % 7 - 3
}

/// The tiny network with a row of its own in every step.
fn integer() -> IntegerNetwork {
    let plain = digits_network(10);
    let step_rows = Some(StepRows::new(Array2::from_shape_fn((8, 10), row)));
    let layer = Layer { step_rows, ..plain.layers()[0].clone() };
    IntegerNetwork::new("tiny", 8, vec![8, 8], 1, vec![layer], Readout::FirstSpike).unwrap()
}

/// The same in float, an LSB being a half.
fn float() -> FloatNetwork {
    let weights = digits_weights(10).mapv(|weight| weight as f32 * 0.5);
    let rows = Array2::from_shape_fn((8, 10), |place| row(place) as f32 * 0.5);
    let layer = FloatLayer {
        step_rows: Some(StepRows::new(rows)),
        grid: Some(Grid { format: WeightFormat::Int(4), scale: 0.5 }),
        ..FloatLayer::dense("layer0", weights, vec![0.0; 10], Neuron::integrate_once(vec![2.5; 10]))
    };
    FloatNetwork { layers: vec![layer], readout: Readout::FirstSpike, ..float_network() }
}

fn figures(folder: &Path, args: &[&str]) -> Value {
    let done = run(folder, &[&["--json"], args].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn rows_in_float_become_those_in_integers_and_do_the_same() {
    let folder = tempfile::tempdir().unwrap();
    model::write_float(&folder.path().join("float"), &float()).unwrap();
    figures(folder.path(), &["quantize", "float", "-o", "model"]);
    assert_eq!(model::read_integer(&folder.path().join("model")).unwrap(), integer());
    let evaluate = |model| figures(folder.path(), &["evaluate", model, "--data", "digits", "--confusion"]);
    let (float, integer) = (evaluate("float"), evaluate("model"));
    for field in ["correct", "confusion", "spikes", "input_events", "layers"] {
        assert_eq!(integer[field], float[field], "{field}");
    }
    // The rows are not without effect.
    model::write_integer(&folder.path().join("plain"), &digits_network(10)).unwrap();
    assert_ne!(evaluate("plain")["confusion"], integer["confusion"]);
}

#[test]
fn hardware_refuses_rows() {
    let stderr = refused(&["generate", "model", "-o", "design"], |folder| {
        model::write_integer(&folder.join("model"), &integer()).unwrap();
    });
    assert!(stderr.contains("step-rows") && stderr.contains("layers[0] \"layer0\""), "{stderr}");
}
