//! NIRData: spike times of the nodes of a NIR graph (`.nird`), as the Python package `nir` writes and reads them.
//!
//! In: a file, or spike times. Out: spike times by node; and back. NIRData know no labels, classes and scores: those are datasets of the
//! file's root, which `nir.read_data` passes over. Imports `hdf5`.
//!
//! # Source
//! The Python package `nir` (1.0.8), `nir.data_ir` and `nir.read_data`.

mod read;
mod spikes;
mod write;

pub use read::Recording;
pub use write::{Entry, Scores, Writer};

use std::path::Path;

use crate::error::{Error, Stage};

/// What file names of NIRData end in.
const EXTENSION: &str = "nird";
/// The node of a network's input.
pub const INPUT: &str = "input";
/// Datasets of the root.
const LABELS: &str = "labels";
const CLASSES: &str = "classes";
const SCORES: &str = "scores";
/// The class of an image that has no result.
const NO_CLASS: i64 = -1;
/// Attributes of groups, with the mark that they have in a tree.
const TYPE: &str = "@__type__";
const NEURONS: &str = "@n_neurons";
const END: &str = "@t_max";
/// The most spike times of a node: a few digits in a file must not exhaust the memory.
const MAX_TIMES: usize = 1 << 27;

/// Whether a file holds NIRData, or is to, by its name.
pub fn is_named(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case(EXTENSION))
}

/// What is wrong with a file of NIRData.
fn damaged(message: String) -> Error {
    let help = "write the file again, with nir.write_data; docs/how-to/check-a-recording.md says what it must hold";
    Error::new(Stage::Data, "data-nird", message, help)
}
