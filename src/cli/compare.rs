//! `firstspike compare`: golden model against hardware, image by image.

use std::path::PathBuf;

use super::hardware::{DesignArgs, DriveArgs, Hardware};
use super::images::ImageArgs;
use super::per_image::{PerImage, PerImageArgs};
use super::plants::Plants;
use super::trust::TrustArgs;
use super::{Outcome, Output, interrupt};
use crate::board::Board;
use crate::data::ImageSet;
use crate::error::Result;
use crate::plant::Kind;
use crate::report::ComparisonReport;
use crate::synth;
use crate::verify::Comparison;

/// Compare hardware and golden model: class, scores, every spike time, cycles
///
/// After the images of the set, a rough run plays pauses, stalls, power-up states, resets and wrong frames, on some of these images
/// and on others made for it.
///
/// Exit code 0: equal. 1: they differ, or the hardware hangs or breaks a rule of its streams; the first divergence is shown, and
/// its waveform written beside the design. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote, or a model, whose design then goes to the cache
    #[arg(value_name = "MODEL|DIR")]
    path: PathBuf,
    /// Compare the cells that synthesis makes for this board, instead of the Verilog; boards with ECP5 or iCE40 parts
    #[arg(long, value_name = "BOARD", help_heading = "Comparison")]
    netlist: Option<String>,
    /// Plant a fault of this kind in a copy of the hardware: the comparison must fail
    #[arg(long, value_name = "KIND", value_enum, conflicts_with_all = ["netlist", "edited"], help_heading = "Comparison")]
    plant: Option<Kind>,
    /// Leave out the rough run
    #[arg(long, help_heading = "Comparison")]
    quick: bool,
    #[command(flatten)]
    images: ImageArgs,
    #[command(flatten)]
    drive: DriveArgs,
    #[command(flatten)]
    design: DesignArgs,
    #[command(flatten)]
    trust: TrustArgs,
    #[command(flatten)]
    per_image: PerImageArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let board = args.netlist.as_deref().map(Board::find).transpose()?;
    let mut hardware = Hardware::open_or_generate(&args.path, &args.design, args.trust, output)?;
    let images = args.images.load(&hardware, output)?;
    if let Some(board) = board {
        let _line = output.stage("synthesis (yosys)");
        hardware.netlist =
            Some(synth::netlist(&hardware.folder, &board, hardware.is_edited(), Some(interrupt::flag()))?);
    }
    let mut per_image = args.per_image.create()?;
    let report = match args.plant {
        Some(kind) => with_fault(kind, &hardware, &images, args, &mut per_image, output)?,
        None => compare(&hardware, &images, &args.drive, args.quick, &mut per_image, output)?,
    };
    per_image.finish()?;
    output.result(&report, ComparisonReport::table)?;
    Ok(outcome(&report))
}

fn with_fault(
    kind: Kind,
    hardware: &Hardware,
    images: &ImageSet,
    args: &Args,
    per_image: &mut PerImage,
    output: &Output,
) -> Result<ComparisonReport> {
    let mut plants = Plants::new(hardware, images, output)?;
    let fault = plants.plant(kind)?;
    let report = compare(plants.hardware(), images, &args.drive, args.quick, per_image, output)?;
    Ok(ComparisonReport { planted: Some(fault), ..report })
}

/// Runs both sides, and tells `per_image` of every image; then, unless `quick` or something differs already, the rough run.
///
/// # Errors
/// Those of the simulation.
pub fn compare(
    hardware: &Hardware,
    images: &ImageSet,
    drive: &DriveArgs,
    quick: bool,
    per_image: &mut PerImage,
    output: &Output,
) -> Result<ComparisonReport> {
    let (mut report, first) = judge(hardware, images, drive, quick, per_image, output)?;
    if let Some(image) = first {
        report.waveform = Some(write_waveform(hardware, images, image, drive)?);
    }
    Ok(report)
}

/// The same without a waveform; and the first image in which something is wrong.
///
/// # Errors
/// Those of the simulation.
pub fn judge(
    hardware: &Hardware,
    images: &ImageSet,
    drive: &DriveArgs,
    quick: bool,
    per_image: &mut PerImage,
    output: &Output,
) -> Result<(ComparisonReport, Option<usize>)> {
    let mut comparison = Comparison::default();
    let tally = hardware.simulate(images, drive, output, |first, chunk, played| {
        let golden = hardware.golden(chunk);
        let predicted = hardware.predict(chunk, &golden, drive);
        let divergences = comparison.extend(&golden, played, predicted.as_deref());
        per_image.write_hardware(first, chunk, played, divergences, hardware.network.time_steps())
    })?;
    comparison.miss(images.len() - comparison.images);
    let mut report = ComparisonReport::new(hardware.report(images, &tally, drive), &comparison, quick);
    if comparison.is_equal() && !quick {
        let _line = output.stage("rough run");
        report.rough = Some(hardware.rough(images, drive)?);
    }
    Ok((report, first_image(&comparison)))
}

/// How a command ends with this comparison.
pub fn outcome(report: &ComparisonReport) -> Outcome {
    if report.is_equal() { Outcome::Success } else { Outcome::Mismatch }
}

/// The first image in which something is wrong.
fn first_image(comparison: &Comparison) -> Option<usize> {
    let divergence = comparison.first_divergence.iter().map(|divergence| divergence.image);
    divergence.chain(comparison.fault.iter().map(|fault| fault.image)).min()
}

fn write_waveform(hardware: &Hardware, images: &ImageSet, image: usize, drive: &DriveArgs) -> Result<String> {
    let file = hardware.folder.join(format!("divergence-image{image}.fst"));
    hardware.waveform(&images.image(image)?, &file, drive)?;
    Ok(file.display().to_string())
}
