//! Layers whose weights are logic: what is built of them, in which cycles, and what is refused.

use std::path::Path;

use firstspike::arch::{self, CostModel, EngineKind, InputKind, Options, ResultKind};
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use ndarray::{Array2, array};

use crate::design::Pair;
use crate::support::{refused, run, text, write_model};

/// Every kind of neuron: one that falls below its threshold again, one that always and one that never spikes, one with a bit heap.
pub fn network(time_steps: usize) -> IntegerNetwork {
    let mut weights = Array2::zeros((8, 4));
    weights.column_mut(0).assign(&array![3, -5, 0, 0, 0, 0, 0, 0]);
    weights.column_mut(1).assign(&array![1, 1, 0, 0, 0, 0, 0, 0]);
    weights.column_mut(2).assign(&array![0, 0, 1, 0, 0, 0, 0, 1]);
    weights.column_mut(3).assign(&array![3, 1, 3, 7, -7, 5, 6, -1]);
    let hidden =
        Layer::dense("hidden", WeightFormat::Int(4), weights, vec![0; 4], Neuron::integrate_once(vec![3, 0, 3, 4]));
    let weights = array![[1, -2, 3], [-1, 1, 0], [2, 2, 2], [3, -3, 1]];
    let classes = Layer::dense("classes", WeightFormat::Int(3), weights, vec![1, 0, -1], Neuron::integrate());
    IntegerNetwork::new("sparse", time_steps, vec![8], 1, vec![hidden, classes], Readout::Membrane).unwrap()
}

pub fn spatial(input: InputKind) -> Options {
    Options { input, engines: vec![EngineKind::Spatial], ..Options::default() }
}

/// Input 0 early and input 1 late, or the other way round; all at once; and others.
fn images() -> Vec<Vec<u8>> {
    let image = |seed: usize| (0..8).map(|pixel| ((seed * 97 + pixel * (31 + seed)) % 256) as u8).collect();
    let mut images = vec![vec![255, 1, 0, 0, 0, 0, 0, 0], vec![1, 255, 0, 0, 0, 0, 0, 0], vec![255; 8], vec![0; 8]];
    images.extend((0..20).map(image));
    images
}

/// The last neuron of the hidden layer has 7, 4, 2, 2, 1 bits in its columns: three levels of adders, a carry chain that counts for two,
/// and a latch if there are steps to remember: two stages of three levels. Of the classes, one has 3 and 4 bits: two levels in one stage,
/// the chain in the next. Beside these there are the gate, two levels of the tree of scores or the two cycles of the comparisons, and the
/// output.
#[test]
fn a_small_network_takes_the_cycles_that_are_counted_by_hand() {
    for (time_steps, result, cycles) in [
        (1, ResultKind::Words, 2 + 2 + 2 + 2 + 1),
        (4, ResultKind::Words, 3 + 2 + 2 + 2 + 2 + 1),
        (1, ResultKind::Vector, 2 + 2 + 2 + 2 + 1),
        (4, ResultKind::Vector, 3 + 2 + 2 + 2 + 2 + 1),
    ] {
        let network = network(time_steps);
        let spatial = |input| Options { result, ..spatial(input) };
        let design = arch::plan(&network, &spatial(InputKind::Steps)).unwrap();
        let described = design.layers.iter().map(|layer| layer.engine.description(layer)).collect::<Vec<_>>();
        assert_eq!(described, ["weights in logic, 2 stages"; 2]);
        assert_eq!(CostModel::empty_image_latency(&design), cycles);
        for input in [InputKind::Steps, InputKind::Pixels] {
            let folder = tempfile::tempdir().unwrap();
            let pair = Pair::new(folder.path(), &network, &spatial(input));
            let compared = pair.compare(&images(), &[], &RunOptions::default());
            assert!(compared.is_equal(), "{time_steps} steps, {input:?}, {result:?}: {compared:?}");
            assert_eq!(pair.rough(&images()).first_difference, None);
        }
    }
}

/// 64 inputs of 24 neurons, 2 bits a weight: 128 bits a neuron, so five of them share a copy of the inputs.
#[test]
fn a_large_layer_has_copies_of_its_inputs() {
    let weights =
        Array2::from_shape_fn((64, 24), |(input, neuron)| [3, -3, -5, 5][(input * 7 + neuron * 3 + input / 9) % 4]);
    let neurons = Neuron::integrate_once((0..24).map(|neuron| neuron % 7 - 2).collect());
    let hidden = Layer::dense("hidden", WeightFormat::Int(4), weights, vec![0; 24], neurons);
    let weights = Array2::from_shape_fn((24, 3), |(input, neuron)| (input * 5 + neuron * 11) as i32 % 7 - 3);
    let classes = Layer::dense("classes", WeightFormat::Int(3), weights, vec![0; 3], Neuron::integrate());
    let network = IntegerNetwork::new("copies", 3, vec![64], 1, vec![hidden, classes], Readout::Membrane).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let pair = Pair::new(folder.path(), &network, &spatial(InputKind::Steps));
    let layer = std::fs::read_to_string(folder.path().join("copies_layer0.v")).unwrap();
    assert_eq!(layer.matches("fs_register_copy").count(), 5);
    let image = |seed: usize| (0..64).map(|pixel| ((seed * 97 + pixel * (31 + seed)) % 256) as u8).collect();
    let images: Vec<_> = (0..40).map(image).collect();
    let compared = pair.compare(&images, &[], &RunOptions::default());
    assert!(compared.is_equal(), "{compared:?}");
    assert_eq!(pair.rough(&images).first_difference, None);
}

