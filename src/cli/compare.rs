//! `firstspike compare`: golden model against hardware, image by image.

use std::path::PathBuf;

use super::hardware::{DesignArgs, DriveArgs};
use super::images::ImageArgs;
use super::per_image::{PerImage, TraceArgs, check_output};
use super::trust::TrustArgs;
use super::{Outcome, Output};
use crate::board::Board;
use crate::data::ImageSet;
use crate::error::Result;
use crate::flow::{Compared, Hardware, Plants};
use crate::plant::Kind;
use crate::report::ComparisonReport;

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
    trace: TraceArgs,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    check_output(args.trace.file(), &args.path, &args.images.data)?;
    let board = args.netlist.as_deref().map(Board::find).transpose()?;
    let mut hardware =
        Hardware::open_or_generate(&args.path, args.design.given().as_ref(), args.trust.trust(), output)?;
    let images = args.images.load(&hardware, output)?;
    if let Some(board) = board {
        hardware = hardware.synthesized(&board, output)?;
    }
    let mut per_image = PerImage::of_hardware(args.trace.file(), &hardware)?;
    let report = compare(args, &hardware, &images, &mut per_image, output)?;
    per_image.finish()?;
    output.report(&report)?;
    Ok(outcome(&report))
}

/// The fault in the copy, if --plant asks for one, is part of the report.
fn compare(
    args: &Args,
    hardware: &Hardware,
    images: &ImageSet,
    per_image: &mut PerImage,
    output: &Output,
) -> Result<ComparisonReport> {
    let drive = args.drive.drive();
    let write = |seen: Compared| per_image.write_compared(seen, hardware);
    let Some(kind) = args.plant else { return hardware.compare(images, &drive, args.quick, output, write) };
    let mut plants = Plants::new(hardware, images, output)?;
    let fault = plants.plant(kind)?;
    let report = plants.hardware().compare(images, &drive, args.quick, output, write)?;
    Ok(ComparisonReport { planted: Some(fault), ..report })
}

/// How a command ends with this comparison.
pub fn outcome(report: &ComparisonReport) -> Outcome {
    if report.is_equal() { Outcome::Success } else { Outcome::Mismatch }
}
