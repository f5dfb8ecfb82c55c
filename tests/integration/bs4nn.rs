//! A published network, trained elsewhere: BS4NN's for MNIST, 784-600-10 with weights of ±1. Its file is not part of this repository;
//! `FIRSTSPIKE_NETS` names the folder that holds it as `bs4nn.npz`, without which there is nothing to test.

use std::path::{Path, PathBuf};

use firstspike::coding::Coding;
use firstspike::data::{self, Split};
use firstspike::fixed::WeightFormat;
use firstspike::golden::{Executor, encode};
use firstspike::model;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use firstspike::npz::{Archive, Elements, Value};
use ndarray::Array2;
use rayon::prelude::*;

use crate::arrays::write_arrays;
use crate::support::{run, text};

/// Time steps of the published simulation.
const STEPS: usize = 254;
const IMAGES: usize = 100;

struct Published {
    network: IntegerNetwork,
    /// Of every image, one after the other: inputs, hidden neurons, outputs.
    times: [Vec<u8>; 3],
    classes: Vec<u8>,
    labels: Vec<u8>,
}

fn numbers(archive: &Archive, name: &str) -> Vec<i32> {
    let number = |_, value| match value {
        Value::Integer(number) => Ok(number as i32),
        Value::Float(_) => panic!("{name} holds whole numbers"),
    };
    archive.required(name).unwrap().next(usize::MAX, number).unwrap()
}

fn bytes(archive: &Archive, name: &str) -> Vec<u8> {
    numbers(archive, name).into_iter().map(|number| number as u8).collect()
}

/// A layer whose weights are bits, eight in a byte, the highest first: 1 is +1, 0 is −1; a row per neuron.
fn layer(name: &str, packed: &[u8], (inputs, outputs): (usize, usize), threshold: i32) -> Layer {
    let row = inputs.div_ceil(8);
    let bit = |input: usize, output: usize| packed[output * row + input / 8] >> (7 - input % 8) & 1;
    let weights = Array2::from_shape_fn((inputs, outputs), |(input, output)| 2 * i32::from(bit(input, output)) - 1);
    let neuron = Neuron::integrate_once(vec![threshold; outputs]);
    Layer::dense(name, WeightFormat::Binary, weights, vec![0; outputs], neuron)
}

/// The published code of gray levels, which is not ours: `254 − ⌊254·x / 255⌋`.
fn coding() -> Coding {
    Coding::Table(Box::new(std::array::from_fn(|gray| (STEPS - STEPS * gray / 255) as u8)))
}

fn published() -> Option<Published> {
    let path = PathBuf::from(std::env::var_os("FIRSTSPIKE_NETS")?).join("bs4nn.npz");
    let archive = Archive::open(&path).unwrap();
    let thresholds = numbers(&archive, "thresholds");
    let layers = vec![
        layer("hidden", &bytes(&archive, "hidden"), (784, 600), thresholds[0]),
        layer("out", &bytes(&archive, "out"), (600, 10), thresholds[1]),
    ];
    Some(Published {
        network: IntegerNetwork::new("bs4nn", STEPS, vec![28, 28], coding(), layers, Readout::FirstSpike).unwrap(),
        times: ["input_times", "hidden_times", "output_times"].map(|name| bytes(&archive, name)),
        classes: bytes(&archive, "their_class"),
        labels: bytes(&archive, "label"),
    })
}

/// Writes the model with its recording, and the images as a set.
fn write(published: &Published, folder: &Path) {
    model::write_integer(&folder.join("model"), &published.network).unwrap();
    let [inputs, hidden, outputs] = &published.times;
    let labels: Vec<u32> = published.labels.iter().map(|&label| label.into()).collect();
    let arrays: [(&str, &[usize], Elements); 5] = [
        ("times", &[28, 28], Elements::U8(inputs)),
        ("times.hidden", &[600], Elements::U8(hidden)),
        ("times.out", &[10], Elements::U8(outputs)),
        ("classes", &[], Elements::U8(&published.classes)),
        ("labels", &[], Elements::U32(&labels)),
    ];
    write_arrays(&folder.join("model/recording.npz"), &arrays);
}

fn printed(folder: &Path, args: &[&str]) -> String {
    let done = run(folder, args);
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    text(&done.stdout)
}

#[test]
fn every_published_spike_time_is_that_of_the_golden_model_and_of_the_hardware() {
    let Some(published) = published() else { return };
    let mut executor = Executor::new(&published.network);
    let (mut correct, mut agreeing) = (0, 0);
    for image in 0..IMAGES {
        let [inputs, hidden, outputs] = [784, 600, 10].map(|size| image * size..(image + 1) * size);
        let trace = executor.run_events(&published.times[0][inputs]);
        assert_eq!(trace.spike_times[0], published.times[1][hidden], "hidden, image {image}");
        assert_eq!(trace.spike_times[1], published.times[2][outputs], "out, image {image}");
        correct += usize::from(trace.class == u32::from(published.labels[image]));
        agreeing += usize::from(trace.class == u32::from(published.classes[image]));
    }
    println!("{correct} of {IMAGES} right, {agreeing} as published");
    assert_eq!(correct, 98);

    let folder = tempfile::tempdir().unwrap();
    write(&published, folder.path());
    let checked = printed(folder.path(), &["check", "model"]);
    assert_eq!(checked.matches("proved").count(), 2, "{checked}");
    let compared = printed(folder.path(), &["compare", "model", "--data", "model/recording.npz"]);
    println!("{checked}\n{compared}");
}

/// The whole MNIST test set, from its pixels: `FIRSTSPIKE_DATA` has to hold it.
#[test]
fn the_published_code_is_a_table_for_the_whole_test_set() {
    let Some(published) = published() else { return };
    let images = data::load("mnist", Split::Test).unwrap();
    let first = images.pixels.as_slice().unwrap()[..784 * IMAGES].iter();
    assert_eq!(encode(first, published.network.coding(), STEPS), published.times[0]);
    let classes = |executor: &mut Executor, index: usize| {
        let trace = executor.run(images.image(index).into());
        let first = (0..10u32).min_by_key(|&class| trace.spike_times[1][class as usize]);
        [Some(trace.class), first].map(|class| usize::from(class == Some(images.labels[index])))
    };
    let classes = (0..images.len()).into_par_iter().map_init(|| Executor::new(&published.network), classes);
    let [right, right_by_index] = classes.reduce(|| [0; 2], |a, b| [a[0] + b[0], a[1] + b[1]]);
    println!("{right} of {} right; {right_by_index} if the smaller index breaks all ties", images.len());
    assert_eq!((images.len(), right), (10_000, 9_608));
}
