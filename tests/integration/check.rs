//! `firstspike check` against a simulator that knows nothing of the library, and can do what trainers do.

use std::path::Path;
use std::process::Output;

use firstspike::coding::Coding;
use firstspike::fixed::WeightFormat;
use firstspike::float::{Connection, FloatLayer, FloatNetwork, Grid, Kernel, Map, Pooling};
use firstspike::model;
use firstspike::network::{self, Conv2d, IntegerNetwork, Layer, Neuron, Readout, Synapses};
use firstspike::npz::Elements;
use ndarray::{Array2, Array4};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::arrays::write_arrays;
use crate::support::{contents, run, text};

const STEPS: u8 = 8;
const IMAGES: usize = 40;
/// The values of weights, biases and thresholds are whole numbers of this.
const LSB: f32 = 1.0 / 16.0;

/// What the trainer does, if not what the model says.
#[derive(Debug, Clone, Copy, Default)]
struct Trainer {
    fires_above: bool,
    bias_every_step: bool,
    delay: bool,
    transposed: bool,
    hwc_weights: bool,
    hwc_times: bool,
}

/// A network of a convolution (three kernels of 3 × 3 over 6 × 6 inputs), 48 hidden neurons and 5 classes, in whole numbers.
struct Numbers {
    /// `[o][dy][dx]`, `[output][input]`, `[output][input]`.
    conv: Vec<i32>,
    hidden: Vec<i32>,
    last: Vec<i32>,
    /// Per output channel of each layer.
    biases: [Vec<i32>; 3],
    threshold: i32,
}

const NAMES: [&str; 3] = ["conv", "hidden", "last"];
const SIZES: [usize; 4] = [36, 48, 48, 5];

impl Numbers {
    fn new(seed: u64) -> Numbers {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut numbers =
            |count: usize, low, high| (0..count).map(|_| rng.random_range(low..=high)).collect::<Vec<i32>>();
        let [conv, hidden, last] = [numbers(27, -5, 9), numbers(48 * 48, -6, 7), numbers(5 * 48, -7, 7)];
        let biases = [numbers(3, 1, 3), numbers(48, 1, 3), numbers(5, 1, 2)];
        Numbers { conv, hidden, last, biases, threshold: 16 }
    }

    /// From an input of a layer to a neuron, as the trainer has it.
    fn weight(&self, trainer: Trainer, layer: usize, input: usize, neuron: usize) -> i32 {
        match layer {
            0 => {
                let (o, v, u) = (neuron / 16, neuron / 4 % 4, neuron % 4);
                let (y, x) = (input / 6, input % 6);
                if !(v..v + 3).contains(&y) || !(u..u + 3).contains(&x) {
                    return 0;
                }
                self.conv[o * 9 + (y - v) * 3 + (x - u)]
            }
            1 if trainer.transposed => self.hidden[input * 48 + neuron],
            // Channel c at place p has number 16·c + p in the model, and 3·p + c in this trainer's weights.
            1 if trainer.hwc_weights => self.hidden[neuron * 48 + input % 16 * 3 + input / 16],
            1 => self.hidden[neuron * 48 + input],
            _ => self.last[neuron * 48 + input],
        }
    }

    /// The spike times of a layer in 32-bit floats, input by input.
    fn simulate(&self, trainer: Trainer, scale: f32, layer: usize, incoming: &[u8]) -> Vec<u8> {
        let float = |number: i32| number as f32 * scale;
        let neurons = SIZES[layer + 1];
        let spike_time = |neuron: usize| {
            let bias = self.biases[layer][neuron * self.biases[layer].len() / neurons];
            let mut potential = if trainer.bias_every_step { 0.0 } else { float(bias) };
            (0..STEPS).find(|&step| {
                if trainer.bias_every_step {
                    potential += float(bias);
                }
                for (input, &time) in incoming.iter().enumerate() {
                    if time < STEPS && time + u8::from(trainer.delay) == step {
                        potential += float(self.weight(trainer, layer, input, neuron));
                    }
                }
                if trainer.fires_above { potential > float(self.threshold) } else { potential >= float(self.threshold) }
            })
        };
        (0..neurons).map(|neuron| spike_time(neuron).unwrap_or(STEPS)).collect()
    }

