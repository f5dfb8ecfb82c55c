//! Files made to do harm: whatever they ask for, the answer comes within 2 s and 200 MB, and is safe to print.

use std::fs;
use std::io::Write;
use std::path::Path;

use firstspike::fixed::WeightFormat;
use firstspike::model;
use firstspike::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, Synapses};
use flate2::Compression;
use flate2::write::GzEncoder;
use ndarray::{Array2, Array4};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use crate::support::{firstspike, refused_at_once, run, run_limited, run_within, text, write_model};

const EVALUATE: &[&str] = &["evaluate", "model", "--data", "digits"];

/// Rewrites `model.json`.
fn edit_model(folder: &Path, edit: impl FnOnce(&mut Value)) {
    let path = folder.join("model/model.json");
    let mut header: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    edit(&mut header);
    fs::write(path, header.to_string()).unwrap();
}

fn steers(text: &str) -> bool {
    text.chars().any(|c| c != '\n' && c.is_control() || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'))
}

const HOSTILE: &str = "int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet";

#[test]
fn no_text_of_a_file_steers_the_terminal() {
    let stderr = refused_at_once(EVALUATE, |folder| {
        edit_model(folder, |header| {
            header["layers"][0]["weight_format"] = json!(HOSTILE);
            header["layers"][0][HOSTILE] = json!(1);
            header["weights"] = json!("a\u{1b}[31mred");
            header["name"] = json!("long".repeat(1000));
        });
    });
    insta::assert_snapshot!(stderr, @r##"
    error[evaluate/model-invalid]: model/model.json: 4 mistake(s)
      - name is "longlonglonglonglonglonglonglonglonglonglonglonglonglonglong…", expected at most 64 characters: a lower-case letter, then lower-case letters, digits, _ or -
      - layers[0].weight_format: "int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet" is no weight format: expected int2 … int16, pow3 … pow8, ternary or binary
      - layers[0].int4\u{1b}]0;owned\u{7}\u{1b}[2J\0\u{9b}31m\u{202e}txet is unknown, expected only type, name, inputs, outputs, step_rows, neuron, weight_format
      - weights: neither model/a\u{1b}[31mred nor model/a\u{1b}[31mred.gz is there, expected one of them
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    let stderr = refused_at_once(&["compare", "design", "--data", "digits"], |folder| {
        fs::create_dir(folder.join("design")).unwrap();
        let manifest = json!({ "format": "firstspike-design", "version": 1, HOSTILE: 1 });
        fs::write(folder.join("design/manifest.json"), manifest.to_string()).unwrap();
    });
    assert!(stderr.contains("unknown field") && !steers(&stderr), "{stderr:?}");
}

#[test]
fn json_says_the_same_without_steering() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    edit_model(folder.path(), |header| header["layers"][0]["weight_format"] = json!(HOSTILE));
    let printed = text(&run_limited(folder.path(), &[&["--json"], EVALUATE].concat()).stdout);
    let object: Value = serde_json::from_str(&printed).unwrap();
    assert!(!steers(&printed) && object["error"]["problems"][0].as_str().unwrap().contains("int4"), "{printed:?}");
    // A file may have any name.
    let name = "set\u{202e}\u{1b}[2J.csv";
    let row = format!("{}0\n", "0,".repeat(64));
    fs::write(folder.path().join(name), row.repeat(2)).unwrap();
    write_model(folder.path(), 10);
    let evaluate = ["evaluate", "model", "--data", name, "--label", "last", "--scale", "off"];
    let printed = text(&run_limited(folder.path(), &evaluate).stdout);
    assert!(!steers(&printed) && printed.contains("set\\u{202e}"), "{printed:?}");
    let printed = text(&run_limited(folder.path(), &[&["--json"], &evaluate[..]].concat()).stdout);
    assert!(!steers(&printed), "{printed:?}");
    assert_eq!(serde_json::from_str::<Value>(&printed).unwrap()["data"], name);
}

/// A network whose only layer has one weight, and a neuron for each of its 65,536 inputs.
fn conv_as_output() -> IntegerNetwork {
    let weights = Array4::from_elem((1, 1, 1, 1), 1);
    let layer = Layer {
        input: Map::new(1, 256, 256),
        synapses: Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 0, groups: 1 }),
        ..Layer::dense("a", WeightFormat::Int(4), Array2::ones((1, 1)), vec![0], Neuron::integrate())
    };
    IntegerNetwork::new("big", 4, vec![256, 256], 1, vec![layer], Readout::Membrane).unwrap()
}

#[test]
fn a_few_weights_may_not_become_gigabytes_of_memory_images() {
    let conv = |folder: &Path| model::write_integer(&folder.join("conv"), &conv_as_output()).unwrap();
    for args in [&["generate", "conv", "-o", "design"][..], &["compare", "conv", "--data", "digits"]] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(refused_at_once(args, conv).replace(args[0], "COMMAND"), @r##"
            error[COMMAND/model-too-large]: with layers[0] "a", the memories of the design hold 4295032832 weights and entries of tables, expected at most 16777216
              help: make the layer smaller; a convolution as last layer has a weight for every input and neuron
            "##);
        }
    }
}

