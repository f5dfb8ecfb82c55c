//! Files of arrays: spike times and images in place of a data set, and codings other than latency.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use firstspike::arch::{InputKind, Options};
use firstspike::coding::Coding;
use firstspike::cosim::RunOptions;
use firstspike::data::{self, Images, Split};
use firstspike::golden::{Executor, encode};
use firstspike::model;
use firstspike::network::IntegerNetwork;
use firstspike::npz::{Elements, Writer};
use serde_json::Value;

use crate::design::Pair;
use crate::support::{digits_network, refused, run, text, write_model};

/// Writes arrays, each with its name and the shape of a row.
pub fn write_arrays(path: &Path, arrays: &[(&str, &[usize], Elements)]) {
    let names = arrays.iter().map(|(name, shape, _)| (name.to_string(), shape.to_vec()));
    let mut writer = Writer::new(path.parent().unwrap(), names).unwrap();
    arrays.iter().enumerate().for_each(|(number, (_, _, elements))| writer.push(number, *elements).unwrap());
    writer.finish(File::create(path).unwrap()).unwrap();
}

fn digits() -> Images {
    data::load("digits", Split::Test).unwrap()
}

/// The digits as `times.npz` and `images.npz`.
fn write_digits(folder: &Path) {
    let digits = digits();
    let times = encode(&digits.pixels, &Coding::from(1), 8);
    let labels = ("labels", &[][..], Elements::U32(&digits.labels));
    write_arrays(&folder.join("times.npz"), &[("times", &[64], Elements::U8(&times)), labels]);
    let pixels = digits.pixels.as_slice().unwrap();
    write_arrays(&folder.join("images.npz"), &[labels, ("images", &[8, 8], Elements::U8(pixels))]);
}

fn figures(folder: &Path, args: &[&str]) -> Value {
    let done = run(folder, &[args, &["--json"]].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

#[test]
fn times_and_images_are_measured_like_the_set_that_they_are() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_digits(folder.path());
    let evaluate = |data: &str| figures(folder.path(), &["evaluate", "model", "--data", data, "--confusion"]);
    let (set, times, images) = (evaluate("digits"), evaluate("times.npz"), evaluate("images.npz"));
    for field in ["images", "correct", "confusion", "input_events", "spikes", "layers"] {
        assert_eq!(times[field], set[field], "{field}");
        assert_eq!(images[field], set[field], "{field}");
    }
    assert_eq!((&times["rows"], &set["rows"]), (&"unknown".into(), &"test".into()));
}

#[test]
fn hardware_is_given_times_as_events() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_digits(folder.path());
    let compare = |data: &str| figures(folder.path(), &["compare", "model", "--data", data, "--limit", "40"]);
    let (set, times) = (compare("digits"), compare("times.npz"));
    for field in ["mismatches", "accuracy", "latency_cycles", "interval_cycles", "input_events"] {
        assert_eq!(times[field], set[field], "{field}");
    }
    assert_eq!(times["rough"]["mismatches"], 0);
}

#[test]
fn hardware_that_codes_pixels_refuses_times() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_digits(folder.path());
    let generated = run(folder.path(), &["generate", "model", "--input", "pixels", "--output", "design"]);
    assert_eq!(generated.status.code(), Some(0), "{}", text(&generated.stderr));
    for command in ["simulate", "compare"] {
        let done = run(folder.path(), &[command, "design", "--data", "times.npz"]);
        let stderr = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{stderr}");
        assert!(
            stderr.contains(&format!("error[{command}/input-times]")) && stderr.contains("--input events"),
            "{stderr}"
        );
    }
    let predict = ["generate", "model", "--input", "pixels", "--output", "other", "--data", "times.npz"];
    let done = run(folder.path(), &predict);
    assert!(text(&done.stderr).contains("error[generate/input-times]"), "{}", text(&done.stderr));
    assert!(!folder.path().join("other").exists());
}

/// The names of the classes are numbers here, each one more than its class.
#[test]
fn labels_are_numbers_of_classes_whatever_these_are_called() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_digits(folder.path());
    let evaluate = |data: &str| figures(folder.path(), &["evaluate", "model", "--data", data]);
    let correct = evaluate("times.npz")["correct"].clone();
    figures(folder.path(), &["evaluate", "model", "--data", "times.npz", "--trace", "trace.npz"]);
    let header = folder.path().join("model/model.json");
    let mut named: Value = serde_json::from_slice(&std::fs::read(&header).unwrap()).unwrap();
    named["classes"] = (1..=10).map(|name| name.to_string()).collect();
    std::fs::write(&header, named.to_string()).unwrap();
    assert_eq!(evaluate("times.npz")["correct"], correct);
    assert_eq!(evaluate("trace.npz")["correct"], correct);
}

