//! Training end to end, on the digits: exact quantization, reproducibility, resuming, and the two commands.

use firstspike::data::{self, Images, Split};
use firstspike::fixed::WeightFormat;
use firstspike::float::{FloatLayer, FloatNetwork};
use firstspike::golden::{Executor, latency};
use firstspike::model;
use firstspike::network::{Neuron, ReadoutKind};
use firstspike::quantize::{choose_grids, quantize};
use firstspike::train::{Augment, CHECKPOINT, Hidden, Normalize, Recipe, Trainer, parse_layers, synaptic_layers};
use ndarray::Array2;

use crate::support::{contents, float_network, run, text};

const READOUTS: [ReadoutKind; 4] =
    [ReadoutKind::Membrane, ReadoutKind::FirstSpike, ReadoutKind::Current, ReadoutKind::Spikes];

fn digits(split: Split) -> Images {
    data::load("digits", split).unwrap()
}

/// A small training with everything switched on that draws random numbers.
fn recipe(hidden: &[usize], format: Option<WeightFormat>, readout: ReadoutKind) -> Recipe {
    Recipe {
        hidden: hidden.iter().map(|&neurons| Hidden::Dense(neurons)).collect(),
        formats: vec![format; hidden.len() + 1],
        time_steps: 6,
        readout,
        epochs: 4,
        batch: 60,
        dropout: 0.1,
        activity: 0.1,
        augment: Augment { shift: 0.5, rotate: 5.0, stretch: 0.05, elastic: 0.2, flip: false },
        ..Recipe::default()
    }
}

/// The same for a network of maps.
fn maps(layers: &str, format: Option<WeightFormat>, readout: ReadoutKind) -> Recipe {
    let hidden = parse_layers(layers).unwrap();
    Recipe { formats: vec![format; synaptic_layers(&hidden)], hidden, epochs: 3, ..recipe(&[], format, readout) }
}

fn trained(recipe: Recipe) -> Trainer {
    let images = digits(Split::Train);
    let members: Vec<usize> = (0..images.len()).collect();
    let epochs = recipe.epochs;
    let mut trainer = Trainer::new(recipe, &images.shape, 10).unwrap();
    (0..epochs).for_each(|_| drop(trainer.train_epoch(&images, &members, |_| true).unwrap().unwrap()));
    trainer
}

#[test]
fn the_integer_network_is_the_one_that_was_trained() {
    let formats = [WeightFormat::Int(2), WeightFormat::Int(4), WeightFormat::Int(8), WeightFormat::Int(16)];
    let formats = formats.into_iter().chain([WeightFormat::Ternary, WeightFormat::Binary]);
    let images = digits(Split::Test);
    let members: Vec<usize> = (0..images.len()).collect();
    for (format, readout) in formats.flat_map(|format| READOUTS.map(|readout| (format, readout))) {
        let mut trainer = trained(recipe(&[24, 16], Some(format), readout));
        let float = trainer.export();
        let integer = quantize(&float, &choose_grids(&float, &[]).unwrap()).unwrap();
        let mut executor = Executor::new(&integer);
        let golden: Vec<u32> = images.pixels.outer_iter().map(|pixels| executor.run(pixels).class).collect();
        assert_eq!(trainer.classify(&images, &members), golden, "{format} {readout:?}");
    }
}

#[test]
fn the_longest_inference_is_trained_too() {
    let images = digits(Split::Test);
    let members: Vec<usize> = (0..images.len()).collect();
    for readout in READOUTS {
        let recipe = recipe(&[16], Some(WeightFormat::Int(4)), readout);
        let mut trainer = trained(Recipe { time_steps: 255, epochs: 1, ..recipe });
        let float = trainer.export();
        let integer = quantize(&float, &choose_grids(&float, &[]).unwrap()).unwrap();
        let mut executor = Executor::new(&integer);
        let golden: Vec<u32> = images.pixels.outer_iter().map(|pixels| executor.run(pixels).class).collect();
        assert_eq!(trainer.classify(&images, &members), golden, "{readout:?}");
    }
}

