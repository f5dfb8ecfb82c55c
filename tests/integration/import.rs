//! Networks of other tools: NIR files that become models with the spike times of an independent simulation, and files that are
//! refused by the name of their node.

use std::fs;
use std::path::{Path, PathBuf};

use firstspike::golden::Executor;
use firstspike::hdf5::{self, Group, Item};
use firstspike::import::{self, Bias, Fires, Imported, InputCode, Options, decode_nir};
use firstspike::network::{IntegerNetwork, ReadoutKind};
use firstspike::npz::Elements;
use firstspike::{export, model, quantize};
use serde_json::Value;

use crate::arrays::write_arrays;
use crate::support::{digits_network, refused, run, text};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nir")
}

fn options(time_steps: usize) -> Options {
    Options {
        usual_name: "net".into(),
        time_steps: Some(time_steps),
        fire_once: true,
        input_code: Some(InputCode::Times),
        fires: Some(Fires::AtOrAbove),
        ..Options::default()
    }
}

/// The options with which a simulation of the fixtures ran, or those of `expected/nir.json`.
fn options_of(case: &Value, time_steps: usize) -> Options {
    let fires = Some(if case["fires"] == ">" { Fires::Above } else { Fires::AtOrAbove });
    let bias = Some(if case["bias"] == "start" { Bias::Start } else { Bias::Step });
    let readout = case["readout"].as_str().map(|name| name.parse().unwrap());
    Options { fires, bias, readout, ..options(time_steps) }
}

/// The integer network on the grids of the file, which must be exact.
fn quantized(imported: &Imported) -> IntegerNetwork {
    let grids = quantize::choose_grids(&imported.network, &[]).unwrap();
    let losses = quantize::losses(&imported.network, &grids);
    assert!(losses.iter().all(|loss| loss.relative_error == 0.0 && loss.clamped == 0.0), "{losses:?}");
    quantize::quantize(&imported.network, &grids).unwrap()
}

fn times(value: &Value) -> Vec<u8> {
    value.as_array().unwrap().iter().map(|time| time.as_u64().unwrap() as u8).collect()
}

#[test]
fn spike_times_are_those_of_an_independent_simulation() {
    let expected: Value = serde_json::from_slice(&fs::read(fixtures().join("expected.json")).unwrap()).unwrap();
    let steps = expected["time_steps"].as_u64().unwrap() as usize;
    for name in ["dense", "maps-mean", "maps-sum"] {
        let cases = expected[name].as_array().unwrap();
        assert!(cases.len() >= 16);
        for case in cases {
            let file = fixtures().join(format!("{name}.nir"));
            let network = quantized(&import::read_nir(&file, &options_of(case, steps)).unwrap());
            let trace = Executor::new(&network).run_events(&times(&case["input"]));
            for (layer, times_of_layer) in case["spike_times"].as_array().unwrap().iter().enumerate() {
                assert_eq!(trace.spike_times[layer], times(times_of_layer), "{name} {case}");
            }
            if let Some(scores) = case["scores"].as_array() {
                // One LSB is 1/4 in both files; behind the mean of four spikes, 1/16.
                let lsb = if name == "maps-mean" { 16.0 } else { 4.0 };
                let scores: Vec<i64> = scores.iter().map(|score| (score.as_f64().unwrap() * lsb) as i64).collect();
                assert_eq!(trace.scores, scores, "{name} {case}");
            }
        }
    }
}

