//! `firstspike export`: NIR files against a simulator of 32-bit floats that knows nothing of the library, and back through `import`.

use std::collections::BTreeMap;
use std::path::Path;

use firstspike::coding::Coding;
use firstspike::export;
use firstspike::fixed::WeightFormat;
use firstspike::golden::Executor;
use firstspike::hdf5::{self, Group, Item, Numbers};
use firstspike::import::{Bias, Fires, InputCode, Options, decode_nir};
use firstspike::network::{
    Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, ReadoutKind, StepRows, Synapses, WeightedSource, network_hash,
};
use firstspike::{model, quantize};
use ndarray::{Array2, Array4};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::{contents, float_network, refused, run, text};

/// The network that comes back.
fn imported(network: &IntegerNetwork, options: &Options) -> IntegerNetwork {
    let bytes = export::export(network).unwrap().bytes;
    let imported = decode_nir("net.nir", bytes, options).unwrap();
    let grids = quantize::choose_grids(&imported.network, &[]).unwrap();
    quantize::quantize(&imported.network, &grids).unwrap()
}

#[test]
fn the_shipped_models_come_back_with_their_hash() {
    for folder in
        ["models/digits", "models/mnist-dense", "models/mnist-128", "models/mnist-conv", "tests/fixtures/digits-conv"]
    {
        let network = model::read_integer(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).unwrap();
        let back = imported(&network, &Options::default());
        assert_eq!(network_hash(&back), network_hash(&network), "{folder}");
    }
}

/// The nodes of a file in the order of its edges, each with its fields.
fn chain(bytes: Vec<u8>) -> Vec<Group> {
    let mut file = hdf5::decode(bytes).unwrap();
    let Some(Item::Group(mut root)) = file.remove("node") else { panic!("no graph") };
    let Some(Item::Group(mut nodes)) = root.remove("nodes") else { panic!("no nodes") };
    let Some(Item::Texts(edges)) = root.remove("edges") else { panic!("no edges") };
    let next: BTreeMap<_, _> = edges.values.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect();
    let mut order = vec!["input".to_owned()];
    while let Some(name) = next.get(order.last().unwrap()) {
        order.push(name.clone());
    }
    let node = |name: &String| match nodes.remove(name) {
        Some(Item::Group(fields)) => fields,
        _ => panic!("no node {name}"),
    };
    order.iter().map(node).collect()
}

fn numbers<'a>(node: &'a Group, field: &str) -> &'a Numbers {
    match &node[field] {
        Item::Numbers(numbers) => numbers,
        other => panic!("{field} is {other:?}"),
    }
}

fn side(node: &Group, field: &str) -> usize {
    let values = &numbers(node, field).values;
    assert!(values.iter().all(|value| *value == values[0]));
    values[0] as usize
}

fn kind(node: &Group) -> &str {
    match &node["type"] {
        Item::Texts(texts) => &texts.values[0],
        _ => panic!("no type"),
    }
}

/// What a simulator that fires once makes of an image: the spike times of every IF, and the last potentials of an I.
struct Simulated {
    spike_times: Vec<Vec<u8>>,
    potentials: Vec<f32>,
}

