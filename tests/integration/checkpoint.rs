//! Checkpoints that are damaged, go too far, or belong to something else; and whose folder it is.

use std::fs;
use std::path::Path;
use std::process::Stdio;

use firstspike::data::{self, Images, Split};
use firstspike::fixed::WeightFormat;
use firstspike::train::{CHECKPOINT, CURVE, Hidden, Recipe, Trainer};
use serde_json::{Value, json};

use crate::support::{contents, firstspike, run, text};

const STEPS: u64 = 20;

fn digits() -> Images {
    data::load("digits", Split::Train).unwrap()
}

fn recipe() -> Recipe {
    let formats = vec![None, Some(WeightFormat::Int(4))];
    Recipe { formats, hidden: vec![Hidden::Dense(8)], time_steps: 4, epochs: 3, batch: 50, ..Recipe::default() }
}

fn trainer(recipe: Recipe) -> Trainer {
    Trainer::new(recipe, &[8, 8], 10).unwrap()
}

/// The checkpoint after one epoch of twenty steps, as its JSON header and its bytes of tensors.
fn checkpoint() -> (Value, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CHECKPOINT);
    let mut trainer = trainer(recipe());
    let members: Vec<usize> = (0..1000).collect();
    trainer.train_epoch(&digits(), &members, |_| true).unwrap().unwrap();
    trainer.save(&path, "data").unwrap();
    let bytes = fs::read(path).unwrap();
    let length = u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
    (serde_json::from_slice(&bytes[8..8 + length]).unwrap(), bytes[8 + length..].to_vec())
}

fn write(path: &Path, header: &Value, tensors: &[u8]) {
    let json = header.to_string();
    let length = (json.len() as u64).to_le_bytes();
    fs::write(path, [&length[..], json.as_bytes(), tensors].concat()).unwrap();
}

/// Resumes from what `edit` makes of a sound checkpoint; the code and the lines of the error.
fn resumed(edit: impl FnOnce(&mut Value, &mut Vec<u8>)) -> Result<(), (&'static str, Vec<String>)> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CHECKPOINT);
    let (mut header, mut tensors) = checkpoint();
    edit(&mut header, &mut tensors);
    write(&path, &header, &tensors);
    let mut trainer = trainer(recipe());
    let before = trainer.export();
    let error = trainer.resume(&path, "data", 1000).err();
    if error.is_some() {
        assert_eq!(trainer.export(), before, "an error leaves the network as it was");
    }
    error.map_or(Ok(()), |error| Err((error.code, error.problems)))
}

/// Changes a field of the metadata, which is JSON in JSON.
fn set_field(header: &mut Value, field: &str, value: Value) {
    let text = &mut header["__metadata__"]["firstspike.checkpoint"];
    let mut inner: Value = serde_json::from_str(text.as_str().unwrap()).unwrap();
    inner[field] = value;
    *text = json!(inner.to_string());
}

fn set_value(header: &Value, tensors: &mut [u8], name: &str, index: usize, value: f32) {
    let from = header[name]["data_offsets"][0].as_u64().unwrap() as usize + 4 * index;
    tensors[from..from + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn a_sound_checkpoint_is_taken_up() {
    assert_eq!(resumed(|_, _| ()), Ok(()));
}

/// Twenty steps an epoch, so pruning goes on in the first two of three epochs and is over in the last.
#[test]
fn a_pruned_training_goes_on_as_if_it_had_never_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CHECKPOINT);
    let recipe = Recipe { fan_in: vec![Some(6), None], epochs: 4, ..recipe() };
    let (images, members) = (digits(), (0..1000).collect::<Vec<_>>());
    let mut whole = trainer(recipe.clone());
    whole.train_epoch(&images, &members, |_| true).unwrap();
    whole.save(&path, "data").unwrap();
    let mut resumed = trainer(recipe);
    resumed.resume(&path, "data", 1000).unwrap();
    for trainer in [&mut whole, &mut resumed] {
        while trainer.epoch() < 4 {
            trainer.train_epoch(&images, &members, |_| true).unwrap();
        }
    }
    let network = whole.export();
    assert_eq!(network, resumed.export());
    let synapses =
        |weights: &ndarray::Array2<f32>, neuron: usize| weights.column(neuron).iter().filter(|w| **w != 0.0).count();
    assert!((0..8).all(|neuron| synapses(&network.layers[0].weights, neuron) == 6));
    assert!((0..10).all(|neuron| synapses(&network.layers[1].weights, neuron) == 8), "the readout keeps all");
}

