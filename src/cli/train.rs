//! `firstspike train`: images in, a float model out.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::time::Instant;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::bits::{self, Bits};
use super::folder::{self, Claim};
use super::images::TableArgs;
use super::{Outcome, Output, interrupt};
use crate::data::{self, HeldOut, Images, Testing, TrainingSets, hold_out};
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::model;
use crate::network::ReadoutKind;
use crate::report::{Table, grouped, whole};
use crate::train::{
    Augment, CHECKPOINT, CURVE, Hidden, Init, Normalize, Recipe, Schedule, Score, Trainer, doubts, fitting_time_steps,
    parse_layers, synaptic_layers,
};

/// Train a time-to-first-spike network.
///
/// Writes a float model (model.json and model.safetensors) that `firstspike quantize` turns into integers. With --bits the
/// network is trained on the quantization grid, and quantize then loses nothing. After every epoch a checkpoint is left in
/// the output folder; --resume goes on from it. The learning curve is in curve.json, beside the model.
#[derive(clap::Args)]
pub struct Args {
    /// digits, mnist, fashion-mnist, a folder of IDX files, or a table (CSV)
    #[arg(long, default_value = "mnist", help_heading = "Data")]
    data: String,
    #[command(flatten)]
    table: TableArgs,
    /// A table of test rows, for one of training rows
    #[arg(long, value_name = "FILE", help_heading = "Data")]
    test: Option<String>,
    /// Share of a table's rows, such as 0.2, that is held out for testing: drawn by --seed, of every class alike, and by every later command
    #[arg(long, value_name = "SHARE", conflicts_with = "test", value_parser = parse_share, help_heading = "Data")]
    split: Option<f64>,
    /// Neurons of the hidden layers, separated by commas; empty for none
    #[arg(long, default_value = "256", value_name = "N,…", help_heading = "Network")]
    hidden: String,
    /// Hidden layers of any kind, such as 16C5-P2-32C5-P2-128: dense (128), convolution (16C5: channels and kernel; s, p, g and a
    /// number for stride, padding, groups), depthwise convolution (D3), average pooling (P2), maximum pooling (MP2)
    #[arg(long, value_name = "LAYERS", conflicts_with = "hidden", help_heading = "Network")]
    layers: Option<String>,
    /// Time steps of an inference; 4 by default, 16 for fewer than 64 inputs
    #[arg(long, value_name = "T", help_heading = "Network")]
    time_steps: Option<usize>,
    /// Pixels below this value never spike
    #[arg(long, default_value_t = 1, value_name = "GREY", help_heading = "Network")]
    input_threshold: u8,
    /// Weight format to train for, of all layers or one per layer: 2 … 16, ternary, binary, float
    #[arg(long, default_value = "4", value_delimiter = ',', value_name = "BITS,…", help_heading = "Network")]
    bits: Vec<Bits>,
    /// Synapses that each neuron keeps, of all layers or one number per layer: those with the largest weights. `all` keeps all
    #[arg(long, value_delimiter = ',', value_name = "N,…", value_parser = parse_fan_in, help_heading = "Network")]
    fan_in: Vec<FanIn>,
    /// How the output layer is read
    #[arg(long, default_value = "membrane", value_parser = readouts(), help_heading = "Network")]
    readout: ReadoutKind,
    /// How the first weights are drawn
    #[arg(long, default_value = "ettfs", help_heading = "Training")]
    init: InitName,
    /// What is standardized
    #[arg(long, default_value = "weights", help_heading = "Training")]
    normalize: NormalizeName,
    /// Learn a gain per standardized channel, and its bias
    #[arg(long, default_value = "on", help_heading = "Training")]
    affine: Switch,
    /// Epochs at the end with batch normalization folded into weights that are then on their grid; a quarter of all by default
    #[arg(long, value_name = "EPOCHS", help_heading = "Training")]
    folded_epochs: Option<usize>,
    /// Passes over the training images; 25 by default, and more for small sets
    #[arg(long, help_heading = "Training")]
    epochs: Option<usize>,
    /// Images per optimizer step; 200 by default, and fewer for small sets
    #[arg(long, help_heading = "Training")]
    batch: Option<usize>,
    /// Peak learning rate of Adam; a cosine takes it to zero
    #[arg(long, default_value_t = 3e-3, value_name = "RATE", help_heading = "Training")]
    learning_rate: f32,
    /// Probability that a hidden spike is dropped in training
    #[arg(long, default_value_t = 0.0, value_name = "P", help_heading = "Regularization")]
    dropout: f32,
    /// Share of the target that goes to all classes alike
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", help_heading = "Regularization")]
    label_smoothing: f32,
    /// Weight in the loss of the mean number of spikes per hidden neuron
    #[arg(long, default_value_t = 0.0, value_name = "WEIGHT", help_heading = "Regularization")]
    activity: f32,
    /// How much more a hidden spike in the last time step costs than in the first
    #[arg(long, default_value_t = 0.0, value_name = "FACTOR", help_heading = "Regularization")]
    late: f32,
    /// Largest random shift of a training image, in pixels
    #[arg(long, default_value_t = 0.0, value_name = "PIXELS", help_heading = "Augmentation")]
    shift: f32,
    /// Largest random rotation, in degrees
    #[arg(long, default_value_t = 0.0, value_name = "DEGREES", help_heading = "Augmentation")]
    rotate: f32,
    /// Largest random change of width, height and shear, as a share
    #[arg(long, default_value_t = 0.0, value_name = "SHARE", help_heading = "Augmentation")]
    stretch: f32,
    /// Largest random displacement of the points of an elastic grid, in pixels
    #[arg(long, default_value_t = 0.0, value_name = "PIXELS", help_heading = "Augmentation")]
    elastic: f32,
    /// Flip half of the training images left to right
    #[arg(long, help_heading = "Augmentation")]
    flip: bool,
    /// Training images, drawn by --seed of every class alike, held out to measure a validation accuracy
    #[arg(long, default_value_t = 0, value_name = "IMAGES", help_heading = "Data")]
    validation: usize,
    /// Seed of everything random; the same seed gives the same network, bit for bit
    #[arg(long, default_value_t = 1, help_heading = "Training")]
    seed: u64,
    /// Name of the network, of lower-case letters, digits, _ and -; the output folder's by default
    #[arg(long, help_heading = "Network")]
    name: Option<String>,
    /// Go on from the checkpoint in the output folder
    #[arg(long, help_heading = "Training")]
    resume: bool,
    /// Output folder
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    output: PathBuf,
    /// Start anew even if the output folder holds the checkpoint of an unfinished training, or something that is no model
    #[arg(long, conflicts_with = "resume", help_heading = "Output")]
    force: bool,
}

