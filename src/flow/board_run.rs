//! Images on a board, and its answers against the golden model.

use std::io::{Read, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use super::{Caller, Hardware, Line, check_input, chunk_length};
use crate::arch::{FrameCost, Spacing};
use crate::data::{ImageSet, Images};
use crate::emit::Manifest;
use crate::error::{Result, Stage};
use crate::link::{self, Client, Timing};
use crate::model;
use crate::report::{RunReport, Series};
use crate::shell::{DEFAULT_BAUD, LinkFormat};
use crate::verify::Comparison;

/// A line without a byte for so long is at rest. Longer than USB chips hold bytes back.
const QUIET: Duration = Duration::from_millis(50);

/// Where a board is, and how to talk to it.
#[derive(Debug, Clone, PartialEq)]
pub struct Port {
    /// The serial device.
    pub path: PathBuf,
    /// That the board was built with, in bits per second.
    pub baud: u32,
    /// To wait for an answer, besides the time that the bytes are on the line, in seconds.
    pub timeout: f64,
}

impl Port {
    /// With the baud rate that boards have if nothing else is said.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Port { path: path.into(), baud: DEFAULT_BAUD, timeout: 5.0 }
    }
}

impl Hardware {
    /// Sends all images to a board that holds this design, and compares scores, class and cycles with what is expected.
    ///
    /// # Errors
    /// Those of [`link::open`], [`Client::check_identity`] and [`Client::image`]; `interrupted`.
    pub fn run_on(&self, port: &Port, images: &ImageSet, caller: &dyn Caller) -> Result<RunReport> {
        check_input(images, self.design.input_kind())?;
        let manifest = Manifest::read(&self.folder)?;
        let format = LinkFormat::of(&manifest)?;
        let answer = Duration::from_secs_f64(port.timeout + seconds_on_line(&format, port.baud));
        let name = port.path.display().to_string();
        let timing = Timing { answer, quiet: QUIET };
        let mut client = Client::new(link::open(&port.path, port.baud)?, &name, format, timing);
        client.check_identity(&manifest)?;
        let line = caller.progress("run", images.len());
        let mut answers = Answers::default();
        for piece in images.pieces(chunk_length(&self.network))? {
            answers.add(self, &piece?, &mut client, (caller, &*line))?;
        }
        Ok(self.sum_up(port, images, answers, client.resent()))
    }

    fn sum_up(&self, port: &Port, images: &ImageSet, answers: Answers, resent: usize) -> RunReport {
        RunReport {
            network: self.network.name().into(),
            network_hash: model::network_hash(&self.network),
            port: port.path.display().to_string(),
            baud: port.baud,
            images: images.len(),
            edited: self.edited.clone(),
            rows: images.role(),
            accuracy: 100.0 * answers.correct as f64 / images.len() as f64,
            mismatches: answers.comparison.mismatches,
            first_divergence: answers.comparison.first_divergence,
            latency_cycles: answers.cycles.spread(),
            resent,
            images_per_second: images.len() as f64 / answers.time.as_secs_f64(),
            layers: self.layer_reports(),
        }
    }
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
    /// Sends the next images and compares what comes back.
    fn add(
        &mut self,
        hardware: &Hardware,
        images: &Images,
        client: &mut Client<impl Read + Write>,
        (caller, line): (&dyn Caller, &dyn Line),
    ) -> Result<()> {
        let before = self.comparison.images;
        let golden = hardware.golden(images);
        let costs = hardware.costs(images, &golden, 0..images.len(), Spacing::Isolated);
        let predicted: Vec<u64> = costs.iter().map(FrameCost::latency).collect();
        let start = Instant::now();
        let mut results = Vec::with_capacity(images.len());
        for index in 0..images.len() {
            caller.check(Stage::Link)?;
            results.push(client.image(&hardware.stimulus(images, index).words)?);
            line.done(before + index + 1);
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
