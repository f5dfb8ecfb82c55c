//! A network against a recording of its trainer's simulation.

use std::path::{Path, PathBuf};

use super::Caller;
use super::recording::Arrays;
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::model::{self, Model, RECORDING};
use crate::replay::{Network, Recording, Search};
use crate::report::{CheckReport, NetworkKind};

/// Images that are read at once, after the first, which rules out most conventions.
const BATCH: usize = 64;

/// Replays the first `limit` images of a recording, by default of the one in the model's folder, and looks for the convention that
/// gives what was recorded.
///
/// # Errors
/// Those of [`model::read`] and [`check_network`]; `recording-missing`.
pub fn check(model: &Path, recording: Option<&Path>, limit: usize, caller: &dyn Caller) -> Result<CheckReport> {
    let network = match model::read(model)? {
        Model::Integer(network) => Network::of_integer(&network),
        Model::Float(network) => Network::of_float(&network),
    };
    let path = recording.map_or_else(|| beside(model), |path| Ok(path.to_path_buf()))?;
    check_network(network, &path, limit, caller)
}

/// The same for a network that is in no folder yet. The recording may be NIRData.
///
/// # Errors
/// Those of [`Recording::open`]; `data-nird`; `interrupted`.
pub fn check_network(network: Network, path: &Path, limit: usize, caller: &dyn Caller) -> Result<CheckReport> {
    let arrays = Arrays::of(path, &network)?;
    let mut recording = arrays.named(Recording::open(arrays.path(), &network))?;
    let images = recording.images().min(limit);
    let line = caller.progress("images", images);
    let mut search = Search::new(&network);
    let mut done = 0;
    while done < images {
        caller.check(Stage::Golden)?;
        let batch = if done == 0 { 1 } else { BATCH.min(images - done) };
        search.add(&arrays.named(recording.next(batch))?);
        done += batch;
        line.done(done);
    }
    let (layers, output) = (search.layers(), search.output());
    Ok(CheckReport {
        kind: if network.is_integer { NetworkKind::Integer } else { NetworkKind::Float },
        recording: path.display().to_string(),
        images,
        time_steps: network.time_steps,
        is_equal: CheckReport::is_equal(&layers),
        layers,
        output,
        scores: recording.score_use(),
        network: network.name,
    })
}

/// The recording in the folder of a model.
fn beside(model: &Path) -> Result<PathBuf> {
    let folder = if model.is_dir() { model } else { model.parent().unwrap_or(Path::new("")) };
    let path = folder.join(RECORDING);
    if files::is_there(&path) {
        return Ok(path);
    }
    let message = format!("{} has no {RECORDING}", folder.display());
    let help = "put a recording of the trainer's simulation there, or name one with --recording";
    Err(Error::new(Stage::Model, "recording-missing", message, help))
}
