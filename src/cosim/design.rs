//! A design folder as found on the disk: manifest read, every file held against its hash.

use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::files::hex;

/// A design folder whose files are as the manifest says.
#[derive(Debug)]
pub struct Design {
    /// Absolute.
    pub folder: PathBuf,
    pub manifest: Manifest,
}

impl Design {
    /// Reads and checks the folder; an `edited` one may hold other files than its manifest says.
    ///
    /// # Errors
    /// `io`, `manifest-invalid`, `manifest-version`, or `design-damaged` with one line per file.
    pub fn open(folder: &Path, edited: bool) -> Result<Self> {
        let folder = fs::canonicalize(folder).map_err(|cause| Error::io(Stage::Simulate, "open", folder, &cause))?;
        let manifest = Manifest::open(&folder, Stage::Simulate, edited)?;
        Ok(Design { folder, manifest })
    }

    /// Identifies everything that is compiled into the model. Memory images are not: they are read at run time.
    pub fn model_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.manifest.top.as_bytes());
        for source in &self.manifest.sources {
            hash.update(source.as_bytes());
            hash.update([0]);
        }
        for file in self.manifest.files.iter().filter(|file| is_compiled(&file.path)) {
            hash.update(file.path.as_bytes());
            hash.update([0]);
            hash.update(file.sha256.as_bytes());
        }
        hex(&hash.finalize())
    }

    /// Files of lint waivers, which go before the sources.
    pub fn waivers(&self) -> impl Iterator<Item = &str> {
        self.manifest.files.iter().map(|file| file.path.as_str()).filter(|path| extension(path) == "vlt")
    }
}

fn extension(path: &str) -> &str {
    Path::new(path).extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

fn is_compiled(path: &str) -> bool {
    matches!(extension(path), "v" | "vh" | "sv" | "svh" | "vlt" | "h")
}