fn simulate(nodes: &[Group], input: &[u8], time_steps: usize, fires_above: bool) -> Simulated {
    let mut potentials: Vec<Vec<f32>> = vec![Vec::new(); nodes.len()];
    let mut times: Vec<Vec<u8>> = vec![Vec::new(); nodes.len()];
    for step in 0..time_steps {
        let mut shape: Vec<usize> = numbers(&nodes[0], "shape").values.iter().map(|&side| side as usize).collect();
        let mut values: Vec<f32> = input.iter().map(|&time| f32::from(u8::from(usize::from(time) == step))).collect();
        for (index, node) in nodes.iter().enumerate() {
            assert_eq!(values.len(), shape.iter().product::<usize>(), "{}", kind(node));
            match kind(node) {
                "Input" | "Output" => assert_eq!(numbers(node, "shape").values.len(), shape.len()),
                "Flatten" => shape = vec![values.len()],
                "SumPool2d" => (shape, values) = pooled(node, &shape, &values),
                "Conv2d" => (shape, values) = convolved(node, &shape, &values),
                "Linear" | "Affine" => {
                    assert_eq!(shape.len(), 1, "a Linear sees the last axis alone");
                    values = multiplied(node, &values);
                    shape = vec![values.len()];
                }
                "I" | "IF" => {
                    assert_eq!(numbers(node, "r").shape, shape);
                    let sums = &mut potentials[index];
                    sums.resize(values.len(), 0.0);
                    sums.iter_mut().zip(&values).for_each(|(sum, value)| *sum += value);
                    if kind(node) == "IF" {
                        times[index].resize(values.len(), time_steps as u8);
                        let threshold = &numbers(node, "v_threshold").values;
                        let fires = |neuron: usize| match fires_above {
                            true => sums[neuron] > threshold[neuron],
                            false => sums[neuron] >= threshold[neuron],
                        };
                        values = (0..sums.len())
                            .map(|neuron| {
                                let fires = usize::from(times[index][neuron]) == time_steps && fires(neuron);
                                if fires {
                                    times[index][neuron] = step as u8;
                                }
                                f32::from(u8::from(fires))
                            })
                            .collect();
                    }
                }
                other => panic!("{other}"),
            }
        }
    }
    let last = nodes.iter().position(|node| kind(node) == "I");
    let spike_times = times.into_iter().filter(|times| !times.is_empty()).collect();
    Simulated { spike_times, potentials: last.map_or(Vec::new(), |index| potentials[index].clone()) }
}

fn multiplied(node: &Group, values: &[f32]) -> Vec<f32> {
    let weight = numbers(node, "weight");
    let row = |(neuron, row): (usize, &[f32])| {
        let bias = if node.contains_key("bias") { numbers(node, "bias").values[neuron] } else { 0.0 };
        // From the last input to the first: the order must not matter.
        row.iter().zip(values).rev().fold(bias, |sum, (weight, value)| sum + weight * value)
    };
    weight.values.chunks(weight.shape[1]).enumerate().map(row).collect()
}

fn pooled(node: &Group, shape: &[usize], values: &[f32]) -> (Vec<usize>, Vec<f32>) {
    let (size, [channels, height, width]) = (side(node, "kernel_size"), [shape[0], shape[1], shape[2]]);
    assert_eq!((side(node, "stride"), side(node, "padding")), (size, 0));
    let (h, w) = (height / size, width / size);
    let mut sums = vec![0.0; channels * h * w];
    for (index, value) in values.iter().enumerate() {
        let (channel, y, x) = (index / (height * width), index / width % height, index % width);
        sums[(channel * h + y / size) * w + x / size] += value;
    }
    (vec![channels, h, w], sums)
}

fn convolved(node: &Group, shape: &[usize], values: &[f32]) -> (Vec<usize>, Vec<f32>) {
    let weight = numbers(node, "weight");
    let (outputs, group, k) = (weight.shape[0], weight.shape[1], weight.shape[2]);
    let [stride, padding, groups] = ["stride", "padding", "groups"].map(|field| side(node, field));
    let (height, width) = (shape[1], shape[2]);
    assert_eq!(numbers(node, "input_shape").values, [height as f32, width as f32]);
    let [h, w] = [height, width].map(|side| (side + 2 * padding - k) / stride + 1);
    let mut sums = Vec::new();
    for (o, v, u) in (0..outputs * h * w).map(|index| (index / (h * w), index / w % h, index % w)) {
        let mut sum = numbers(node, "bias").values[o];
        for (c, dy, dx) in (0..group * k * k).map(|tap| (tap / (k * k), tap / k % k, tap % k)) {
            let (y, x) = (stride * v + dy, stride * u + dx);
            if (padding..padding + height).contains(&y) && (padding..padding + width).contains(&x) {
                let channel = o / (outputs / groups) * group + c;
                let value = values[(channel * height + y - padding) * width + x - padding];
                sum += weight.values[((o * group + c) * k + dy) * k + dx] * value;
            }
        }
        sums.push(sum);
    }
    (vec![outputs, h, w], sums)
}