    fn integer(&self) -> IntegerNetwork {
        let neuron = |channels: usize| Neuron::integrate_once(vec![self.threshold; channels]);
        let format = WeightFormat::Int(5);
        let weights = Array4::from_shape_vec((3, 1, 3, 3), self.conv.clone()).unwrap();
        let synapses = Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 0, groups: 1 });
        let (name, input, v0) = (NAMES[0].into(), network::Map::new(1, 6, 6), self.biases[0].clone());
        let conv = Layer { name, format, input, pool: 1, synapses, v0, step_rows: None, neuron: neuron(3) };
        let dense = |layer: usize, weights: &[i32]| {
            let (outputs, inputs) = (SIZES[layer + 1], SIZES[layer]);
            let weights = Array2::from_shape_fn((inputs, outputs), |(input, output)| weights[output * inputs + input]);
            Layer::dense(NAMES[layer], format, weights, self.biases[layer].clone(), neuron(outputs))
        };
        let layers = vec![conv, dense(1, &self.hidden), dense(2, &self.last)];
        IntegerNetwork::new("numbers", STEPS.into(), vec![6, 6], 1, layers, Readout::FirstSpike).unwrap()
    }

    fn float(&self, scale: f32) -> FloatNetwork {
        let floats = |numbers: &[i32]| numbers.iter().map(|&number| number as f32 * scale).collect::<Vec<_>>();
        let neuron = |channels: usize| Neuron::integrate_once(floats(&vec![self.threshold; channels]));
        let kernel = Kernel { size: 3, stride: 1, padding: 0, groups: 1 };
        let weights = Array2::from_shape_fn((9, 3), |(tap, o)| self.conv[o * 9 + tap] as f32 * scale);
        let conv = FloatLayer {
            input: Map { channels: 1, height: 6, width: 6 },
            pooling: Pooling::NONE,
            connection: Connection::Conv(kernel),
            ..FloatLayer::dense(NAMES[0], weights, floats(&self.biases[0]), neuron(3))
        };
        let dense = |layer: usize, weights: &[i32]| {
            let (outputs, inputs) = (SIZES[layer + 1], SIZES[layer]);
            let weights = Array2::from_shape_fn((inputs, outputs), |(i, o)| weights[o * inputs + i] as f32 * scale);
            FloatLayer::dense(NAMES[layer], weights, floats(&self.biases[layer]), neuron(outputs))
        };
        let hidden = FloatLayer { input: Map { channels: 3, height: 4, width: 4 }, ..dense(1, &self.hidden) };
        FloatNetwork {
            name: "numbers".into(),
            time_steps: STEPS.into(),
            input_shape: vec![6, 6],
            coding: Coding::from(1),
            layers: vec![conv, hidden, dense(2, &self.last)],
            readout: Readout::FirstSpike,
        }
    }

    /// Records the trainer's own simulation.
    fn record(&self, trainer: Trainer, scale: f32, path: &Path) {
        let (arrays, classes) = self.recorded(trainer, scale);
        write_recording(path, &arrays, &classes);
    }

    /// Input times and those of all layers, and classes.
    fn recorded(&self, trainer: Trainer, scale: f32) -> ([Vec<u8>; 4], Vec<u32>) {
        let mut rng = ChaCha8Rng::seed_from_u64(99);
        let mut arrays: [Vec<u8>; 4] = Default::default();
        let mut classes = Vec::new();
        for _ in 0..IMAGES {
            let mut times: Vec<u8> = (0..36).map(|_| rng.random_range(0..=STEPS)).collect();
            arrays[0].extend(&times);
            for layer in 0..3 {
                times = self.simulate(trainer, scale, layer, &times);
                let in_hwc = |place: usize| times[place % 3 * 16 + place / 3];
                let recorded =
                    if trainer.hwc_times && layer == 0 { (0..48).map(in_hwc).collect() } else { times.clone() };
                arrays[layer + 1].extend(recorded);
            }
            classes.push(first(&times));
        }
        (arrays, classes)
    }

    /// A recording of `trainer` in which one output neuron fires as if it compared in the other way, which is so only where `V = θ`.
    fn record_with_a_fault(&self, trainer: Trainer, path: &Path) {
        let (mut arrays, mut classes) = self.recorded(trainer, LSB);
        let other = Trainer { fires_above: !trainer.fires_above, ..trainer };
        let (image, neuron, time) = (0..IMAGES)
            .find_map(|image| {
                let (right, wrong) = (&arrays[3][5 * image..][..5], &arrays[2][48 * image..][..48]);
                let wrong = self.simulate(other, LSB, 2, wrong);
                let neuron = (0..5).find(|&neuron| right[neuron] != wrong[neuron])?;
                Some((image, neuron, wrong[neuron]))
            })
            .expect("some potential meets its threshold");
        arrays[3][5 * image + neuron] = time;
        classes[image] = first(&arrays[3][5 * image..][..5]);
        write_recording(path, &arrays, &classes);
    }
}

/// The neuron that spikes first; of several, the one of the smallest number.
fn first(times: &[u8]) -> u32 {
    (0..times.len()).min_by_key(|&neuron| times[neuron]).unwrap() as u32
}

