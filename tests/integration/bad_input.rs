//! Every kind of broken input: exit code 2, a message that names file and field, no panic, nothing left behind.

use std::fs;
use std::io::Write;

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};

use crate::support::{contents, firstspike, float_network, refused, text, write_model};

const EVALUATE: &[&str] = &["evaluate", "model", "--data", "digits"];

/// The error after an edit of `model.json`.
fn header_refused(edit: impl FnOnce(&mut Value)) -> String {
    refused(EVALUATE, |folder| {
        let path = folder.join("model/model.json");
        let mut header: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        edit(&mut header);
        fs::write(path, header.to_string()).unwrap();
    })
}

/// The error for a CSV file of this content.
fn csv_refused(content: &str) -> String {
    refused(&["evaluate", "model", "--data", "x.csv"], |folder| fs::write(folder.join("x.csv"), content).unwrap())
}

/// The error for a folder `set` with these files as its test split.
fn idx_refused(images: &[u8], labels: &[u8]) -> String {
    refused(&["evaluate", "model", "--data", "set"], |folder| {
        fs::create_dir(folder.join("set")).unwrap();
        fs::write(folder.join("set/t10k-images-idx3-ubyte"), images).unwrap();
        fs::write(folder.join("set/t10k-labels-idx1-ubyte"), labels).unwrap();
    })
}

fn idx(magic: u32, dims: &[u32], content: &[u8]) -> Vec<u8> {
    let words = std::iter::once(&magic).chain(dims);
    words.flat_map(|word| word.to_be_bytes()).chain(content.iter().copied()).collect()
}

fn images(count: u32, side: u32) -> Vec<u8> {
    idx(0x803, &[count, side, side], &vec![9; (count * side * side) as usize])
}

fn labels(labels: &[u8]) -> Vec<u8> {
    idx(0x801, &[labels.len() as u32], labels)
}

#[test]
fn models_that_are_not_there() {
    let stderr = refused(&["evaluate", "nowhere", "--data", "digits"], |_| {});
    assert!(stderr.contains("no model at nowhere"), "{stderr}");
    let stderr = refused(&["evaluate", "model/model.json/below", "--data", "digits"], |_| {});
    assert!(stderr.contains("model/model.json/below"), "{stderr}");
    let stderr = refused(EVALUATE, |folder| fs::remove_file(folder.join("model/model.safetensors")).unwrap());
    assert!(
        stderr.contains("weights: neither model/model.safetensors nor model/model.safetensors.gz is there"),
        "{stderr}"
    );
}

#[test]
fn broken_json() {
    let broken = |content: &'static [u8]| {
        refused(EVALUATE, move |folder| fs::write(folder.join("model/model.json"), content).unwrap())
    };
    insta::assert_snapshot!(broken(b"{\"format\": \"firstspike-model\",\n \"version\": 1,,"), @r##"
    error[evaluate/model-json]: model/model.json: is no JSON: key must be a string at line 2 column 15
      help: mend the JSON at that place; docs/model-format.md describes the file
    "##);
    assert!(broken(b"").contains("model/model.json: is no JSON"));
    assert!(broken(b"\xff\xfe\x00").contains("model/model.json: is no JSON"));
    assert!(broken(&[b'['; 100_000]).contains("recursion limit"));
    assert!(broken(b"[]").contains("the file is a list of 0, expected an object"));
}

