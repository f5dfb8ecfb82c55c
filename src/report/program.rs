//! What the program says of itself.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Report;

/// What a shell needs to complete commands and options.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Completions {
    /// The shell.
    pub shell: String,
    /// What it is to read.
    pub script: String,
}

impl Report for Completions {
    const NAME: &'static str = "completions";

    fn text(&self) -> String {
        self.script.clone()
    }
}

/// Manual pages that were written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manual {
    /// The folder that was written.
    pub output: PathBuf,
    /// Their names.
    pub pages: Vec<String>,
}

impl Report for Manual {
    const NAME: &'static str = "man";

    fn text(&self) -> String {
        format!("wrote {} manual pages to {}", self.pages.len(), self.output.display())
    }
}