#[test]
fn an_epoch_or_step_that_cannot_be_is_refused() {
    let with = |epoch: u64, step: u64| {
        resumed(|header, _| {
            set_field(header, "epoch", json!(epoch));
            set_field(header, "step", json!(step));
        })
    };
    let broken = |problem: &str| Err(("checkpoint-broken", vec![problem.to_string()]));
    assert_eq!(with(4, 4 * STEPS), broken("epoch is 4, expected at most the 3 epochs of the training"));
    assert_eq!(with(2, STEPS), broken("step is 20, expected 40: 2 epochs of 20"));
    assert_eq!(with(0, 7), broken("step is 7, expected 0: 0 epochs of 20"));
    assert_eq!(with(3, 3 * STEPS), Ok(()));
    let negative = resumed(|header, _| set_field(header, "epoch", json!(-1)));
    assert_eq!(negative.unwrap_err().0, "checkpoint-broken");
}

#[test]
fn a_curve_of_other_epochs_is_refused() {
    let told = |epochs: &[usize]| {
        let epoch = |epoch| {
            json!({ "epoch": epoch, "loss": 0.5, "training_accuracy": 0.5, "validation_accuracy": null,
                    "learning_rate": 0.1, "seconds": 1.0 })
        };
        resumed(|header, _| set_field(header, "curve", epochs.iter().map(epoch).collect()))
    };
    let broken = Err(("checkpoint-broken", vec!["curve tells of other epochs than 1 … 1".to_string()]));
    assert_eq!((told(&[]), told(&[1])), (Ok(()), Ok(())));
    assert_eq!((told(&[2]), told(&[1, 1]), told(&[0, 1])), (broken.clone(), broken.clone(), broken));
}

#[test]
fn all_mistakes_of_a_checkpoint_are_listed() {
    let (code, problems) = resumed(|header, tensors| {
        set_field(header, "epoch", json!(9));
        set_value(header, tensors, "layer0.block0.weight.value", 3, f32::INFINITY);
        set_value(header, tensors, "layer0.block0.weight.value", 4, f32::NAN);
        set_value(header, tensors, "layer1.block0.gain.v", 0, f32::NEG_INFINITY);
        // Lane 8 has no neuron.
        set_value(header, tensors, "layer0.block0.weight.value", 8, 3e38);
        header["layer1.block0.bias.m"]["shape"] = json!([16, 1]);
        let moved = header.as_object_mut().unwrap().remove("layer1.log_scale").unwrap();
        header["layer7.log_scale"] = moved;
    })
    .unwrap_err();
    assert_eq!(code, "checkpoint-broken");
    let expected = [
        "epoch is 9, expected at most the 3 epochs of the training",
        "layer7.log_scale is no tensor of this network",
        "layer0.block0.weight.value has 2 value(s) that are no finite numbers",
        "layer0.block0.weight.value is not 0 where there is no neuron",
        "layer1.block0.gain.v has 1 value(s) that are no finite numbers",
        "layer1.block0.bias.m is F32 [16, 1], expected F32 [1, 16]",
        "layer1.log_scale is missing",
    ];
    assert_eq!(problems, expected);
}

#[test]
fn weights_that_overflow_are_refused() {
    let (code, problems) = resumed(|header, tensors| {
        set_value(header, tensors, "layer1.log_scale", 0, 200.0);
    })
    .unwrap_err();
    assert_eq!(code, "checkpoint-broken");
    assert_eq!(problems, ["the weights that follow from layer1 are too large for 32-bit floats"]);
}

#[test]
fn a_checkpoint_of_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CHECKPOINT);
    let code = |recipe: Recipe, data| trainer(recipe).resume(&path, data, 1000).unwrap_err().code;
    assert_eq!(code(recipe(), "data"), "checkpoint-missing");
    let (header, tensors) = checkpoint();
    write(&path, &header, &tensors);
    assert_eq!(code(recipe(), "other data"), "checkpoint-differs");
    assert_eq!(code(Recipe { seed: 2, ..recipe() }, "data"), "checkpoint-differs");
    write(&path, &header, &tensors[..100]);
    assert_eq!(code(recipe(), "data"), "checkpoint-broken");
    fs::write(&path, b"junk").unwrap();
    assert_eq!(code(recipe(), "data"), "checkpoint-broken");
}

#[test]
fn weights_that_diverge_in_the_last_step_are_no_model() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--data", "digits", "--hidden", "6", "--epochs", "1", "--batch", "2000", "-o", "out"];
    let output = run(folder.path(), &[&train[..], &["--learning-rate", "3e38"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("error[train/diverged]: weights are not finite"), "{}", text(&output.stderr));
}

#[test]
fn folders_that_hold_something_else_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let here = folder.path();
    fs::create_dir(here.join("thesis")).unwrap();
    fs::write(here.join("thesis/model.json"), "{\"format\": \"another tool's\"}").unwrap();
    let before = contents(here);
    let train = ["train", "--data", "digits", "--hidden", "4", "--epochs", "1", "-o"];
    let quantize = ["quantize", "float", "-o"];
    assert!(run(here, &[&train[..], &["float"]].concat()).status.success());
    for command in [&train[..], &quantize] {
        let output = run(here, &[command, &["thesis"]].concat());
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains("/folder-not-ours]: thesis is not empty"), "{}", text(&output.stderr));
        let output = run(here, &[command, &["thesis/model.json"]].concat());
        assert!(text(&output.stderr).contains("/folder-is-file]"), "{}", text(&output.stderr));
    }
    let left: Vec<_> = contents(here).into_iter().filter(|path| !path.starts_with(here.join("float"))).collect();
    assert_eq!(left, before);
    // What is ours is written anew, and --force writes anywhere.
    assert!(run(here, &[&train[..], &["float"]].concat()).status.success());
    for _ in 0..2 {
        assert!(run(here, &[&quantize[..], &["integer"]].concat()).status.success());
    }
    assert!(run(here, &[&quantize[..], &["thesis", "--force"]].concat()).status.success());
    assert!(run(here, &["evaluate", "thesis", "--data", "digits", "--limit", "1"]).status.success());
}