/// Three beats for eight inputs: the last one comes two cycles after the first, in every step; or it comes once, and the steps follow in the
/// cycles after it.
#[test]
fn a_narrow_port_takes_the_cycles_of_its_beats() {
    for time_steps in [1, 2, 3, 4, 7] {
        let network = network(time_steps);
        let options = |result, input, bits| Options { result, stream_bits: bits, ..spatial(input) };
        for result in [ResultKind::Words, ResultKind::Vector] {
            let latency = |input, bits| {
                let design = arch::plan(&network, &options(result, input, bits)).unwrap();
                CostModel::empty_image_latency(&design)
            };
            let whole = latency(InputKind::Steps, None);
            assert_eq!(latency(InputKind::Steps, Some(3)), whole + 2 * time_steps as u64);
            assert_eq!(latency(InputKind::Steps, Some(9)), whole);
            assert_eq!(latency(InputKind::Pixels, Some(24)), whole + 3);
            assert_eq!(latency(InputKind::Pixels, Some(72)), whole + 1);
        }
    }
}

/// Images follow each other as fast as their beats do, or their steps.
#[test]
fn the_interval_of_images_is_that_of_their_beats_or_steps() {
    for (time_steps, input, bits, cycles) in [
        (1, InputKind::Pixels, 64, 1),
        (4, InputKind::Steps, 3, 12),
        (2, InputKind::Pixels, 24, 3),
        (4, InputKind::Pixels, 24, 4),
        (7, InputKind::Pixels, 8, 8),
    ] {
        let network = network(time_steps);
        let options = Options { result: ResultKind::Vector, stream_bits: Some(bits), ..spatial(input) };
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair::new(folder.path(), &network, &options);
        let compared = pair.compare(&images(), &[], &RunOptions::default());
        assert!(compared.is_equal(), "{time_steps} steps, {input:?}, {bits} bits: {compared:?}");
        assert_eq!(pair.intervals(&images()), [cycles; 23], "{time_steps} steps, {input:?}, {bits} bits");
    }
}

#[test]
fn streams_of_unfit_widths_are_refused() {
    for (arguments, said) in [
        (["--input", "events", "--stream-bits", "16"], "a beat of events is one event"),
        (["--input", "pixels", "--stream-bits", "12"], "stream-bits is 12, expected a multiple of 8"),
        (["--input", "steps", "--stream-bits", "0"], "stream-bits is 0, expected 1 … 4096"),
        (["--input", "steps", "--stream-bits", "4097"], "stream-bits is 4097, expected 1 … 4096"),
    ] {
        let arguments = [&["generate", "model", "-o", "design"][..], &arguments].concat();
        says(&refused(&arguments, |_| {}), &["stream-bits", said]);
    }
}

/// More images than results can wait, before a receiver that takes one in ten cycles.
#[test]
fn images_wait_when_too_many_results_do() {
    let (folder, network) = (tempfile::tempdir().unwrap(), network(1));
    let options = Options { result: ResultKind::Vector, ..spatial(InputKind::Steps) };
    let pair = Pair::new(folder.path(), &network, &options);
    let many: Vec<_> = images().into_iter().cycle().take(100).collect();
    let slow = RunOptions { stall_percent: 90, ..RunOptions::default() };
    assert_eq!(pair.difference(&many, &[], &slow), None);
}

fn says(stderr: &str, words: &[&str]) {
    for word in words {
        assert!(stderr.contains(word), "{word}: {stderr}");
    }
}

#[test]
fn layers_that_are_no_logic_are_refused_by_name() {
    let digits_conv = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/digits-conv");
    let stderr = refused(&["generate", digits_conv, "-o", "design", "--engine", "spatial"], |_| {});
    says(&stderr, &["engine-unsuited", "layers[0]", "is a convolution", "--engine event"]);
}

#[test]
fn results_of_one_beat_want_a_spatial_layer_and_the_membrane() {
    let stderr = refused(&["generate", "model", "-o", "design", "--result", "vector"], |_| {});
    says(&stderr, &["result-unsuited", "the readout is not membrane", "the last layer is not built by the spatial"]);
}

#[test]
fn engines_and_stages_out_of_range_are_refused() {
    let stderr = refused(&["generate", "model", "-o", "design", "--engine", "event,spatial"], |_| {});
    says(&stderr, &["engine-count", "engine has 2 entries, the network 1 layers"]);
    let stderr = refused(&["generate", "model", "-o", "design", "--engine", "spatial", "--pipeline", "0"], |_| {});
    says(&stderr, &["pipeline is 0, expected 1 … 64"]);
}

#[test]
fn a_design_of_logic_is_compared_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let design = ["generate", "model", "-o", "design", "--engine", "spatial", "--pipeline", "4", "--input", "pixels"];
    for args in [&design[..], &["compare", "design", "--data", "digits", "--limit", "40"]] {
        let done = run(folder.path(), args);
        assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    }
    let layer = std::fs::read_to_string(Path::new(folder.path()).join("design/tiny_layer0.v")).unwrap();
    assert!(layer.contains("module tiny_layer0 ") && layer.contains("// Neuron 9: "), "{layer}");
}
