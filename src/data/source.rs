//! From the name of a data set, a folder or a file to its images.

use std::path::{Path, PathBuf};

use super::idx::{self, Named};
use super::split::Split;
use super::{Images, csv, digits, folder, stream};
use crate::error::{Error, Result, Stage};
use crate::npz::Archive;
use crate::{files, nird};

/// The data sets known by name.
pub const KNOWN: [&str; 3] = ["digits", "mnist", "fashion-mnist"];

/// Reads a labeled set of images.
///
/// `source` is one of [`KNOWN`], a folder with four IDX files (`train-images-idx3-ubyte`, …, plain or `.gz`, also under their other
/// usual names), or a CSV file. A CSV file is one set: both splits are the whole file. `mnist` and `fashion-mnist` are folders below
/// the [`root`]; `digits` needs no files.
///
/// # Errors
/// `data-missing` where there is nothing to read, `data-ambiguous` where there are several sets, `data-kind` for a file of arrays, `io`,
/// or a code of the format that names file and field.
pub fn load(source: &str, split: Split) -> Result<Images> {
    if is_arrays(source) || is_nird(source) {
        let kind = if is_nird(source) { "NIRData" } else { "a file of arrays" };
        let message = format!("{source} is {kind}, expected a folder of IDX files or a table");
        let help = "files of arrays and NIRData are for measuring: evaluate, compare, simulate, run";
        return Err(Error::new(Stage::Data, "data-kind", message, help));
    }
    if is_table(source) {
        return load_table(Path::new(source));
    }
    let [images, labels] = open(source, split)?;
    idx::read(images, labels)
}

/// Opens the two files of a set of images: images and labels.
///
/// # Errors
/// As [`load`].
pub(super) fn open(source: &str, split: Split) -> Result<[Named<'static>; 2]> {
    match source {
        "digits" => digits::open(split),
        "mnist" | "fashion-mnist" => open_named(&root()?, source, split),
        _ if Path::new(source).is_dir() => folder::open(Path::new(source), split),
        _ => Err(Error::new(
            Stage::Data,
            "data-missing",
            format!("\"{source}\" is neither a known data set ({}) nor a folder or file", KNOWN.join(", ")),
            "check the path, or name a known data set",
        )),
    }
}

/// The folder that holds those of the named data sets: `$FIRSTSPIKE_DATA`, or `firstspike` in the user's folder for data.
///
/// # Errors
/// `data-root` if there is neither.
pub fn root() -> Result<PathBuf> {
    let given = std::env::var_os("FIRSTSPIKE_DATA").filter(|folder| !folder.is_empty()).map(PathBuf::from);
    given.or_else(|| Some(user_folder()?.join("firstspike"))).ok_or_else(|| {
        let message = "this user has no folder for data: neither XDG_DATA_HOME nor HOME is set";
        Error::new(
            Stage::Data,
            "data-root",
            message,
            "set FIRSTSPIKE_DATA to the folder that holds mnist/ and the like",
        )
    })
}

/// Where programs keep a user's data. A relative path is no answer, as the XDG specification has it.
fn user_folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|folder| folder.is_absolute());
    let usual = || match std::env::consts::OS {
        "windows" => set("LOCALAPPDATA"),
        "macos" => set("HOME").map(|home| home.join("Library/Application Support")),
        _ => set("HOME").map(|home| home.join(".local/share")),
    };
    set("XDG_DATA_HOME").or_else(usual)
}

fn open_named(root: &Path, name: &str, split: Split) -> Result<[Named<'static>; 2]> {
    let path = root.join(name);
    if path.is_dir() { folder::open(&path, split) } else { Err(missing_set(name, &path)) }
}

fn load_table(path: &Path) -> Result<Images> {
    let table = csv::read(&path.display().to_string(), &mut stream::open(path)?, None, &|| false)?;
    let rows: Vec<usize> = (0..table.rows()).collect();
    table.images(&rows, &table.ranges(&rows, None)?)
}

/// Whether `source` is a table, rather than arrays, NIRData, or the name or the folder of a set of images.
pub fn is_table(source: &str) -> bool {
    is_file(source) && !is_arrays(source) && !is_nird(source)
}

/// Whether `source` is NIRData, by its name.
pub fn is_nird(source: &str) -> bool {
    is_file(source) && nird::is_named(Path::new(source))
}

/// Whether `source` is a file of arrays, by its name or its content.
pub fn is_arrays(source: &str) -> bool {
    let path = Path::new(source);
    is_file(source) && (path.extension().is_some_and(|extension| extension == "npz") || Archive::is_at(path))
}

fn is_file(source: &str) -> bool {
    let path = Path::new(source);
    !KNOWN.contains(&source) && files::is_there(path) && !path.is_dir()
}

fn missing_set(source: &str, folder: &Path) -> Error {
    Error::new(
        Stage::Data,
        "data-missing",
        format!("the data set \"{source}\" was looked up in {}, which is no folder", folder.display()),
        format!(
            "give `firstspike data fetch {source}`, or put its train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz, t10k-images-idx3-ubyte.gz and \
             t10k-labels-idx1-ubyte.gz there, or set FIRSTSPIKE_DATA to the folder that holds {source}/; \
             the set \"digits\" needs no files"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn missing_sets_say_where_to_put_the_files() {
        let error = open_named(Path::new("/nowhere"), "mnist", Split::Test).err().unwrap();
        assert_eq!(error.code, "data-missing");
        assert!(error.message.contains("/nowhere/mnist") && error.help.contains("FIRSTSPIKE_DATA"), "{error}");
        let error = load("no-such", Split::Test).unwrap_err();
        assert!(error.message.contains("fashion-mnist"), "{error}");
    }
}