fn write_recording(path: &Path, [input, conv, hidden, last]: &[Vec<u8>; 4], classes: &[u32]) {
    let arrays: [(&str, &[usize], Elements); 5] = [
        ("times", &[6, 6], Elements::U8(input)),
        ("times.conv", &[3, 4, 4], Elements::U8(conv)),
        ("times.hidden", &[48], Elements::U8(hidden)),
        ("times.last", &[5], Elements::U8(last)),
        ("classes", &[], Elements::U32(classes)),
    ];
    write_arrays(path, &arrays);
}

/// Both kinds of model, each with the same recording.
fn models(trainer: Trainer) -> tempfile::TempDir {
    let (folder, numbers) = (tempfile::tempdir().unwrap(), Numbers::new(1));
    model::write_integer(&folder.path().join("integer"), &numbers.integer()).unwrap();
    model::write_float(&folder.path().join("float"), &numbers.float(LSB)).unwrap();
    for kind in ["integer", "float"] {
        numbers.record(trainer, LSB, &folder.path().join(kind).join("recording.npz"));
    }
    folder
}

fn check(folder: &Path, args: &[&str]) -> (Option<i32>, Value) {
    let done = run(folder, &[&["check", "--json"], args].concat());
    let result = serde_json::from_slice(&done.stdout).unwrap_or_else(|_| panic!("{}", text(&done.stderr)));
    (done.status.code(), result)
}

fn fits(report: &Value) -> Vec<&Value> {
    report["layers"].as_array().unwrap().iter().map(|layer| &layer["fits"]).collect()
}

#[test]
fn a_faithful_recording_is_equal_and_proved() {
    let folder = models(Trainer::default());
    for kind in ["integer", "float"] {
        let (code, report) = check(folder.path(), &[kind]);
        assert_eq!((code, &report["is_equal"], &report["images"]), (Some(0), &true.into(), &IMAGES.into()), "{report}");
        assert_eq!(fits(&report), [&json!([[]]); 3]);
        for layer in report["layers"].as_array().unwrap() {
            let found = [&layer["tier"], &layer["differences"], &layer["tie_differences"], &layer["is_exact"]];
            assert_eq!(found, [&json!("proved"), &json!(0), &json!(0), &json!(true)], "{layer}");
        }
        assert_eq!(report["output"]["differences"], 0);
    }
    let shown = text(&run(folder.path(), &["check", "float", "--limit", "7"]).stdout);
    for part in ["7, T = 8", "equal, 336 spike times; proved", "classes", "recording"] {
        assert!(shown.contains(part), "no {part} in\n{shown}");
    }
}

/// Every trainer with a habit of its own is found out, in the layers where the habit shows.
#[test]
fn each_habit_is_named() {
    let usual = Trainer::default();
    let own = json!([[]]);
    let habits: [(Trainer, &str, [bool; 3]); 6] = [
        (Trainer { fires_above: true, ..usual }, "fires-above", [true; 3]),
        (Trainer { bias_every_step: true, ..usual }, "bias-every-step", [true; 3]),
        (Trainer { delay: true, ..usual }, "delay", [true; 3]),
        (Trainer { transposed: true, ..usual }, "transposed", [false, true, false]),
        (Trainer { hwc_weights: true, ..usual }, "hwc-weights", [false, true, false]),
        (Trainer { hwc_times: true, ..usual }, "hwc-times", [true, true, false]),
    ];
    for (trainer, name, shows) in habits {
        let folder = models(trainer);
        for kind in ["integer", "float"] {
            let (code, report) = check(folder.path(), &[kind]);
            assert_eq!((code, &report["is_equal"]), (Some(1), &false.into()), "{name}");
            let expected = shows.map(|shows| if shows { json!([[name]]) } else { own.clone() });
            assert_eq!(fits(&report), expected.iter().collect::<Vec<_>>(), "{kind} {name}");
        }
    }
}

#[test]
fn two_habits_together_are_both_named() {
    let folder = models(Trainer { bias_every_step: true, delay: true, ..Trainer::default() });
    let (code, report) = check(folder.path(), &["float"]);
    assert_eq!((code, fits(&report)), (Some(1), vec![&json!([["bias-every-step", "delay"]]); 3]));
}

#[test]
fn the_first_difference_says_where_and_what() {
    let folder = models(Trainer { bias_every_step: true, ..Trainer::default() });
    let shown = text(&run(folder.path(), &["check", "float"]).stdout);
    assert!(shown.contains("first difference in conv: image 0, neuron "), "{shown}");
    assert!(shown.contains("hidden: all is equal if the bias is added in every time step"), "{shown}");
    let (_, report) = check(folder.path(), &["float"]);
    let first = &report["layers"][0]["first_difference"];
    // The bias comes again and again: the recorded neuron is the earlier one.
    assert!(first["recorded"].as_u64() < first["replayed"].as_u64().or(Some(99)), "{first}");
    assert!(first["potential"].as_f64() < first["threshold"].as_f64(), "{first}");
}