/// What `evaluate` says to a file of these arrays.
fn refused_arrays(arrays: &[(&str, &[usize], Elements)], more: &[&str]) -> String {
    let args = [&["evaluate", "model", "--data", "set.npz"], more].concat();
    refused(&args, |folder| write_arrays(&folder.join("set.npz"), arrays))
}

#[test]
fn wrong_arrays_are_refused_by_name() {
    let labels = ("labels", &[][..], Elements::U8(&[3]));
    let late = refused_arrays(&[("times", &[64], Elements::U8(&[9; 64])), labels], &[]);
    assert!(late.contains("data-time") && late.contains("set.npz: times: the spike time [0, 0] is 9"), "{late}");
    let narrow = refused_arrays(&[("times", &[63], Elements::U8(&[1; 63])), labels], &[]);
    assert!(narrow.contains("data-shape") && narrow.contains("rows have 63 values"), "{narrow}");
    let ten = ("labels", &[][..], Elements::U8(&[10]));
    let alien = refused_arrays(&[("times", &[64], Elements::U8(&[1; 64])), ten], &[]);
    assert!(alien.contains("data-label") && alien.contains("\"10\""), "{alien}");
    let table = refused_arrays(&[labels], &["--label", "last"]);
    assert!(table.contains("data-options"), "{table}");
    let torn = refused(&["evaluate", "model", "--data", "set.npz"], |folder| {
        std::fs::write(folder.join("set.npz"), b"PK\x03\x04").unwrap()
    });
    assert!(torn.contains("data-npz"), "{torn}");
    let train = refused(&["train", "--data", "set.npz", "--output", "net"], |folder| {
        write_arrays(&folder.join("set.npz"), &[labels])
    });
    assert!(train.contains("data-kind"), "{train}");
}

/// A file with an array of this type, shape and content, and labels.
fn write_typed(path: &Path, name: &str, [descr, shape]: [&str; 2], content: &[u8]) {
    let mut archive = zip::ZipWriter::new(File::create(path).unwrap());
    let options = zip::write::SimpleFileOptions::default();
    let (times, labels) = (npy("'|u1'", "(1, 64)", &[1; 64]), npy("'|u1'", "(1,)", &[1]));
    let other = if name == "labels" { ("times", times) } else { ("labels", labels) };
    for (name, bytes) in [(name, npy(descr, shape, content)), other] {
        archive.start_file(format!("{name}.npy"), options).unwrap();
        archive.write_all(&bytes).unwrap();
    }
    archive.finish().unwrap();
}

fn npy(descr: &str, shape: &str, content: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), content].concat()
}

/// File and array, what was found, what was expected, what to do.
#[test]
fn arrays_of_other_types_are_told_apart() {
    let all = "(1, 64)";
    let cases = [
        ("times", ["'<f2'", all], &[0; 128][..], ["its type is \"<f2\"", "numpy.float32"]),
        ("times", ["'|O'", all], &[0; 64], ["(objects)", "dtype=numpy.int64"]),
        ("labels", ["'<U5'", "(1,)"], &[0; 20], ["its type is \"<U5\" (texts)", "number of each class"]),
        ("labels", ["'<i8'", "()"], &[0; 8], ["its shape is ()", "numpy.atleast_1d"]),
        ("times", ["[('x', '<f4')]", all], &[0; 256], ["(records)", "an array of its own"]),
        ("times", ["'<u8'", all], &[255; 512], ["[0, 0] is 18446744073709551615, expected 0 … 7", "T = 8"]),
        ("labels", ["'<u8'", "(1,)"], &[255; 8], ["label 0 is 18446744073709551615", "number the classes"]),
    ];
    for (name, of, content, [found, help]) in cases {
        let told = refused(&["evaluate", "model", "--data", "set.npz"], |folder| {
            write_typed(&folder.join("set.npz"), name, of, content)
        });
        let whole = told.replace("\n        ", " ");
        assert!(whole.contains(&format!("set.npz: {name}: ")), "{told}");
        assert!(whole.contains(found) && whole.contains(help), "{told}");
    }
}

