//! `firstspike selftest`: faults planted in a copy of a design, and whether the comparison catches them.

use std::path::PathBuf;

use super::hardware::{DesignArgs, DriveArgs};
use super::images::OptionalImageArgs;
use super::{Outcome, Output};
use crate::data::{self, ImageSet, Split};
use crate::error::Result;
use crate::flow::{self, Hardware, Trust, shipped_network};
use crate::plant::Kind;

/// Plant one fault of each kind in a copy of a design, and see whether the comparison catches it
///
/// Without a design: the shipped digits network and its test images. Exit code 0: every fault that applies is caught, and the copy
/// without a fault is equal to the golden model. 1: one is not. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote, or a model
    #[arg(value_name = "MODEL|DIR", requires = "data")]
    path: Option<PathBuf>,
    #[command(flatten)]
    images: OptionalImageArgs,
    #[command(flatten)]
    drive: DriveArgs,
    #[command(flatten)]
    design: DesignArgs,
    /// Plant only faults of this kind; may be given more than once [default: all]
    #[arg(long, value_name = "KIND", value_enum)]
    plant: Vec<Kind>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let (hardware, images) = subject(args, output)?;
    let kinds = if args.plant.is_empty() { &Kind::FAULTS[..] } else { &args.plant };
    let report = flow::selftest(&hardware, &images, &args.drive.drive(), kinds, output)?;
    output.report(&report)?;
    Ok(if report.is_good() { Outcome::Success } else { Outcome::Mismatch })
}

/// The design and its images.
fn subject(args: &Args, output: &Output) -> Result<(Hardware, ImageSet)> {
    let hardware = match &args.path {
        Some(path) => Hardware::open_or_generate(path, args.design.given().as_ref(), Trust::AsGenerated, output)?,
        None => Hardware::cached(shipped_network()?, &args.design.options(), output)?,
    };
    let images = match args.images.load(&hardware, output)? {
        Some(images) => images,
        None => data::load("digits", Split::Test)?.into(),
    };
    Ok((hardware, images))
}
