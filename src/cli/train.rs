//! `firstspike train`: images in, a float model out.

use std::path::PathBuf;

use clap::ValueEnum;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};

use super::bits::{self, Bits};
use super::images::TableArgs;
use super::{Outcome, Output};
use crate::data::{self, HeldOut, Images, Testing};
use crate::error::{Error, Result, Stage};
use crate::flow::{Training, folder};
use crate::network::ReadoutKind;
use crate::train::{
    Augment, Hidden, Init, Normalize, Recipe, Schedule, fitting_time_steps, parse_layers, synaptic_layers,
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
    /// Weight format to train for, of all layers or one per layer: 2 … 16, pow3 … pow8 (0 and powers of two), ternary, binary, float
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
    let (resume, force) = (args.resume, args.force);
    folder::check(Stage::Train, &args.output, force || resume)?;
    let sets = data::load_training(&args.data, &args.table.reading(), &args.testing(), args.seed)?;
    sets.notes.iter().for_each(|note| output.note(note));
    let fitted = sets.training.len().saturating_sub(args.validation);
    let schedule = Schedule::new(fitted, args.batch, args.epochs);
    let recipe = args.recipe(&sets.training, &schedule)?;
    let training = Training { data: &args.data, sets: &sets, output: &args.output, resume, force };
    training.check(&recipe)?;
    args.chosen(&recipe, &schedule).iter().for_each(|chosen| output.note(chosen));
    let before = output.recording_in(&args.output);
    let report = training.run(recipe, &schedule, output)?;
    before.note_removal();
    report.warnings.iter().for_each(|warning| output.note(&format!("warning: {warning}")));
    output.report(&report)?;
    Ok(Outcome::Success)
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
