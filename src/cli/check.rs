//! `firstspike check`: a network against a recording of its trainer's simulation.

use std::path::PathBuf;

use clap::builder::RangedU64ValueParser;

use super::{Outcome, Output};
use crate::error::Result;
use crate::flow;

/// Check a network against a recording of the simulation that it was trained in
///
/// Every layer is replayed on the recorded spike times of the layer before. Where it differs, the convention that explains it is
/// looked for: the comparison with the threshold, the bias, delays, transposed weights, the order of maps.
///
/// Exit code 0: equal. 1: they differ. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json
    model: PathBuf,
    /// The recording [default: recording.npz in the model's folder]
    #[arg(long, value_name = "FILE")]
    recording: Option<PathBuf>,
    /// Replay only the first N images
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    limit: Option<usize>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let limit = args.limit.unwrap_or(usize::MAX);
    let report = flow::check(&args.model, args.recording.as_deref(), limit, output)?;
    output.report(&report)?;
    Ok(if report.is_equal { Outcome::Success } else { Outcome::Mismatch })
}
