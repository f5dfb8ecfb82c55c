//! `--per-image FILE`: a line of JSON for every image.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde::Serialize;

use crate::cosim::Played;
use crate::data::Images;
use crate::error::{Error, Result, Stage};
use crate::files::Staged;
use crate::flow::Compared;
use crate::verify::Divergence;

/// Where the lines go.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct PerImageArgs {
    /// Write a line of JSON per image: label, class, scores, spike times (null: never), cycles of hardware
    #[arg(long = "per-image", value_name = "FILE")]
    file: Option<PathBuf>,
}

/// What one image gave. An image without a result has neither class nor scores.
#[derive(Debug, Serialize)]
pub struct ImageLine<S> {
    pub image: usize,
    pub label: u32,
    pub class: Option<u32>,
    pub scores: Option<S>,
    /// Per layer and neuron, in time steps.
    pub spike_times: Vec<Vec<Option<u8>>>,
    /// From the first beat to the class, as the hardware reports.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
    /// Where hardware and golden model part.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Divergence>,
}

/// Spike times of which `time_steps` and more mean never.
pub fn spike_times(times: &[Vec<u8>], time_steps: usize) -> Vec<Vec<Option<u8>>> {
    let of_layer = |layer: &Vec<u8>| layer.iter().map(|&t| (usize::from(t) < time_steps).then_some(t)).collect();
    times.iter().map(of_layer).collect()
}

/// The file while it is written; it appears when it is whole. Without `--per-image`, nothing.
#[derive(Default)]
pub struct PerImage(Option<(PathBuf, Staged, BufWriter<File>)>);

impl PerImageArgs {
    /// # Errors
    /// `io`, `not-a-file`.
    pub fn create(&self) -> Result<PerImage> {
        let Some(path) = &self.file else { return Ok(PerImage(None)) };
        let staged = Staged::empty(Stage::Arguments, path)?;
        let file = File::options().write(true).open(staged.path());
        let file = file.map_err(|cause| Error::io(Stage::Arguments, "write", path, &cause))?;
        Ok(PerImage(Some((path.clone(), staged, BufWriter::new(file)))))
    }
}

impl PerImage {
    /// Whether anybody wants the lines.
    pub fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line for each of these images.
    ///
    /// # Errors
    /// `io`
    pub fn write_compared(&mut self, compared: Compared, time_steps: usize) -> Result<()> {
        let Compared { first, images, played, divergences } = compared;
        self.write_hardware(first, images, played, divergences, time_steps)
    }

    /// The same for images that need not be compared, the number of the first of which is `first`.
    ///
    /// # Errors
    /// `io`
    pub fn write_hardware(
        &mut self,
        first: usize,
        images: &Images,
        played: &Played,
        divergences: Vec<Option<Divergence>>,
        time_steps: usize,
    ) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let results = images.labels.iter().zip(&played.images).zip(divergences).enumerate();
        for (index, ((label, hardware), divergence)) in results {
            let hardware = hardware.as_ref();
            self.write(&ImageLine {
                image: first + index,
                label: *label,
                class: hardware.map(|hardware| hardware.class),
                scores: hardware.map(|hardware| &hardware.scores),
                spike_times: hardware.map_or(Vec::new(), |hardware| spike_times(&hardware.spike_times, time_steps)),
                cycles: hardware.map(|hardware| hardware.reported_cycles),
                divergence,
            })?;
        }
        Ok(())
    }

    /// Writes the next line.
    ///
    /// # Errors
    /// `io`
    pub fn write<S: Serialize>(&mut self, line: &ImageLine<S>) -> Result<()> {
        let Some((path, _, file)) = &mut self.0 else { return Ok(()) };
        let written = serde_json::to_writer(&mut *file, line).map_err(Into::into).and_then(|()| file.write_all(b"\n"));
        written.map_err(|cause: std::io::Error| Error::io(Stage::Arguments, "write", path, &cause))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// `io`
    pub fn finish(self) -> Result<()> {
        let Some((path, staged, mut file)) = self.0 else { return Ok(()) };
        file.flush().map_err(|cause| Error::io(Stage::Arguments, "write", &path, &cause))?;
        staged.commit()
    }
}