#[test]
fn sound_sizes_that_no_memory_holds_are_refused() {
    let dense = |inputs: u64, outputs: u64| json!({ "type": "dense", "name": "a", "inputs": inputs, "outputs": outputs, "weight_format": "int4" });
    let sized = |shape: Value, layers: Vec<Value>| {
        refused_at_once(EVALUATE, |folder| {
            edit_model(folder, |header| {
                header["input"]["shape"] = shape;
                header["layers"] = layers.into();
                header["readout"] = json!({ "type": "membrane" });
            });
        })
    };
    insta::assert_snapshot!(sized(json!([4_194_304]), vec![dense(4_194_304, 60)]), @r##"
    error[evaluate/model-too-large]: model/model.json: with layer "a", the network has 255852604 inputs, neurons, synapses, step rows and output potentials, expected at most 16777216
      help: make the layer smaller, or one before it
    "##);
    let map = |channels: u64| json!([channels, 2048, 2048]);
    let conv = |index: usize| {
        json!({
            "type": "conv2d", "name": format!("c{index}"), "input": map(1), "output": map(1), "kernel": 1, "stride": 1, "padding": 0,
            "groups": 1, "weight_format": "int4"
        })
    };
    let stderr = sized(map(1), (0..60).map(conv).collect());
    assert!(
        stderr.contains("model-too-large") && stderr.contains("with layer \"c2\", the network has 16777219 "),
        "{stderr}"
    );
    // Sixteen million output neurons in 255 steps.
    let stderr = sized(json!([1]), vec![dense(1, 4_000_000)]);
    assert!(stderr.contains("model-too-large"), "{stderr}");
}

#[test]
fn no_more_is_read_or_unpacked_than_the_header_needs() {
    let zeros = vec![0; 1 << 28];
    let stderr = refused_at_once(EVALUATE, |folder| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(&zeros).unwrap();
        fs::remove_file(folder.join("model/model.safetensors")).unwrap();
        fs::write(folder.join("model/model.safetensors.gz"), packer.finish().unwrap()).unwrap();
    });
    assert!(stderr.contains("unpacks to more than 1051216 bytes"), "{stderr}");
    let sparse = |folder: &Path| {
        let file = fs::OpenOptions::new().write(true).open(folder.join("model/model.safetensors")).unwrap();
        file.set_len(1 << 40).unwrap();
    };
    let stderr = refused_at_once(EVALUATE, sparse);
    assert!(stderr.contains("has 1099511627776 bytes, expected at most 1051216 for the layers"), "{stderr}");
    // Nobody knows how much this header needs.
    let stderr = refused_at_once(EVALUATE, |folder| {
        sparse(folder);
        edit_model(folder, |header| header["layers"][0]["outputs"] = json!(0));
    });
    assert!(stderr.contains("layers[0].outputs is 0"), "{stderr}");
}

/// A set of a gigabyte, packed into one megabyte: 2²⁴ images of 8 × 8.
fn write_gigabyte(folder: &Path) {
    write_black(folder, [1 << 24, 8, 8]);
}

/// A packed set of so many black images of so many rows and columns, all of class 0; at least 4 MiB.
fn write_black(folder: &Path, [count, rows, columns]: [u32; 3]) {
    let packed = |bytes: &[u8]| {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(bytes).unwrap();
        packer.finish().unwrap()
    };
    let header = |magic: u32, dims: &[u32]| {
        packed(&[&[magic], dims].concat().iter().flat_map(|word| word.to_be_bytes()).collect::<Vec<_>>())
    };
    let block = packed(&vec![0; 1 << 22]);
    let zeros = |count: usize| [block.repeat(count >> 22), packed(&vec![0; count % (1 << 22)])].concat();
    fs::create_dir(folder.join("set")).unwrap();
    let images = [header(0x803, &[count, rows, columns]), zeros((count * rows * columns) as usize)].concat();
    fs::write(folder.join("set/t10k-images-idx3-ubyte.gz"), images).unwrap();
    let labels = [header(0x801, &[count]), zeros(count as usize)].concat();
    fs::write(folder.join("set/t10k-labels-idx1-ubyte.gz"), labels).unwrap();
}

