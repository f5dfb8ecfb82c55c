//! A data set that was fetched.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Report;
use crate::fetch::Done;

/// The files of a data set.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fetched {
    /// The data set.
    pub set: String,
    /// Where it lies.
    pub folder: PathBuf,
    /// Its files.
    pub files: Vec<FetchedFile>,
}

/// One of its files.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FetchedFile {
    /// Its name.
    pub name: String,
    /// What was done about it.
    pub done: Done,
}

impl Report for Fetched {
    const NAME: &'static str = "data";

    fn text(&self) -> String {
        let line = |file: &FetchedFile| {
            let done = match file.done {
                Done::Kept => "was there",
                Done::Fetched => "fetched",
            };
            format!("{done:10} {}", file.name)
        };
        let mut lines = vec![self.folder.display().to_string()];
        lines.extend(self.files.iter().map(line));
        lines.join("\n")
    }
}