/// Networks of all that can be written, drawn by chance.
struct Draw(ChaCha8Rng);

impl Draw {
    fn list(&mut self, count: usize, low: i32, high: i32) -> Vec<i32> {
        (0..count).map(|_| self.0.random_range(low..=high)).collect()
    }

    fn rows(&mut self, time_steps: usize, channels: usize) -> Option<StepRows> {
        let row = self.list(channels, -2, 3);
        (self.0.random_range(0..2) == 1 && row.iter().any(|entry| *entry != 0))
            .then(|| StepRows::constant(&row, time_steps))
    }

    /// Neurons whose thresholds now and then are out of reach, or have been reached from the start.
    fn neuron(&mut self, channels: usize, fires: bool) -> Neuron {
        let mut threshold = self.list(channels, -3, 12);
        if self.0.random_range(0..3) == 0 {
            threshold[0] = [1 << 30, -(1 << 30)][self.0.random_range(0..2)];
        }
        if fires { Neuron::integrate_once(threshold) } else { Neuron::integrate() }
    }

    fn dense(&mut self, name: &str, input: Map, pool: usize, outputs: usize, fires: bool, time_steps: usize) -> Layer {
        let inputs = input.pooled(pool).size();
        let weights = Array2::from_shape_vec((inputs, outputs), self.list(inputs * outputs, -7, 7)).unwrap();
        let input = if pool == 1 { Map::vector(inputs) } else { input };
        let (step_rows, neuron) = (self.rows(time_steps, outputs), self.neuron(outputs, fires));
        let (format, synapses) = (WeightFormat::Int(4), Synapses::Dense(weights));
        Layer { name: name.into(), format, input, pool, synapses, v0: vec![0; outputs], step_rows, neuron }
    }

    fn conv(&mut self, name: &str, input: Map, time_steps: usize) -> Layer {
        let groups = self.0.random_range(1..=input.channels);
        let groups = if input.channels.is_multiple_of(groups) { groups } else { 1 };
        let (outputs, inputs) = (2 * groups, input.channels / groups);
        let weights = Array4::from_shape_vec((outputs, inputs, 3, 3), self.list(outputs * inputs * 9, -3, 3)).unwrap();
        let (stride, padding) = (self.0.random_range(1..=2), self.0.random_range(0..=1));
        let synapses = Synapses::Conv2d(Conv2d { weights, stride, padding, groups });
        let (step_rows, neuron) = (self.rows(time_steps, outputs), self.neuron(outputs, true));
        let (name, format) = (name.into(), WeightFormat::Int(3));
        Layer { name, format, input, pool: 1, synapses, v0: vec![0; outputs], step_rows, neuron }
    }