/// The readouts by their names, with a help line for each.
fn readouts() -> impl TypedValueParser<Value = ReadoutKind> {
    let values = ReadoutKind::ALL.map(|kind| PossibleValue::new(kind.name()).help(kind.summary()));
    PossibleValuesParser::new(values).try_map(|name| name.parse::<ReadoutKind>())
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum InitName {
    /// Uniform in ±√(3T/N), N being the fan-in
    Ettfs,
    /// Uniform in ±1/√N
    Lecun,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum NormalizeName {
    /// The weights of each neuron, over its fan-in
    Weights,
    /// The potentials of each hidden channel, over batch, places and time
    Batch,
    /// Nothing: the weights are trained as they are
    None,
}

#[derive(Debug, Clone, Copy, PartialEq, ValueEnum)]
enum Switch {
    On,
    Off,
}

/// What the command prints.
#[derive(Debug, Serialize)]
struct TrainReport {
    output: PathBuf,
    network: String,
    data: String,
    training_images: usize,
    test_images: Option<usize>,
    epochs: usize,
    batch: usize,
    /// Why the network may have learned little.
    warnings: Vec<String>,
    /// Of this run, without evaluation; absent if the checkpoint was already complete.
    seconds_per_epoch: Option<f64>,
    /// Where there is no test: of the trained network; else while it was trained in the last epoch.
    training_accuracy: Option<f64>,
    validation_accuracy: Option<f64>,
    test_accuracy: Option<f64>,
    test_correct: Option<usize>,
    input_events_per_image: f64,
    /// By hidden layer and time step.
    hidden_spikes_per_image: Vec<Vec<f64>>,
}

impl Args {
    /// The fan-in of each layer: a single one counts for all.
    fn fan_in(&self, layers: usize) -> Result<Vec<Option<usize>>> {
        match self.fan_in[..] {
            [] => Ok(Vec::new()),
            [one] => Ok(vec![one.0; layers]),
            _ if self.fan_in.len() == layers => Ok(self.fan_in.iter().map(|fan_in| fan_in.0).collect()),
            _ => Err(Error::new(
                Stage::Arguments,
                "fan-in-count",
                format!("--fan-in has {} values for {layers} layers, expected 1 or {layers}", self.fan_in.len()),
                "give one value, or one per layer separated by commas, such as 32,all",
            )),
        }
    }

    /// What to train on `training`, of whose images as many as `schedule` says are not held out.
    fn recipe(&self, training: &Images, schedule: &Schedule) -> Result<Recipe> {
        let hidden = self.hidden_layers()?;
        let layers = synaptic_layers(&hidden);
        let formats = bits::per_layer(&self.bits, layers)?;
        let folder = self.output.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Recipe {
            name: self.name.clone().or(folder).unwrap_or_else(|| "network".into()),
            hidden,
            time_steps: self.time_steps.unwrap_or_else(|| fitting_time_steps(training.pixel_count())),
            input_threshold: self.input_threshold,
            readout: self.readout,
            formats,
            fan_in: self.fan_in(layers)?,
            init: match self.init {
                InitName::Ettfs => Init::Ettfs,
                InitName::Lecun => Init::Lecun,
            },
            normalize: match self.normalize {
                NormalizeName::None => Normalize::None,
                NormalizeName::Weights => Normalize::Weights,
                NormalizeName::Batch => Normalize::Batch,
            },
            affine: self.affine == Switch::On,
            folded_epochs: match self.normalize {
                NormalizeName::Batch => self.folded_epochs.unwrap_or(schedule.epochs.div_ceil(4)),
                _ => self.folded_epochs.unwrap_or(0),
            },
            epochs: schedule.epochs,
            batch: schedule.batch,
            learning_rate: self.learning_rate,
            dropout: self.dropout,
            label_smoothing: self.label_smoothing,
            activity: self.activity,
            late: self.late,
            augment: Augment {
                shift: self.shift,
                rotate: self.rotate,
                stretch: self.stretch,
                elastic: self.elastic,
                flip: self.flip,
            },
            validation: self.validation,
            seed: self.seed,
        })
    }

    /// What is said about the defaults that follow the set, if any of them counts.
    fn chosen(&self, recipe: &Recipe, schedule: &Schedule) -> Option<String> {
        let open = [self.time_steps, self.epochs, self.batch].contains(&None);
        open.then(|| format!("training: {}, {} time steps", schedule.described(), recipe.time_steps))
    }

    fn testing(&self) -> Testing {
        let held_out = self.split.map(|share| HeldOut { share, seed: self.seed });
        Testing { file: self.test.clone(), held_out }
    }

    fn hidden_layers(&self) -> Result<Vec<Hidden>> {
        if let Some(layers) = &self.layers {
            return parse_layers(layers).map_err(|message| {
                Error::new(Stage::Arguments, "layers", message, "give, for example, --layers 16C5-P2-32C5-P2-128")
            });
        }
        let names = self.hidden.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| name.parse().ok().map(Hidden::Dense)).collect::<Option<_>>().ok_or_else(|| {
            let message = format!("--hidden is \"{}\", expected whole numbers separated by commas", self.hidden);
            Error::new(Stage::Arguments, "hidden", message, "give, for example, --hidden 256 or --hidden 256,128")
        })
    }
}