#[test]
fn the_integer_network_of_maps_is_the_one_that_was_trained() {
    let images = digits(Split::Test);
    let members: Vec<usize> = (0..images.len()).collect();
    let batch = |recipe: Recipe| Recipe { normalize: Normalize::Batch, folded_epochs: 2, ..recipe };
    let (four, six) = (Some(WeightFormat::Int(4)), Some(WeightFormat::Int(6)));
    let cases = [
        maps("6C3-P2-20", six, ReadoutKind::Membrane),
        maps("P2-18C2p1-4C2s2g2-20", four, ReadoutKind::FirstSpike),
        maps("4C3p1-D3-P3", Some(WeightFormat::Ternary), ReadoutKind::Current),
        batch(maps("6C3-P2-20", four, ReadoutKind::Membrane)),
        batch(maps("20C3-P3-4C2", six, ReadoutKind::Spikes)),
    ];
    for recipe in cases {
        let case = format!("{recipe:?}");
        let mut trainer = trained(recipe);
        let float = trainer.export();
        let integer = quantize(&float, &choose_grids(&float, &[]).unwrap()).unwrap();
        let mut executor = Executor::new(&integer);
        let golden: Vec<u32> = images.pixels.outer_iter().map(|pixels| executor.run(pixels).class).collect();
        assert_eq!(trainer.classify(&images, &members), golden, "{case}");
    }
}

#[test]
fn a_convolution_of_one_place_is_a_dense_layer() {
    let mut images = digits(Split::Train);
    images.shape = vec![64, 1, 1];
    let members: Vec<usize> = (0..images.len()).collect();
    let trained = |layers: &str| {
        let recipe = maps(layers, Some(WeightFormat::Int(4)), ReadoutKind::Membrane);
        let mut trainer = Trainer::new(Recipe { augment: Augment::NONE, ..recipe }, &images.shape, 10).unwrap();
        (0..2).for_each(|_| drop(trainer.train_epoch(&images, &members, |_| true).unwrap().unwrap()));
        trainer.export()
    };
    let (dense, conv) = (trained("24"), trained("24C1"));
    for (a, b) in dense.layers.iter().zip(&conv.layers) {
        assert_eq!((&a.weights, &a.bias, &a.neuron, &a.grid), (&b.weights, &b.bias, &b.neuron, &b.grid));
    }
}

#[test]
fn the_exported_float_network_is_the_one_that_was_trained() {
    let images = digits(Split::Test);
    let members: Vec<usize> = (0..images.len()).collect();
    let batch = |recipe: Recipe| Recipe { normalize: Normalize::Batch, ..recipe };
    let recipes = READOUTS.map(|readout| recipe(&[24], None, readout)).into_iter().chain([
        maps("6C3p1s2-P2-5C2g1-8", None, ReadoutKind::Membrane),
        maps("6C3-MP2-D2-10", None, ReadoutKind::Membrane),
        batch(maps("6C3-P2-20", None, ReadoutKind::Membrane)),
    ]);
    for recipe in recipes {
        let readout = format!("{recipe:?}");
        let mut trainer = trained(recipe);
        let classes = trainer.classify(&images, &members);
        let exported = trainer.export().classify(images.pixels.view());
        let differing = classes.iter().zip(&exported).filter(|(a, b)| **a as usize != **b).count();
        // Sums of floats in another order may tip a tie.
        assert!(differing <= 1, "{readout:?}: {differing} classes differ");
    }
}

#[test]
fn the_number_of_threads_does_not_change_the_network() {
    let train = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let dense = recipe(&[40, 33], Some(WeightFormat::Int(4)), ReadoutKind::Membrane);
        let batch = Recipe {
            normalize: Normalize::Batch,
            folded_epochs: 1,
            ..maps("18C3-P2-20", Some(WeightFormat::Int(4)), ReadoutKind::Membrane)
        };
        pool.install(|| (trained(dense).export(), trained(batch).export()))
    };
    let one = train(1);
    assert_eq!(one, train(2));
    assert_eq!(one, train(5));
}

#[test]
fn another_seed_gives_another_network() {
    let with = |seed| trained(Recipe { seed, epochs: 1, ..recipe(&[8], None, ReadoutKind::Membrane) }).export();
    assert_eq!(with(1), with(1));
    assert_ne!(with(1).layers[0].weights, with(2).layers[0].weights);
}

#[test]
fn resuming_gives_the_network_of_an_uninterrupted_training() {
    for recipe in [
        recipe(&[40], Some(WeightFormat::Int(4)), ReadoutKind::Current),
        Recipe {
            normalize: Normalize::Batch,
            folded_epochs: 1,
            ..maps("6C3-P2-20", Some(WeightFormat::Int(4)), ReadoutKind::Membrane)
        },
    ] {
        resumes(recipe);
    }
}