    fn network(&mut self) -> IntegerNetwork {
        let time_steps = self.0.random_range(1..=12);
        let kind = ReadoutKind::ALL[self.0.random_range(0..4)];
        let fires = kind.output_fires();
        let (shape, layers) = match self.0.random_range(0..3) {
            0 => {
                let hidden = self.dense("hidden", Map::vector(9), 1, 7, true, time_steps);
                (vec![3, 3], vec![hidden, self.dense("last", Map::vector(7), 1, 4, fires, time_steps)])
            }
            1 => {
                let conv = self.conv("conv", Map::new(2, 8, 8), time_steps);
                let map = conv.output();
                let pool = if map.height.is_multiple_of(2) { 2 } else { 1 };
                (vec![2, 8, 8], vec![conv, self.dense("last", map, pool, 3, fires, time_steps)])
            }
            _ => {
                let hidden = self.dense("hidden", Map::new(1, 6, 6), 3, 5, true, time_steps);
                (vec![6, 6], vec![hidden, self.dense("last", Map::vector(5), 1, 3, fires, time_steps)])
            }
        };
        let mut layers = layers;
        let last = layers.last_mut().unwrap();
        last.v0 = self.list(last.v0.len(), -5, 5);
        let readout = match kind {
            ReadoutKind::Membrane => Readout::Membrane,
            ReadoutKind::FirstSpike => Readout::FirstSpike,
            _ => {
                let source = kind.source().unwrap();
                // Whole numbers without a common divisor: quantization finds them again.
                let alpha = (0..time_steps).map(|step| if time_steps == 1 { 1 } else { 13 - step as u16 }).collect();
                Readout::TemporalWeighting { source, alpha }
            }
        };
        let coding = if self.0.random_range(0..2) == 1 { 3.into() } else { Coding::of_times(time_steps as u8) };
        IntegerNetwork::new("drawn", time_steps, shape, coding, layers, readout).unwrap()
    }
}

/// Thresholds out of reach may come back nearer, and `spikes` does not look at potentials: then the hash may be another.
fn comes_back(network: &IntegerNetwork) -> bool {
    let is_near = |layer: &Layer| {
        layer.neuron.parameters().iter().all(|(_, values)| values.iter().all(|value| value.unsigned_abs() < 1 << 20))
    };
    network.readout().kind() != ReadoutKind::Spikes && network.layers().iter().all(is_near)
}

#[test]
fn every_simulator_gives_the_spikes_and_scores_of_the_golden_model() {
    let (mut draw, mut same, mut spread) = (Draw(ChaCha8Rng::seed_from_u64(5)), 0, 0);
    for case in 0..150 {
        let network = draw.network();
        let exported = export::export(&network).unwrap();
        let scale = exported.layers.last().unwrap().scale as f32;
        spread += usize::from(scale > 1.0);
        let nodes = chain(exported.bytes);
        let back = imported(&network, &Options::default());
        if comes_back(&network) {
            assert_eq!(network_hash(&back), network_hash(&network), "case {case}: {network:?}\n{back:?}");
            same += 1;
        }
        let (mut executor, mut again) = (Executor::new(&network), Executor::new(&back));
        for fires_above in [true, false] {
            let input: Vec<u8> = draw
                .list(network.inputs(), 0, network.time_steps() as i32)
                .into_iter()
                .map(|time| time as u8)
                .collect();
            let golden = executor.run_events(&input);
            let found = simulate(&nodes, &input, network.time_steps(), fires_above);
            let fire = network.layers().iter().zip(&golden.spike_times).filter(|(layer, _)| layer.neuron.fires());
            let expected: Vec<Vec<u8>> = fire.map(|(_, times)| times.clone()).collect();
            assert_eq!(found.spike_times, expected, "case {case}, above: {fires_above}");
            if network.readout().kind() == ReadoutKind::Membrane {
                let scores: Vec<f32> = golden.scores.iter().map(|&score| score as f32 * scale).collect();
                assert_eq!(found.potentials, scores, "case {case}");
            }
            assert_eq!(again.run_events(&input).spike_times, golden.spike_times, "case {case}");
        }
    }
    assert!(same > 40 && spread > 5, "{same} came back, {spread} were spread");
}

/// A dense network of one input and two hidden neurons.
fn small(hidden: Layer) -> IntegerNetwork {
    let last = Layer::dense(
        "last",
        WeightFormat::Int(4),
        Array2::from_elem((2, 2), 1),
        vec![3, 0],
        Neuron::integrate_once(vec![1, 2]),
    );
    IntegerNetwork::new("little", 3, vec![1], 1, vec![hidden, last], Readout::FirstSpike).unwrap()
}

fn hidden() -> Layer {
    let weights = Array2::from_elem((1, 2), 5);
    Layer::dense("hidden", WeightFormat::Int(4), weights, vec![0, 0], Neuron::integrate_once(vec![4, 5]))
}

