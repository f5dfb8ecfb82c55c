//! The format of a waveform, told by the name of its file.

use std::path::Path;

use crate::error::{Error, Result, Stage};

/// How a waveform is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaveFormat {
    /// GTKWave's and Surfer's compressed form.
    Fst,
    /// Value change dump, which every viewer reads.
    Vcd,
}

impl WaveFormat {
    /// The format of the file `path`: `.fst` or `.vcd`.
    ///
    /// # Errors
    /// `waveform-format` for any other name.
    pub fn of(path: &Path) -> Result<Self> {
        let ends_in = |ending| path.extension().is_some_and(|found| found.eq_ignore_ascii_case(ending));
        match () {
            () if ends_in("fst") => Ok(WaveFormat::Fst),
            () if ends_in("vcd") => Ok(WaveFormat::Vcd),
            () => {
                let message = format!("{} names no waveform, expected a name in .fst or .vcd", path.display());
                let help = "end the name in .fst, which is small, or in .vcd, which every viewer reads";
                Err(Error::new(Stage::Simulate, "waveform-format", message, help))
            }
        }
    }
}
