//! `firstspike quantize`: a float model in, an integer model out, with the accuracy before and after.

use std::path::PathBuf;

use super::bits::{self, Bits};
use super::images::{ImageArgs, TableArgs};
use super::{Outcome, Output};
use crate::data::{Images, Recipient, Schema, Split};
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::fixed::WeightFormat;
use crate::float::FloatNetwork;
use crate::flow::{self, Caller, folder};
use crate::model;
use crate::report::QuantizeReport;

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
    /// Weight format of all layers or one per layer: 2 … 16, pow3 … pow8 (0 and powers of two), ternary, binary
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

/// Runs `firstspike quantize`.
///
/// # Errors
/// Whatever is wrong with the model, the formats, the data, or the output folder.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    check_output(args)?;
    folder::check(Stage::Quantize, &args.output, args.force)?;
    let network = model::read_float(&args.model)?;
    let formats = typed_formats(&args.bits, network.layers.len())?;
    let schema = model::read_schema(&args.model)?;
    let sets = args.data.as_ref().map(|source| args.load(source, &network, &schema, output)).transpose()?;
    let quantized = flow::quantize(&network, &formats, sets.as_ref().map(|(training, test)| (training, test)))?;
    output.check(Stage::Quantize)?;
    let schema = Schema { activity: quantized.activity, ..schema };
    let before = output.recording_in(&args.output);
    model::write_integer_with(&args.output, &quantized.network, &schema)?;
    before.note_removal();
    output.report(&QuantizeReport {
        output: args.output.clone(),
        network: network.name,
        layers: quantized.layers,
        accuracy: quantized.agreement,
    })?;
    Ok(Outcome::Success)
}

/// The float model is worth more than its integers: it is not overwritten by them.
fn check_output(args: &Args) -> Result<()> {
    let folder = if args.model.is_dir() { args.model.as_path() } else { args.model.parent().unwrap_or(&args.model) };
    if !files::is_same(folder, &args.output) {
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
        Error::new(Stage::Arguments, "format-float", message, "give 2 … 16, pow3 … pow8, ternary or binary")
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
