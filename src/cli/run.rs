//! `firstspike run`: images to a board, its answers against the golden model.

use std::path::PathBuf;

use super::images::ImageArgs;
use super::trust::TrustArgs;
use super::{Outcome, Output};
use crate::error::Result;
use crate::flow::{Hardware, Port};
use crate::shell::DEFAULT_BAUD;

/// Run images on a board and compare its answers with the golden model: class, scores, cycles
///
/// Exit code 0: equal. 1: they differ; the first divergence is shown. 2: error. A frame that is damaged on the line is sent again.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote and the board was made from
    design: PathBuf,
    /// Serial port of the board, such as /dev/ttyUSB1; `firstspike emulate` makes one without a board
    #[arg(long, help_heading = "Board")]
    port: PathBuf,
    /// Baud rate that the board was built with
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..), help_heading = "Board")]
    baud: u32,
    /// Wait at most so many seconds for an answer, besides the time that the bytes are on the line
    #[arg(long, value_name = "SECONDS", default_value_t = 5.0, value_parser = parse_seconds, help_heading = "Board")]
    timeout: f64,
    #[command(flatten)]
    images: ImageArgs,
    #[command(flatten)]
    trust: TrustArgs,
}

fn parse_seconds(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(seconds) if (0.1..=3600.0).contains(&seconds) => Ok(seconds),
        _ => Err(format!("\"{text}\": expected 0.1 to 3600 seconds")),
    }
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let images = args.images.load(&hardware, output)?;
    let port = Port { path: args.port.clone(), baud: args.baud, timeout: args.timeout };
    let report = hardware.run_on(&port, &images, output)?;
    output.report(&report)?;
    Ok(if report.is_equal() { Outcome::Success } else { Outcome::Mismatch })
}