/// It is no table, and not a file of several arrays.
#[test]
fn an_array_alone_is_called_so() {
    let write = |folder: &Path| std::fs::write(folder.join("set.npy"), npy("'|u1'", "(2, 64)", &[1; 128])).unwrap();
    for args in [
        &["evaluate", "model", "--data", "set.npy"][..],
        &["train", "--data", "set.npy", "--output", "net"],
        &["check", "model", "--recording", "set.npy"],
    ] {
        let told = refused(args, write);
        assert!(told.contains("/data-kind]") && told.contains("set.npy is a single array (.npy)"), "{told}");
        assert!(told.contains("numpy.savez(\"set.npz\""), "{told}");
    }
    let misnamed = refused(&["evaluate", "model", "--data", "set.npz"], |folder| {
        write(folder);
        std::fs::rename(folder.join("set.npy"), folder.join("set.npz")).unwrap();
    });
    assert!(misnamed.contains("/data-kind]") && misnamed.contains("set.npz is a single array"), "{misnamed}");
    let nir_data = refused(&["evaluate", "model", "--data", "set.h5"], |folder| {
        std::fs::write(folder.join("set.h5"), b"\x89HDF\r\n\x1a\n").unwrap();
    });
    assert!(
        nir_data.contains("/data-kind]") && nir_data.contains("set.h5 is an HDF5 file, not named .nird"),
        "{nir_data}"
    );
}

/// A file of arrays is one set: nobody but the user can say that training has not seen it.
#[test]
fn arrays_have_no_part_that_is_the_trainings() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    write_digits(folder.path());
    for (split, rows, part, shown) in [
        (&[][..], "unknown", "all", "\n  accuracy "),
        (&["--split", "train"], "unknown", "all", "\n  accuracy "),
        (&["--split", "test"], "test", "test", "test accuracy "),
    ] {
        let args = [&["evaluate", "model", "--data", "times.npz"], split].concat();
        let found = figures(folder.path(), &args);
        assert_eq!((&found["rows"], &found["split"]), (&rows.into(), &part.into()));
        let told = text(&run(folder.path(), &args).stdout);
        assert!(told.contains(shown) && !told.contains("training accuracy"), "{told}");
    }
}

/// A table in which dark pixels are early, some never spike, and neighbors have nothing to do with each other.
fn table() -> Coding {
    Coding::Table(Box::new(std::array::from_fn(|gray| (gray * 7 % 11).min(8) as u8)))
}

fn with_table() -> IntegerNetwork {
    let latency = digits_network(10);
    let (layers, readout) = (latency.layers().to_vec(), latency.readout().clone());
    IntegerNetwork::new("coded", 8, vec![8, 8], table(), layers, readout).unwrap()
}

#[test]
fn a_table_is_coded_alike_by_model_file_golden_model_and_hardware() {
    let (folder, network) = (tempfile::tempdir().unwrap(), with_table());
    model::write_integer(&folder.path().join("model"), &network).unwrap();
    assert_eq!(model::read_integer(&folder.path().join("model")).unwrap(), network);

    let images: Vec<Vec<u8>> = (0..20).map(|index| digits().image(index).to_vec()).collect();
    let by_hand =
        |pixels: &[u8]| pixels.iter().map(|&gray| (usize::from(gray) * 7 % 11).min(8) as u8).collect::<Vec<_>>();
    let mut executor = Executor::new(&network);
    for pixels in &images {
        assert_eq!(executor.run(pixels.as_slice().into()), executor.run_events(&by_hand(pixels)));
    }
    for input in [InputKind::Pixels, InputKind::Events] {
        let design = folder.path().join(format!("{input:?}"));
        let pair = Pair::new(&design, &network, &Options { input, ..Options::default() });
        assert_eq!(pair.difference(&images, &[], &RunOptions::default()), None, "{input:?}");
        assert_eq!(pair.rough(&images).first_difference, None, "{input:?}");
    }
}

/// What another program made of the digits' pixels, if `FIRSTSPIKE_NETS` names the folder that holds it: an array of 360 × 64 bytes.
#[test]
fn the_code_of_pixels_is_that_of_others() {
    let Some(folder) = std::env::var_os("FIRSTSPIKE_NETS") else { return };
    let array = std::fs::read(Path::new(&folder).join("digits_test_times.npy")).unwrap();
    assert_eq!(encode(&digits().pixels, &Coding::from(1), 8), array[array.len() - 360 * 64..]);
}
