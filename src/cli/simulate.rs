//! `firstspike simulate`: a design folder and images in, classes and cycles of the hardware out.

use std::path::{Path, PathBuf};

use super::hardware::DriveArgs;
use super::images::ImageArgs;
use super::per_image::{PerImage, check_output};
use super::trust::TrustArgs;
use super::{Outcome, Output};
use crate::cosim::WaveFormat;
use crate::data::ImageSet;
use crate::error::{Error, Result, Stage};
use crate::flow::Hardware;

/// Run generated hardware in Verilator
///
/// Exit code 0: every image has a result. 1: the hardware hangs or breaks a rule of its streams. 2: error.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    #[command(flatten)]
    images: ImageArgs,
    #[command(flatten)]
    drive: DriveArgs,
    #[command(flatten)]
    trust: TrustArgs,
    /// Write the waveform of one image: its number as img=N, then the file, whose name ends in .fst or .vcd
    #[arg(long, num_args = 2, value_names = ["img=N", "FILE"], help_heading = "Output")]
    trace: Option<Vec<String>>,
    /// Write class, scores and every spike time of each image: a line of JSON per image, arrays if the name ends in .npz, NIRData if in .nird
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    per_image: Option<PathBuf>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    check_output(args.per_image.as_deref(), &args.design, &args.images.data)?;
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let images = args.images.load(&hardware, output)?;
    let trace = args.trace.as_deref().map(|words| parse_trace(words, &images)).transpose()?;
    let mut per_image = PerImage::of_hardware(args.per_image.as_deref(), &hardware)?;
    let drive = args.drive.drive();
    let tally = hardware.simulate(&images, &drive, output, |first, chunk, played| {
        let unknown = vec![None; chunk.len()];
        per_image.write_hardware(first, chunk, played, unknown, &hardware)
    })?;
    per_image.finish()?;
    if let Some((image, file)) = trace {
        hardware.waveform(&images.image(image)?, file, &drive, output)?;
        output.note(&format!("waveform of image {image} in {}", file.display()));
    }
    let report = hardware.report(&images, &tally, &drive);
    output.report(&report)?;
    Ok(if report.fault.is_none() { Outcome::Success } else { Outcome::Mismatch })
}

fn parse_trace<'a>(words: &'a [String], images: &ImageSet) -> Result<(usize, &'a Path)> {
    let number = words[0].strip_prefix("img=").and_then(|number| number.parse().ok());
    match number {
        Some(image) if image < images.len() => {
            WaveFormat::of(Path::new(&words[1])).map(|_| (image, Path::new(&words[1])))
        }
        _ => Err(Error::new(
            Stage::Arguments,
            "trace-image",
            format!("--trace: \"{}\" names no image, expected img=0 … img={}", words[0], images.len() - 1),
            "name an image that --data, --split and --limit select",
        )),
    }
}
