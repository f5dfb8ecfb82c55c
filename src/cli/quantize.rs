//! `firstspike quantize`: a float model in, an integer model out, with the accuracy before and after.

use std::path::PathBuf;

use ndarray::s;
use rayon::prelude::*;
use serde::Serialize;

use super::bits::{self, Bits};
use super::images::{ImageArgs, TableArgs};
use super::{Outcome, Output, folder, interrupt};
use crate::data::{Images, Recipient, Role, Schema, Split};
use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::float::{FloatNetwork, Grid};
use crate::golden::Executor;
use crate::model;
use crate::quantize::{self, LayerLoss};
use crate::report::{Table, whole};

/// Training images that the search for scales looks at.
const CALIBRATION_IMAGES: usize = 2_000;

/// Turn a float model into an integer model.
///
/// A layer that was trained on a quantization grid keeps it, and loses nothing. For any other layer, or with another --bits,
/// the scale is searched: least weight error, then, with --data, most calibration images classified rightly. Weights of more than
/// 300 kB are stored packed, as model.safetensors.gz; every command reads a model either way.
#[derive(clap::Args)]
pub struct Args {
    /// The float model: a folder with a model.json
    #[arg(value_name = "FLOAT_MODEL")]
    model: PathBuf,
    /// Weight format of all layers or one per layer: 2 … 16, ternary, binary
    #[arg(long, value_delimiter = ',', value_name = "BITS,…")]
    bits: Vec<Bits>,
    /// Calibrate on the training images of this set and report the accuracy on its test images; of a table on the rows that training held out
    #[arg(long, help_heading = "Data")]
    data: Option<String>,
    /// Output folder
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    output: PathBuf,
    /// Write into the output folder even if it holds something that is no model
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// A table whose rows are the test, if training held none out
    #[arg(long, value_name = "FILE", requires = "data", help_heading = "Data")]
    test: Option<String>,
    #[command(flatten)]
    table: TableArgs,
}

/// What the command prints.
#[derive(Debug, Serialize)]
struct QuantizeReport {
    output: PathBuf,
    network: String,
    layers: Vec<LayerLoss>,
    accuracy: Option<Comparison>,
}

/// The float network, as it was trained, beside the integer network, on the same images.
#[derive(Debug, Serialize)]
struct Comparison {
    images: usize,
    /// What the images are to the network.
    rows: Role,
    float_correct: usize,
    integer_correct: usize,
    /// Images to which both give the same class.
    agreeing: usize,
}

/// Runs `firstspike quantize`.
///
/// # Errors
/// Whatever is wrong with the model, the formats, the data, or the output folder.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    check_output(args)?;
    folder::check(Stage::Quantize, &args.output, args.force)?;
    let network = model::read_float(&args.model)?;
    let formats = typed_formats(&args.bits, network.layers.len())?;
    let mut schema = model::read_schema(&args.model)?;
    let sets = args.data.as_ref().map(|source| args.load(source, &network, &schema, output)).transpose()?;
    let mut grids = quantize::choose_grids(&network, &formats)?;
    if let Some((training, _)) = &sets {
        let (coded, count) = (coded(&network, training), training.len().min(CALIBRATION_IMAGES));
        grids = quantize::calibrate(&coded, &grids, training.pixels.slice(s![..count, ..]), &training.labels[..count]);
    }
    let integer = quantize::quantize(&network, &grids)?;
    let mut accuracy = None;
    if let Some((training, test)) = &sets {
        let measured = quantize::quantize(&coded(&network, training), &grids)?;
        schema.activity = Some(quantize::mean_activity(&measured, training.pixels.view()));
        accuracy = Some(compare(&coded(&network, test), &grids, test)?);
    }
    interrupt::check(Stage::Quantize)?;
    model::write_integer_with(&args.output, &integer, &schema)?;
    let layers = quantize::losses(&network, &grids);
    let report = QuantizeReport { output: args.output.clone(), network: network.name, layers, accuracy };
    output.result(&report, rendered)?;
    Ok(Outcome::Success)
}

