//! Layers that add something to their potentials in every time step, from the float model on.

use std::path::Path;

use firstspike::arch::{InputKind, Lanes, Options, Spacing};
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::float::{FloatLayer, FloatNetwork, Grid};
use firstspike::golden::Executor;
use firstspike::model;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout, StepRows};
use ndarray::{Array2, array};
use serde_json::Value;

use crate::convolution;
use crate::design::{self, Pair};
use crate::support::{digits_network, digits_weights, float_network, refused, run, text};

/// Entry of a step and a neuron, in LSB.
fn row((step, neuron): (usize, usize)) -> i32 {
    (step * 5 + neuron * 3) as i32 % 7 - 3
}

/// The tiny network with a row of its own in every step.
pub fn integer() -> IntegerNetwork {
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

/// Hidden neurons that no input reaches: rows alone make them spike, and drive the classes.
fn driven_by_rows() -> IntegerNetwork {
    let hidden = Layer {
        step_rows: Some(StepRows::new(array![[1, 0, 3], [1, 2, -3], [1, 0, 5], [1, 2, 0]])),
        ..Layer::dense(
            "hidden",
            WeightFormat::Binary,
            array![[1, -1, 1]],
            vec![0; 3],
            Neuron::integrate_once(vec![3, 4, 5]),
        )
    };
    let classes = Layer {
        step_rows: Some(StepRows::constant(&[-1, 2], 4)),
        ..Layer::dense("classes", WeightFormat::Int(4), array![[1, 0], [0, 2], [4, 4]], vec![0, 1], Neuron::integrate())
    };
    IntegerNetwork::new("rows", 4, vec![1], 1, vec![hidden, classes], Readout::Membrane).unwrap()
}

/// Potentials without input: 1, 2, 3, 4; 0, 2, 2, 4; 3, 0, 5, 5: spikes at 2, 3 and 2. Scores 1 + 4 − 4 and 1 + 2 + 4 + 8.
#[test]
fn hardware_adds_rows_without_input() {
    let network = driven_by_rows();
    let trace = Executor::new(&network).run_events(&[4]);
    assert_eq!((&trace.spike_times[0], &trace.scores), (&vec![2, 3, 2], &vec![1, 15]));
    for lanes in [Lanes::All, Lanes::AtMost(1), Lanes::AtMost(2)] {
        for input in [InputKind::Events, InputKind::Pixels] {
            let folder = tempfile::tempdir().unwrap();
            let options = Options { lanes: lanes.clone(), input, ..Options::default() };
            let pair = Pair::new(folder.path(), &network, &options);
            // Scores, spike times and cycles are the same.
            for spacing in [Spacing::BackToBack, Spacing::Isolated] {
                let drive = RunOptions { spacing, ..RunOptions::default() };
                assert_eq!(pair.difference(&[vec![0], vec![255], vec![100]], &[], &drive), None, "{options:?}");
            }
        }
    }
}

#[test]
fn faults_in_the_rows_are_caught() {
    let network = driven_by_rows();
    let faults = [
        ("rtl/fs_step_rows.v", "FIRST_ROW   = INPUTS;", "FIRST_ROW   = 0;"),
        ("rtl/fs_step_rows.v", "row + 1'b1;", "row;"),
        ("rtl/fs_step_rows.v", "added_q <= adds;", "added_q <= 1'b1;"),
        ("rtl/fs_step_rows.v", "s_axis_tuser && !added_q;", "1'b0;"),
    ];
    for (file, good, bad) in faults {
        let folder = tempfile::tempdir().unwrap();
        let design = design::write(folder.path(), &network, &Options::default());
        design::plant(folder.path(), file, good, bad);
        let off = "/* verilator lint_off UNUSED */ /* verilator lint_off WIDTH */\n`default_nettype none";
        design::plant(folder.path(), file, "`default_nettype none", off);
        let pair = Pair::built(folder.path(), &network, design);
        let images = [vec![0], vec![255]];
        let is_equal = pair.difference(&images, &[], &RunOptions::default()).is_none();
        assert!(!is_equal, "{good} → {bad}");
    }
}

/// The library holds the module for everybody, but only a design with step rows has an instance.
#[test]
fn a_design_without_rows_has_nothing_of_them() {
    let folder = tempfile::tempdir().unwrap();
    for (network, expected) in [(digits_network(10), 0), (integer(), 1)] {
        design::write(folder.path(), &network, &Options::default());
        let top = std::fs::read_to_string(folder.path().join("tiny.v")).unwrap();
        assert_eq!(top.matches("fs_step_rows").count(), expected);
    }
}

/// The small convolution with rows: its tiles are looked at in every step, whether an event has reached them or not.
fn convolution(rows: StepRows) -> IntegerNetwork {
    let plain = convolution::small();
    let mut layers = plain.layers().to_vec();
    layers[0].step_rows = Some(rows);
    let shape = plain.input_shape().to_vec();
    IntegerNetwork::new("rows", plain.time_steps(), shape, 1, layers, plain.readout().clone()).unwrap()
}

/// Thresholds 5 and 4. Without input the potentials of the constant row are 2, 4, 6 and 1, 2, 3; those of the changing one 1, 1, 5 and
/// 4, 1, 0.
fn convolutions() -> [(IntegerNetwork, [u8; 2]); 2] {
    let changing = StepRows::new(array![[1, 4], [0, -3], [4, -1]]);
    [(convolution(StepRows::constant(&[2, 1], 3)), [2, 3]), (convolution(changing), [2, 0])]
}

/// Dark, bright in a corner, and gray all over.
fn images() -> [Vec<u8>; 3] {
    let mut corner = vec![0; 36];
    corner[0] = 255;
    [vec![0; 36], corner, vec![128; 36]]
}

#[test]
fn hidden_convolutions_add_rows() {
    for (network, expected) in convolutions() {
        let times = &Executor::new(&network).run_events(&[3; 36]).spike_times[0];
        assert_eq!(times[..], [[expected[0]; 25], [expected[1]; 25]].concat());
        for lanes in [Lanes::All, Lanes::AtMost(1)] {
            for slots in [1, 3] {
                let folder = tempfile::tempdir().unwrap();
                let pair =
                    Pair::new(folder.path(), &network, &Options { lanes: lanes.clone(), slots, ..Options::default() });
                for spacing in [Spacing::BackToBack, Spacing::Isolated] {
                    let drive = RunOptions { spacing, ..RunOptions::default() };
                    assert_eq!(pair.difference(&images(), &[], &drive), None, "{lanes:?} {slots}");
                }
                assert_eq!(pair.rough(&images()).first_difference, None, "{lanes:?} {slots}");
            }
        }
    }
}

#[test]
fn faults_in_the_rows_of_convolutions_are_caught() {
    let [(constant, _), (changing, _)] = convolutions();
    let faults = [
        (&constant, "SCAN_FIRST != 0 ? {TILES{1'b1}} : EVERY_TILES;", "{TILES{1'b0}};"),
        (&constant, "? FIRST_TILES : EVERY_TILES;", "? FIRST_TILES : {TILES{1'b0}};"),
        (&constant, "{{(ROW_BITS-BLOCK_BITS){1'b0}}, block_q};", "{ROW_BITS{1'b0}};"),
        (&changing, "last_step_q ? SCAN_ROW[ROW_BITS-1:0]\n", "1'b0 ? SCAN_ROW[ROW_BITS-1:0]\n"),
        (&changing, "first_row_q + ROWS_OF_STEP[ROW_BITS-1:0];", "first_row_q;"),
    ];
    for (network, good, bad) in faults {
        let (folder, file) = (tempfile::tempdir().unwrap(), "rtl/fs_conv_control.v");
        let design = design::write(folder.path(), network, &Options { lanes: Lanes::AtMost(1), ..Options::default() });
        design::plant(folder.path(), file, good, bad);
        let off = "/* verilator lint_off UNUSED */ /* verilator lint_off WIDTH */\n`default_nettype none";
        design::plant(folder.path(), file, "`default_nettype none", off);
        let pair = Pair::built(folder.path(), network, design);
        let is_equal = pair.difference(&images(), &[], &RunOptions::default()).is_none();
        assert!(!is_equal, "{good} → {bad}");
    }
}

/// A row lies among the weights, which have 16 bits at most.
#[test]
fn entries_that_are_too_wide_are_refused() {
    let stderr = refused(&["generate", "model", "-o", "design"], |folder| {
        let network = convolution(StepRows::constant(&[1, 40_000], 3));
        model::write_integer(&folder.join("model"), &network).unwrap();
    });
    assert!(stderr.contains("step-rows") && stderr.contains("layers[0] \"conv\" has the entry 40000"), "{stderr}");
}