/// Runs `firstspike train`.
///
/// # Errors
/// Whatever is wrong with options, data, or the output folder; `diverged`; `interrupted`.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    folder::check(Stage::Train, &args.output, args.force || args.resume)?;
    let sets = data::load_training(&args.data, &args.table.reading(), &args.testing(), args.seed)?;
    sets.notes.iter().for_each(|note| output.note(note));
    let training = &sets.training;
    let classes = training.classes.len().max(2);
    let schedule = Schedule::new(training.len().saturating_sub(args.validation), args.batch, args.epochs);
    let recipe = args.recipe(training, &schedule)?;
    check_images(&recipe, training)?;
    recipe.layers(&training.shape, classes)?;
    args.chosen(&recipe, &schedule).iter().for_each(|chosen| output.note(chosen));
    let mut trainer = Trainer::new(recipe, &training.shape, classes)?;
    let run = Run { args, output, sets: &sets, fingerprint: fingerprint(training) };
    let mut report = run.go(&mut trainer)?;
    report.warnings.extend(schedule.doubt());
    report.warnings.iter().for_each(|warning| output.note(&format!("warning: {warning}")));
    output.result(&report, rendered)?;
    Ok(Outcome::Success)
}

fn check_images(recipe: &Recipe, training: &Images) -> Result<()> {
    let wrong = |message: String, help: &str| Err(Error::new(Stage::Train, "images", message, help));
    let has_places = recipe.augment != Augment::NONE || recipe.hidden.iter().any(|l| !matches!(l, Hidden::Dense(_)));
    if let ([columns], true) = (&training.shape[..], has_places) {
        let message =
            format!("rows of {columns} columns are no images: they have no places to distort, convolve or pool");
        return wrong(
            message,
            "leave that out, or begin the table with \"# shape HEIGHTxWIDTH\" if its rows are images",
        );
    }
    if training.len() <= recipe.validation {
        let message = format!("{} training images, of which {} are held out", training.len(), recipe.validation);
        return wrong(message, "hold out fewer images with --validation");
    }
    Ok(())
}

