//! `firstspike export`: a network for the tools of others.

use std::path::PathBuf;

use clap::Subcommand;

use super::per_image::check_output;
use super::{Outcome, Output};
use crate::error::{Result, Stage};
use crate::model::{self, network_hash};
use crate::report::ExportReport;
use crate::{export, files};

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
}

#[derive(clap::Args)]
struct NirArgs {
    /// Model folder or model.json, quantized
    model: PathBuf,
    /// The file
    #[arg(short, long, value_name = "FILE", help_heading = "Output")]
    output: PathBuf,
}

/// Runs `firstspike export`.
///
/// # Errors
/// `output-is-input`; those of [`model::read_integer`] and [`export::export`]; `io`.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    match &args.command {
        Command::Nir(args) => nir(args, output),
    }
}

fn nir(args: &NirArgs, output: &Output) -> Result<Outcome> {
    check_output(Some(&args.output), &args.model, "")?;
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
