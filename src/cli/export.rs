//! `firstspike export`: a network for the tools of others.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::images::ImageArgs;
use super::per_image::{PerImage, check_output, is_arrays};
use super::{Outcome, Output};
use crate::emit::MANIFEST_FILE;
use crate::error::{Error, Result, Stage};
use crate::flow::{self, Subject};
use crate::model::{self, network_hash};
use crate::report::{ExportReport, Vectors};
use crate::{export, files, hdf5, nird};

/// Hand a network over to the tools of others.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a NIR file of an integer model
    ///
    /// Every simulator in which neurons fire once gives the spikes of the model, whether it fires at V > θ or V ≥ θ. What NIR cannot say
    /// (time steps, coding, readout, firing once) is metadata of the file, which `firstspike import nir` reads.
    Nir(NirArgs),
    /// Write golden vectors: what the golden model makes of every image
    ///
    /// Input spike times, labels, the spike times of every layer that fires, scores and classes, as arrays (.npz) or as NIRData (.nird).
    /// Both are data for `--data`, and recordings for `firstspike check`.
    Vectors(VectorsArgs),
}

#[derive(clap::Args)]
struct NirArgs {
    /// Model folder or model.json, quantized
    model: PathBuf,
    /// The file, whose name ends in .nir
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

#[derive(clap::Args)]
struct VectorsArgs {
    /// Folder that generate wrote, or a model
    #[arg(value_name = "MODEL|DIR")]
    path: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    /// The file, whose name ends in .npz or .nird
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

/// Runs `firstspike export`.
///
/// # Errors
/// `output-is-input`; those of [`model::read_integer`] and [`export::export`]; `export-file`; those of [`Subject::open`],
/// [`ImageArgs::load_for`] and [`flow::evaluate`]; `io`.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    match &args.command {
        Command::Nir(args) => nir(args, output),
        Command::Vectors(args) => vectors(args, output),
    }
}

fn nir(args: &NirArgs, output: &Output) -> Result<Outcome> {
    check_output(Some(&args.output), &args.model, "")?;
    check_nir(&args.output)?;
    let network = model::read_integer(&args.model)?;
    let exported = export::export(&network)?;
    files::write(Stage::Export, &args.output, &exported.bytes)?;
    output.report(&ExportReport {
        output: args.output.clone(),
        network: network.name().into(),
        network_hash: network_hash(&network),
        layers: exported.layers,
        notes: exported.notes,
    })?;
    Ok(Outcome::Success)
}

/// Demands a name of a NIR file, of which only such a file may be replaced.
fn check_nir(path: &Path) -> Result<()> {
    let refused = |message, help| Err(Error::new(Stage::Export, "export-file", message, help));
    if !path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("nir")) {
        let message = format!("--output {}: the name is not that of a NIR file", path.display());
        return refused(message, "give a name that ends in .nir");
    }
    let mut start = [0; hdf5::SIGNATURE.len()];
    let starts_otherwise = |mut file: File| file.read_exact(&mut start).is_err() || start != hdf5::SIGNATURE;
    if path.is_file() && File::open(path).is_ok_and(starts_otherwise) {
        let message = format!("--output {}: the file that is there is no NIR file", path.display());
        return refused(message, "remove it, or choose another name");
    }
    Ok(())
}

fn vectors(args: &VectorsArgs, output: &Output) -> Result<Outcome> {
    if !is_arrays(&args.output) && !nird::is_named(&args.output) {
        let message = format!("--output {}: the name says no format of vectors", args.output.display());
        let help = "give a name that ends in .npz (arrays) or .nird (NIRData)";
        return Err(Error::new(Stage::Export, "export-file", message, help));
    }
    check_output(Some(&args.output), &args.path, &args.images.data)?;
    let subject = Subject::open(&model_of(&args.path))?;
    let images = args.images.load_for(&subject.recipient(), output)?;
    let mut per_image = PerImage::of_subject(Some(&args.output), &subject)?;
    flow::evaluate(&subject, &images, output, |executed| per_image.write_executed(executed, &subject))?;
    per_image.finish()?;
    output.report(&Vectors {
        output: args.output.clone(),
        network: subject.name.clone(),
        network_hash: subject.network_hash.clone(),
        data: args.images.data.clone(),
        images: images.len(),
    })?;
    Ok(Outcome::Success)
}

/// The model of a design, or the model itself.
fn model_of(path: &Path) -> PathBuf {
    if path.join(MANIFEST_FILE).is_file() { path.join("model") } else { path.to_path_buf() }
}