fn resumes(recipe: Recipe) {
    let whole = trained(recipe.clone()).export();
    let images = digits(Split::Train);
    let members: Vec<usize> = (0..images.len()).collect();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(CHECKPOINT);
    for epoch in 0..recipe.epochs {
        let mut trainer = Trainer::new(recipe.clone(), &images.shape, 10).unwrap();
        if epoch > 0 {
            trainer.resume(&path, "data", images.len()).unwrap();
        }
        trainer.train_epoch(&images, &members, |_| true).unwrap().unwrap();
        trainer.save(&path, "data").unwrap();
        if epoch + 1 == recipe.epochs {
            assert_eq!(trainer.export(), whole);
        }
    }
}

#[test]
fn a_loss_that_is_no_number_is_an_error() {
    let images = digits(Split::Train);
    let members: Vec<usize> = (0..images.len()).collect();
    let recipe =
        Recipe { learning_rate: 3e38, normalize: Normalize::None, ..recipe(&[16], None, ReadoutKind::Membrane) };
    let mut trainer = Trainer::new(recipe, &images.shape, 10).unwrap();
    let error = (0..4).find_map(|_| trainer.train_epoch(&images, &members, |_| true).err());
    assert_eq!(error.expect("it diverges").code, "diverged");
}

#[test]
fn training_and_golden_model_code_pixels_alike() {
    for time_steps in [1, 2, 3, 4, 8, 100, 254, 255] {
        for pixel in 0..=255 {
            for threshold in [0, 1, 96, 255] {
                let ours = firstspike::float::latency(pixel, threshold, time_steps);
                assert_eq!(ours, latency(pixel, threshold, time_steps), "{pixel} {threshold} {time_steps}");
            }
        }
    }
}

#[test]
fn train_then_quantize_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let train =
        ["train", "--data", "digits", "--hidden", "32", "--epochs", "20", "--batch", "50", "-o", "float", "--json"];
    let output = run(folder.path(), &train);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let trained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(text(&output.stderr).lines().filter(|line| line.starts_with("epoch ")).count(), 20);
    let output = run(folder.path(), &["quantize", "float", "-o", "integer", "--data", "digits", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let quantized: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trained["test_correct"], quantized["accuracy"]["integer_correct"]);
    assert!(trained["test_correct"].as_u64().unwrap() > 300, "{trained}");
    let left: Vec<_> = contents(folder.path()).iter().map(|path| path.file_name().unwrap().to_owned()).collect();
    let mut files: Vec<_> = left.iter().filter(|name| name.to_string_lossy().contains('.')).collect();
    files.sort();
    assert_eq!(files, ["curve.json", "model.json", "model.json", "model.safetensors", "model.safetensors"]);
    let output = run(folder.path(), &["quantize", "float", "-o", "integer", "--data", "digits"]);
    quantize_tells_of_both_networks(&text(&output.stdout), &quantized["accuracy"]);
}

/// The float network is shown as it was trained, on the grid, which loses nothing.
fn quantize_tells_of_both_networks(shown: &str, accuracy: &serde_json::Value) {
    let count = |field: &str| accuracy[field].as_u64().unwrap();
    assert_eq!((count("float_correct"), count("agreeing")), (count("integer_correct"), 360));
    let share = format!("{:.2} % test accuracy", 100.0 * count("integer_correct") as f64 / 360.0);
    for row in ["as trained", "integer   "] {
        let row = format!("\n  {row}  {share} ({} of 360)\n", count("integer_correct"));
        assert!(shown.contains(&row), "{row}: {shown}");
    }
    assert!(shown.contains("\n  same class  360 of 360 images\n"), "{shown}");
    for column in ["int4, scale ", " error ", " clamped ", " zeros "] {
        assert_eq!(shown.matches(column).count(), 2, "{column}: {shown}");
    }
}