/// A recording of anything else is told to be that.
#[test]
fn what_no_convention_gives_is_said() {
    let folder = models(Trainer::default());
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut noise = |count: usize| (0..count * IMAGES).map(|_| rng.random_range(0..=STEPS)).collect::<Vec<u8>>();
    let arrays = [noise(36), noise(48), noise(48), noise(5)];
    write_recording(&folder.path().join("noise.npz"), &arrays, &[0; IMAGES]);
    let (code, report) = check(folder.path(), &["integer", "--recording", "noise.npz"]);
    assert_eq!((code, fits(&report)), (Some(1), vec![&json!([]); 3]));
    let shown = text(&run(folder.path(), &["check", "integer", "--recording", "noise.npz"]).stdout);
    assert!(shown.contains("hidden: none of the known conventions"), "{shown}");
}

/// One neuron with two inputs.
fn neuron(weights: [f32; 2], threshold: f32, folder: &Path) {
    let weights = Array2::from_shape_vec((2, 1), weights.to_vec()).unwrap();
    let layer = FloatLayer::dense("only", weights, vec![0.0], Neuron::integrate_once(vec![threshold]));
    let network = FloatNetwork {
        name: "one".into(),
        time_steps: 4,
        input_shape: vec![2],
        coding: Coding::from(1),
        layers: vec![layer],
        readout: Readout::FirstSpike,
    };
    model::write_float(&folder.join("one"), &network).unwrap();
}

fn record_neuron(inputs: &[u8], times: &[u8], folder: &Path) {
    let arrays: [(&str, &[usize], Elements); 3] = [
        ("times", &[2], Elements::U8(inputs)),
        ("times.only", &[1], Elements::U8(times)),
        ("classes", &[], Elements::U32(&vec![0; times.len()])),
    ];
    write_arrays(&folder.join("one/recording.npz"), &arrays);
}

#[test]
fn two_conventions_that_both_fit_are_both_told() {
    let folder = tempfile::tempdir().unwrap();
    neuron([1.0, 1.0], 1.0, folder.path());
    // V = 1, 2: the rule fires at 0. A delay, and V > θ, both fire at 1.
    record_neuron(&[0, 1], &[1], folder.path());
    let (code, report) = check(folder.path(), &["one"]);
    assert_eq!((code, fits(&report)), (Some(1), vec![&json!([["fires-above"], ["delay"]])]));
    let shown = text(&run(folder.path(), &["check", "one"]).stdout);
    assert!(shown.contains("2 conventions give what was recorded"), "{shown}");
    // Never is what both comparisons give where the threshold is not reached.
    neuron([0.5, 1.0], 1.0, folder.path());
    record_neuron(&[0, 4], &[4], folder.path());
    let (code, report) = check(folder.path(), &["one"]);
    assert_eq!((code, fits(&report)), (Some(0), vec![&json!([[]])]));
    assert_eq!(report["layers"][0]["undecided"], json!(["fires-above", "delay"]));
}

#[test]
fn a_score_that_is_no_number_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    neuron([1.0, 1.0], 1.0, folder.path());
    let arrays: [(&str, &[usize], Elements); 4] = [
        ("times", &[2], Elements::U8(&[0, 1])),
        ("times.only", &[1], Elements::U8(&[0])),
        ("classes", &[], Elements::U32(&[0])),
        ("scores", &[1], Elements::F32(&[f32::NAN])),
    ];
    write_arrays(&folder.path().join("one/recording.npz"), &arrays);
    let done = run(folder.path(), &["check", "one"]);
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("recording-arrays") && stderr.contains("the score [0, 0] is NaN"), "{stderr}");
}

/// 0.1 and 0.2 are no multiples of a power of two that floats could add exactly.
#[test]
fn rounding_is_told_apart_from_conventions() {
    let folder = tempfile::tempdir().unwrap();
    neuron([0.1, 0.2], 0.25, folder.path());
    record_neuron(&[0, 1], &[1], folder.path());
    let (code, report) = check(folder.path(), &["one"]);
    let layer = &report["layers"][0];
    assert_eq!((code, &layer["tier"], &layer["ties"]), (Some(0), &"margin".into(), &0.into()));
    // |V − θ| is 0.05 at step 1 and 0.15 at step 0; 2 terms of together 0.3: n·2⁻²⁴·Σ|w| = 3.6e-8.
    let (margin, rounding) = (layer["margin"].as_f64().unwrap(), layer["rounding"].as_f64().unwrap());
    assert!((margin - 0.05).abs() < 1e-6 && (rounding - 0.6 / 16_777_216.0).abs() < 1e-12, "{layer}");

    // The threshold is what a float makes of 0.1 + 0.2: it rounds up, the exact sum does not reach it.
    neuron([0.1, 0.2], 0.1f32 + 0.2f32, folder.path());
    for (recorded, ties_that_differ) in [(1, 1), (4, 0)] {
        record_neuron(&[0, 1], &[recorded], folder.path());
        let (code, report) = check(folder.path(), &["one"]);
        let layer = &report["layers"][0];
        let found = [&layer["tier"], &layer["ties"], &layer["tie_differences"], &layer["differences"]];
        assert_eq!(found, [&json!("recorded"), &json!(1), &json!(ties_that_differ), &json!(0)], "{layer}");
        assert_eq!(code, Some(0));
    }
}

