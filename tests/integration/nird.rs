//! NIRData: spike times as the Python package `nir` writes them, as data and as recordings; golden vectors out and in again.

use std::fs;
use std::path::{Path, PathBuf};

use firstspike::float::{FloatLayer, FloatNetwork};
use firstspike::hdf5::{self, Group, Item};
use firstspike::model;
use firstspike::network::{Neuron, Readout};
use firstspike::nird::{Entry, Recording, Scores, Writer};
use firstspike::npz::Archive;
use ndarray::Array2;
use serde_json::Value;

use crate::import::{Random, check_peak, damaged};
use crate::support::{contents, digits_weights, float_network, refused, run, text, write_model};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/nir").join(name)
}

/// Runs a command that must succeed; its standard output.
fn done(folder: &Path, args: &[&str]) -> String {
    let done = run(folder, args);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    text(&done.stdout)
}

fn expected() -> Vec<Value> {
    let text = fs::read(fixture("expected.json")).unwrap();
    let expected: Value = serde_json::from_slice(&text).unwrap();
    expected["dense"].as_array().unwrap()[..6].to_vec()
}

fn bytes(times: &Value) -> Vec<u8> {
    times.as_array().unwrap().iter().map(|time| time.as_u64().unwrap() as u8).collect()
}

#[test]
fn events_and_grids_of_the_python_package_are_read() {
    for file in ["events.nird", "grid.nird"] {
        let recording = Recording::read(&fixture(file)).unwrap();
        assert_eq!(recording.nodes().collect::<Vec<_>>(), ["b", "input", "Ä"]);
        let input = recording.input_times(4, 5).unwrap();
        let (hidden, output) = (recording.times("b", 3, 5).unwrap(), recording.times("Ä", 2, 5).unwrap());
        let joined = |of: &dyn Fn(&Value) -> Vec<u8>| (6, expected().iter().flat_map(of).collect::<Vec<u8>>());
        assert_eq!(input, joined(&|case| bytes(&case["input"])), "{file}");
        assert_eq!(hidden, joined(&|case| bytes(&case["spike_times"][0])), "{file}");
        assert_eq!(output, joined(&|case| bytes(&case["spike_times"][1])), "{file}");
        assert_eq!(recording.labels(6).unwrap(), None);
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut writer = Writer::new(4, 2, [("hidden".to_owned(), 3)], 2);
    let scores = [i64::from(i32::MAX), -7];
    let mut push = |label, class, scores, times: &[&[u8]]| writer.push(&Entry { label, class, scores, times }).unwrap();
    push(Some(3), Some(1), Some(Scores::Integer(&[9, 4])), &[&[0, 4], &[3, 4, 0]]);
    push(Some(0), None, None, &[&[4, 4], &[4, 4, 4]]);
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let recording = Recording::decode("x.nird", file).unwrap();
    assert_eq!(recording.input_times(2, 4).unwrap(), (2, vec![0, 4, 4, 4]));
    assert_eq!(recording.times("hidden", 3, 4).unwrap(), (2, vec![3, 4, 0, 4, 4, 4]));
    assert_eq!(recording.labels(2).unwrap(), Some(vec![3, 0]));
    assert_eq!(recording.classes(2).unwrap(), Some(vec![1, -1]));
    assert_eq!(recording.scores(2, 2).unwrap(), Some(&[9.0, 4.0, 0.0, 0.0][..]));
    // Scores that no float holds are there, but not read as others.
    let mut writer = Writer::new(1, 1, [], 2);
    writer.push(&Entry { label: None, class: None, scores: Some(Scores::Integer(&scores)), times: &[&[0]] }).unwrap();
    let mut file = Vec::new();
    writer.finish(&mut file).unwrap();
    let recording = Recording::decode("x.nird", file).unwrap();
    assert_eq!((recording.labels(1).unwrap(), recording.scores(1, 2).unwrap()), (None, None));
}

/// Input `input` of two neurons, as events.
fn small() -> Group {
    let observable = Group::from([
        ("@__type__".into(), Item::text("EventData")),
        ("@n_neurons".into(), Item::integers(&[], &[2])),
        ("@t_max".into(), Item::floats(&[], vec![0.008])),
        ("idx".into(), Item::floats(&[1, 2], vec![1.0, -1.0])),
        ("time".into(), Item::floats(&[1, 2], vec![0.003, f32::INFINITY])),
    ]);
    let observables = Group::from([("spikes".into(), Item::Group(observable))]);
    let node = Group::from([
        ("@__type__".into(), Item::text("NIRNodeData")),
        ("observables".into(), Item::Group(observables)),
    ]);
    let nodes = Group::from([("input".into(), Item::Group(node))]);
    Group::from([("@__type__".into(), Item::text("NIRGraphData")), ("nodes".into(), Item::Group(nodes))])
}

fn spikes(file: &mut Group) -> &mut Group {
    ["nodes", "input", "observables", "spikes"].iter().fold(file, |group, name| match group.get_mut(*name) {
        Some(Item::Group(group)) => group,
        _ => panic!("no {name}"),
    })
}

/// What is wrong with [`small`] after a change, for a network of two inputs and eight steps.
fn problem(edit: impl FnOnce(&mut Group)) -> String {
    let mut file = small();
    edit(&mut file);
    let read = Recording::decode("x.nird", hdf5::encode(&file)).and_then(|recording| recording.input_times(2, 8));
    let error = read.unwrap_err();
    assert_eq!(error.code, "data-nird");
    error.message
}

#[test]
fn what_is_no_recording_of_the_network_is_named() {
    let file = hdf5::encode(&small());
    assert_eq!(Recording::decode("x", file).unwrap().input_times(2, 8).unwrap(), (1, vec![8, 3]));
    let with = |name: &str, item: Item| problem(|file| drop(spikes(file).insert(name.into(), item)));
    insta::assert_snapshot!(problem(|file| drop(file.remove("nodes"))), @"x.nird is no NIRData: its root is no NIRGraphData with nodes");
    insta::assert_snapshot!(problem(|file| drop(spikes(file).remove("idx"))), @r#"x.nird: node "input": it has no numbers "idx""#);
    insta::assert_snapshot!(with("@n_neurons", Item::integers(&[], &[3])), @r#"x.nird: node "input": n_neurons is 3, expected 2"#);
    insta::assert_snapshot!(with("@t_max", Item::floats(&[], vec![0.0])), @r#"x.nird: node "input": t_max is 0, expected the end of the recording"#);
    insta::assert_snapshot!(with("@__type__", Item::text("Movie")), @r#"x.nird: node "input": its type is "Movie", expected EventData or TimeGriddedData"#);
    insta::assert_snapshot!(with("idx", Item::floats(&[1, 2], vec![2.0, -1.0])), @r#"x.nird: node "input": idx[0, 0] is 2, expected 0 … 1, or -1 for none"#);
    insta::assert_snapshot!(with("idx", Item::floats(&[2, 1], vec![1.0, -1.0])), @r#"x.nird: node "input": time has the shape [1, 2], expected that of idx, [2, 1]"#);
    // Of a simulation of another number of steps.
    insta::assert_snapshot!(with("time", Item::floats(&[1, 2], vec![0.0035, 0.0])), @r#"x.nird: node "input": time[0, 0] is 0.0035, expected 0 … 7 steps of 0.001"#);
    insta::assert_snapshot!(with("time", Item::floats(&[1, 2], vec![0.008, 0.0])), @r#"x.nird: node "input": time[0, 0] is 0.008, expected 0 … 7 steps of 0.001"#);
    let twice = problem(|file| {
        spikes(file).insert("idx".into(), Item::floats(&[1, 2], vec![1.0, 1.0]));
        spikes(file).insert("time".into(), Item::floats(&[1, 2], vec![0.005, 0.003]));
    });
    insta::assert_snapshot!(twice, @r#"x.nird: node "input": neuron 1 spikes in image 0 at the steps 3 and 5, expected at most one spike"#);
    let twice = problem(|file| {
        spikes(file).insert("idx".into(), Item::floats(&[1, 2], vec![1.0, 1.0]));
        spikes(file).insert("time".into(), Item::floats(&[1, 2], vec![0.003, 0.003]));
    });
    insta::assert_snapshot!(twice, @r#"x.nird: node "input": neuron 1 spikes in image 0 twice in step 3, expected at most one spike"#);
    // A layer may have as many neurons as there are inputs.
    let nameless = problem(|file| {
        let Some(Item::Group(nodes)) = file.get_mut("nodes") else { panic!("no nodes") };
        let node = nodes.remove("input").unwrap();
        nodes.insert("input_norm".into(), node);
    });
    insta::assert_snapshot!(nameless, @r#"x.nird: no input node: its nodes are ["input_norm"], expected one called "input""#);
    let gridded = problem(|file| {
        spikes(file).insert("@__type__".into(), Item::text("TimeGriddedData"));
        spikes(file).insert("data".into(), Item::floats(&[1, 4, 2], vec![0.0; 8]));
    });
    insta::assert_snapshot!(gridded, @r#"x.nird: node "input": data has 4 time steps, expected 8"#);
}

/// Times in steps of another number of steps are not stretched.
#[test]
fn steps_of_another_number_are_refused() {
    let timed = |end: f32, time: f32| {
        let mut file = small();
        spikes(&mut file).insert("@t_max".into(), Item::floats(&[], vec![end]));
        spikes(&mut file).insert("time".into(), Item::floats(&[1, 2], vec![time, f32::INFINITY]));
        Recording::decode("x.nird", hdf5::encode(&file)).unwrap().input_times(2, 8)
    };
    assert_eq!(timed(8.0, 3.0).unwrap(), (1, vec![8, 3]));
    for (end, time) in [(4.0, 3.0), (16.0, 6.0)] {
        let told = format!("t_max is {end} and all times are whole numbers, so it has {end} time steps, expected 8");
        let error = timed(end, time).unwrap_err();
        assert!(error.code == "data-nird" && error.message.contains(&told), "{error}");
    }
    // Seconds are no steps: those that are between two, and the beginning.
    assert_eq!(timed(4.0, 1.5).unwrap(), (1, vec![8, 3]));
    assert_eq!(timed(1.0, 0.0).unwrap(), (1, vec![8, 0]));
}

#[test]
fn golden_vectors_are_data_and_recordings() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for file in ["v.npz", "v.nird"] {
        let args = ["export", "vectors", "model", "--data", "digits", "--limit", "40", "-o", file];
        assert!(done(folder.path(), &args).contains("images      40"));
        assert!(done(folder.path(), &["check", "model", "--recording", file]).contains("recording  equal"));
    }
    // The same as a trace, and as a trace of what it says itself.
    done(folder.path(), &["evaluate", "model", "--data", "digits", "--limit", "40", "--trace", "t.npz"]);
    done(folder.path(), &["evaluate", "model", "--data", "digits", "--limit", "40", "--trace", "t.nird"]);
    done(folder.path(), &["evaluate", "model", "--data", "v.nird", "--trace", "u.nird"]);
    let read = |file: &str| fs::read(folder.path().join(file)).unwrap();
    assert_eq!(read("v.npz"), read("t.npz"));
    assert_eq!((read("v.nird"), read("v.nird")), (read("t.nird"), read("u.nird")));
    let archive = Archive::open(&folder.path().join("v.npz")).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["times", "labels", "classes", "scores", "times.layer0"]);
    // Hardware writes the same.
    done(folder.path(), &["compare", "model", "--data", "v.nird", "--quick", "--trace", "h.nird"]);
    assert_eq!(read("h.nird"), read("v.nird"));
    // A design has the model that it was made from.
    done(folder.path(), &["generate", "model", "-o", "design"]);
    done(folder.path(), &["export", "vectors", "design", "--data", "digits", "--limit", "40", "-o", "d.nird"]);
    assert_eq!(read("d.nird"), read("v.nird"));
}

#[test]
fn data_without_labels_have_no_accuracy() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    done(folder.path(), &["export", "vectors", "model", "--data", "digits", "--limit", "9", "-o", "v.nird"]);
    let mut tree = hdf5::decode_with_attributes(fs::read(folder.path().join("v.nird")).unwrap()).unwrap();
    tree.remove("labels");
    fs::write(folder.path().join("n.nird"), hdf5::encode(&tree)).unwrap();
    let args = ["evaluate", "model", "--data", "n.nird", "--wrong", "--confusion", "--trace", "t.json"];
    let shown = done(folder.path(), &args);
    assert!(shown.contains("unknown: the data have no labels") && !shown.contains("wrong"), "{shown}");
    let lines = fs::read_to_string(folder.path().join("t.json")).unwrap();
    assert_eq!(lines.lines().filter(|line| line.contains("\"label\":null")).count(), 9);
    let json: Value = serde_json::from_str(&done(folder.path(), &[&args[..], &["--json"]].concat())).unwrap();
    assert_eq!((&json["rows"], &json["images"]), (&"unlabeled".into(), &9.into()));
}

#[test]
fn files_of_vectors_say_their_format() {
    let args = ["export", "vectors", "model", "--data", "digits", "-o", "v.json"];
    insta::assert_snapshot!(refused(&args, |_| {}), @r##"
    error[export/export-file]: --output v.json: the name says no format of vectors
      help: give a name that ends in .npz (arrays) or .nird (NIRData)
    "##);
    let args = ["evaluate", "model", "--data", "net.nird"];
    insta::assert_snapshot!(refused(&args, |folder| fs::write(folder.join("net.nird"), b"no HDF5").unwrap()), @r##"
    error[evaluate/data-nird]: net.nird is no HDF5 file, or is damaged: HDF5 format error: HDF5 signature not found at any valid offset
      help: write the file again, with nir.write_data; docs/how-to/check-a-recording.md says what it must hold
    "##);
    let args = ["train", "--data", "net.nird", "-o", "out"];
    let file = |folder: &Path| {
        fs::copy(fixture("events.nird"), folder.join("net.nird")).unwrap();
    };
    insta::assert_snapshot!(refused(&args, file), @r##"
    error[train/data-kind]: net.nird is NIRData, expected a folder of IDX files or a table
      help: files of arrays and NIRData are for measuring: evaluate, compare, simulate, run
    "##);
}

fn import<'a>(net: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    let args = ["import", "nir", net, "-o", "out", "--steps", "5", "--fire-once", "--coding", "times"];
    [&args[..], more].concat()
}

#[test]
fn a_recording_is_kept_if_the_import_gives_it() {
    let net = fixture("dense.nir");
    for file in ["events.nird", "grid.nird"] {
        let (folder, recording) = (tempfile::tempdir().unwrap(), fixture(file));
        let shown = done(folder.path(), &import(net.to_str().unwrap(), &["--check", recording.to_str().unwrap()]));
        assert!(shown.contains("recording  equal"), "{shown}");
        assert!(done(folder.path(), &["check", "out"]).contains("recording  equal"));
        let archive = Archive::open(&folder.path().join("out/recording.npz")).unwrap();
        assert_eq!(archive.names().collect::<Vec<_>>(), ["times", "times.b", "times.n__", "classes"]);
    }
}

/// Scores of an integer network are in LSB, also where NIRData hold them, and say nothing of a float network with another unit.
#[test]
fn golden_vectors_say_nothing_of_the_scores_of_a_float_network() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let weights = digits_weights(10).mapv(|weight| weight as f32 / 2.0);
    let layer = FloatLayer::dense("layer0", weights, vec![0.0; 10], Neuron::integrate_once(vec![2.5; 10]));
    let network = FloatNetwork { layers: vec![layer], readout: Readout::FirstSpike, ..float_network() };
    model::write_float(&folder.path().join("float"), &network).unwrap();
    for file in ["v.npz", "v.nird"] {
        done(folder.path(), &["export", "vectors", "model", "--data", "digits", "--limit", "40", "-o", file]);
        let check = |model: &str| done(folder.path(), &["check", model, "--recording", file, "--json"]);
        let scores = |shown: String| serde_json::from_str::<Value>(&shown).unwrap()["scores"].clone();
        assert_eq!(
            (scores(check("float")), scores(check("model"))),
            ("other-unit".into(), "compared".into()),
            "{file}"
        );
    }
}

/// `import` numbers the second of two nodes whose names are one in Verilog.
#[test]
fn a_numbered_layer_has_the_node_that_it_was_made_of() {
    let folder = tempfile::tempdir().unwrap();
    let layer = |name: &str| {
        let weights = Array2::from_shape_vec((1, 1), vec![1.0]).unwrap();
        FloatLayer::dense(name, weights, vec![0.0], Neuron::integrate_once(vec![1.0]))
    };
    let network = FloatNetwork {
        name: "net".into(),
        time_steps: 4,
        input_shape: vec![1],
        coding: 1.into(),
        layers: vec![layer("x-y"), layer("x_y_2")],
        readout: Readout::FirstSpike,
    };
    model::write_float(&folder.path().join("model"), &network).unwrap();
    let mut writer = Writer::new(4, 1, ["x-y", "x_y"].map(|name| (name.to_owned(), 1)), 1);
    writer.push(&Entry { label: None, class: Some(0), scores: None, times: &[&[2], &[2], &[2]] }).unwrap();
    writer.finish(fs::File::create(folder.path().join("r.nird")).unwrap()).unwrap();
    let shown = run(folder.path(), &["check", "model", "--recording", "r.nird"]);
    assert!(
        text(&shown.stdout).contains("x_y_2      equal, 1 spike times"),
        "{}",
        text(&shown.stdout) + &text(&shown.stderr)
    );
}

/// The recording of a model goes with it, unless it is the one to check.
#[test]
fn an_import_takes_away_the_recording_of_the_model_before() {
    let (folder, net, recording) = (tempfile::tempdir().unwrap(), fixture("dense.nir"), fixture("events.nird"));
    let net = net.to_str().unwrap();
    let kept = folder.path().join("out/recording.npz");
    done(folder.path(), &import(net, &["--check", recording.to_str().unwrap()]));
    let before = fs::read(&kept).unwrap();
    done(folder.path(), &import(net, &["--name", "other", "--check", "out/recording.npz"]));
    assert_eq!(fs::read(&kept).unwrap(), before);
    let other = run(folder.path(), &import(net, &["--fires", ">="]));
    assert!(other.status.success() && !kept.exists());
    assert!(text(&other.stderr).contains("out/recording.npz is removed"), "{}", text(&other.stderr));
}

#[test]
fn nothing_is_written_if_the_recording_differs() {
    let (net, recording) = (fixture("dense.nir"), fixture("events.nird"));
    let (net, recording) = (net.to_str().unwrap(), recording.to_str().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let differs = run(folder.path(), &import(net, &["--bias", "start", "--check", recording]));
    assert_eq!(differs.status.code(), Some(1), "{}", text(&differs.stderr));
    assert_eq!(contents(folder.path()), [""; 0].map(PathBuf::from));
    assert!(text(&differs.stderr).contains("nothing is written"));
    // The same as what check says of such a model.
    done(folder.path(), &import(net, &["--bias", "start"]));
    let checked = run(folder.path(), &["check", "out", "--recording", recording]);
    assert_eq!((checked.status.code(), text(&checked.stdout)), (Some(1), text(&differs.stdout)));
    assert!(text(&checked.stdout).contains("bias is added in every time step"), "{}", text(&checked.stdout));
    // What is no recording is an error.
    let other = |folder: &Path| {
        fs::copy(fixture("maps-sum.nir"), folder.join("net.nird")).unwrap();
    };
    let error = refused(&import(net, &["--check", "net.nird"]), other);
    assert!(error.starts_with("error[import/data-nird]") && error.contains("is no NIRData"), "{error}");
}

/// Whatever is damaged, the answer is a recording or an error. `FIRSTSPIKE_FUZZ` gives a larger number of cases.
#[test]
fn damaged_recordings_are_errors_and_never_crashes() {
    let cases: usize = std::env::var("FIRSTSPIKE_FUZZ").map_or(400, |count| count.parse().unwrap());
    let mut files: Vec<Vec<u8>> = ["events.nird", "grid.nird"].map(|name| fs::read(fixture(name)).unwrap()).into();
    let mut writer = Writer::new(5, 4, [("b".to_owned(), 3)], 2);
    for image in 0..40u8 {
        let (input, hidden) = ([image % 6, 1, 5, 2], [0, image % 5, 5]);
        let scores = Some(Scores::Integer(&[3, -4]));
        writer.push(&Entry { label: Some(1), class: Some(0), scores, times: &[&input, &hidden] }).unwrap();
    }
    files.push(Vec::new());
    writer.finish(files.last_mut().unwrap()).unwrap();
    let (mut random, mut answers) = (Random(2), [0, 0]);
    for case in 0..cases {
        let bytes = damaged(&files[case % files.len()], &mut random);
        let read = |recording: Recording| {
            let (images, input) = recording.input_times(4, 5)?;
            assert!(input.len() == images * 4 && input.iter().all(|&time| time <= 5));
            let (images, hidden) = recording.times("b", 3, 5)?;
            assert!(hidden.len() == images * 3 && hidden.iter().all(|&time| time <= 5));
            recording.labels(images)?;
            recording.classes(images)?;
            recording.scores(images, 2).map(drop)
        };
        let answer = Recording::decode("x.nird", bytes).and_then(read);
        answers[usize::from(answer.is_err())] += 1;
    }
    eprintln!("recordings, errors: {answers:?}");
    check_peak();
    assert!(answers.iter().all(|count| *count > cases / 20), "{answers:?}");
}

/// A few digits must not take gigabytes.
#[test]
fn a_recording_of_no_events_and_countless_images_is_refused() {
    let file = |images: usize| {
        let mut file = small();
        spikes(&mut file).insert("@n_neurons".into(), Item::integers(&[], &[64]));
        for name in ["idx", "time"] {
            spikes(&mut file).insert(name.into(), Item::floats(&[images, 0], Vec::new()));
        }
        hdf5::encode(&file)
    };
    let read = |images| Recording::decode("x", file(images)).unwrap().input_times(64, 8);
    assert_eq!(read(3).unwrap(), (3, vec![8; 3 * 64]));
    let error = read(1 << 40).unwrap_err();
    assert!(error.message.contains("images of 64 neurons"), "{error}");
}