#[test]
fn header_mistakes() {
    let many = header_refused(|header| {
        header["name"] = json!("output");
        header["time_steps"] = json!(0);
        header["input"]["shape"] = json!([28, 28]);
        header["layers"][0]["name"] = json!("Layer 0");
        header["layers"][0]["weight_format"] = json!("int1");
        header["readout"]["alpha"] = json!([1]);
        header["author"] = json!("me");
        header["weights"] = json!("../../etc/passwd");
    });
    insta::assert_snapshot!(many, @r##"
    error[evaluate/model-invalid]: model/model.json: 8 mistake(s)
      - name is "output", which is a keyword of Verilog
      - time_steps is 0, expected a whole number 1 … 255
      - layers[0].name is "Layer 0", expected at most 64 characters: a lower-case letter, then lower-case letters, digits, _ or -
      - layers[0].weight_format: "int1" is no weight format: expected int2 … int16, pow3 … pow8, ternary or binary
      - layers[0].inputs is 64, expected 784, as of input.shape [28, 28]
      - readout.alpha is unknown, expected only type
      - weights is "../../etc/passwd", expected a file name without folders
      - author is unknown, expected only format, version, kind, name, time_steps, input, layers, readout, weights, weights_sha256, classes, table, activity
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(header_refused(|header| header["version"] = json!(2)), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - version is 2, expected 1
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(header_refused(|header| header["kind"] = json!("float")), @r##"
    error[evaluate/model-invalid]: model/model.json: 5 mistake(s)
      - layers[0].weight_format is unknown, expected only type, name, inputs, outputs, step_rows, neuron, grid
      - tensor "layer0.v0" belongs to no layer, expected it to be absent
      - tensor "layer0.weight" is I8 [10, 64], expected F32 [10, 64]
      - tensor "layer0.bias" is missing, expected F32 [10]
      - tensor "layer0.threshold" is I32 [10], expected F32 [10]
      help: mend the listed fields; docs/model-format.md describes them
    "##);
}

#[test]
fn broken_weights() {
    let stderr = refused(EVALUATE, |folder| {
        let path = folder.join("model/model.safetensors");
        let bytes = fs::read(&path).unwrap();
        fs::write(path, &bytes[..bytes.len() / 2]).unwrap();
    });
    assert!(stderr.contains("weights_sha256 is"), "{stderr}");
    let stderr = header_refused(|header| {
        header["layers"][0]["weight_format"] = json!("int3");
        header["layers"][0]["outputs"] = json!(11);
    });
    assert!(stderr.contains("\"layer0.v0\" is I32 [10], expected I32 [11]"), "{stderr}");
    insta::assert_snapshot!(header_refused(|header| header["layers"][0]["weight_format"] = json!("int3")), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - tensor "layer0.weight" has 340 wrong value(s), the first at [0, 0] is -7, expected a weight of int3
      help: mend the listed fields; docs/model-format.md describes them
    "##);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// The error for a model with packed weights, made by `edit` from the plain ones, and perhaps a wrong layer.
fn packed_refused(edit: impl FnOnce(&[u8]) -> Vec<u8>, outputs: Option<u32>) -> String {
    refused(EVALUATE, |folder| {
        let plain = folder.join("model/model.safetensors");
        let packed = edit(&fs::read(&plain).unwrap());
        fs::remove_file(plain).unwrap();
        fs::write(folder.join("model/model.safetensors.gz"), packed).unwrap();
        let Some(outputs) = outputs else { return };
        let path = folder.join("model/model.json");
        let mut header: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        header["layers"][0]["outputs"] = json!(outputs);
        fs::write(path, header.to_string()).unwrap();
    })
}

#[test]
fn broken_packed_weights() {
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    insta::assert_snapshot!(packed_refused(|plain| half(&gzip(plain)), None), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - weights: model/model.safetensors.gz: the compressed stream ends early
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(packed_refused(<[u8]>::to_vec, None), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - weights: model/model.safetensors.gz: the compressed stream is damaged (invalid gzip header), expected gzip
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    insta::assert_snapshot!(packed_refused(|plain| [gzip(plain), vec![0]].concat(), None), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - weights: model/model.safetensors.gz goes on after the end of the compressed stream, expected its end
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    // 64 MiB from 64 KiB.
    insta::assert_snapshot!(packed_refused(|_| gzip(&vec![0; 1 << 26]), None), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - weights: model/model.safetensors.gz unpacks to more than 1051216 bytes, expected no more for the layers of model.json
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    // Without sound layers nobody knows how much the file may hold, and it is left alone.
    insta::assert_snapshot!(packed_refused(|_| gzip(&vec![0; 1 << 26]), Some(0)), @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - layers[0].outputs is 0, expected a whole number 1 … 16777216
      help: mend the listed fields; docs/model-format.md describes them
    "##);
    let both = refused(EVALUATE, |folder| {
        let plain = fs::read(folder.join("model/model.safetensors")).unwrap();
        fs::write(folder.join("model/model.safetensors.gz"), gzip(&plain)).unwrap();
    });
    insta::assert_snapshot!(both, @r##"
    error[evaluate/model-invalid]: model/model.json: 1 mistake(s)
      - weights: model/model.safetensors and model/model.safetensors.gz are both there, expected one: remove the outdated one
      help: mend the listed fields; docs/model-format.md describes them
    "##);
}

#[test]
fn float_models_ask_to_be_quantized() {
    let stderr = refused(&["generate", "model", "-o", "design"], |folder| {
        firstspike::model::write_float(&folder.join("model"), &float_network()).unwrap();
    });
    assert!(stderr.contains("firstspike quantize model"), "{stderr}");
}

#[test]
fn outputs_that_cannot_be_written() {
    let below_a_file = refused(&["generate", "model", "--output", "model/model.json/a/b"], |_| {});
    assert!(below_a_file.contains("model/model.json/a/b"), "{below_a_file}");
    let a_file = refused(&["generate", "model", "--output", "model/model.json"], |_| {});
    assert!(a_file.contains("model/model.json is a file"), "{a_file}");
    let not_ours = refused(&["generate", "model", "--output", "out"], |folder| {
        fs::create_dir(folder.join("out")).unwrap();
        fs::write(folder.join("out/manifest.json"), "{\"name\": \"a web page\"}").unwrap();
    });
    assert!(not_ours.contains("--force"), "{not_ours}");
}

/// A limit on the size of files fails in the middle of a write, as a full disk does.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let before = contents(folder.path());
    let script = "trap '' XFSZ; ulimit -f 1; exec \"$0\" generate model --output new/out";
    let done = std::process::Command::new("sh")
        .args(["-c", script, env!("CARGO_BIN_EXE_firstspike")])
        .current_dir(folder.path())
        .output()
        .unwrap();
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("cannot write") && !stderr.contains("panicked"), "{stderr}");
    assert_eq!(contents(folder.path()), before);
}

#[test]
fn data_that_is_not_there() {
    insta::assert_snapshot!(refused(&["evaluate", "model", "--data", "mnist"], |_| {}), @r##"
    error[evaluate/data-missing]: the data set "mnist" was looked up in /nowhere/firstspike/mnist, which is no folder
      help: give `firstspike data fetch mnist`, or put its train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and t10k-labels-idx1-ubyte.gz there, or set FIRSTSPIKE_DATA to the folder that holds mnist/; the set "digits" needs no files
    "##);
    insta::assert_snapshot!(refused(&["evaluate", "model", "--data", "nowhere"], |_| {}), @r##"
    error[evaluate/data-missing]: "nowhere" is neither a known data set (digits, mnist, fashion-mnist) nor a folder or file
      help: check the path, or name a known data set
    "##);
    insta::assert_snapshot!(refused(&["evaluate", "model", "--data", "model"], |_| {}), @r##"
    error[evaluate/data-missing]: model: files are missing
      - no t10k-images-idx3-ubyte or t10k-images-idx3-ubyte.gz
      - no t10k-labels-idx1-ubyte or t10k-labels-idx1-ubyte.gz
      - the folder holds model.json, model.safetensors
      help: put the IDX files there under these names, plain or .gz; or give a CSV file
    "##);
    insta::assert_snapshot!(refused(&["evaluate", "model", "--data", "model/model.json/x"], |_| {}), @r##"
    error[evaluate/data-missing]: "model/model.json/x" is neither a known data set (digits, mnist, fashion-mnist) nor a folder or file
      help: check the path, or name a known data set
    "##);
}

/// What `data` says to `evaluate`, which has the given variables and no others that matter.
fn looked_up(variables: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let mut command = firstspike(folder.path());
    command.args(["evaluate", "model", "--data", "mnist"]).env_remove("XDG_DATA_HOME").env_remove("HOME");
    let done = command.envs(variables.iter().copied()).output().unwrap();
    assert_eq!(done.status.code(), Some(2));
    text(&done.stderr)
}

#[cfg(target_os = "linux")]
#[test]
fn named_data_lies_in_the_users_folder() {
    for (variables, folder) in [
        (&[("HOME", "/who")][..], "/who/.local/share/firstspike/mnist,"),
        (&[("HOME", "/who"), ("XDG_DATA_HOME", "/xdg")], "/xdg/firstspike/mnist,"),
        (&[("HOME", "/who"), ("XDG_DATA_HOME", "not/absolute")], "/who/.local/share/firstspike/mnist,"),
        (&[("HOME", "/who"), ("XDG_DATA_HOME", ""), ("FIRSTSPIKE_DATA", "")], "/who/.local/share/firstspike/mnist,"),
        (&[("HOME", "/who"), ("FIRSTSPIKE_DATA", "mine")], " mine/mnist,"),
    ] {
        let stderr = looked_up(variables);
        assert!(stderr.contains(folder), "{variables:?}: {stderr}");
    }
    assert!(looked_up(&[]).contains("error[evaluate/data-root]"));
    assert!(looked_up(&[("HOME", "")]).contains("error[evaluate/data-root]"));
}

#[test]
fn a_web_page_is_no_data() {
    let page = b"\n<!DOCTYPE html><title>Not found</title>";
    for images in [page.to_vec(), gzip(page)] {
        let stderr = idx_refused(&images, &labels(&[1]));
        assert!(stderr.contains("error[evaluate/data-web-page]: set/t10k-images-idx3-ubyte is a web page"), "{stderr}");
    }
    assert!(csv_refused("<html></html>").contains("error[evaluate/data-web-page]: x.csv is a web page"));
}

#[test]
fn broken_idx_files() {
    let good = images(2, 8);
    insta::assert_snapshot!(idx_refused(&labels(&[1]), &labels(&[1])), @r##"
    error[evaluate/data-magic]: set/t10k-images-idx3-ubyte: magic is 0x00000801, expected 0x00000803 (IDX, images)
      help: check that the file is an IDX file of unsigned bytes, and that images and labels are not swapped
    "##);
    insta::assert_snapshot!(idx_refused(&good[..100], &labels(&[1, 2])), @r##"
    error[evaluate/data-truncated]: set/t10k-images-idx3-ubyte: content is 84 bytes, expected 128 (2 images × 8 rows × 8 columns)
      help: download or copy the file again
    "##);
    insta::assert_snapshot!(idx_refused(&[&good[..], b"x"].concat(), &labels(&[1, 2])), @r##"
    error[evaluate/data-oversized]: set/t10k-images-idx3-ubyte: content goes on after the expected 128 bytes (2 images × 8 rows × 8 columns)
      help: download or copy the file again
    "##);
    insta::assert_snapshot!(idx_refused(&good, &labels(&[1, 2, 3])), @r##"
    error[evaluate/data-count]: set/t10k-labels-idx1-ubyte: number of labels is 3, expected 2, the number of images in set/t10k-images-idx3-ubyte
      help: take both files from the same data set and split
    "##);
    insta::assert_snapshot!(idx_refused(&images(0, 8), &labels(&[])), @r##"
    error[evaluate/data-empty]: set/t10k-images-idx3-ubyte: number of images is 0, expected at least 1
      help: give a file that holds images
    "##);
    insta::assert_snapshot!(idx_refused(&idx(0x803, &[u32::MAX, 28, 28], &[]), &labels(&[1])), @r##"
    error[evaluate/data-size]: set/t10k-images-idx3-ubyte: size is 4294967295 images × 28 rows × 28 columns, expected at most 1073741824 bytes in all
      help: the header is probably damaged: download or copy the file again, or split a larger set
    "##);
    insta::assert_snapshot!(idx_refused(&[0x1f, 0x8b, 8, 0, 1, 2], &labels(&[1])), @r##"
    error[evaluate/data-truncated]: set/t10k-images-idx3-ubyte: the compressed stream ends early
      help: download or copy the file again
    "##);
    insta::assert_snapshot!(idx_refused(&[], &[]), @r##"
    error[evaluate/data-truncated]: set/t10k-images-idx3-ubyte: header is 0 bytes, expected 16
      help: download or copy the file again
    "##);
}

#[test]
fn data_that_does_not_fit_the_network() {
    insta::assert_snapshot!(idx_refused(&images(2, 28), &labels(&[1, 2])), @r##"
    error[evaluate/data-shape]: set: images are 28 × 28, the network expects 8 × 8
      help: use the data the network was trained on, or train a network for this size
    "##);
    insta::assert_snapshot!(idx_refused(&images(3, 8), &labels(&[1, 10, 255])), @r##"
    error[evaluate/data-label]: set: 2 of 3 labels are none of the network's classes; the first, of number 1, is "10"
      - the data have 3 classes: 1, 10, 255
      - the network has 10 classes: 0, 1, 2, 3, 4, 5, 6, 7, 8, 9
      help: use a network with these classes, or remove the rows or images of the others
    "##);
}

#[test]
fn broken_csv_files() {
    insta::assert_snapshot!(csv_refused("pixel0,pixel1,label\n0,256,3\n1,2\n1,two,3\n1,-1,\n"), @r##"
    error[evaluate/data-csv]: x.csv: 3 mistake(s)
      - line 3 has 2 values, expected 3 with the label
      - line 4 field 2 is "two", expected a number
      - line 5 field 3 is "", expected a label
      help: write one row per line: numbers, and its label in the first or last column
    "##);
    insta::assert_snapshot!(csv_refused("\n\n"), @r##"
    error[evaluate/data-empty]: x.csv: number of rows is 0, expected at least 1
      help: write one row per line: numbers, and its label in the first or last column
    "##);
    insta::assert_snapshot!(csv_refused("# shape 0x4\n"), @r##"
    error[evaluate/data-csv]: x.csv: 1 mistake(s)
      - "# shape 0x4" gives no shape, expected "# shape HEIGHTxWIDTH"
      help: write one row per line: numbers, and its label in the first or last column
    "##);
    insta::assert_snapshot!(csv_refused("1,2,1\n2,3,2\n1,4,1\n2,5,2\n"), @r##"
    error[evaluate/data-label-column]: x.csv: both the first and the last column look like labels
      help: say where the labels are: --label first, --label last, or --label and the name or number of the column
    "##);
    insta::assert_snapshot!(csv_refused("a,b,label\n0.5,2,1\n2,3,0\n"), @r##"
    error[evaluate/data-scale]: x.csv: row 1, column 1 (without the label) is 0.5, expected a pixel 0 … 255
      help: train on the table, which stores its ranges in the model; or give the values that become 0 and 255: --scale LOW:HIGH
    "##);
}