/// The trainer has 0.1 for every LSB. Where a sum equals the threshold its floats decide: in the float network, whose numbers are the
/// trainer's, that is a tie. Whole numbers are not rounded, so there the recording is another one.
#[test]
fn ties_on_a_grid_of_no_power_of_two_are_counted_apart() {
    let (folder, numbers, usual) = (tempfile::tempdir().unwrap(), Numbers::new(1), Trainer::default());
    model::write_integer(&folder.path().join("integer"), &numbers.integer()).unwrap();
    model::write_float(&folder.path().join("float"), &numbers.float(0.1)).unwrap();
    numbers.record(usual, 0.1, &folder.path().join("recording.npz"));
    let sum = |report: &Value, field: &str| {
        report["layers"].as_array().unwrap().iter().map(|layer| layer[field].as_u64().unwrap()).sum::<u64>()
    };
    let (code, report) = check(folder.path(), &["float", "--recording", "recording.npz"]);
    assert_eq!((code, fits(&report)), (Some(0), vec![&json!([[]]); 3]), "{report}");
    assert!(sum(&report, "ties") > 0 && sum(&report, "tie_differences") > 0, "{report}");
    assert_eq!((sum(&report, "differences"), &report["output"]["differences"]), (0, &json!(0)), "{report}");
    let shown = text(&run(folder.path(), &["check", "float", "--recording", "recording.npz"]).stdout);
    assert!(shown.contains("spike times that rounding decided"), "{shown}");

    let (code, report) = check(folder.path(), &["integer", "--recording", "recording.npz"]);
    assert_eq!((code, sum(&report, "tie_differences")), (Some(1), 0), "{report}");
    assert!(sum(&report, "differences") > 0, "{report}");
    assert_eq!(sum(&report, "differences"), sum(&report, "at_threshold"), "{report}");
    let shown = text(&run(folder.path(), &["check", "integer", "--recording", "recording.npz"]).stdout);
    assert!(shown.contains("a scale that is no power of two"), "{shown}");

    // A habit is found all the same.
    numbers.record(Trainer { bias_every_step: true, ..usual }, 0.1, &folder.path().join("recording.npz"));
    let (code, report) = check(folder.path(), &["float", "--recording", "recording.npz"]);
    assert_eq!((code, fits(&report)), (Some(1), vec![&json!([["bias-every-step"]]); 3]));
}

/// No rounding excuses a wrong time where nothing is rounded.
#[test]
fn a_wrong_time_at_the_threshold_of_a_proved_layer_is_a_difference() {
    let (folder, numbers) = (models(Trainer::default()), Numbers::new(1));
    for kind in ["integer", "float"] {
        numbers.record_with_a_fault(Trainer::default(), &folder.path().join("fault.npz"));
        let (code, report) = check(folder.path(), &[kind, "--recording", "fault.npz"]);
        let last = &report["layers"][2];
        let found = [&last["differences"], &last["at_threshold"], &last["tie_differences"], &last["tier"]];
        assert_eq!((code, found), (Some(1), [&json!(1), &json!(1), &json!(0), &Value::Null]), "{kind}: {last}");
    }
}

/// As Python and imports write V > θ: the threshold is the next float, which is no multiple of the weights' LSB.
#[test]
fn thresholds_between_the_sums_leave_them_exact() {
    let (folder, numbers) = (tempfile::tempdir().unwrap(), Numbers::new(1));
    let mut network = numbers.float(LSB);
    for layer in &mut network.layers {
        let channels = layer.bias.len();
        layer.neuron = Neuron::integrate_once(vec![(numbers.threshold as f32 * LSB).next_up(); channels]);
    }
    model::write_float(&folder.path().join("above"), &network).unwrap();
    let above = Trainer { fires_above: true, ..Trainer::default() };
    numbers.record(above, LSB, &folder.path().join("right.npz"));
    let (code, report) = check(folder.path(), &["above", "--recording", "right.npz"]);
    assert_eq!((code, fits(&report)), (Some(0), vec![&json!([[]]); 3]), "{report}");
    assert!(report["layers"].as_array().unwrap().iter().all(|layer| layer["tier"] == "proved"), "{report}");
    numbers.record_with_a_fault(above, &folder.path().join("fault.npz"));
    let (code, report) = check(folder.path(), &["above", "--recording", "fault.npz"]);
    assert_eq!((code, &report["layers"][2]["differences"]), (Some(1), &json!(1)), "{report}");
}