/// The float model is worth more than its integers: it is not overwritten by them.
fn check_output(args: &Args) -> Result<()> {
    let folder = if args.model.is_dir() { args.model.as_path() } else { args.model.parent().unwrap_or(&args.model) };
    let same = |a: std::io::Result<PathBuf>, b: std::io::Result<PathBuf>| a.is_ok_and(|a| b.is_ok_and(|b| a == b));
    if !same(folder.canonicalize(), args.output.canonicalize()) {
        return Ok(());
    }
    let message = format!("--output {} holds the float model that is read", args.output.display());
    Err(Error::new(Stage::Arguments, "output-is-input", message, "choose another output folder"))
}

/// One format per layer, or none if the layers' own grids shall count.
fn typed_formats(bits: &[Bits], layers: usize) -> Result<Vec<WeightFormat>> {
    if bits.is_empty() {
        return Ok(Vec::new());
    }
    bits::per_layer(bits, layers)?.into_iter().collect::<Option<_>>().ok_or_else(|| {
        let message = "--bits float keeps a layer in float, expected an integer format";
        Error::new(Stage::Arguments, "format-float", message, "give 2 … 16, ternary or binary")
    })
}

impl Args {
    /// Training images and test images.
    fn load(&self, source: &str, network: &FloatNetwork, schema: &Schema, output: &Output) -> Result<(Images, Images)> {
        let outputs = network.layers.last().map_or(0, |layer| layer.output().neurons());
        let (shape, time_steps) = (&network.input_shape[..], network.time_steps);
        let recipient = Recipient { schema, shape, outputs, time_steps };
        let load = |source: &str, split| {
            let args = ImageArgs { data: source.into(), split, limit: None, table: self.table.clone() };
            args.load_for(&recipient, output)?.into_images()
        };
        let training = load(source, Some(Split::Train))?;
        let test = self.test.as_ref().map_or_else(|| load(source, None), |file| load(file, Some(Split::Test)))?;
        Ok((training, test))
    }
}

/// The network for these images, which may be spike times already.
fn coded(network: &FloatNetwork, images: &Images) -> FloatNetwork {
    FloatNetwork { coding: images.coding_in(&network.coding).clone(), ..network.clone() }
}

fn compare(network: &FloatNetwork, grids: &[Grid], test: &Images) -> Result<Comparison> {
    // As it was trained: quantization of a layer with a grid loses nothing against that.
    let float = network.on_grid().classify(test.pixels.view());
    let integer = quantize::quantize(network, grids)?;
    let rows: Vec<_> = test.pixels.outer_iter().collect();
    let integer: Vec<usize> = rows
        .par_iter()
        .map_init(|| Executor::new(&integer), |executor, row| executor.run(*row).class as usize)
        .collect();
    let correct = |classes: &[usize]| classes.iter().zip(&test.labels).filter(|(c, l)| **c == **l as usize).count();
    Ok(Comparison {
        images: test.len(),
        rows: test.role,
        float_correct: correct(&float),
        integer_correct: correct(&integer),
        agreeing: float.iter().zip(&integer).filter(|(a, b)| a == b).count(),
    })
}

fn rendered(report: &QuantizeReport) -> String {
    let mut table = Table::new();
    table.group(format!("network {}", report.network)).path("written to", report.output.display().to_string());
    if let Some(accuracy) = &report.accuracy {
        add_accuracy(&mut table, accuracy);
    }
    table.group("weights of every layer");
    for layer in &report.layers {
        table.row(&layer.name, loss_text(layer));
    }
    table.to_string()
}

fn add_accuracy(table: &mut Table, accuracy: &Comparison) {
    let (images, rows) = (whole(accuracy.images), accuracy.rows);
    let line = |correct: usize| {
        let share = 100.0 * correct as f64 / accuracy.images as f64;
        format!("{share:.2} % {} ({} of {images}{})", rows.accuracy(), whole(correct), rows.caution())
    };
    table.row("as trained", line(accuracy.float_correct)).row("integer", line(accuracy.integer_correct));
    table.row("same class", format!("{} of {images} images", whole(accuracy.agreeing)));
}

fn loss_text(loss: &LayerLoss) -> String {
    let LayerLoss { format, scale, .. } = loss;
    let [error, clamped, zeros] = [loss.relative_error, loss.clamped, loss.zeros].map(|share| 100.0 * share);
    format!("{format}, scale {scale:.3e}, error {error:.1} %, clamped {clamped:.2} %, zeros {zeros:.1} %")
}
