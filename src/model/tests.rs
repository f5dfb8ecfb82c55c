use ndarray::{Array2, Array4, array};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::data::{HeldOut, LabelColumn, MeanActivity, TableSchema};
use crate::fixed::WeightFormat;
use crate::float::grid::quantize_weight;
use crate::float::{Connection, FloatLayer, Grid, Kernel, Map, Pooling};
use crate::network::{self, Conv2d, Layer, Neuron, Readout, StepRows, Synapses, WeightedSource};

fn integer() -> IntegerNetwork {
    let weights = array![[1, -7, 0], [2, 7, -1]];
    let hidden =
        Layer::dense("hidden", WeightFormat::Int(4), weights, vec![0, 1, -1], Neuron::integrate_once(vec![3, 4, 5]));
    let last = Layer::dense("last", WeightFormat::Int(12), array![[2047], [-2047], [5]], vec![-9], Neuron::integrate());
    IntegerNetwork::new("tiny", 4, vec![1, 2], 1, vec![hidden, last], Readout::Membrane).unwrap()
}

fn dense_weights(layer: &mut Layer) -> &mut Array2<i32> {
    let Synapses::Dense(weights) = &mut layer.synapses else { panic!("layer {} is not dense", layer.name) };
    weights
}

fn float() -> FloatNetwork {
    let weights = array![[0.1, -0.5], [1e-20, 3.0]];
    let mut layer = FloatLayer::dense("only", weights, vec![0.0, 0.25], Neuron::integrate_once(vec![1.0, 1.5]));
    layer.grid = Some(Grid { format: WeightFormat::Ternary, scale: 0.1 });
    let readout = Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha: vec![1.0, 0.3, 0.1] };
    let (input_shape, coding) = (vec![2], 0.into());
    FloatNetwork { name: "tiny".into(), time_steps: 3, input_shape, coding, layers: vec![layer], readout }
}

/// The two files of the integer network, without the hash that would hide every other mistake of the weights.
fn files() -> (Value, Vec<u8>) {
    let weights = tensors::pack_integer(&integer()).unwrap();
    let mut header = serde_json::to_value(Header::of_integer(&integer(), "w", sha256_hex(&weights))).unwrap();
    header.as_object_mut().unwrap().remove("weights_sha256");
    (header, weights)
}

fn decoded(header: &Value, weights: &[u8]) -> Result<Model> {
    decode("model.json", header.to_string().as_bytes(), |_, _| Ok(Some(weights.to_vec())))
}

/// The mistakes found after `edit`.
fn problems_of(edit: impl FnOnce(&mut Value)) -> Vec<String> {
    let (mut header, weights) = files();
    edit(&mut header);
    let error = decoded(&header, &weights).unwrap_err();
    assert_eq!(error.code, "model-invalid");
    error.problems
}

#[test]
fn what_is_written_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("new/model");
    write_integer(&path, &integer()).unwrap();
    assert_eq!(read(&path).unwrap(), Model::Integer(integer()));
    assert_eq!(read_integer(&path.join(MODEL_JSON)).unwrap(), integer());
    assert_eq!(read_float(&path).unwrap_err().code, "model-integer");
    write_float(&path, &float()).unwrap();
    assert_eq!(read(&path).unwrap(), Model::Float(float()));
    let error = read_integer(&path).unwrap_err();
    assert!(error.help.contains("firstspike quantize"), "{error}");
    assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
}

fn schema() -> Schema {
    let table = TableSchema {
        label: LabelColumn::Named("kind".into()),
        ranges: vec![[4.3, 7.9], [-0.1, 0.30000000000000004]],
        columns: vec!["a \"b\"\n".into(), String::new()],
        sha256: "00".repeat(32),
        test_sha256: Some("11".repeat(32)),
        held_out: Some(HeldOut { share: 0.2, seed: u64::MAX }),
    };
    Schema { classes: vec!["setosa \"wild\"".into()], table: Some(table), ..Schema::default() }
}

#[test]
fn what_a_model_knows_of_its_data_is_kept_and_changes_no_network() {
    let folder = tempfile::tempdir().unwrap();
    write_integer_with(folder.path(), &integer(), &schema()).unwrap();
    assert_eq!(read_schema(folder.path()), Ok(schema()));
    assert_eq!(read(folder.path()), Ok(Model::Integer(integer())));
    write_float(folder.path(), &float()).unwrap();
    assert_eq!(read_schema(folder.path()), Ok(Schema::default()));
}