/// The mistake that import invites: thresholds were made for V > θ, and the trainer fires at V ≥ θ. The difference is one LSB on a grid, and
/// one float without.
#[test]
fn a_threshold_made_for_the_other_comparison_is_told_with_its_option() {
    let (folder, numbers) = (tempfile::tempdir().unwrap(), Numbers::new(1));
    let above = Numbers { threshold: numbers.threshold + 1, ..Numbers::new(1) };
    model::write_integer(&folder.path().join("integer"), &above.integer()).unwrap();
    let mut network = above.float(LSB);
    network.layers.iter_mut().for_each(|layer| layer.grid = Some(Grid { format: WeightFormat::Int(5), scale: LSB }));
    model::write_float(&folder.path().join("grid"), &network).unwrap();
    let mut network = numbers.float(LSB);
    for layer in &mut network.layers {
        let channels = layer.bias.len();
        layer.neuron = Neuron::integrate_once(vec![(numbers.threshold as f32 * LSB).next_up(); channels]);
    }
    model::write_float(&folder.path().join("float"), &network).unwrap();
    let usual = Trainer::default();
    for (trainer, expected) in [
        (usual, json!([["fires-at"]])),
        (Trainer { delay: true, ..usual }, json!([["fires-at", "delay"]])),
        (Trainer { bias_every_step: true, ..usual }, json!([["fires-at", "bias-every-step"]])),
    ] {
        numbers.record(trainer, LSB, &folder.path().join("recording.npz"));
        for kind in ["integer", "grid", "float"] {
            let (code, report) = check(folder.path(), &[kind, "--recording", "recording.npz"]);
            assert_eq!((code, fits(&report)), (Some(1), vec![&expected; 3]), "{kind}");
        }
    }
    let shown = text(&run(folder.path(), &["check", "grid", "--recording", "recording.npz"]).stdout);
    let told = "conv: all is equal if neurons fire at V ≥ θ, where the model has the next value above θ and the bias is added in every time \
                step: give import --fires '>=' --bias step";
    assert!(shown.contains(told), "{shown}");
    // The other way round: of a grid, the next value above is a threshold that a trainer at V > θ has as its own.
    numbers.record(Trainer { fires_above: true, ..usual }, LSB, &folder.path().join("recording.npz"));
    for kind in ["integer", "grid", "float"] {
        let (code, report) = check(folder.path(), &[kind, "--recording", "recording.npz"]);
        assert_eq!((code, fits(&report)), (Some(0), vec![&json!([[]]); 3]), "{kind}");
    }
}

/// A single weight that is the threshold, beside one on no grid: nothing is rounded in a sum of one.
#[test]
fn a_threshold_made_for_the_other_comparison_is_told_without_a_grid() {
    let folder = tempfile::tempdir().unwrap();
    neuron([1.0, 0.3], 1f32.next_up(), folder.path());
    record_neuron(&[0, 4], &[0], folder.path());
    let (code, report) = check(folder.path(), &["one"]);
    assert_eq!((code, fits(&report)), (Some(1), vec![&json!([["fires-at"]])]), "{report}");
}

/// Two output neurons in floats: the sum of the first neuron, 0.1 + 0.2, meets its threshold by rounding only. The second spikes later.
fn two_outputs(times: [u8; 2], class: i64, folder: &Path) {
    let weights = Array2::from_shape_vec((3, 2), vec![0.1, 0.0, 0.2, 0.0, 0.0, 1.0]).unwrap();
    let neuron = Neuron::integrate_once(vec![0.1f32 + 0.2f32, 0.5]);
    let network = FloatNetwork {
        name: "two".into(),
        time_steps: 4,
        input_shape: vec![3],
        coding: Coding::from(1),
        layers: vec![FloatLayer::dense("only", weights, vec![0.0; 2], neuron)],
        readout: Readout::FirstSpike,
    };
    model::write_float(&folder.join("two"), &network).unwrap();
    let arrays: [(&str, &[usize], Elements); 3] = [
        ("times", &[3], Elements::U8(&[0, 1, 2])),
        ("times.only", &[2], Elements::U8(&times)),
        ("classes", &[], Elements::I64(&[class])),
    ];
    write_arrays(&folder.join("two/recording.npz"), &arrays);
}

#[test]
fn the_class_is_read_out_of_the_recorded_spikes() {
    let folder = tempfile::tempdir().unwrap();
    // The trainer's float rounds up, so its first neuron spikes first and wins.
    two_outputs([1, 2], 0, folder.path());
    let (code, report) = check(folder.path(), &["two"]);
    let (only, output) = (&report["layers"][0], &report["output"]);
    assert_eq!((&only["tie_differences"], &only["differences"]), (&json!(1), &json!(0)), "{report}");
    assert_eq!((code, &output["differences"]), (Some(0), &json!(0)), "{report}");
    // The second neuron spikes later, so the class that is said to have won has not.
    two_outputs([1, 2], 1, folder.path());
    let (code, report) = check(folder.path(), &["two"]);
    assert_eq!((code, &report["output"]["differences"]), (Some(1), &json!(1)), "{report}");
    let shown = text(&run(folder.path(), &["check", "two"]).stdout);
    let told =
        "only: its spike times are equal, and none of the known conventions gives the classes that were recorded";
    assert!(shown.contains(told), "{shown}");
}

