//! `firstspike run`: images to a board, its answers against the golden model.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use serde::Serialize;

use super::images::ImageArgs;
use super::trust::TrustArgs;
use super::{Outcome, Output, interrupt};
use crate::arch::{FrameCost, Spacing};
use crate::data::{Images, Role};
use crate::emit::Manifest;
use crate::error::{Result, Stage};
use crate::flow::{Hardware, chunk_length};
use crate::link::{self, Client, Timing};
use crate::model;
use crate::report::{LayerReport, Series, Spread, Table, describe, grouped, whole};
use crate::shell::{DEFAULT_BAUD, LinkFormat};
use crate::verify::{Comparison, Divergence};

/// A line without a byte for so long is at rest. Longer than USB chips hold bytes back.
const QUIET: Duration = Duration::from_millis(50);

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

#[derive(Serialize)]
struct RunReport {
    network: String,
    network_hash: String,
    port: String,
    baud: u32,
    images: usize,
    /// Files of the design that are not what its network gives.
    edited: Vec<String>,
    /// What the images are to the network.
    rows: Role,
    /// In percent.
    accuracy: f64,
    mismatches: usize,
    first_divergence: Option<Divergence>,
    /// From the first beat to the class, as the board counted.
    latency_cycles: Option<Spread>,
    /// Frames that were sent again, as they or their answers were damaged.
    resent: usize,
    /// Over the link.
    images_per_second: f64,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let images = args.images.load(&hardware, output)?;
    hardware.check_input(&images)?;
    let manifest = Manifest::read(&hardware.folder)?;
    let format = LinkFormat::of(&manifest)?;
    let answer = Duration::from_secs_f64(args.timeout + seconds_on_line(&format, args.baud));
    let timing = Timing { answer, quiet: QUIET };
    let name = args.port.display().to_string();
    let mut client = Client::new(link::open(&args.port, args.baud)?, &name, format, timing);
    client.check_identity(&manifest)?;
    let bar = output.progress("run", images.len());
    let mut answers = Answers::default();
    for piece in images.pieces(chunk_length(&hardware.network))? {
        let done = answers.comparison.images;
        answers.add(&hardware, &piece?, &mut client, &|sent| bar.set(done + sent))?;
    }
    drop(bar);

    let report = RunReport {
        network: hardware.network.name().into(),
        network_hash: model::network_hash(&hardware.network),
        port: name,
        baud: args.baud,
        images: images.len(),
        edited: hardware.edited.clone(),
        rows: images.role(),
        accuracy: 100.0 * answers.correct as f64 / images.len() as f64,
        mismatches: answers.comparison.mismatches,
        first_divergence: answers.comparison.first_divergence,
        latency_cycles: answers.cycles.spread(),
        resent: client.resent(),
        images_per_second: images.len() as f64 / answers.time.as_secs_f64(),
    };
    output.result(&report, |report| rendered(report, &hardware.layer_reports()))?;
    Ok(if report.mismatches == 0 { Outcome::Success } else { Outcome::Mismatch })
}

/// What the board answered, summed up.
#[derive(Default)]
struct Answers {
    comparison: Comparison,
    correct: usize,
    cycles: Series,
    /// On the link.
    time: Duration,
}

impl Answers {
    /// Sends the next images and compares what comes back; `sent` is told of each.
    fn add(
        &mut self,
        hardware: &Hardware,
        images: &Images,
        client: &mut Client<impl Read + Write>,
        sent: &dyn Fn(usize),
    ) -> Result<()> {
        let golden = hardware.golden(images);
        let costs = hardware.costs(images, &golden, 0..images.len(), Spacing::Isolated);
        let predicted: Vec<u64> = costs.iter().map(FrameCost::latency).collect();
        let start = Instant::now();
        let mut results = Vec::with_capacity(images.len());
        for index in 0..images.len() {
            interrupt::check(Stage::Link)?;
            results.push(client.image(&hardware.stimulus(images, index).words)?);
            sent(index + 1);
        }
        self.time += start.elapsed();
        self.comparison.extend_board(&golden, &results, &predicted);
        self.correct += results.iter().zip(&images.labels).filter(|(result, label)| result.class == **label).count();
        self.cycles.extend(results.iter().map(|result| result.cycles));
        Ok(())
    }
}

/// How long the longest image and its result are on the line: ten bits per byte.
fn seconds_on_line(format: &LinkFormat, baud: u32) -> f64 {
    10.0 * (format.beats * format.beat_bytes + format.result_bytes()) as f64 / f64::from(baud)
}

fn rendered(report: &RunReport, layers: &[LayerReport]) -> String {
    let mut table = Table::new();
    table.group("board against golden model").row("network", &report.network).edited(&report.edited);
    let mismatches = format!("{} of {} images", whole(report.mismatches), whole(report.images));
    table
        .verdict("mismatches", mismatches, report.mismatches == 0)
        .row(report.rows.accuracy(), format!("{:.2} %{}", report.accuracy, report.rows.caution()));
    table.group("chip (min / mean / max)");
    if let Some(cycles) = report.latency_cycles {
        table.row("latency", format!("{} cycles", cycles.whole_text()));
    }
    table.group("link").path("port", &report.port).row("baud rate", whole(report.baud));
    table.row("frames sent again", whole(report.resent));
    table.row("rate", format!("{} images/s", grouped(report.images_per_second, 0)));
    let divergence = report.first_divergence.as_ref().map(|divergence| format!("\n{}", describe(divergence, layers)));
    format!("{table}{}", divergence.unwrap_or_default())
}