#[test]
fn a_file_becomes_a_model_that_every_command_takes() {
    let folder = tempfile::tempdir().unwrap();
    let file = fixtures().join("maps-sum.nir");
    let args = ["import", "nir", file.to_str().unwrap(), "-o", "Maps of NIR", "--steps", "5", "--fire-once"];
    let done = run(folder.path(), &args);
    assert!(done.status.success(), "{}", text(&done.stderr));
    insta::assert_snapshot!(text(&done.stdout), @r##"
    network maps_of_nir
      written to  Maps of NIR
      input       4 × 4
      time steps  5
      readout     membrane
    layers and the nodes they are made of
      n_if        conv, if: exact as int3, scale 0.5
      sum         fc, sum: exact as int3, scale 1
    notes
      1           node "input" (Input): the leading 1 of its shape is left out
      2           the readout is membrane: --readout chooses another
      3           v_reset is not used: each neuron fires once, and nothing comes after
      4           pixels have latency coding, those below 1 never spike: NIR says nothing of it
      5           biases are added in every time step: --bias start adds them once
      6           layer "n_if": fires above its threshold, which becomes the next value that the
                  potential can take
    "##);
    insta::assert_snapshot!(text(&done.stderr), @"next: firstspike quantize 'Maps of NIR' -o 'Maps of NIR-int'");
    let network = model::read_float(&folder.path().join("Maps of NIR")).unwrap();
    let names: Vec<_> = network.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!((network.name.as_str(), names), ("maps_of_nir", vec!["n_if", "sum"]));
    assert_eq!(network.readout.kind(), ReadoutKind::Membrane);
    let done = run(folder.path(), &["quantize", "Maps of NIR", "-o", "integer"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

/// A graph of an input of 3, weights 2 × 3 and IF neurons, as an exporter writes it.
fn small() -> Group {
    let weights = vec![1.0, -0.5, 0.25, 0.5, 0.5, -1.0];
    let neurons = [("r", Item::floats(&[2], vec![1.0; 2])), ("v_threshold", Item::floats(&[2], vec![1.0; 2]))];
    graph(vec![
        ("input", "Input", vec![("shape", Item::integers(&[1], &[3]))]),
        ("fc", "Linear", vec![("weight", Item::floats(&[2, 3], weights))]),
        ("if", "IF", neurons.to_vec()),
        ("output", "Output", vec![("shape", Item::integers(&[1], &[2]))]),
    ])
}

type Spec<'a> = (&'a str, &'a str, Vec<(&'a str, Item)>);

/// The file of a chain of nodes.
fn graph(nodes: Vec<Spec>) -> Group {
    let names: Vec<&str> = nodes.iter().map(|(name, ..)| *name).collect();
    let edges: Vec<(&str, &str)> = names.iter().copied().zip(names[1..].iter().copied()).collect();
    graph_with(nodes, &edges)
}

fn graph_with(nodes: Vec<Spec>, edges: &[(&str, &str)]) -> Group {
    let root = nested(nodes, edges);
    Group::from([("node".into(), Item::Group(root)), ("version".into(), Item::text("1.0.8"))])
}

fn nested(nodes: Vec<Spec>, edges: &[(&str, &str)]) -> Group {
    let node = |(name, kind, fields): Spec| {
        let mut group: Group = fields.into_iter().map(|(name, item)| (name.to_owned(), item)).collect();
        group.insert("type".into(), Item::text(kind));
        (name.to_owned(), Item::Group(group))
    };
    let values = edges.iter().flat_map(|(from, to)| [(*from).to_owned(), (*to).to_owned()]).collect();
    let edges = Item::Texts(hdf5::Texts { shape: vec![edges.len(), 2], values });
    let nodes = Item::Group(nodes.into_iter().map(node).collect());
    Group::from([("type".into(), Item::text("NIRGraph")), ("nodes".into(), nodes), ("edges".into(), edges)])
}

/// The fields of a node of the file.
fn fields<'a>(file: &'a mut Group, name: &str) -> &'a mut Group {
    let Some(Item::Group(root)) = file.get_mut("node") else { panic!("no root") };
    let Some(Item::Group(nodes)) = root.get_mut("nodes") else { panic!("no nodes") };
    let Some(Item::Group(fields)) = nodes.get_mut(name) else { panic!("no {name}") };
    fields
}

/// The problems of a file.
fn problems_of(file: &Group, options: &Options) -> String {
    let error = decode_nir("net.nir", hdf5::encode(file), options).unwrap_err();
    assert_eq!(error.code, "import-refused", "{error}");
    error.problems.join("\n")
}