/// Whichever of the neurons that spike first a trainer takes, also where all of them do.
#[test]
fn classes_of_one_step_tie() {
    let folder = tempfile::tempdir().unwrap();
    let weights = Array2::from_shape_vec((2, 2), vec![1.0, 2.0, 0.0, 0.0]).unwrap();
    let network = FloatNetwork {
        name: "two".into(),
        time_steps: 4,
        input_shape: vec![2],
        coding: Coding::from(1),
        layers: vec![FloatLayer::dense("only", weights, vec![0.0; 2], Neuron::integrate_once(vec![1.0; 2]))],
        readout: Readout::FirstSpike,
    };
    model::write_float(&folder.path().join("two"), &network).unwrap();
    let arrays: [(&str, &[usize], Elements); 3] = [
        ("times", &[2], Elements::U8(&[0, 4])),
        ("times.only", &[2], Elements::U8(&[0, 0])),
        ("classes", &[], Elements::U32(&[0])),
    ];
    write_arrays(&folder.path().join("two/recording.npz"), &arrays);
    let (code, report) = check(folder.path(), &["two"]);
    let output = &report["output"];
    assert_eq!((code, &output["differences"], &output["tie_differences"]), (Some(0), &json!(0), &json!(1)), "{report}");
}

#[test]
fn a_class_that_the_network_has_not_is_refused_and_none_is_none() {
    let folder = tempfile::tempdir().unwrap();
    for class in [99, 2, -2] {
        two_outputs([1, 2], class, folder.path());
        let stderr = refused(folder.path(), &["two"]);
        let expected = format!("two/recording.npz: classes: the class of image 0 is {class}, expected 0 … 1");
        assert!(stderr.contains("recording-arrays") && stderr.contains(&expected), "{stderr}");
    }
    two_outputs([1, 2], -1, folder.path());
    let (code, report) = check(folder.path(), &["two"]);
    let output = &report["output"];
    assert_eq!((code, &output["differences"], &output["without_class"]), (Some(0), &json!(0), &json!(1)), "{report}");
    let shown = text(&run(folder.path(), &["check", "two"]).stdout);
    assert!(shown.contains("equal; of 1 none is recorded"), "{shown}");
}

/// Scores of a float type beside an integer network: in its unit, if they are whole numbers.
#[test]
fn scores_are_compared_or_it_is_said_that_they_are_not() {
    let folder = tempfile::tempdir().unwrap();
    let weights = Array2::from_shape_vec((2, 1), vec![3, 2]).unwrap();
    let layer = Layer::dense("only", WeightFormat::Int(4), weights, vec![0], Neuron::integrate());
    let network = IntegerNetwork::new("one", 4, vec![2], 1, vec![layer], Readout::Membrane).unwrap();
    model::write_integer(&folder.path().join("one"), &network).unwrap();
    let record = |scores: Elements| {
        let arrays: [(&str, &[usize], Elements); 3] = [
            ("times", &[2], Elements::U8(&[0, 1, 0, 4])),
            ("classes", &[], Elements::U32(&[0, 0])),
            ("scores", &[1], scores),
        ];
        write_arrays(&folder.path().join("one/recording.npz"), &arrays);
        let (code, report) = check(folder.path(), &["one"]);
        (code, report["scores"].clone(), report["output"]["score_differences"].clone())
    };
    assert_eq!(record(Elements::F32(&[5.0, 3.0])), (Some(0), json!("compared"), json!(0)));
    assert_eq!(record(Elements::F32(&[5.0, 4.0])), (Some(1), json!("compared"), json!(1)));
    assert_eq!(record(Elements::I64(&[6, 3])), (Some(1), json!("compared"), json!(1)));
    assert_eq!(record(Elements::F32(&[5.0, 0.75])), (Some(0), json!("other-unit"), Value::Null));
    let shown = text(&run(folder.path(), &["check", "one"]).stdout);
    assert!(shown.contains("not compared: no whole numbers"), "{shown}");
    assert_eq!(record(Elements::F32(&[5.0, 3.0])).1, "compared");
}

