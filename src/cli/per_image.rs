//! `--per-image FILE`: a line of JSON for every image.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use crate::cosim::Played;
use crate::data::Images;
use crate::error::{Error, Result, Stage};
use crate::files::Staged;
use crate::flow::{Compared, Executed};
use crate::report::{ImageLine, Scores, spike_times};
use crate::verify::Divergence;

/// Where the lines go.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct PerImageArgs {
    /// Write a line of JSON per image: label, class, scores, spike times (null: never), cycles of hardware
    #[arg(long = "per-image", value_name = "FILE")]
    file: Option<PathBuf>,
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
    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line for each of these images.
    ///
    /// # Errors
    /// `io`
    pub fn write_executed(&mut self, executed: Executed, time_steps: usize) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let Executed { first, images, executions } = executed;
        let lines =
            executions.into_iter().zip(&images.labels).zip(first..).map(|((execution, &label), image)| ImageLine {
                image,
                label,
                class: Some(execution.class as u32),
                scores: Some(execution.scores),
                spike_times: spike_times(&execution.spike_times, time_steps),
                cycles: None,
                divergence: None,
            });
        lines.collect::<Vec<_>>().iter().try_for_each(|line| self.write(line))
    }

    /// The same for images that hardware and golden model were given.
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
                scores: hardware.map(|hardware| Scores::Integer(hardware.scores.clone())),
                spike_times: hardware.map_or(Vec::new(), |hardware| spike_times(&hardware.spike_times, time_steps)),
                cycles: hardware.map(|hardware| hardware.reported_cycles),
                divergence,
            })?;
        }
        Ok(())
    }

    fn write(&mut self, line: &ImageLine) -> Result<()> {
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