/// The defaults fit the set, and are told; what cannot have worked is told, too.
#[test]
fn a_small_set_is_trained_with_what_fits_it() {
    let folder = tempfile::tempdir().unwrap();
    let iris = concat!(env!("CARGO_MANIFEST_DIR"), "/data/iris/iris.csv");
    let train = |options: &[&str]| {
        let args = ["train", "--data", iris, "--split", "0.2", "--hidden", "32", "-o", "out", "--force", "--json"];
        let output = run(folder.path(), &[&args[..], options].concat());
        assert!(output.status.success(), "{}", text(&output.stderr));
        (serde_json::from_slice::<serde_json::Value>(&output.stdout).unwrap(), text(&output.stderr))
    };
    let (report, notes) = train(&[]);
    let said = "training: 120 images in batches of 8, 200 epoch(s): 3000 optimizer step(s), 16 time steps";
    assert!(notes.contains(said) && !notes.contains("warning: "), "{notes}");
    assert_eq!((&report["batch"], &report["epochs"]), (&8.into(), &200.into()));
    // 25 steps gave 61 %.
    assert!(report["training_accuracy"].as_f64().unwrap() > 0.8, "{report}");
    let (report, notes) = train(&["--batch", "200", "--epochs", "2", "--learning-rate", "1e-9", "--time-steps", "4"]);
    assert_eq!(report["warnings"].as_array().unwrap().len(), 2, "{report}");
    assert!(!notes.contains("training: ") && notes.contains("warning: the training accuracy, "), "{notes}");
    assert!(
        notes.contains("warning: 120 images in batches of 120, 2 epoch(s): 2 optimizer step(s) are too few"),
        "{notes}"
    );
}