/// Scores in LSB beside a float network, which has another unit.
#[test]
fn integer_scores_beside_a_float_network_are_in_another_unit() {
    let folder = tempfile::tempdir().unwrap();
    let record = |scale: f32, scores: Elements| {
        let weights = Array2::from_shape_vec((2, 1), vec![3.0 * scale, 2.0 * scale]).unwrap();
        let network = FloatNetwork {
            name: "one".into(),
            time_steps: 4,
            input_shape: vec![2],
            coding: Coding::from(1),
            layers: vec![FloatLayer::dense("only", weights, vec![0.0], Neuron::integrate())],
            readout: Readout::Membrane,
        };
        model::write_float(&folder.path().join("one"), &network).unwrap();
        let arrays: [(&str, &[usize], Elements); 3] = [
            ("times", &[2], Elements::U8(&[0, 1, 0, 4])),
            ("classes", &[], Elements::U32(&[0, 0])),
            ("scores", &[1], scores),
        ];
        write_arrays(&folder.path().join("one/recording.npz"), &arrays);
        let (code, report) = check(folder.path(), &["one"]);
        (code, report["scores"].clone(), report["output"]["score_differences"].clone())
    };
    assert_eq!(record(0.5, Elements::F32(&[2.5, 1.5])), (Some(0), json!("compared"), json!(0)));
    assert_eq!(record(0.5, Elements::I64(&[5, 3])), (Some(0), json!("other-unit"), Value::Null));
    let shown = text(&run(folder.path(), &["check", "one"]).stdout);
    assert!(shown.contains("not compared: integers, so in LSB"), "{shown}");
    assert_eq!(record(1.0, Elements::I64(&[5, 3])), (Some(0), json!("compared"), json!(0)));
    assert_eq!(record(1.0, Elements::I64(&[5, 4])), (Some(1), json!("compared"), json!(1)));
}

/// Whoever writes another model there takes away the recording, which says nothing of it.
#[test]
fn a_recording_goes_with_its_model() {
    let (folder, numbers) = (models(Trainer::default()), Numbers::new(1));
    let recording = folder.path().join("integer/recording.npz");
    model::write_integer(&folder.path().join("integer"), &numbers.integer()).unwrap();
    assert!(recording.exists(), "the same model");
    model::write_integer(&folder.path().join("integer"), &Numbers::new(2).integer()).unwrap();
    assert!(!recording.exists());
    std::fs::write(&recording, "").unwrap();
    let done = run(folder.path(), &["quantize", "float", "--bits", "3", "-o", "integer"]);
    assert!(text(&done.stderr).contains("integer/recording.npz is removed"), "{}", text(&done.stderr));
    assert!(!recording.exists() && folder.path().join("float/recording.npz").exists());
}

#[test]
fn a_file_to_import_is_told_from_a_model() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("net.nir"), b"\x89HDF\r\n\x1a\n").unwrap();
    insta::assert_snapshot!(refused(folder.path(), &["net.nir"]), @r##"
    error[check/model-missing]: net.nir is a NIR file, expected a model
      help: import it first: firstspike import nir net.nir -o DIR
    "##);
}

fn refused(folder: &Path, args: &[&str]) -> String {
    let before = contents(folder);
    let done: Output = run(folder, &[&["check"], args].concat());
    assert_eq!((done.status.code(), &done.stdout[..]), (Some(2), &b""[..]));
    assert_eq!(contents(folder), before);
    text(&done.stderr)
}

#[test]
fn recordings_that_do_not_belong_to_the_network_are_refused_with_every_reason() {
    let folder = models(Trainer::default());
    let missing = refused(folder.path(), &["integer", "--recording", "nowhere.npz"]);
    assert!(missing.contains("error[check/io]"), "{missing}");
    let arrays: [(&str, &[usize], Elements); 4] = [
        ("times", &[35], Elements::U8(&[1; 70])),
        ("times.conv", &[48], Elements::U8(&[1; 144])),
        ("times.hiden", &[48], Elements::U8(&[1; 96])),
        ("classes", &[], Elements::U32(&[0, 1])),
    ];
    write_arrays(&folder.path().join("wrong.npz"), &arrays);
    let wrong = refused(folder.path(), &["integer", "--recording", "wrong.npz"]);
    insta::assert_snapshot!(wrong, @r#"
    error[check/recording-arrays]: wrong.npz: 5 array(s) do not fit the network "numbers"
      - "times.hiden" is of no layer that fires
      - "times" has 35 numbers per image, expected 36 numbers per image
      - "times.conv" has 3 images, expected 2
      - there is no array "times.hidden", expected 48 numbers per image
      - there is no array "times.last", expected 5 numbers per image
      help: record again; docs/how-to/check-a-recording.md lists the arrays
    "#);
    std::fs::remove_file(folder.path().join("float/recording.npz")).unwrap();
    assert!(refused(folder.path(), &["float"]).contains("error[check/recording-missing]"));
    write_arrays(&folder.path().join("float/recording.npz"), &[("times", &[36], Elements::U8(&[9; 36]))]);
    assert!(refused(folder.path(), &["float"]).contains("there is no array \"classes\""));
}