/// The problems of [`small`] after a change of it.
fn problems(edit: impl FnOnce(&mut Group)) -> String {
    let mut file = small();
    edit(&mut file);
    problems_of(&file, &options(4))
}

/// The problems of [`small`] with another field of a node.
fn with(node: &str, field: &str, item: Item) -> String {
    problems(|file| drop(fields(file, node).insert(field.into(), item)))
}

#[test]
fn the_small_graph_is_a_network() {
    let imported = decode_nir("net.nir", hdf5::encode(&small()), &options(4)).unwrap();
    let network = quantized(&imported);
    let expected = [("031", ">=", [0, 4]), ("203", ">=", [4, 2]), ("031", ">", [1, 4])];
    for (input, fires, times) in expected {
        let fires = if fires == ">" { Fires::Above } else { Fires::AtOrAbove };
        let network = match fires {
            Fires::AtOrAbove => network.clone(),
            Fires::Above => {
                let options = Options { fires: Some(fires), ..options(4) };
                quantized(&decode_nir("net.nir", hdf5::encode(&small()), &options).unwrap())
            }
        };
        let input: Vec<u8> = input.bytes().map(|digit| digit - b'0').collect();
        assert_eq!(Executor::new(&network).run_events(&input).spike_times[0], times, "{input:?}");
    }
}