/// Synapses that a neuron keeps, as typed: a number, or `all`.
#[derive(Debug, Clone, Copy)]
struct FanIn(Option<usize>);

fn parse_fan_in(text: &str) -> std::result::Result<FanIn, String> {
    match text.parse() {
        Ok(fan_in) if fan_in > 0 => Ok(FanIn(Some(fan_in))),
        _ if text == "all" => Ok(FanIn(None)),
        _ => Err(format!("\"{text}\": expected a number of synapses such as 32, or all")),
    }
}

fn parse_share(text: &str) -> std::result::Result<f64, String> {
    match text.parse() {
        Ok(share) if share > 0.0 && share < 1.0 => Ok(share),
        _ => Err(format!("\"{text}\": expected a share above 0 and below 1, such as 0.2")),
    }
}

/// One training run on the command line.
struct Run<'a> {
    args: &'a Args,
    output: &'a Output,
    sets: &'a TrainingSets,
    fingerprint: String,
}

impl Run<'_> {
    fn go(&self, trainer: &mut Trainer) -> Result<TrainReport> {
        let (args, epochs, training) = (self.args, trainer.recipe.epochs, &self.sets.training);
        let checkpoint = args.output.join(CHECKPOINT);
        let (mut members, held_out) = hold_out(&training.labels, trainer.recipe.validation, trainer.recipe.seed);
        members.sort_unstable();
        let _claim = self.prepare(trainer, &checkpoint, members.len())?;
        let first = trainer.epoch();
        let course = self.train(trainer, &members, &held_out)?;
        // If this run had no epoch left: the one before may have ended between checkpoint and curve.
        trainer.save_curve(&args.output.join(CURVE))?;
        model::write_float_with(&args.output, &trainer.export(), &self.sets.schema)?;
        let _ = std::fs::remove_file(&checkpoint);
        let test = self.sets.test.as_ref();
        let score = match test {
            Some(test) => trainer.evaluate(test, &(0..test.len()).collect::<Vec<_>>()),
            None => trainer.evaluate(training, &members),
        };
        let per_image = |count: usize| count as f64 / score.images as f64;
        Ok(TrainReport {
            output: args.output.clone(),
            network: trainer.recipe.name.clone(),
            data: args.data.clone(),
            training_images: members.len(),
            test_images: test.map(Images::len),
            epochs,
            batch: trainer.recipe.batch,
            warnings: course.scores.iter().flat_map(|(first, last)| self.doubts(&members, first, last)).collect(),
            seconds_per_epoch: (epochs > first).then(|| course.seconds / (epochs - first) as f64),
            training_accuracy: if test.is_some() {
                course.scores.map(|(_, last)| last.accuracy())
            } else {
                Some(score.accuracy())
            },
            validation_accuracy: course.validation_accuracy,
            test_accuracy: test.map(|_| score.accuracy()),
            test_correct: test.map(|_| score.correct),
            input_events_per_image: per_image(score.input_events),
            hidden_spikes_per_image: score
                .hidden_spikes
                .iter()
                .map(|layer| layer.iter().map(|&count| per_image(count)).collect())
                .collect(),
        })
    }

    /// Trains the epochs that are left. After each, checkpoint and learning curve are on the disk.
    fn train(&self, trainer: &mut Trainer, members: &[usize], held_out: &[usize]) -> Result<Course> {
        let (training, epochs, first) = (&self.sets.training, trainer.recipe.epochs, trainer.epoch());
        let bar = self.output.progress("training", (epochs - first) * members.len());
        let mut course = Course::default();
        while trainer.epoch() < epochs {
            let start = Instant::now();
            let done = (trainer.epoch() - first) * members.len();
            let score = trainer.train_epoch(training, members, |score| {
                bar.set(done + score.images);
                bar.label(&describe(score));
                !interrupt::interrupted()
            })?;
            let Some(score) = score else { return Err(self.interrupted()) };
            let seconds = start.elapsed().as_secs_f64();
            let validation = (!held_out.is_empty()).then(|| trainer.evaluate(training, held_out).accuracy());
            trainer.record(&score, validation, seconds);
            trainer.save(&self.args.output.join(CHECKPOINT), &self.fingerprint)?;
            trainer.save_curve(&self.args.output.join(CURVE))?;
            // On a terminal the bar tells the same, in place.
            if !std::io::stderr().is_terminal() {
                self.output.note(&epoch_line(trainer, &score, validation, seconds));
            }
            course.add(score, validation, seconds);
        }
        Ok(course)
    }

    fn doubts(&self, members: &[usize], first: &Score, last: &Score) -> Vec<String> {
        doubts(members.iter().map(|&member| self.sets.training.labels[member]), first, last)
    }

    /// Makes the output folder and claims it, and takes up the checkpoint if asked to.
    fn prepare(&self, trainer: &mut Trainer, checkpoint: &Path, fitted: usize) -> Result<Claim> {
        let output = &self.args.output;
        // What the model file refuses must show before hours of training.
        model::check_float(output, &trainer.export(), &self.sets.schema)?;
        if self.args.resume {
            trainer.resume(checkpoint, &self.fingerprint, fitted)?;
        }
        let claim = Claim::new(Stage::Train, output)?;
        if !self.args.resume && !self.args.force && checkpoint.exists() {
            return Err(Error::new(
                Stage::Train,
                "checkpoint-exists",
                format!("{} holds the checkpoint of an unfinished training", output.display()),
                "give --resume to go on, --force to start anew, or another output folder",
            ));
        }
        Ok(claim)
    }

    fn interrupted(&self) -> Error {
        let help = if self.args.output.join(CHECKPOINT).exists() {
            "give the same command with --resume to go on after the last complete epoch"
        } else {
            "no epoch was complete yet, so there is nothing to resume"
        };
        Error::interrupted(Stage::Train, help)
    }
}