/// A network for images of 256 × 256, of which each pixel counts the more for a class the higher its number.
fn write_wide_model(folder: &Path) {
    let weights = Array2::from_shape_fn((1 << 16, 2), |(_, class)| class as i32);
    let layer = Layer::dense("a", WeightFormat::Int(4), weights, vec![0, 0], Neuron::integrate());
    let network = IntegerNetwork::new("wide", 4, vec![256, 256], 1, vec![layer], Readout::Membrane).unwrap();
    model::write_integer(&folder.join("wide"), &network).unwrap();
}

#[test]
fn a_set_larger_than_the_memory_is_evaluated() {
    let folder = tempfile::tempdir().unwrap();
    write_wide_model(folder.path());
    write_black(folder.path(), [1 << 12, 256, 256]);
    let evaluate = ["evaluate", "wide", "--data", "set", "--per-image", "lines", "--json"];
    let done = run_within(60, folder.path(), &evaluate);
    assert!(done.status.success(), "{}", text(&done.stderr));
    let evaluation: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&evaluation["images"], &evaluation["correct"]), (&json!(1 << 12), &json!(1 << 12)));
    let lines = fs::read_to_string(folder.path().join("lines")).unwrap();
    let numbers: Vec<Value> =
        lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["image"].clone()).collect();
    assert_eq!(numbers, (0..1 << 12).map(Value::from).collect::<Vec<_>>());
}

#[test]
fn a_set_that_is_cut_gives_no_result() {
    let folder = tempfile::tempdir().unwrap();
    write_wide_model(folder.path());
    write_black(folder.path(), [1 << 10, 256, 256]);
    let images = folder.path().join("set/t10k-images-idx3-ubyte.gz");
    let packed = fs::read(&images).unwrap();
    fs::write(&images, &packed[..packed.len() - packed.len() / 8]).unwrap();
    let done = run_within(60, folder.path(), &["evaluate", "wide", "--data", "set", "--per-image", "lines"]);
    let stderr = text(&done.stderr);
    assert!(done.status.code() == Some(2) && stderr.contains("error[evaluate/data-truncated]"), "{stderr}");
    assert!(done.stdout.is_empty() && !folder.path().join("lines").exists());
}

#[test]
fn no_more_images_are_read_than_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_gigabyte(folder.path());
    let evaluate = ["evaluate", "model", "--data", "set", "--limit", "2", "--json"];
    let done = run_limited(folder.path(), &evaluate);
    assert!(done.status.success(), "{}", text(&done.stderr));
    assert_eq!(serde_json::from_slice::<Value>(&done.stdout).unwrap()["images"], 2);
    // That no image fits shows in the first.
    let stderr = refused_at_once(&["evaluate", "model", "--data", "set"], |folder| {
        write_gigabyte(folder);
        edit_model(folder, |header| {
            header["input"]["shape"] = json!([4, 16]);
            header["readout"] = json!({ "type": "first-spike" });
        });
    });
    assert!(stderr.contains("data-shape"), "{stderr}");
}

