//! `firstspike compare`: golden model against hardware, image by image.

use std::path::PathBuf;

use super::hardware::{DesignArgs, DriveArgs, Hardware};
use super::images::ImageArgs;
use super::{Outcome, Output};
use crate::data::Images;
use crate::error::Result;
use crate::report::ComparisonReport;
use crate::verify::{self, Divergence};

/// Compare hardware and golden model: class, scores, every spike time, cycles
///
/// Exit code 0: equal. 1: they differ; the first divergence is shown, and its waveform written beside the design. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote, or a model, whose design then goes to the cache
    #[arg(value_name = "MODEL|DIR")]
    path: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    #[command(flatten)]
    drive: DriveArgs,
    #[command(flatten)]
    design: DesignArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open_or_generate(&args.path, &args.design.options())?;
    let images = args.images.load(&hardware.network)?;
    compare(&hardware, &images, &args.drive, output)
}

/// Runs both sides, prints the report, and gives the outcome.
///
/// # Errors
/// Those of the simulation.
pub fn compare(hardware: &Hardware, images: &Images, drive: &DriveArgs, output: &Output) -> Result<Outcome> {
    let golden = hardware.golden(images);
    let run = hardware.simulate(images, drive, output)?;
    let predicted = hardware.predict(images, &golden, drive);
    let comparison = verify::compare(&golden, &run.results, predicted.as_deref());
    let mut report = ComparisonReport::new(hardware.report(images, &run, drive), &comparison);
    if let Some(divergence) = &comparison.first_divergence {
        report.waveform = Some(write_waveform(hardware, images, divergence)?);
    }
    output.result(&report, ComparisonReport::table)?;
    Ok(if comparison.mismatches == 0 { Outcome::Success } else { Outcome::Mismatch })
}

fn write_waveform(hardware: &Hardware, images: &Images, divergence: &Divergence) -> Result<String> {
    let file = hardware.folder.join(format!("divergence-image{}.fst", divergence.image));
    hardware.waveform(images.image(divergence.image), &file)?;
    Ok(file.display().to_string())
}