/// What the epochs of this run showed.
#[derive(Default)]
struct Course {
    seconds: f64,
    /// Of the first and the last epoch.
    scores: Option<(Score, Score)>,
    /// Of the last epoch.
    validation_accuracy: Option<f64>,
}

impl Course {
    fn add(&mut self, score: Score, validation_accuracy: Option<f64>, seconds: f64) {
        self.seconds += seconds;
        let first = self.scores.take().map_or_else(|| score.clone(), |(first, _)| first);
        self.scores = Some((first, score));
        self.validation_accuracy = validation_accuracy;
    }
}

fn describe(score: &Score) -> String {
    format!("loss {:.4}  accuracy {:.2} %", score.mean_loss(), 100.0 * score.accuracy())
}

fn epoch_line(trainer: &Trainer, score: &Score, validation: Option<f64>, seconds: f64) -> String {
    let validation = validation.map_or(String::new(), |share| format!("  validation {:.2} %", 100.0 * share));
    let (epoch, epochs) = (trainer.epoch(), trainer.recipe.epochs);
    format!("epoch {epoch}/{epochs}  {}{validation}  {seconds:.2} s", describe(score))
}

/// Tells one set of images from another.
fn fingerprint(images: &Images) -> String {
    let mut hash = Sha256::new();
    hash.update(format!("{:?} {}", images.shape, images.len()));
    images.pixels.iter().copied().collect::<Vec<u8>>().chunks(1 << 20).for_each(|part| hash.update(part));
    images.labels.iter().for_each(|label| hash.update(label.to_le_bytes()));
    files::hex(&hash.finalize())
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// Adds the figure of the trained network, on rows that it has not seen if there are such.
fn add_accuracy(table: &mut Table, report: &TrainReport) {
    match (report.test_accuracy, report.test_correct, report.test_images) {
        (Some(share), Some(correct), Some(images)) => {
            table.row("test accuracy", format!("{} ({} of {})", percent(share), whole(correct), whole(images)))
        }
        _ => table
            .row("training accuracy", report.training_accuracy.map_or_else(String::new, percent))
            .row("", "no row is left for a test: give --split 0.2 or --test FILE"),
    };
}

fn rendered(report: &TrainReport) -> String {
    let mut table = Table::new();
    table.group(format!("network {}", report.network)).path("written to", report.output.display().to_string());
    add_accuracy(&mut table, report);
    if let Some(share) = report.validation_accuracy {
        table.row("validation accuracy", percent(share));
    }
    table.row("input events", format!("{} per image", grouped(report.input_events_per_image, 1)));
    for (index, steps) in report.hidden_spikes_per_image.iter().enumerate() {
        let list: Vec<String> = steps.iter().map(|&count| grouped(count, 1)).collect();
        let total = grouped(steps.iter().sum(), 1);
        table.row(format!("spikes of layer {}", index + 1), format!("{total} per image; by step {}", list.join(" ")));
    }
    if let Some(seconds) = report.seconds_per_epoch {
        table.group("this machine").row("training", format!("{seconds:.2} s per epoch"));
    }
    table.to_string()
}