/// Training reads all at once, evaluation in pieces.
#[test]
fn a_large_set_is_no_longer_read_after_ctrl_c() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_gigabyte(folder.path());
    for kind in ["images-idx3", "labels-idx1"] {
        let name = |split| folder.path().join(format!("set/{split}-{kind}-ubyte.gz"));
        fs::copy(name("t10k"), name("train")).unwrap();
    }
    for args in [["evaluate", "model", "--data", "set"], ["train", "--output=out", "--data", "set"]] {
        let binary = firstspike(folder.path());
        let mut command = std::process::Command::new("sh");
        command.args(["-c", r#"ulimit -d 900000; exec "$@""#, "sh"]).arg(binary.get_program()).args(args);
        command.current_dir(folder.path()).env("RAYON_NUM_THREADS", "2");
        let child = command.stderr(std::process::Stdio::piped()).spawn().unwrap();
        std::thread::sleep(std::time::Duration::from_millis(200));
        assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let done = child.wait_with_output().unwrap();
        let stderr = text(&done.stderr);
        let named = stderr.contains(&format!("error[{}/interrupted]", args[0]));
        assert!(done.status.code() == Some(2) && named, "{args:?}: {stderr}");
    }
}

#[test]
fn sizes_that_are_typed_are_limited_too() {
    let train =
        |options: &[&str]| refused_at_once(&[&["train", "--data", "digits", "-o", "out"], options].concat(), |_| {});
    assert!(train(&["--hidden", "1000000000"]).contains("expected 1 … 16777216"));
    insta::assert_snapshot!(train(&["--hidden", "65536,65536"]), @r##"
    error[train/model-too-large]: out: with layer 2, the network has 4299292736 inputs, neurons, synapses, step rows and output potentials, expected at most 16777216
      help: make the layer smaller, or one before it
    "##);
    let batch = train(&["--hidden", "65536", "--time-steps", "254", "--batch", "1437"]);
    assert!(batch.contains("batch-too-large") && batch.contains("make --batch smaller"), "{batch}");
}

/// Replaces `from` in the text of a file, which must hold it.
fn replace_in(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

fn write_design(folder: &Path) {
    let done = run(folder, &["generate", "model", "-o", "design"]);
    assert!(done.status.success(), "{}", text(&done.stderr));
}

const COMPARE: &[&str] = &["compare", "design", "--data", "digits"];

#[test]
fn a_key_that_is_there_twice_is_refused() {
    let stderr = refused_at_once(EVALUATE, |folder| {
        replace_in(&folder.join("model/model.json"), "\"time_steps\": 8", "\"time_steps\": 8,\n  \"time_steps\": 4");
    });
    insta::assert_snapshot!(stderr, @r##"
    error[evaluate/model-json]: model/model.json: the key "time_steps" is there twice at line 7 column 14
      help: mend the JSON at that place; docs/model-format.md describes the file
    "##);
    let stderr = refused_at_once(COMPARE, |folder| {
        write_design(folder);
        replace_in(&folder.join("design/manifest.json"), "\"lanes\": 10,", "\"lanes\": 10, \"lanes\": 9,");
    });
    assert!(
        stderr.contains("manifest-invalid") && stderr.contains("the key \"lanes\" is there twice at line"),
        "{stderr}"
    );
    let stderr = refused_at_once(EVALUATE, |folder| {
        let path = folder.join("model/model.safetensors");
        let bytes = fs::read(&path).unwrap();
        let (length, rest) = bytes.split_first_chunk().unwrap();
        let (table, tensors) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let table = text(table).trim_end().replacen(
            '{',
            "{\"layer0.v0\": {\"dtype\":\"I32\",\"shape\":[0],\"data_offsets\":[0,0]},",
            1,
        );
        let length = (table.len() as u64).to_le_bytes();
        fs::write(path, [&length, table.as_bytes(), tensors].concat()).unwrap();
        edit_model(folder, |header| drop(header.as_object_mut().unwrap().remove("weights_sha256")));
    });
    assert!(stderr.contains("the key \"layer0.v0\" is there twice"), "{stderr}");
}

/// Puts a pipe, a link to itself, and a link to a device that never ends in the place of a file, one after the other.
fn refused_in_place_of(file: &str, args: &[&str], prepare: impl Fn(&Path)) {
    let make_pipe = |path: &Path| assert!(std::process::Command::new("mkfifo").arg(path).status().unwrap().success());
    let link = |target: &'static str| move |path: &Path| std::os::unix::fs::symlink(target, path).unwrap();
    let itself = |path: &Path| std::os::unix::fs::symlink(path.file_name().unwrap(), path).unwrap();
    let makers: [&dyn Fn(&Path); 3] = [&make_pipe, &itself, &link("/dev/zero")];
    for make in makers {
        let stderr = refused_at_once(args, |folder| {
            prepare(folder);
            let path = folder.join(file);
            let _ = fs::remove_file(&path);
            make(&path);
        });
        assert!(
            stderr.contains(file.strip_prefix("design/").unwrap_or(file)) && stderr.contains(", expected a file"),
            "{args:?}, {file}: {stderr}"
        );
        let code = ["not-a-file", "model-invalid", "design-edited"].iter().any(|code| stderr.contains(code));
        assert!(code, "{args:?}, {file}: {stderr}");
    }
}

fn copy_set(folder: &Path) {
    fs::create_dir(folder.join("set")).unwrap();
    for kind in ["images-idx3", "labels-idx1"] {
        let from = format!("{}/data/digits/t10k-{kind}-ubyte.gz", env!("CARGO_MANIFEST_DIR"));
        fs::copy(from, folder.join(format!("set/t10k-{kind}-ubyte.gz"))).unwrap();
    }
}

#[test]
fn only_files_are_read() {
    let nothing = |_: &Path| {};
    refused_in_place_of("model/model.json", EVALUATE, nothing);
    refused_in_place_of("model/model.json", &["evaluate", "model/model.json", "--data", "digits"], nothing);
    refused_in_place_of("model/model.safetensors", EVALUATE, nothing);
    let packed = |folder: &Path| fs::remove_file(folder.join("model/model.safetensors")).unwrap();
    refused_in_place_of("model/model.safetensors.gz", EVALUATE, packed);
    refused_in_place_of("set.csv", &["evaluate", "model", "--data", "set.csv"], nothing);
    refused_in_place_of("set/t10k-images-idx3-ubyte.gz", &["evaluate", "model", "--data", "set"], copy_set);
    refused_in_place_of("set/t10k-labels-idx1-ubyte.gz", &["evaluate", "model", "--data", "set"], copy_set);
    refused_in_place_of("design/manifest.json", COMPARE, write_design);
    refused_in_place_of("design/model/model.json", COMPARE, write_design);
    refused_in_place_of("design/tiny.v", COMPARE, write_design);
}

/// Numbers that ask for much, and values of another kind.
fn hostile_values() -> Vec<Value> {
    let numbers = [0, 255, 65_536, 1 << 24, (1 << 24) + 1, 1 << 32, u64::MAX].map(Value::from);
    let others =
        [json!(-1), json!(1e300), json!(null), json!("x".repeat(100_000)), json!([]), json!({}), json!([4096, 4096])];
    [&numbers[..], &others].concat()
}

/// Where the values of a JSON text are, the outermost first.
fn places(value: &Value, at: &str, found: &mut Vec<String>) {
    found.push(at.to_owned());
    match value {
        Value::Object(fields) => fields.iter().for_each(|(key, value)| places(value, &format!("{at}/{key}"), found)),
        Value::Array(list) => list.iter().enumerate().for_each(|(i, value)| places(value, &format!("{at}/{i}"), found)),
        _ => {}
    }
}

/// One damage to the content of a file: of JSON mostly to a value, of anything else to bytes.
fn damaged(content: &[u8], rng: &mut ChaCha8Rng) -> Vec<u8> {
    if let Ok(mut value) = serde_json::from_slice::<Value>(content)
        && rng.random_range(0..4) > 0
    {
        let mut found = Vec::new();
        places(&value, "", &mut found);
        let values = hostile_values();
        *value.pointer_mut(&found[rng.random_range(0..found.len())]).unwrap() =
            values[rng.random_range(0..values.len())].clone();
        value.as_object_mut().and_then(|fields| fields.remove("weights_sha256"));
        return value.to_string().into_bytes();
    }
    let (mut bytes, at) = (content.to_vec(), rng.random_range(0..content.len()));
    match rng.random_range(0..3) {
        0 => bytes.truncate(at),
        1 => bytes[at] ^= rng.random_range(1..=255u8),
        // Sizes stand at the beginning.
        _ => bytes[at % 24] = 255,
    }
    bytes
}

#[test]
fn a_damaged_file_is_read_or_refused_within_the_limits() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_design(folder.path());
    copy_set(folder.path());
    let images = ["evaluate", "model", "--data", "set", "--limit", "2"];
    let files: [(&str, &[&str]); 6] = [
        ("model/model.json", EVALUATE),
        ("model/model.json", &["generate", "model", "-o", "out", "--force"]),
        ("model/model.safetensors", EVALUATE),
        ("set/t10k-images-idx3-ubyte.gz", &images),
        ("set/t10k-labels-idx1-ubyte.gz", &images),
        ("design/manifest.json", &["run", "design", "--port", "nowhere", "--data", "digits", "--limit", "1"]),
    ];
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    for round in 0..16 {
        for (file, args) in files {
            let path = folder.path().join(file);
            let content = fs::read(&path).unwrap();
            fs::write(&path, damaged(&content, &mut rng)).unwrap();
            let done = run_limited(folder.path(), args);
            let stderr = text(&done.stderr);
            assert!(
                matches!(done.status.code(), Some(0 | 2)) && !stderr.contains("panicked"),
                "{round}, {file}: {stderr}"
            );
            assert!(!steers(&stderr) && stderr.len() < 20_000, "{round}, {file}: {stderr:?}");
            fs::write(&path, content).unwrap();
        }
    }
}