#[test]
fn what_nir_cannot_hold_is_refused_by_layer() {
    let rows = Some(StepRows::new(ndarray::array![[0, 1], [0, 1], [1, 1]]));
    let changing = export::export(&small(Layer { step_rows: rows, ..hidden() })).unwrap_err();
    assert_eq!(changing.code, "export-refused");
    insta::assert_snapshot!(changing.problems.join("\n"), @r#"layer "hidden": its step rows change from step to step, expected one row for all steps: a bias of NIR is the same in every step"#);
    let far = export::export(&small(Layer { v0: vec![1 << 23, 0], ..hidden() })).unwrap_err();
    insta::assert_snapshot!(far.problems.join("\n"), @r#"layer "hidden": its potentials need 25 bits, expected at most 24: the 32-bit floats of a simulator would round"#);
}

#[test]
fn what_becomes_of_initial_potentials_is_said() {
    let notes = |network: &IntegerNetwork| export::export(network).unwrap().notes.join("\n");
    insta::assert_snapshot!(notes(&small(Layer { v0: vec![2, 0], ..hidden() })), @r##"
    layer "hidden": its initial potentials are part of its thresholds; imported again, the spikes are the same and the hash is not
    layer "last": its initial potentials are part of its thresholds; a score is the potential and v0 of the metadata
    every neuron fires once, which NIR cannot say: a simulator must drop all spikes but the first of each neuron
    the readout, first-spike, is only in the metadata
    "##);
    let readout = |readout: Readout, neuron| {
        let last = Layer { neuron, v0: vec![1, 2], ..hidden() };
        notes(&IntegerNetwork::new("one", 10, vec![1], 1, vec![last], readout).unwrap())
    };
    insta::assert_snapshot!(readout(Readout::Membrane, Neuron::integrate()), @r##"
    layer "hidden": its initial potentials are a bias of v0/T in every step; for that to be exact its numbers, and the scores, are 5 times as large
    every neuron fires once, which NIR cannot say: a simulator must drop all spikes but the first of each neuron
    "##);
    let alpha = (0..10).rev().collect();
    let weighting = Readout::TemporalWeighting { source: WeightedSource::Current, alpha };
    insta::assert_snapshot!(readout(weighting, Neuron::integrate()), @r##"
    layer "hidden": its initial potentials are only in the metadata (v0): they are current of step 0, which NIR cannot say
    every neuron fires once, which NIR cannot say: a simulator must drop all spikes but the first of each neuron
    the readout, current, is only in the metadata
    "##);
}

/// Initial potentials of hidden layers are in the thresholds: the same spikes, also in the network that comes back.
#[test]
fn hidden_neurons_may_start_anywhere() {
    let network = small(Layer { v0: vec![2, -3], ..hidden() });
    let nodes = chain(export::export(&network).unwrap().bytes);
    let back = imported(&network, &Options::default());
    for input in 0..4 {
        let golden = Executor::new(&network).run_events(&[input]);
        assert_eq!(Executor::new(&back).run_events(&[input]), golden);
        for fires_above in [true, false] {
            assert_eq!(simulate(&nodes, &[input], 3, fires_above).spike_times, golden.spike_times);
        }
    }
    assert_ne!(network_hash(&back), network_hash(&network));
}

#[test]
fn options_win_over_metadata_and_say_so() {
    let network = small(hidden());
    let bytes = || export::export(&network).unwrap().bytes;
    let taken = decode_nir("net.nir", bytes(), &Options::default()).unwrap();
    assert_eq!((taken.network.name.as_str(), taken.network.time_steps), ("little", 3));
    insta::assert_snapshot!(taken.notes[0], @r#"the file's metadata say that each neuron fires once, and: the name "little", 3 time steps, latency coding from 1 on, the readout first-spike"#);
    let options = Options {
        name: Some("other".into()),
        time_steps: Some(5),
        readout: Some(ReadoutKind::Spikes),
        fires: Some(Fires::AtOrAbove),
        bias: Some(Bias::Step),
        ..Options::default()
    };
    let given = decode_nir("net.nir", bytes(), &options).unwrap();
    assert_eq!((given.network.name.as_str(), given.network.time_steps), ("other", 5));
    assert_eq!(given.network.readout.kind(), ReadoutKind::Spikes);
    insta::assert_snapshot!(given.notes[..4].join("\n"), @r##"
    the file's metadata say that each neuron fires once, and: latency coding from 1 on
    --name counts; the file's metadata say the name "little"
    --steps counts; the file's metadata say 3 time steps
    --readout counts; the file's metadata say the readout first-spike
    "##);
    let last = |options: Options| decode_nir("net.nir", bytes(), &options).unwrap().notes.join("\n");
    let bias = |bias| last(Options { bias: Some(bias), ..Options::default() });
    let steps = bias(Bias::Step);
    assert!(
        steps.contains("--bias step counts; the file's metadata say initial potentials, which are not used"),
        "{steps}"
    );
    let start = bias(Bias::Start);
    assert!(
        start.contains("--bias start counts; the file's metadata say that biases are of every time step"),
        "{start}"
    );
    for (threshold, option) in [(Some(9), "--input-threshold"), (None, "--coding")] {
        let code = InputCode::Latency { threshold };
        let wide = IntegerNetwork::new("net", 3, vec![1], 5, vec![hidden()], Readout::FirstSpike).unwrap();
        let file = export::export(&wide).unwrap().bytes;
        let options = Options { input_code: Some(code), ..Options::default() };
        let notes = decode_nir("net.nir", file, &options).unwrap().notes.join("\n");
        let told = format!("{option} counts; the file's metadata say latency coding from 5 on");
        assert!(notes.contains(&told), "{notes}");
    }
    let shorter = last(Options { step: Some(0.5), ..Options::default() });
    assert!(shorter.contains("--dt counts: weights and biases are 0.5 times those of the file"), "{shorter}");
}

/// Nothing but a NIR file is replaced by one.
#[test]
fn names_and_files_of_others_are_refused() {
    let args = |file| ["export", "nir", "model", "-o", file];
    insta::assert_snapshot!(refused(&args("net.npz"), |_| {}), @r##"
    error[export/export-file]: --output net.npz: the name is not that of a NIR file
      help: give a name that ends in .nir
    "##);
    let notes = |folder: &Path| std::fs::write(folder.join("net.nir"), "notes").unwrap();
    insta::assert_snapshot!(refused(&args("net.nir"), notes), @r##"
    error[export/export-file]: --output net.nir: the file that is there is no NIR file
      help: remove it, or choose another name
    "##);
    let folder = tempfile::tempdir().unwrap();
    crate::support::write_model(folder.path(), 10);
    for _ in 0..2 {
        assert!(run(folder.path(), &args("net.nir")).status.success());
    }
}

#[test]
fn damaged_metadata_are_refused_by_field() {
    let mut file = hdf5::decode(export::export(&small(hidden())).unwrap().bytes).unwrap();
    let Some(Item::Group(root)) = file.get_mut("node") else { panic!("no graph") };
    let Some(Item::Group(metadata)) = root.get_mut("metadata") else { panic!("no metadata") };
    metadata.insert("time_steps".into(), Item::integers(&[], &[0]));
    metadata.remove("coding");
    let error = decode_nir("net.nir", hdf5::encode(&file), &Options::default()).unwrap_err();
    assert_eq!(error.code, "import-refused");
    insta::assert_snapshot!(error.problems.join("\n"), @r##"
    metadata: time_steps is 0, expected a whole number of 1 … 255
    metadata: coding is missing, expected a text
    "##);
}

/// Weights that were changed after the export have a grid of their own.
#[test]
fn weights_that_have_left_their_grid_are_taken_as_they_are() {
    let mut file = hdf5::decode(export::export(&small(hidden())).unwrap().bytes).unwrap();
    let Some(Item::Group(root)) = file.get_mut("node") else { panic!("no graph") };
    let Some(Item::Group(nodes)) = root.get_mut("nodes") else { panic!("no nodes") };
    let Some(Item::Group(weights)) = nodes.get_mut("hidden_weights") else { panic!("no weights") };
    weights.insert("weight".into(), Item::floats(&[2, 1], vec![0.5, 1.5]));
    let imported = decode_nir("net.nir", hdf5::encode(&file), &Options::default()).unwrap();
    let grid = imported.network.layers[0].grid.unwrap();
    assert_eq!((grid.scale, grid.format), (0.5, WeightFormat::Int(3)));
    assert!(imported.notes.iter().any(|note| note.contains("no longer on the grid")), "{:?}", imported.notes);
}

#[test]
fn a_model_becomes_a_file_and_a_model_again() {
    let folder = tempfile::tempdir().unwrap();
    let model = Path::new(env!("CARGO_MANIFEST_DIR")).join("models/digits");
    let done = run(folder.path(), &["export", "nir", model.to_str().unwrap(), "-o", "digits.nir"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
    insta::assert_snapshot!(text(&done.stdout), @r##"
    network digits (29527379ca8e)
      written to  digits.nir
    layers and their nodes
      hidden1     hidden1_weights, hidden1
      readout     readout_weights, readout
    notes
      1           layer "readout": its initial potentials are a bias of v0/T in every step, and complete
                  after the last
      2           every neuron fires once, which NIR cannot say: a simulator must drop all spikes but
                  the first of each neuron
    "##);
    for args in [&["import", "nir", "digits.nir", "-o", "float"][..], &["quantize", "float", "-o", "integer"]] {
        let done = run(folder.path(), args);
        assert!(done.status.success(), "{}", text(&done.stderr));
    }
    let hash = |folder: &Path| network_hash(&model::read_integer(folder).unwrap());
    assert_eq!(hash(&folder.path().join("integer")), hash(&model));
}

#[test]
fn what_is_no_integer_model_or_read_itself_is_refused() {
    let args = ["export", "nir", "model", "-o", "net.nir"];
    let float = |folder: &Path| model::write_float(&folder.join("model"), &float_network()).unwrap();
    insta::assert_snapshot!(refused(&args, float), @r##"
    error[export/model-float]: model: kind is "float" (network "tiny"), expected "integer"
      help: quantize it first: firstspike quantize model …
    "##);
    let integer = |folder: &Path| crate::support::write_model(folder, 10);
    insta::assert_snapshot!(refused(&["export", "nir", "model", "-o", "model/model.json"], integer), @r##"
    error[export/output-is-input]: model/model.json is read, and was to be written over
      help: choose another file
    "##);
}

#[test]
fn names_that_no_hardware_can_have_are_refused_by_their_option() {
    let file = |folder: &Path| {
        crate::support::write_model(folder, 10);
        let done = run(folder, &["export", "nir", "model", "-o", "net.nir"]);
        assert!(done.status.success(), "{}", text(&done.stderr));
        assert!(!contents(folder).iter().any(|path| path.ends_with("out")));
    };
    insta::assert_snapshot!(refused(&["import", "nir", "net.nir", "-o", "out", "--name", "module"], file), @r##"
    error[import/import-name]: --name is "module", which is a keyword of Verilog
      help: give --name another one: a lower-case letter, then lower-case letters, digits, _ or -
    "##);
    insta::assert_snapshot!(refused(&["import", "nir", "net.nir", "-o", "out", "--name", "Net"], file), @r##"
    error[import/import-name]: --name is "Net", expected at most 64 characters: a lower-case letter, then lower-case letters, digits, _ or -
      help: give --name another one: a lower-case letter, then lower-case letters, digits, _ or -
    "##);
}