#[test]
fn nodes_that_no_network_can_have_are_named() {
    let floats = |values: &[f32]| Item::floats(&[values.len()], values.to_vec());
    let kind = |name: &str| with("if", "type", Item::text(name));
    insta::assert_snapshot!(kind("CubaLIF"), @r#"node "if" (CubaLIF): this type has no place in a time-to-first-spike network: its synapses have a current of their own that decays; expected Linear, Affine, Conv2d, SumPool2d, AvgPool2d, Flatten, IF, LIF without a leak, and I at the end"#);
    insta::assert_snapshot!(kind("Threshold"), @r#"node "if" (Threshold): this type has no place in a time-to-first-spike network: it has no memory: it compares the input of one step, and integrates nothing; expected Linear, Affine, Conv2d, SumPool2d, AvgPool2d, Flatten, IF, LIF without a leak, and I at the end"#);
    insta::assert_snapshot!(kind("Sigmoid"), @r#"node "if" (Sigmoid): this type has no place in a time-to-first-spike network: it is none of those that are known; expected Linear, Affine, Conv2d, SumPool2d, AvgPool2d, Flatten, IF, LIF without a leak, and I at the end"#);
    insta::assert_snapshot!(with("if", "r", floats(&[1.0, 2.0])), @r#"node "if" (IF): r differs between its neurons: give --dt, the length of a time step in seconds, which says what they add in one step"#);
    insta::assert_snapshot!(with("if", "r", floats(&[-1.0, 1.0])), @r#"node "if" (IF): r is -1, expected more than 0"#);
    insta::assert_snapshot!(with("if", "v_threshold", floats(&[1.0, f32::INFINITY])), @r#"node "if" (IF): v_threshold is inf, expected finite numbers"#);
    insta::assert_snapshot!(with("if", "v_threshold", floats(&[1.0; 3])), @r#"node "if" (IF): v_threshold has the shape [3], expected [2, 1, 1], as what reaches it, or a single number"#);
    insta::assert_snapshot!(with("fc", "weight", Item::floats(&[3, 2], vec![1.0; 6])), @r#"node "fc" (Linear): weight is [3, 2]: inputs is 2, expected 3, as of node "input" (Input); is it transposed? NIR has outputs × inputs"#);
    insta::assert_snapshot!(with("fc", "weight", Item::floats(&[2, 4], vec![1.0; 8])), @r#"node "fc" (Linear): weight is [2, 4]: inputs is 4, expected 3, as of node "input" (Input)"#);
    insta::assert_snapshot!(with("fc", "weight", Item::floats(&[2, 3], vec![f32::NAN; 6])), @r#"node "fc" (Linear): weight is NaN at [0, 0], expected numbers"#);
    insta::assert_snapshot!(with("fc", "weight", Item::floats(&[6], vec![1.0; 6])), @r#"node "fc" (Linear): weight has the shape [6], expected [outputs, inputs]"#);
    insta::assert_snapshot!(with("fc", "bias", floats(&[1.0; 3])), @r#"node "fc" (Linear): bias has the shape [3], expected [2]"#);
    insta::assert_snapshot!(with("input", "shape", Item::integers(&[2], &[2, 3])), @r#"node "input" (Input): shape is [2, 3], expected [inputs] or [channels, height, width]"#);
    insta::assert_snapshot!(with("input", "shape", Item::integers(&[9], &[1; 9])), @r#"node "input" (Input): shape has 9 numbers, expected at most 8 sizes"#);
    insta::assert_snapshot!(with("output", "shape", Item::integers(&[1], &[3])), @r#"node "output" (Output): shape is [3], but [2, 1, 1] reaches it"#);
    insta::assert_snapshot!(with("fc", "weight", Item::text("later")), @r#"node "fc" (Linear): weight is the text "later", expected numbers"#);
    let leaking = problems(|file| {
        let neurons = fields(file, "if");
        neurons.insert("type".into(), Item::text("LIF"));
        neurons.insert("tau".into(), Item::floats(&[2], vec![0.001; 2]));
        neurons.insert("v_leak".into(), Item::floats(&[2], vec![0.0, 0.5]));
    });
    insta::assert_snapshot!(leaking, @r##"
    node "if" (LIF): tau is 0.001, expected inf: the neuron leaks; train it without (beta = 1), or with IF
    node "if" (LIF): v_leak is 0.5, expected 0
    "##);
}

#[test]
fn graphs_that_are_no_chain_are_refused() {
    let parts = || {
        let weights = Item::floats(&[2, 2], vec![1.0; 4]);
        let neurons = || vec![("v_threshold", Item::floats(&[], vec![1.0]))];
        vec![
            ("in", "Input", vec![("shape", Item::integers(&[1], &[2]))]),
            ("a", "Linear", vec![("weight", weights.clone())]),
            ("b", "IF", neurons()),
            ("c", "Linear", vec![("weight", weights)]),
            ("d", "IF", neurons()),
            ("out", "Output", vec![("shape", Item::integers(&[1], &[2]))]),
        ]
    };
    let chained = [("in", "a"), ("a", "b"), ("b", "c"), ("c", "d"), ("d", "out")];
    let refused = |edges: &[(&str, &str)]| problems_of(&graph_with(parts(), edges), &options(4));
    assert!(decode_nir("net.nir", hdf5::encode(&graph_with(parts(), &chained)), &options(4)).is_ok());
    insta::assert_snapshot!(refused(&[&chained[..], &[("d", "a")]].concat()), @r##"
    node "d" (IF) leads to "out" and "a", expected one edge: this network is no chain (a branch, a skip or a recurrence)
    node "a" (Linear) is reached from "in" and "d", expected one edge: this network is no chain (a branch, a skip or a recurrence)
    "##);
    insta::assert_snapshot!(refused(&[("in", "a"), ("a", "b"), ("b", "out")]), @r##"
    node "c" (Linear) is not on the path from "in" to "out"
    node "d" (IF) is not on the path from "in" to "out"
    "##);
    insta::assert_snapshot!(refused(&[("in", "a"), ("a", "d"), ("d", "oot")]), @r#"the edge "d" → "oot" names "oot", which is no node"#);
    insta::assert_snapshot!(refused(&[("in", "a"), ("a", "c"), ("c", "b"), ("b", "d"), ("d", "out")]), @r##"
    node "c" (Linear): follows the weights of "a", expected neurons between: multiply the weights of both, or leave one out
    node "d" (IF): has no weights before it, expected Linear, Affine or Conv2d
    "##);
    insta::assert_snapshot!(refused(&[]), @r##"
    node "a" (Linear) is not on the path from "in" to "out"
    node "b" (IF) is not on the path from "in" to "out"
    node "c" (Linear) is not on the path from "in" to "out"
    node "d" (IF) is not on the path from "in" to "out"
    node "out" (Output) is not on the path from "in" to "out"
    "##);
}

#[test]
fn a_chain_in_a_nested_graph_is_part_of_the_chain() {
    let port = |kind| (if kind == "Input" { "i" } else { "o" }, kind, vec![("shape", Item::integers(&[1], &[2]))]);
    let neurons = ("lif", "IF", vec![("v_threshold", Item::floats(&[], vec![1.0]))]);
    let mut inner = nested(vec![port("Input"), neurons, port("Output")], &[("i", "lif"), ("lif", "o")]);
    let mut file = small();
    *fields(&mut file, "if") = inner.clone();
    let imported = decode_nir("net.nir", hdf5::encode(&file), &options(4)).unwrap();
    assert_eq!(imported.layers[0].neurons.as_deref(), Some("if.lif"));
    assert_eq!(imported.network.layers[0].name, "if_lif");
    // Without its edges the nested graph was not written to its end.
    inner.remove("edges");
    *fields(&mut file, "if") = inner;
    let error = decode_nir("net.nir", hdf5::encode(&file), &options(4)).unwrap_err();
    assert_eq!((error.code, error.problems), ("import-unfinished", vec!["the graph \"if.\" has no edges".to_owned()]));
}

#[test]
fn what_is_no_nir_file_or_half_of_one_is_called_that() {
    let fire_once = ["import", "nir", "net.nir", "-o", "out", "--steps", "4", "--fire-once"];
    let with_file =
        |bytes: Vec<u8>, args: &[&str]| refused(args, |folder| fs::write(folder.join("net.nir"), bytes).unwrap());
    insta::assert_snapshot!(with_file(b"no HDF5".to_vec(), &fire_once), @r##"
    error[import/import-unreadable]: net.nir is no HDF5 file, or is damaged: HDF5 format error: HDF5 signature not found at any valid offset
      help: check that this is the NIR file, and copy or export it again
    "##);
    let mut half = small();
    fields(&mut half, "if").remove("type");
    let Some(Item::Group(root)) = half.get_mut("node") else { panic!("no root") };
    root.remove("edges");
    insta::assert_snapshot!(with_file(hdf5::encode(&half), &fire_once), @r##"
    error[import/import-unfinished]: net.nir was not written to its end: its exporter stopped with an error
      - the graph has no edges
      - node "if" has no type
      help: export the network again, and look for the exporter's own message; it did not know one of the modules
    "##);
    insta::assert_snapshot!(with_file(hdf5::encode(&Group::new()), &fire_once), @r##"
    error[import/import-refused]: net.nir is no time-to-first-spike network: 1 reason(s)
      - has no group "node", expected the one that NIR writes
      help: docs/how-to/networks-trained-elsewhere.md says what a network must be like
    "##);
    insta::assert_snapshot!(with_file(hdf5::encode(&small()), &fire_once[..7]), @r##"
    error[import/fire-once]: NIR does not say whether a neuron fires once, and here each neuron does
      help: give --fire-once if the network was trained so that only first spikes count; no other is right
    "##);
    insta::assert_snapshot!(with_file(hdf5::encode(&small()), &[&fire_once[..], &["--dt", "-1"]].concat()), @r##"
    error[import/time-step]: --dt is -1, expected the length of a time step in seconds
      help: give, for example, --dt 0.0001
    "##);
    let steps = run(Path::new("."), &["import", "nir", "net.nir", "-o", "out", "--steps", "-1", "--fire-once"]);
    assert!(text(&steps.stderr).contains("-1 is not in 1..=255"), "{}", text(&steps.stderr));
    insta::assert_snapshot!(refused(&fire_once, |_| {}), @r##"
    error[import/io]: cannot read net.nir: No such file or directory (os error 2)
      help: check the path
    "##);
}

/// A linear congruential generator: the damage of each case is the same everywhere.
pub struct Random(pub u64);

impl Random {
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % limit as u64) as usize
    }
}

pub fn damaged(bytes: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for _ in 0..1 + random.below(8) {
        let at = random.below(bytes.len());
        match random.below(6) {
            0 => bytes[at] = random.below(256) as u8,
            1 => bytes[at] ^= 1 << random.below(8),
            2 => bytes[at..].iter_mut().take(8).for_each(|byte| *byte = 0xff),
            3 => bytes[at..].iter_mut().take(1 + random.below(16)).for_each(|byte| *byte = 0),
            4 => {
                let (from, length) = (random.below(bytes.len()), random.below(64));
                let piece: Vec<u8> = bytes[from..].iter().copied().take(length).collect();
                bytes[at..].iter_mut().zip(piece).for_each(|(byte, other)| *byte = other);
            }
            _ if random.below(8) == 0 => bytes.truncate(at.max(1)),
            _ => {}
        }
    }
    bytes
}

/// In a long run, which has its process for itself: no more than 200 MB were taken at any time.
pub fn check_peak() {
    let (Ok(_), Ok(status)) = (std::env::var("FIRSTSPIKE_FUZZ"), fs::read_to_string("/proc/self/status")) else {
        return;
    };
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap().trim().trim_end_matches(" kB");
    eprintln!("peak: {peak} kB");
    assert!(peak.parse::<usize>().unwrap() < 200_000, "{peak} kB");
}

/// Whatever is damaged, the answer is a network or an error. `FIRSTSPIKE_FUZZ` gives a larger number of cases.
#[test]
fn damaged_files_are_errors_and_never_crashes() {
    let cases: usize = std::env::var("FIRSTSPIKE_FUZZ").map_or(400, |count| count.parse().unwrap());
    let mut files: Vec<Vec<u8>> = fuzzed_files().iter().map(|path| fs::read(path).unwrap()).collect();
    // With metadata.
    files.push(export::export(&digits_network(10)).unwrap().bytes);
    let mut random = Random(1);
    let mut answers = [0, 0];
    for case in 0..cases {
        let bytes = damaged(&files[case % files.len()], &mut random);
        let answer = decode_nir("net.nir", bytes, &options(4));
        answers[usize::from(answer.is_err())] += 1;
    }
    eprintln!("networks, errors: {answers:?}");
    check_peak();
    assert!(answers[1] > cases / 20, "{answers:?}");
}

fn fuzzed_files() -> Vec<PathBuf> {
    let mut files: Vec<_> = ["dense.nir", "maps-mean.nir"].map(|name| fixtures().join(name)).into();
    if let Some(folder) = nets() {
        files.extend(fs::read_dir(folder.join("nir")).unwrap().map(|entry| entry.unwrap().path()));
        files.sort();
    }
    files
}

/// A folder of files as exporters write them, with what they must give.
fn nets() -> Option<PathBuf> {
    std::env::var_os("FIRSTSPIKE_NETS").map(PathBuf::from)
}

fn json(path: PathBuf) -> Value {
    serde_json::from_slice(&fs::read(path).unwrap()).unwrap()
}

fn digits_of(text: &str) -> Vec<u8> {
    text.bytes().map(|digit| digit - b'0').collect()
}

#[test]
fn files_of_exporters_give_the_spike_times_of_their_simulators() {
    let Some(folder) = nets() else { return };
    let table = fs::read(folder.join("digits_test_times.npy")).unwrap();
    let images: Vec<&[u8]> = table[table.len() - 360 * 64..].chunks_exact(64).collect();
    for (name, entry) in json(folder.join("expected/nir.json")).as_object().unwrap() {
        let file = folder.join("nir").join(name);
        if entry["options"].is_object() {
            let imported = import::read_nir(&file, &options_of(&entry["options"], 8)).unwrap();
            check_origins(&imported, entry);
            let expected = json(folder.join(entry["must_equal"].as_str().unwrap()));
            check_images(&quantized(&imported), &images, &expected);
        } else if entry["spike_times"].is_object() {
            for fires in [">", ">="] {
                let case = serde_json::json!({ "fires": fires });
                let network = quantized(&import::read_nir(&file, &options_of(&case, 4)).unwrap());
                let expected = entry["spike_times"][fires].as_array().unwrap();
                for (input, times) in entry["input_times"].as_array().unwrap().iter().zip(expected) {
                    let trace = Executor::new(&network).run_events(&digits_of(input.as_str().unwrap()));
                    assert_eq!(trace.spike_times[0], digits_of(times.as_str().unwrap()), "{name} {fires} {input}");
                }
            }
        } else {
            check_origins(&import::read_nir(&file, &options(8)).unwrap(), entry);
        }
    }
}

fn check_origins(imported: &Imported, entry: &Value) {
    let expected = entry["layers"].as_array().unwrap();
    assert_eq!(imported.layers.len(), expected.len());
    for (origin, layer) in imported.layers.iter().zip(expected) {
        assert_eq!(origin.weights, layer["weights"].as_str().unwrap());
        assert_eq!(origin.neurons.as_deref(), layer["neurons"].as_str());
        assert_eq!(origin.format.is_some(), !layer["grid"].is_null(), "{layer}");
    }
}

fn check_images(network: &IntegerNetwork, images: &[&[u8]], expected: &Value) {
    let mut executor = Executor::new(network);
    let layers = expected["spike_times"].as_array().unwrap();
    for (index, image) in images.iter().enumerate() {
        let trace = executor.run_events(image);
        // Maps have the times of the first images only, and the classes of all.
        for (layer, times) in layers.iter().enumerate().filter(|(_, times)| times[index].is_string()) {
            let times = digits_of(times[index].as_str().unwrap());
            assert_eq!(trace.spike_times[layer], times, "image {index}, layer {layer}");
        }
        let class = expected["classes"].as_str().unwrap().as_bytes()[index] - b'0';
        assert_eq!(trace.class, u32::from(class), "image {index}");
    }
}

#[test]
fn files_of_exporters_that_are_no_network_are_refused() {
    let Some(folder) = nets() else { return };
    let reasons = json(folder.join("expected/refuse.json"));
    let mut shown = String::new();
    for (name, reason) in reasons.as_object().unwrap() {
        let error = import::read_nir(&folder.join("refuse").join(name), &options(8)).unwrap_err();
        assert!(["import-refused", "import-unfinished"].contains(&error.code), "{name}: {error}");
        assert!(!error.problems.is_empty(), "{name}: {error}");
        shown += &format!("{name}: {reason}\n{error}\n\n");
    }
    println!("{shown}");
}

/// The weights of [`small`] with a bias, neurons in two layers.
fn with_bias() -> Group {
    let mut file = small();
    fields(&mut file, "fc").insert("bias".into(), Item::floats(&[2], vec![0.5, 0.0]));
    fields(&mut file, "fc").insert("type".into(), Item::text("Affine"));
    file
}

#[test]
fn what_was_decided_on_biases_and_weights_of_steps_is_said() {
    let notes =
        |file: Group, more: Options| decode_nir("net.nir", hdf5::encode(&file), &more).unwrap().notes.join("\n");
    let told = "biases are added in every time step: --bias start adds them once";
    assert!(notes(with_bias(), options(4)).contains(told));
    assert!(!notes(small(), options(4)).contains("biases"));
    let start = notes(with_bias(), Options { bias: Some(Bias::Start), ..options(4) });
    assert!(start.contains("biases are added once, before the first time step: --bias start"), "{start}");
    let current = notes(small(), Options { readout: Some(ReadoutKind::Current), ..options(4) });
    assert!(
        current.contains("the readout current weights time step t by 1 − t/4: the file does not say by what"),
        "{current}"
    );
}

/// Two names that are one in Verilog.
#[test]
fn names_that_verilog_does_not_tell_apart_are_numbered() {
    let neurons = || vec![("v_threshold", Item::floats(&[], vec![1.0]))];
    let weights = || vec![("weight", Item::floats(&[2, 2], vec![1.0, 0.5, 0.5, 1.0]))];
    let file = graph(vec![
        ("in", "Input", vec![("shape", Item::integers(&[1], &[2]))]),
        ("a", "Linear", weights()),
        ("x-y", "IF", neurons()),
        ("c", "Linear", weights()),
        ("x_y", "IF", neurons()),
        ("out", "Output", vec![("shape", Item::integers(&[1], &[2]))]),
    ]);
    let imported = decode_nir("net.nir", hdf5::encode(&file), &options(4)).unwrap();
    let names: Vec<_> = imported.network.layers.iter().map(|layer| layer.name.as_str()).collect();
    assert_eq!(names, ["x-y", "x_y_2"]);
    model::write_float(&tempfile::tempdir().unwrap().path().join("model"), &imported.network).unwrap();
}

#[test]
fn the_command_that_comes_next_works() {
    let folder = tempfile::tempdir().unwrap();
    let weights = vec![0.1, -0.7, 0.3333, 0.77, 0.21, -0.9];
    let mut file = small();
    fields(&mut file, "fc").insert("weight".into(), Item::floats(&[2, 3], weights));
    fs::write(folder.path().join("net.nir"), hdf5::encode(&file)).unwrap();
    let done = run(folder.path(), &["import", "nir", "net.nir", "-o", "out", "--steps", "4", "--fire-once"]);
    let next = text(&done.stderr);
    assert_eq!(next.trim(), "next: firstspike quantize out -o out-int --bits 8");
    let words: Vec<&str> = next.trim().split(' ').skip(2).collect();
    let done = run(folder.path(), &words);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

/// The mistake that is most easily made: `--fires '>='` left out.
#[test]
fn a_trainer_that_fires_at_the_threshold_is_found_out_by_its_recording() {
    let folder = tempfile::tempdir().unwrap();
    let expected = json(fixtures().join("expected.json"));
    let cases = expected["dense"].as_array().unwrap().iter();
    let cases: Vec<&Value> = cases.filter(|case| case["fires"] == ">=" && case["bias"] == "step").collect();
    let column = |of: &dyn Fn(&Value) -> Vec<u8>| cases.iter().flat_map(|case| of(case)).collect::<Vec<u8>>();
    let [input, hidden, output] = [
        column(&|case| times(&case["input"])),
        column(&|case| times(&case["spike_times"][0])),
        column(&|case| times(&case["spike_times"][1])),
    ];
    let arrays: [(&str, &[usize], Elements); 4] = [
        ("times", &[4], Elements::U8(&input)),
        ("times.b", &[3], Elements::U8(&hidden)),
        ("times.n__", &[2], Elements::U8(&output)),
        ("classes", &[], Elements::I64(&vec![-1; cases.len()])),
    ];
    write_arrays(&folder.path().join("r.npz"), &arrays);
    let net = fixtures().join("dense.nir");
    let args = ["import", "nir", net.to_str().unwrap(), "-o", "out", "--steps", "5", "--fire-once", "--check", "r.npz"];
    let done = run(folder.path(), &args);
    let shown = text(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{shown}{}", text(&done.stderr));
    assert!(shown.contains("give import --fires '>='"), "{shown}");
    let done = run(folder.path(), &[&args[..], &["--fires", ">="]].concat());
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
}

/// Where the inputs are spike times, there are no pixels to be below it.
#[test]
fn a_threshold_of_pixels_beside_spike_times_is_refused() {
    let told = refused(
        &[
            "import",
            "nir",
            "x.nir",
            "-o",
            "out",
            "--steps",
            "8",
            "--fire-once",
            "--coding",
            "times",
            "--input-threshold",
            "9",
        ],
        |_| (),
    );
    assert!(told.contains("error[import/input-threshold]: --input-threshold 9"), "{told}");
}