#[test]
fn a_schema_with_a_mistake_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |edit: &dyn Fn(&mut Schema)| {
        let mut wrong = schema();
        edit(&mut wrong);
        write_integer_with(folder.path(), &integer(), &wrong).unwrap_err().problems.join("; ")
    };
    let table = |edit: fn(&mut TableSchema)| refused(&move |schema| edit(schema.table.as_mut().unwrap()));
    assert_eq!(refused(&|s| s.classes.push("b".into())), "classes has 2 names, expected 1, one per output");
    let odd = refused(&|s| s.classes[0] = "\u{202e}".into());
    assert!(odd.starts_with("classes[0] is ") && odd.contains("expected a name of 1 … 60"), "{odd}");
    assert_eq!(table(|t| t.columns.push("c".into())), "table.columns has 3 names, expected 2, one per input");
    assert!(table(|t| t.ranges.push([0.0, 1.0])).starts_with("table.ranges has 3 entries, expected none, 1, or 2"));
    assert!(table(|t| t.ranges[0] = [2.0, 1.0]).contains("expected two numbers, the smaller first"));
    assert!(table(|t| t.held_out = Some(HeldOut { share: 1.0, seed: 1 })).contains("above 0 and below 1"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn the_same_network_is_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| {
        write_integer(&folder.path().join(name), &integer()).unwrap();
        [MODEL_JSON, WEIGHTS_FILE].map(|file| fs::read(folder.path().join(name).join(file)).unwrap())
    };
    assert_eq!(bytes("a"), bytes("b"));
}

#[test]
fn a_network_that_cannot_be_read_is_not_written() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("model");
    let mut network = float();
    network.name = "module".into();
    network.layers[0].weights[[1, 0]] = f32::NAN;
    network.layers[0].bias.push(1.0);
    let Readout::TemporalWeighting { alpha, .. } = &mut network.readout else { unreachable!() };
    alpha[0] = f32::INFINITY;
    let error = write_float(&path, &network).unwrap_err();
    assert_eq!(error.problems.len(), 4, "{error}");
    assert!(error.to_string().contains("\"only.weight\" has 1 wrong value(s), the first at [0, 1] is NaN"), "{error}");
    assert!(!path.exists());
}

#[test]
fn a_failed_write_keeps_the_old_model() {
    let folder = tempfile::tempdir().unwrap();
    write_integer(folder.path(), &integer()).unwrap();
    let below = folder.path().join(MODEL_JSON).join("below");
    assert_eq!(write_integer(&below, &integer()).unwrap_err().code, "io");
    // A folder in the place of the JSON file makes the second rename fail: the weights are whole all the same.
    let half = folder.path().join("half");
    fs::create_dir_all(half.join(MODEL_JSON)).unwrap();
    assert_eq!(write_integer(&half, &integer()).unwrap_err().code, "io");
    assert_eq!(read_integer(folder.path()).unwrap(), integer());
    let left: Vec<_> = fs::read_dir(&half).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert!(left.iter().all(|name| !name.to_string_lossy().ends_with(".tmp")), "{left:?}");
}

/// A network whose weights take more than [`PACKED_ABOVE`] bytes.
fn large() -> IntegerNetwork {
    let weights = Array2::from_shape_fn((784, 400), |(i, j)| ((i * 7 + j * 5) % 15) as i32 - 7);
    let layer = Layer::dense("only", WeightFormat::Int(4), weights, vec![0; 400], Neuron::integrate());
    IntegerNetwork::new("wide", 4, vec![28, 28], 1, vec![layer], Readout::Membrane).unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn large_integer_weights_are_packed_and_the_network_is_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let (packed, plain) = (folder.path().join("packed"), folder.path().join("plain"));
    write_integer(&packed, &large()).unwrap();
    assert_eq!(names(&packed), [MODEL_JSON, "model.safetensors.gz"]);
    let gzip = fs::read(packed.join("model.safetensors.gz")).unwrap();
    assert!(gzip.len() < PACKED_ABOVE / 2, "{}", gzip.len());
    // Deflate, no name, no time, unknown system; and the same bytes again.
    assert_eq!((&gzip[..8], gzip[9]), (&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0][..], 255));
    write_integer(&packed, &large()).unwrap();
    assert_eq!(fs::read(packed.join("model.safetensors.gz")).unwrap(), gzip);
    // Unpacked by hand: the same model.json, the same network.
    fs::create_dir(&plain).unwrap();
    fs::copy(packed.join(MODEL_JSON), plain.join(MODEL_JSON)).unwrap();
    fs::write(plain.join(WEIGHTS_FILE), tensors::pack_integer(&large()).unwrap()).unwrap();
    for path in [&packed, &plain] {
        assert_eq!(read_integer(path).unwrap(), large());
        assert_eq!(network_hash(&read_integer(path).unwrap()), network_hash(&large()));
    }
}

