//! From the name of a data set, a folder or a file to its images.

use std::path::{Path, PathBuf};

use super::idx::{self, Named};
use super::{Images, csv, digits, stream};
use crate::error::{Error, Result, Stage};

/// The data sets known by name.
pub const KNOWN: [&str; 3] = ["digits", "mnist", "fashion-mnist"];

/// Where the named sets are looked up unless `FIRSTSPIKE_DATA` says otherwise.
const DEFAULT_ROOT: &str = "../shared/data";

/// Which part of a data set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Split {
    Train,
    Test,
}

impl Split {
    /// The prefix of the canonical IDX file names.
    fn prefix(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Test => "t10k",
        }
    }
}

/// Reads a labelled set of images.
///
/// `source` is one of [`KNOWN`], a folder with the four canonical IDX files (`train-images-idx3-ubyte`, …, plain or `.gz`),
/// or a CSV file. A CSV file is one set: both splits are the whole file. `mnist` and `fashion-mnist` are folders below
/// `$FIRSTSPIKE_DATA` (default `../shared/data`); `digits` needs no files.
///
/// # Errors
/// `data-missing` where there is nothing to read, `io`, or a code of the format that names file and field.
pub fn load(source: &str, split: Split) -> Result<Images> {
    let root = std::env::var_os("FIRSTSPIKE_DATA").map_or_else(|| PathBuf::from(DEFAULT_ROOT), PathBuf::from);
    load_below(&root, source, split)
}

fn load_below(root: &Path, source: &str, split: Split) -> Result<Images> {
    match source {
        "digits" => digits::load(split),
        "mnist" | "fashion-mnist" => {
            let folder = root.join(source);
            if folder.is_dir() { load_folder(&folder, split) } else { Err(missing_set(source, &folder)) }
        }
        _ => load_path(Path::new(source), split),
    }
}

fn load_path(path: &Path, split: Split) -> Result<Images> {
    if path.is_dir() {
        return load_folder(path, split);
    }
    if !path.exists() {
        return Err(Error::new(
            Stage::Data,
            "data-missing",
            format!("\"{}\" is neither a known data set ({}) nor a folder or file", path.display(), KNOWN.join(", ")),
            "check the path, or name a known data set",
        ));
    }
    csv::read(&path.display().to_string(), &mut stream::open(path)?)
}

fn missing_set(source: &str, folder: &Path) -> Error {
    Error::new(
        Stage::Data,
        "data-missing",
        format!("the data set \"{source}\" was looked up in {}, which is no folder", folder.display()),
        format!(
            "put {source}'s train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and \
             t10k-labels-idx1-ubyte.gz there, or set FIRSTSPIKE_DATA to the folder that holds {source}/; \
             the set \"digits\" needs no files"
        ),
    )
}

fn load_folder(folder: &Path, split: Split) -> Result<Images> {
    let images = find(folder, &format!("{}-images-idx3-ubyte", split.prefix()));
    let labels = find(folder, &format!("{}-labels-idx1-ubyte", split.prefix()));
    match (images, labels) {
        (Ok(images), Ok(labels)) => idx::read(named(&images)?, named(&labels)?),
        (images, labels) => Err(Error::new(
            Stage::Data,
            "data-missing",
            format!("{}: files are missing", folder.display()),
            "put the IDX files there under these names, plain or .gz; or give a CSV file",
        )
        .with_problems([images.err(), labels.err()].into_iter().flatten().collect())),
    }
}

/// The plain or packed file called `name`, or what is missing.
fn find(folder: &Path, name: &str) -> std::result::Result<PathBuf, String> {
    let candidates = [folder.join(name), folder.join(format!("{name}.gz"))];
    candidates.into_iter().find(|path| path.is_file()).ok_or_else(|| format!("no {name} or {name}.gz"))
}

fn named(path: &Path) -> Result<Named<'static>> {
    Ok(Named { name: path.display().to_string(), reader: stream::open(path)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_sets_say_where_to_put_the_files() {
        let error = load_below(Path::new("/nowhere"), "mnist", Split::Test).unwrap_err();
        assert_eq!(error.code, "data-missing");
        assert!(error.message.contains("/nowhere/mnist") && error.help.contains("FIRSTSPIKE_DATA"), "{error}");
        let error = load_below(Path::new("/nowhere"), "no-such", Split::Test).unwrap_err();
        assert!(error.message.contains("fashion-mnist"), "{error}");
    }

    #[test]
    fn folders_hold_plain_or_packed_files() {
        let folder = tempfile::tempdir().unwrap();
        let error = load_folder(folder.path(), Split::Test).unwrap_err();
        assert_eq!(error.problems.len(), 2, "{error}");
        for kind in ["images-idx3", "labels-idx1"] {
            let packed = format!("data/digits/t10k-{kind}-ubyte.gz");
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(&packed);
            std::fs::copy(from, folder.path().join(format!("t10k-{kind}-ubyte"))).unwrap();
        }
        assert_eq!(load_folder(folder.path(), Split::Test), digits::load(Split::Test));
    }
}