#[cfg(unix)]
#[test]
fn one_training_at_a_time_in_a_folder() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--data", "digits", "--hidden", "4", "--epochs", "1000000", "-o", "out"];
    let mut first = firstspike(folder.path()).args(train).stderr(Stdio::null()).spawn().unwrap();
    while !folder.path().join("out").join(CHECKPOINT).exists() {
        std::thread::sleep(std::time::Duration::from_millis(10));
        assert!(first.try_wait().unwrap().is_none());
    }
    for options in [&[][..], &["--force"], &["--resume"]] {
        let second = run(folder.path(), &[&train[..], options].concat());
        let stderr = text(&second.stderr);
        assert!(
            second.status.code() == Some(2) && stderr.contains("error[train/folder-busy]"),
            "{options:?}: {stderr}"
        );
    }
    first.kill().unwrap();
    first.wait().unwrap();
    let after = run(folder.path(), &train);
    assert!(text(&after.stderr).contains("error[train/checkpoint-exists]"), "{}", text(&after.stderr));
}

fn curve(folder: &Path) -> Value {
    serde_json::from_slice(&fs::read(folder.join(CURVE)).unwrap()).unwrap()
}

/// Of a training that Ctrl-C ended, the curve keeps its epochs, and what `--resume` adds is what would have come.
#[cfg(unix)]
#[test]
fn the_learning_curve_survives_an_interruption() {
    let folder = tempfile::tempdir().unwrap();
    let train =
        ["train", "--data", "digits", "--hidden", "4", "--epochs", "40", "--validation", "100", "--name", "net"];
    let at = |output| [&train[..], &["-o", output]].concat();
    assert!(run(folder.path(), &at("whole")).status.success());
    let cut = folder.path().join("cut");
    let mut child = firstspike(folder.path()).args(at("cut")).stderr(Stdio::null()).spawn().unwrap();
    while !cut.join(CURVE).exists() {
        std::thread::sleep(std::time::Duration::from_millis(5));
        assert!(child.try_wait().unwrap().is_none());
    }
    assert!(std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(2));
    let before = curve(&cut)["epochs"].as_array().unwrap().clone();
    assert!((1..40).contains(&before.len()), "{}", before.len());
    assert!(run(folder.path(), &[&at("cut")[..], &["--resume"]].concat()).status.success());
    let (after, whole) = (curve(&cut), curve(&folder.path().join("whole")));
    assert_eq!(after["epochs"].as_array().unwrap()[..before.len()], before);
    let without_time = |mut curve: Value| {
        curve["epochs"].as_array_mut().unwrap().iter_mut().for_each(|epoch| epoch["seconds"] = json!(0));
        curve
    };
    assert_eq!(without_time(after), without_time(whole.clone()));
    let model = |output| fs::read(folder.path().join(output).join("model.safetensors")).unwrap();
    assert_eq!(model("cut"), model("whole"));
    let epochs = whole["epochs"].as_array().unwrap();
    assert_eq!((&whole["network"], epochs.len(), &epochs[39]["epoch"]), (&json!("net"), 40, &json!(40)));
    for field in ["loss", "training_accuracy", "validation_accuracy", "learning_rate", "seconds"] {
        assert!(epochs.iter().all(|epoch| epoch[field].as_f64().is_some_and(|value| value >= 0.0)), "{field}");
    }
}

/// Someone may have moved the model away and left the curve.
#[test]
fn a_curve_marks_a_folder_as_ours() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--data", "digits", "--hidden", "4", "--epochs", "1", "-o"];
    for (output, content, code) in [("ours", r#"{ "format": "firstspike-curve" }"#, 0), ("other", "{}", 2)] {
        fs::create_dir(folder.path().join(output)).unwrap();
        fs::write(folder.path().join(output).join(CURVE), content).unwrap();
        let done = run(folder.path(), &[&train[..], &[output]].concat());
        assert_eq!(done.status.code(), Some(code), "{}", text(&done.stderr));
        assert!(
            code == 0 || text(&done.stderr).contains("holds no model.json or checkpoint.safetensors or curve.json")
        );
    }
    // Without images held out there is nothing to tell of them.
    assert_eq!(curve(&folder.path().join("ours"))["epochs"][0]["validation_accuracy"], Value::Null);
}