#[test]
fn a_model_replaces_one_that_was_stored_otherwise() {
    let folder = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        write_integer(folder.path(), &large()).unwrap();
        assert_eq!(names(folder.path()), [MODEL_JSON, "model.safetensors.gz"]);
        assert_eq!(read_integer(folder.path()).unwrap(), large());
        write_float(folder.path(), &float()).unwrap();
        assert_eq!(names(folder.path()), [MODEL_JSON, WEIGHTS_FILE]);
        assert_eq!(read_float(folder.path()).unwrap(), float());
    }
}

/// Another program's gzip, with name, time and other settings.
#[test]
fn any_gzip_of_the_weights_is_read() {
    use std::io::Write;
    let folder = tempfile::tempdir().unwrap();
    write_integer(folder.path(), &integer()).unwrap();
    let weights = fs::read(folder.path().join(WEIGHTS_FILE)).unwrap();
    let builder = flate2::GzBuilder::new().filename("model.safetensors").mtime(1_700_000_000).comment("by hand");
    let mut packer = builder.write(Vec::new(), flate2::Compression::none());
    packer.write_all(&weights).unwrap();
    fs::write(folder.path().join("model.safetensors.gz"), packer.finish().unwrap()).unwrap();
    fs::remove_file(folder.path().join(WEIGHTS_FILE)).unwrap();
    assert_eq!(read_integer(folder.path()).unwrap(), integer());
}

#[test]
fn weights_of_another_model_are_noticed() {
    let folder = tempfile::tempdir().unwrap();
    write_integer(folder.path(), &integer()).unwrap();
    let path = folder.path().join(WEIGHTS_FILE);
    let mut weights = fs::read(&path).unwrap();
    *weights.last_mut().unwrap() ^= 1;
    fs::write(&path, weights).unwrap();
    let error = read(folder.path()).unwrap_err();
    assert!(error.problems[0].starts_with("weights_sha256"), "{error}");
}

#[test]
fn missing_files_and_broken_json() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(read(folder.path()).unwrap_err().code, "model-missing");
    fs::write(folder.path().join(MODEL_JSON), "{\n  \"format\": oops").unwrap();
    let error = read(folder.path()).unwrap_err();
    assert!(error.code == "model-json" && error.message.contains("line 2 column 13"), "{error}");
    let header = files().0.to_string();
    fs::write(folder.path().join(MODEL_JSON), header).unwrap();
    let error = read(folder.path()).unwrap_err();
    assert!(error.problems[0].starts_with("weights: neither "), "{error}");
}

