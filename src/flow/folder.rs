//! The output folder of `train` and `quantize`: it may hold earlier output, and one training at a time.

use std::fs::{self, File, TryLockError};
use std::path::Path;

use crate::error::{Error, Result, Stage};
use crate::files;
use crate::model::MODEL_JSON;
use crate::train::{CHECKPOINT, CURVE};

/// Demands a folder that is free, or holds a model or a training.
///
/// # Errors
/// `folder-not-ours` unless `force`; `folder-is-file`.
pub fn check(stage: Stage, folder: &Path, force: bool) -> Result<()> {
    match files::check_addable(stage, folder, &[MODEL_JSON, CHECKPOINT, CURVE]) {
        Err(error) if force && error.code == "folder-not-ours" => Ok(()),
        done => done,
    }
}

/// A folder that belongs to this process for as long as this lives.
pub struct Claim {
    _lock: Option<File>,
}

impl Claim {
    /// Makes the folder and locks it: without a file of its own, so that a process that dies leaves nothing. Where the system does
    /// not lock folders, there is no lock.
    ///
    /// # Errors
    /// `folder-busy` if another training has it; `io`.
    pub fn new(stage: Stage, folder: &Path) -> Result<Claim> {
        fs::create_dir_all(folder).map_err(|cause| Error::io(stage, "create", folder, &cause))?;
        let Ok(handle) = File::open(folder) else { return Ok(Claim { _lock: None }) };
        match handle.try_lock() {
            Err(TryLockError::WouldBlock) => {
                let message = format!("another training is running in {}", folder.display());
                Err(Error::new(stage, "folder-busy", message, "wait for it to end, or choose another output folder"))
            }
            _ => Ok(Claim { _lock: Some(handle) }),
        }
    }
}