#[test]
fn large_integer_weights_are_stored_packed() {
    let folder = tempfile::tempdir().unwrap();
    let layer = |name: &str, inputs, outputs, neuron| {
        let weights = Array2::from_shape_fn((inputs, outputs), |(i, j)| ((i * 7 + j * 5) % 15) as f32 - 7.0);
        FloatLayer::dense(name, weights, vec![0.0; outputs], neuron)
    };
    let layers = vec![
        layer("hidden", 64, 4200, Neuron::integrate_once(vec![20.0; 4200])),
        layer("last", 4200, 10, Neuron::integrate()),
    ];
    let network = FloatNetwork { layers, ..float_network() };
    model::write_float(&folder.path().join("float"), &network).unwrap();
    let output = run(folder.path(), &["quantize", "float", "-o", "integer", "--bits", "4"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let files = contents(&folder.path().join("integer"));
    let files: Vec<_> = files.iter().map(|path| path.file_name().unwrap().to_str().unwrap()).collect();
    assert_eq!(files, ["model.json", "model.safetensors.gz"]);
    let evaluated = run(folder.path(), &["evaluate", "integer", "--data", "digits", "--limit", "2"]);
    assert!(evaluated.status.success(), "{}", text(&evaluated.stderr));
}

#[test]
fn a_float_layer_needs_a_format_to_be_quantized() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--data", "digits", "--hidden", "16", "--epochs", "2", "--bits", "float", "-o", "float"];
    assert!(run(folder.path(), &train).status.success());
    let output = run(folder.path(), &["quantize", "float", "-o", "integer"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("quantize/format-missing"), "{}", text(&output.stderr));
    assert!(!folder.path().join("integer").exists());
    let calibrated = ["quantize", "float", "-o", "integer", "--bits", "5,ternary", "--data", "digits"];
    let output = run(folder.path(), &calibrated);
    assert!(output.status.success(), "{}", text(&output.stderr));
}

#[test]
fn wrong_training_options_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let cases: [(&[&str], &str); 20] = [
        (&["--layers", "8C5q2"], "\"8C5q2\" is no layer"),
        (
            &["--layers", "8C5-P3"],
            "layers, part 2 \"P3\": kernel is 3, expected a divisor of 4 × 4, as of part 1 \"8C5\"",
        ),
        (&["--layers", "8C5-P2-8C3"], "kernel is 3, larger than the padded map of 2 × 2"),
        (&["--layers", "8C3g3"], "groups is 3, expected a divisor of 1 input and 8 output channels"),
        (
            &["--normalize", "batch", "--folded-epochs", "2", "--epochs", "1"],
            "folded epochs: 2, expected at most the 1 epochs",
        ),
        (&["--normalize", "batch", "--folded-epochs", "0", "--bits", "6"], "folded epochs: 0, expected at least 1"),
        (&["--folded-epochs", "1"], "folded epochs: 1, expected 0: only --normalize batch has something to fold"),
        (&["--dropout", "1.5"], "dropout: 1.5, expected 0"),
        (&["--learning-rate", "NaN"], "learning rate: NaN"),
        (&["--hidden", "12,x"], "train/hidden"),
        (&["--hidden", "0"], "has 0 neurons, expected 1 … 16777216"),
        (&["--bits", "4,4,4"], "train/format-count"),
        (&["--fan-in", "8,8,8"], "train/fan-in-count"),
        (&["--fan-in", "none"], "expected a number of synapses such as 32, or all"),
        (&["--fan-in", "8,all", "--bits", "binary"], "a layer of binary weights has no zeros"),
        (&["--time-steps", "300"], "time steps: 300"),
        (&["--validation", "5000"], "train/images"),
        (&["--epochs", "18446744073709551615"], "epochs: 18446744073709551615, expected 1 … 1000000000"),
        (&["--resume"], "train/checkpoint-missing"),
        (&["--name", "wire"], "name is \"wire\", which is a keyword of Verilog"),
    ];
    for (options, expected) in cases {
        let mut args = vec!["train", "--data", "digits", "-o", "out"];
        args.extend(options);
        let output = run(folder.path(), &args);
        assert_eq!(output.status.code(), Some(2), "{options:?}");
        assert!(text(&output.stderr).contains(expected), "{options:?}: {}", text(&output.stderr));
        assert!(!folder.path().join("out").exists(), "{options:?}");
    }
}

/// The name may come from the folder; whatever else is wrong is told with it, and no image is trained on.
#[test]
fn a_name_that_verilog_refuses_is_told_before_training() {
    let folder = tempfile::tempdir().unwrap();
    let train = ["train", "--data", "digits", "-o", "pB", "--time-steps", "0", "--normalize", "batch"];
    let output = run(folder.path(), &[&train[..], &["--folded-epochs", "0", "--bits", "6"]].concat());
    assert_eq!(output.status.code(), Some(2));
    assert!(output.stdout.is_empty() && contents(folder.path()).is_empty());
    insta::assert_snapshot!(text(&output.stderr), @r##"
    error[train/invalid-recipe]: 3 training option(s) are out of range
      - name is "pB", expected at most 64 characters: a lower-case letter, then lower-case letters, digits, _ or -; --name gives one in place of the output folder's
      - time steps: 0, expected 1 … 255
      - folded epochs: 0, expected at least 1: with batch normalization, the weights go onto the grid of their format in these epochs; or train with --bits float
      help: change the listed options; `firstspike train --help` describes them
    "##);
}

#[test]
fn a_maximum_pooling_is_trained_and_then_refused() {
    let folder = tempfile::tempdir().unwrap();
    let train =
        ["train", "--data", "digits", "--layers", "4C3-MP2-16", "--epochs", "1", "--bits", "float", "-o", "float"];
    let output = run(folder.path(), &train);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let evaluate = ["evaluate", "float", "--data", "digits", "--limit", "10"];
    assert!(run(folder.path(), &evaluate).status.success());
    let output = run(folder.path(), &["quantize", "float", "-o", "integer", "--bits", "4"]);
    assert_eq!(output.status.code(), Some(2));
    let message = text(&output.stderr);
    assert!(message.contains("quantize/max-pooling") && message.contains("\"hidden2\""), "{message}");
    assert!(!folder.path().join("integer").exists());
}

#[test]
fn maps_go_through_every_command() {
    let folder = tempfile::tempdir().unwrap();
    let train = [
        "train",
        "--data",
        "digits",
        "--layers",
        "8C3-P2-24",
        "--normalize",
        "batch",
        "--epochs",
        "30",
        "--batch",
        "50",
        "--bits",
        "5",
        "-o",
        "float",
        "--json",
    ];
    let output = run(folder.path(), &train);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let trained: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let output = run(folder.path(), &["quantize", "float", "-o", "integer", "--data", "digits", "--json"]);
    assert!(output.status.success(), "{}", text(&output.stderr));
    let quantized: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(trained["test_correct"], quantized["accuracy"]["integer_correct"]);
    assert!(trained["test_correct"].as_u64().unwrap() > 300, "{trained}");
    let output = run(folder.path(), &["evaluate", "integer", "--data", "digits", "--json"]);
    let evaluated: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(evaluated["correct"], trained["test_correct"]);
}