#[test]
fn all_mistakes_of_both_files_are_listed() {
    let (mut header, _) = files();
    let mut wrong = integer().layers()[0].clone();
    dense_weights(&mut wrong)[[0, 1]] = 9;
    wrong.format = WeightFormat::Int(5);
    let other = IntegerNetwork::new("x", 4, vec![2], 1, vec![wrong], Readout::FirstSpike).unwrap();
    header["time_steps"] = json!(0);
    header["surplus"] = json!(1);
    header["layers"][1]["inputs"] = json!(4);
    header["weights"] = json!("../w");
    let error = decoded(&header, &tensors::pack_integer(&other).unwrap()).unwrap_err();
    insta::assert_snapshot!(error, @r#"
    error[model/model-invalid]: model.json: 4 mistake(s)
      - time_steps is 0, expected a whole number 1 … 255
      - layers[1].inputs is 4, expected 3, as of layers[0].outputs
      - weights is "../w", expected a file name without folders
      - surplus is unknown, expected only format, version, kind, name, time_steps, input, layers, readout, weights, weights_sha256, classes, table, activity
      help: mend the listed fields; docs/model-format.md describes them
    "#);
    header["weights"] = json!("w");
    let error = decoded(&header, &tensors::pack_integer(&other).unwrap()).unwrap_err();
    insta::assert_snapshot!(error.problems[3..].join("\n"), @r#"
    tensor "hidden.weight" has 1 wrong value(s), the first at [1, 0] is 9, expected a weight of int4
    tensor "last.weight" is missing, expected I16 [1, 4]
    tensor "last.v0" is missing, expected I32 [1]
    "#);
}

fn table(times: Value) -> Value {
    json!({ "shape": [1, 2], "coding": "table", "times": times })
}

#[test]
fn header_mistakes_name_field_actual_and_expected() {
    let one = |edit: fn(&mut Value), expected: &str| {
        let problems = problems_of(edit);
        assert!(problems.iter().any(|p| p.contains(expected)), "{expected}\nnot in {problems:#?}");
    };
    one(|h| *h = json!([1, 2]), "the file is a list of 2, expected an object");
    one(|h| h["format"] = json!("onnx"), "format is \"onnx\", expected \"firstspike-model\"");
    one(|h| h["version"] = json!(2), "version is 2, expected 1");
    one(|h| h["kind"] = json!(null), "kind is null, expected \"float\" or \"integer\"");
    one(|h| h["name"] = json!("always"), "name is \"always\", which is a keyword");
    one(|h| h["name"] = json!("a b"), "name is \"a b\", expected");
    one(|h| h["time_steps"] = json!(256), "time_steps is 256, expected a whole number 1 … 255");
    one(|h| h["time_steps"] = json!(2.5), "time_steps is 2.5");
    one(|h| h["input"]["shape"] = json!([2, -1]), "input.shape[1] is -1");
    one(|h| h["input"]["shape"] = json!([]), "input.shape is []");
    one(|h| h["input"]["shape"] = json!(vec![1 << 24; 9]), "inputs in all");
    one(|h| h["input"]["shape"] = json!([3]), "layers[0].inputs is 2, expected 3, as of input.shape [3]");
    one(|h| h["input"]["coding"] = json!("rate"), "input.coding is \"rate\", expected \"latency\" or \"table\"");
    one(|h| h["input"]["threshold"] = json!(256), "input.threshold is 256");
    one(|h| h["input"] = table(json!([1, 5])), "input.times[1] is 5, expected a whole number 0 … 4 (4 is never)");
    one(|h| h["input"] = table(json!([1, 4])), "input.times has 2 values, expected 256, one per gray level");
    one(|h| h["input"]["coding"] = json!("table"), "input.times is missing");
    one(|h| h["layers"] = json!([]), "layers is empty");
    one(|h| h["layers"] = json!({}), "layers is an object, expected a list of layers");
    one(|h| h["layers"][0] = json!(7), "layers[0] is 7, expected an object");
    one(|h| h["layers"][0]["type"] = json!("conv"), "layers[0].type is \"conv\", expected \"dense\"");
    one(|h| h["layers"][1]["name"] = json!("hidden"), "layers[1].name is \"hidden\", like layers[0]");
    one(|h| h["layers"][0]["inputs"] = json!(1u64 << 40), "layers[0].inputs is 1099511627776");
    one(|h| h["layers"][0]["weight_format"] = json!("int17"), "layers[0].weight_format: \"int17\" is no weight format");
    one(|h| h["layers"][0]["weight_format"] = json!("int9"), "\"hidden.weight\" is I8 [3, 2], expected I16 [3, 2]");
    one(|h| h["layers"][0]["grid"] = json!({}), "layers[0].grid is unknown");
    one(|h| h["readout"]["type"] = json!("rate"), "readout.type is \"rate\"");
    one(|h| h["readout"]["alpha"] = json!([1]), "readout.alpha is unknown");
    one(|h| h["readout"]["type"] = json!("first-spike"), "\"last.threshold\" is missing");
    one(|h| h["readout"] = weighting(json!([1, 2, 0, 0])), "readout.alpha[1] is 2, expected at most 1");
    one(|h| h["readout"] = weighting(json!([1, 0])), "readout.alpha has 2 values, expected 4");
    one(|h| h["readout"] = weighting(json!([70000, 0, 0, 0])), "readout.alpha[0] is 70000");
    one(|h| h["readout"] = weighting(json!([1, "0", 0, 0])), "readout.alpha[1] is \"0\"");
    one(|h| h["weights_sha256"] = json!("abc"), "weights_sha256 is no SHA-256");
}

fn weighting(alpha: Value) -> Value {
    json!({"type": "temporal-weighting", "source": "current", "alpha": alpha})
}

#[test]
fn paths_out_of_the_folder_are_refused() {
    for path in ["", ".", "..", "/etc/passwd", "../w", "a/w", "w/", "./w", "a\\w", "c:w", "w\0"] {
        let problems = problems_of(|h| h["weights"] = json!(path));
        assert!(problems[0].contains("expected a file name without folders"), "{path:?}: {problems:?}");
    }
    let problems = problems_of(|h| h["weights"] = json!("w.gz"));
    assert!(problems[0].contains("expected the name without .gz"), "{problems:?}");
}

#[test]
fn surplus_and_damaged_tensors_are_noticed() {
    let (mut header, weights) = files();
    header["layers"].as_array_mut().unwrap().pop();
    let error = decoded(&header, &weights).unwrap_err();
    assert!(error.to_string().contains("tensor \"last.v0\" belongs to no layer"), "{error}");
    assert!(error.to_string().contains("\"hidden.threshold\" is present, expected it to be absent"), "{error}");
    let error = decoded(&files().0, &weights[..weights.len() - 1]).unwrap_err();
    assert!(error.problems[0].contains("no safetensors file"), "{error}");
}

/// The integer network with rows that differ in its first layer and are all the same in its last.
fn with_step_rows() -> IntegerNetwork {
    let network = integer();
    let mut layers = network.layers().to_vec();
    layers[0].step_rows = Some(StepRows::new(array![[0, 1, 2], [3, -4, 5], [6, 7, -8], [9, 10, 11]]));
    layers[1].step_rows = Some(StepRows::constant(&[-70_000], 4));
    IntegerNetwork::new("tiny", 4, vec![1, 2], 1, layers, Readout::Membrane).unwrap()
}

#[test]
fn step_rows_are_read_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    write_integer(folder.path(), &with_step_rows()).unwrap();
    assert_eq!(read_integer(folder.path()).unwrap(), with_step_rows());
    let header: Value = serde_json::from_slice(&fs::read(folder.path().join(MODEL_JSON)).unwrap()).unwrap();
    assert_eq!([0, 1].map(|l| header["layers"][l]["step_rows"].clone()), [json!(4), json!(1)]);
    let mut network = float();
    network.layers[0].step_rows = Some(StepRows::new(array![[0.5, 0.0], [-0.25, 1e-9], [3.0, 4.0]]));
    write_float(folder.path(), &network).unwrap();
    assert_eq!(read_float(folder.path()).unwrap(), network);
    network.layers[0].step_rows = Some(StepRows::constant(&[0.5, f32::NAN], 3));
    let error = write_float(folder.path(), &network).unwrap_err();
    assert!(error.problems[0].starts_with("tensor \"only.step_rows\" has 3 wrong value(s)"), "{error}");
}

#[test]
fn wrong_step_rows_and_neurons_name_layer_and_field() {
    let weights = tensors::pack_integer(&with_step_rows()).unwrap();
    let header = serde_json::to_value(Header::of_integer(&with_step_rows(), "w", sha256_hex(&weights))).unwrap();
    let problems = |edit: &dyn Fn(&mut Value)| {
        let mut header = header.clone();
        edit(&mut header["layers"][0]);
        decoded(&header, &weights).unwrap_err().problems.join("\n")
    };
    insta::assert_snapshot!(problems(&|layer| layer["step_rows"] = json!(3)), @"layers[0].step_rows is 3, expected 1 or 4, one per time step");
    insta::assert_snapshot!(problems(&|layer| layer["step_rows"] = json!(0)), @"layers[0].step_rows is 0, expected a whole number 1 … 255");
    insta::assert_snapshot!(problems(&|layer| layer["step_rows"] = json!(1)), @r#"tensor "hidden.step_rows" is I32 [4, 3], expected I32 [1, 3]"#);
    let none = |layer: &mut Value| drop(layer.as_object_mut().unwrap().remove("step_rows"));
    insta::assert_snapshot!(problems(&none), @r#"tensor "hidden.step_rows" belongs to no layer, expected it to be absent"#);
    insta::assert_snapshot!(problems(&|layer| layer["neuron"] = json!("integrate")), @r#"layer "hidden" has the neuron "integrate", expected neurons that fire"#);
    insta::assert_snapshot!(problems(&|layer| layer["neuron"] = json!("izhikevich")), @r#"layers[0].neuron is "izhikevich", expected "integrate" or "integrate-once""#);
    let mut said = header.clone();
    (said["layers"][0]["neuron"], said["layers"][1]["neuron"]) = (json!("integrate-once"), json!("integrate"));
    said.as_object_mut().unwrap().remove("weights_sha256");
    assert_eq!(decoded(&said, &weights).unwrap(), Model::Integer(with_step_rows()));
}

/// A few digits in a file do not ask for rows that no memory holds.
#[test]
fn step_rows_count_for_the_size_of_a_network() {
    let (mut header, weights) = files();
    (header["time_steps"], header["input"]["shape"]) = (json!(255), json!([1]));
    header["layers"] = json!([{ "type": "dense", "name": "a", "inputs": 1, "outputs": 100_000, "weight_format": "int4", "step_rows": 1 }]);
    let error = decoded(&header, &weights).unwrap_err();
    assert_eq!(error.code, "model-too-large");
    // Inputs, synapses, neurons, rows.
    assert!(error.message.contains(&format!("{} inputs", 1 + 100_000 * (1 + 1 + 255))), "{error}");
}

#[test]
fn the_hash_sees_every_field() {
    type Parts = (String, usize, Vec<usize>, u8, Vec<Layer>);
    let changed = |edit: fn(&mut Parts)| {
        let network = integer();
        let mut p: Parts = (network.name().into(), 4, vec![1, 2], 1, network.layers().to_vec());
        edit(&mut p);
        network_hash(&IntegerNetwork::new(p.0, p.1, p.2, p.3, p.4, Readout::Membrane).unwrap())
    };
    let edits: [fn(&mut Parts); 13] = [
        |_| {},
        |p| p.0 = "other".into(),
        |p| p.1 = 5,
        |p| p.2 = vec![2, 1],
        |p| p.3 = 2,
        |p| p.4[0].name = "h".into(),
        |p| p.4[0].format = WeightFormat::Int(5),
        |p| dense_weights(&mut p.4[0])[[0, 0]] = 2,
        |p| p.4[0].v0[0] = 2,
        |p| p.4[0].neuron = Neuron::integrate_once(vec![4, 4, 5]),
        |p| p.4[0].step_rows = Some(StepRows::constant(&[0, 0, 0], 4)),
        |p| p.4[0].step_rows = Some(StepRows::constant(&[0, 0, 1], 4)),
        |p| p.4[1].step_rows = Some(StepRows::constant(&[1], 4)),
    ];
    let mut hashes: Vec<_> = edits.into_iter().map(changed).collect();
    hashes.sort();
    hashes.dedup();
    assert_eq!(hashes.len(), edits.len());
    // Computed by a separate program from the text of docs/model-format.md.
    assert_eq!(network_hash(&integer()), "9f335954a5a9acd7ca78b1fd0339fde6f9d6097fa1ef4f9b473b069e1a10f5c4");
    assert_eq!(network_hash(&with_step_rows()), "cd9dd4fbdf1da56e64047b45802fdb0c3c484149f898adec7c318623dcd3dd59");
}

fn any_format() -> impl Strategy<Value = WeightFormat> {
    let powers = (3u32..=8).prop_map(WeightFormat::PowersOfTwo);
    prop_oneof![
        (2u32..=16).prop_map(WeightFormat::Int),
        powers,
        Just(WeightFormat::Ternary),
        Just(WeightFormat::Binary)
    ]
}

fn any_dense(name: &'static str, inputs: usize, outputs: usize, fires: bool) -> impl Strategy<Value = Layer> {
    let weights = prop::collection::vec(any::<i16>(), inputs * outputs);
    let units = || prop::collection::vec(-1_000_000i32..1_000_000, outputs);
    (any_format(), weights, units(), units()).prop_map(move |(format, raw, v0, threshold)| {
        let fit = |raw: i16| match format {
            WeightFormat::Binary => 1 - 2 * i32::from(raw < 0),
            WeightFormat::PowersOfTwo(_) => quantize_weight(f32::from(raw), 256.0, format) as i32,
            _ => i32::from(raw).clamp(-format.max(), format.max()),
        };
        let weights = Array2::from_shape_vec((inputs, outputs), raw.into_iter().map(fit).collect()).unwrap();
        let neuron = if fires { Neuron::integrate_once(threshold) } else { Neuron::integrate() };
        Layer::dense(name, format, weights, v0, neuron)
    })
}

fn any_network() -> impl Strategy<Value = IntegerNetwork> {
    let alpha = |time_steps: usize| {
        prop::collection::vec(any::<u16>(), time_steps).prop_map(|mut alpha| {
            alpha.sort_unstable_by(|a, b| b.cmp(a));
            alpha
        })
    };
    let readout = move |time_steps| {
        let weighting = |source| move |alpha| Readout::TemporalWeighting { source, alpha };
        prop_oneof![
            Just(Readout::Membrane),
            Just(Readout::FirstSpike),
            alpha(time_steps).prop_map(weighting(WeightedSource::Current)),
            alpha(time_steps).prop_map(weighting(WeightedSource::Spikes)),
        ]
    };
    (1usize..9, 1usize..5, 1usize..5, 1usize..5, any::<u8>())
        .prop_flat_map(move |(steps, a, b, c, p)| (Just((steps, a, b, c, p)), readout(steps)))
        .prop_flat_map(|((steps, a, b, c, p), readout)| {
            let layers = (any_dense("a", a, b, true), any_dense("b", b, c, readout.output_fires()));
            (layers, Just((steps, a, p, readout))).prop_map(|((first, second), (steps, inputs, p, readout))| {
                IntegerNetwork::new("random", steps, vec![inputs], p, vec![first, second], readout).unwrap()
            })
        })
}

/// A value within `value`: each index chooses among the children of the one before.
fn descend<'a>(value: &'a mut Value, path: &[prop::sample::Index]) -> &'a mut Value {
    let Some((index, rest)) = path.split_first() else { return value };
    let count = value.as_object().map(|map| map.len()).or(value.as_array().map(Vec::len)).unwrap_or(0);
    if count == 0 {
        return value;
    }
    let at = index.index(count);
    match value {
        Value::Object(map) => descend(map.values_mut().nth(at).expect("at < count"), rest),
        Value::Array(list) => descend(&mut list[at], rest),
        _ => unreachable!("only these have children"),
    }
}

proptest! {
    #[test]
    fn any_network_survives_the_round_trip(network in any_network()) {
        let weights = tensors::pack_integer(&network).unwrap();
        let header = serde_json::to_value(Header::of_integer(&network, "w", sha256_hex(&weights))).unwrap();
        prop_assert_eq!(decoded(&header, &weights).unwrap(), Model::Integer(network));
    }

    #[test]
    fn no_damaged_header_panics(edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..5)) {
        let (header, weights) = files();
        let mut text = serde_json::to_vec(&header).unwrap();
        for (index, byte) in edits {
            let length = text.len();
            text[index.index(length)] = byte;
        }
        if let Err(error) = decode("model.json", &text, |_, _| Ok(Some(weights))) {
            prop_assert!(!error.help.is_empty());
        }
    }

    #[test]
    fn no_misplaced_value_panics(
        path in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        value in prop_oneof![
            Just(json!(null)), Just(json!(-1)), Just(json!(0)), Just(json!(1e300)), Just(json!(u64::MAX)),
            Just(json!("")), Just(json!([])), Just(json!({})), Just(json!([[]])), Just(json!("reg")),
        ],
    ) {
        let (mut header, weights) = files();
        *descend(&mut header, &path) = value;
        if let Err(error) = decoded(&header, &weights) {
            prop_assert!(!error.problems.is_empty(), "{}", error);
        }
    }

    /// A damaged file is an error or, as some bits of a gzip mean nothing (its origin, padding, codes that no symbol uses), read as it was.
    /// A cut is always an error.
    #[test]
    fn no_damaged_gzip_is_read(at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<bool>()) {
        let folder = tempfile::tempdir().unwrap();
        write_integer(folder.path(), &integer()).unwrap();
        let mut gzip = storage::pack(&fs::read(folder.path().join(WEIGHTS_FILE)).unwrap());
        fs::remove_file(folder.path().join(WEIGHTS_FILE)).unwrap();
        let at = at.index(gzip.len());
        if cut { gzip.truncate(at) } else { gzip[at] ^= flip }
        fs::write(folder.path().join("model.safetensors.gz"), gzip).unwrap();
        match read_integer(folder.path()) {
            Ok(network) => prop_assert!(!cut && network == integer(), "byte {}", at),
            Err(error) => prop_assert!(error.problems[0].starts_with("weights"), "{}", error),
        }
    }

    #[test]
    fn no_damaged_weights_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let (header, mut weights) = files();
        for (index, byte) in &edits {
            let length = weights.len();
            weights[index.index(length)] = *byte;
        }
        if edits.len() < 2 {
            weights.truncate(cut.index(weights.len()));
        }
        let _ = decoded(&header, &weights);
    }
}

/// Convolution, pooling, flattening and dense layers in one network.
fn float_maps() -> FloatNetwork {
    let conv = FloatLayer {
        input: Map { channels: 1, height: 6, width: 8 },
        connection: Connection::Conv(Kernel { size: 3, stride: 1, padding: 1, groups: 1 }),
        ..FloatLayer::dense("conv", Array2::from_elem((9, 4), 0.5), vec![0.0; 4], Neuron::integrate_once(vec![1.0; 4]))
    };
    let depthwise = FloatLayer {
        input: conv.output(),
        pooling: Pooling { size: 2, max: false },
        connection: Connection::Conv(Kernel { size: 2, stride: 1, padding: 0, groups: 4 }),
        ..FloatLayer::dense(
            "depthwise",
            Array2::from_elem((4, 4), -0.25),
            vec![0.0; 4],
            Neuron::integrate_once(vec![1.0; 4]),
        )
    };
    let last = FloatLayer::dense("last", Array2::from_elem((24, 3), 0.75), vec![0.5; 3], Neuron::integrate());
    FloatNetwork {
        name: "maps".into(),
        time_steps: 2,
        input_shape: vec![6, 8],
        coding: 1.into(),
        layers: vec![conv, depthwise, last],
        readout: Readout::Membrane,
    }
}

fn integer_maps() -> IntegerNetwork {
    let conv = |kernel, padding, groups| Conv2d {
        weights: Array4::from_elem((4, 1, kernel, kernel), 2),
        stride: 1,
        padding,
        groups,
    };
    let layer = |name: &str, input, pool, synapses| Layer {
        input,
        pool,
        synapses,
        ..Layer::dense(name, WeightFormat::Int(4), Array2::ones((1, 4)), vec![0; 4], Neuron::integrate_once(vec![3; 4]))
    };
    let first = layer("conv", network::Map::new(1, 6, 8), 1, Synapses::Conv2d(conv(3, 1, 1)));
    let second = layer("depthwise", first.output(), 2, Synapses::Conv2d(conv(2, 0, 4)));
    let last = Layer::dense("last", WeightFormat::Int(4), Array2::ones((24, 3)), vec![0; 3], Neuron::integrate());
    IntegerNetwork::new("maps", 2, vec![6, 8], 1, vec![first, second, last], Readout::Membrane).unwrap()
}

#[test]
fn networks_of_maps_come_back_as_they_were_written() {
    let folder = tempfile::tempdir().unwrap();
    write_float(folder.path(), &float_maps()).unwrap();
    assert_eq!(read_float(folder.path()).unwrap(), float_maps());
    write_integer(folder.path(), &integer_maps()).unwrap();
    assert_eq!(read_integer(folder.path()).unwrap(), integer_maps());
    let json: Value = serde_json::from_slice(&std::fs::read(folder.path().join(MODEL_JSON)).unwrap()).unwrap();
    let types: Vec<_> = json["layers"].as_array().unwrap().iter().map(|layer| layer["type"].clone()).collect();
    assert_eq!(types, ["conv2d", "average-pool", "conv2d", "dense"]);
}

#[test]
fn mistakes_in_maps_are_all_listed_and_name_the_layer() {
    let folder = tempfile::tempdir().unwrap();
    write_integer(folder.path(), &integer_maps()).unwrap();
    let path = folder.path().join(MODEL_JSON);
    let original: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    let problems = |edit: &dyn Fn(&mut Value)| {
        let mut header = original.clone();
        edit(&mut header["layers"]);
        std::fs::write(&path, serde_json::to_vec(&header).unwrap()).unwrap();
        read(folder.path()).unwrap_err().problems.join("\n")
    };
    type Edit<'a> = &'a dyn Fn(&mut Value);
    let cases: [(Edit, &str); 11] = [
        (&|layers| layers[0]["kernel"] = json!(8), "layers[0].kernel is 8, expected a whole number 1 … 7"),
        (&|layers| layers[0]["padding"] = json!(3), "layers[0].padding is 3, expected less than the kernel, 3"),
        (
            &|layers| layers[0]["input"] = json!([1, 8, 6]),
            "layers[0].input is [1, 8, 6], expected [1, 6, 8], as of input.shape",
        ),
        (&|layers| layers[0]["output"] = json!([4, 6, 7]), "layers[0].output is [4, 6, 7], expected [4, 6, 8]"),
        (&|layers| layers[0]["input"] = json!([6, 8]), "layers[0].input is [6, 8], expected [channels, height, width]"),
        (
            &|layers| layers[1]["kernel"] = json!(4),
            "layers[1].kernel is 4, expected a divisor of 6 × 8, as of layers[0].output",
        ),
        (
            &|layers| layers[1]["type"] = json!("max-pool"),
            "layers[1].type is \"max-pool\", which no integer network has",
        ),
        (&|layers| layers[1]["type"] = json!("flatten"), "layers[1].kernel is unknown"),
        (&|layers| layers[2]["groups"] = json!(3), "layers[2].groups is 3, expected a divisor of 4 input and 4 output"),
        (&|layers| layers[3]["inputs"] = json!(25), "layers[3].inputs is 25, expected 24, as of layers[2].output"),
        (&|layers| drop(layers.as_array_mut().unwrap().pop()), "tensor \"last.weight\" belongs to no layer"),
    ];
    for (edit, expected) in cases {
        let found = problems(edit);
        assert!(found.contains(expected), "{expected}: {found}");
    }
    let both = problems(&|layers| {
        layers[0]["stride"] = json!(0);
        layers[2]["kernel"] = json!(7);
        layers[3]["outputs"] = json!(0);
    });
    for place in
        ["layers[0].stride is 0", "layers[2].kernel is 7, larger than the padded map", "layers[3].outputs is 0"]
    {
        assert!(both.contains(place), "{place}: {both}");
    }
}

#[test]
fn a_mean_activity_is_kept_and_does_not_change_the_network() {
    let folder = tempfile::tempdir().unwrap();
    let spikes = vec![vec![0.5, 0.25, 0.0, 1.0], vec![0.0; 4]];
    let activity = MeanActivity { images: 3, input: vec![1.0, 0.0, 0.3333, 0.1], spikes, decision_step: 3.0 };
    let schema = Schema { activity: Some(activity), ..Schema::default() };
    write_integer_with(folder.path(), &integer(), &schema).unwrap();
    assert_eq!(read_schema(folder.path()).unwrap(), schema);
    assert_eq!(network_hash(&read_integer(folder.path()).unwrap()), network_hash(&integer()));
}

#[test]
fn every_mistake_of_an_activity_is_found() {
    let found = problems_of(|header| {
        header["activity"] =
            json!({ "images": 0, "input": [1.0, -1.0], "spikes": [[0.0, 0.0, 0.0]], "decision_step": 4, "more": 1 });
    });
    for part in
        ["activity.images is 0", "input[1] is -1.0", "not 4 numbers", "2, one per layer", "expected 0 … 3", "more"]
    {
        assert!(found.iter().any(|problem| problem.contains(part)), "no {part} in {found:?}");
    }
}
