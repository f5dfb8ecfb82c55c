//! Remembers what was built here, and from what.
//!
//! A compiled model lies beside its design, but the word that it is ours lies in the cache: were it in the design folder,
//! whoever made that could put a program of his own there with a word that fits it, and we would run it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result, Stage};
use crate::files::{sha256_hex, sha256_of};

/// Has an empty file for everything built here.
const FOLDER: &str = "built";

/// What was built here, by the content of a file and a key that stands for all it was made from.
#[derive(Debug, Clone)]
pub struct Seals(PathBuf);

impl Seals {
    /// Those kept in the folder `cache`.
    pub fn new(cache: &Path) -> Self {
        Seals(cache.join(FOLDER))
    }

    /// Whether `file` was built here from what `key` stands for.
    pub fn holds(&self, file: &Path, key: &str) -> bool {
        self.seal(file, key).is_ok_and(|seal| seal.is_file())
    }

    /// Remembers that `file` was built here.
    ///
    /// # Errors
    /// `io`, reported by `stage`.
    pub fn put(&self, stage: Stage, file: &Path, key: &str) -> Result<()> {
        let seal = self.seal(file, key).map_err(|cause| Error::io(stage, "read", file, &cause))?;
        fs::create_dir_all(&self.0).map_err(|cause| Error::io(stage, "create", &self.0, &cause))?;
        fs::write(&seal, "").map_err(|cause| Error::io(stage, "write", &seal, &cause))
    }

    fn seal(&self, file: &Path, key: &str) -> io::Result<PathBuf> {
        let content = sha256_of(file)?;
        Ok(self.0.join(sha256_hex(format!("{key} {content}").as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_built_from_the_same_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let (program, seals) = (folder.path().join("program"), Seals::new(&folder.path().join("cache")));
        assert!(!seals.holds(&program, "key"));
        fs::write(&program, "ours").unwrap();
        assert!(!seals.holds(&program, "key"));
        seals.put(Stage::Tool, &program, "key").unwrap();
        assert!(seals.holds(&program, "key") && !seals.holds(&program, "other"));
        fs::write(&program, "theirs").unwrap();
        assert!(!seals.holds(&program, "key"));
    }
}
