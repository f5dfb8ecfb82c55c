//! A folder of IDX files: which of them hold the images and labels of a split.

use std::collections::BTreeSet;
use std::path::Path;

use super::idx::Named;
use super::split::Split;
use super::stream;
use crate::error::{Error, Result, Stage};

/// What the two files of a split hold, with the end of their names.
const KINDS: [(&str, &str); 2] = [("images", "idx3-ubyte"), ("labels", "idx1-ubyte")];
/// Entries of a folder that a message lists.
const LISTED: usize = 10;

/// A file that may hold the images or the labels of a split.
struct Candidate<'a> {
    /// What stands before the canonical name, such as `emnist-letters-`.
    set: &'a str,
    name: &'a str,
}

/// Opens the files with the images and the labels of the split of the one data set in `folder`.
///
/// # Errors
/// `data-missing`, with what is there; `data-ambiguous` where there are several sets; `io`; those of the format.
pub fn open(folder: &Path, split: Split) -> Result<[Named<'static>; 2]> {
    let entries = std::fs::read_dir(folder).map_err(|cause| Error::io(Stage::Data, "read", folder, &cause))?;
    let mut names: Vec<String> = entries.flatten().map(|entry| shown(&entry)).collect();
    names.sort();
    let [images, labels] = KINDS.map(|kind| candidates(&names, split, kind));
    let sets: BTreeSet<&str> = images.iter().filter(|i| labels.iter().any(|l| l.set == i.set)).map(|i| i.set).collect();
    let set = match sets.iter().next() {
        None => return Err(missing_files(folder, split, &names, [&images, &labels])),
        // A set of that very name goes before those with a name of their own.
        Some(&first) if first.is_empty() || sets.len() == 1 => first,
        Some(_) => return Err(ambiguous(folder, &sets)),
    };
    let named = |found: &[Candidate]| {
        let file = found.iter().find(|file| file.set == set).expect("the set has both files");
        named(&folder.join(file.name))
    };
    Ok([named(&images)?, named(&labels)?])
}

/// The name of an entry; that of a folder ends with a slash, so it is no file's.
fn shown(entry: &std::fs::DirEntry) -> String {
    let name = entry.file_name().to_string_lossy().into_owned();
    if entry.path().is_dir() { name + "/" } else { name }
}

/// The files of one kind, plain before packed.
fn candidates<'a>(names: &'a [String], split: Split, (kind, end): (&str, &str)) -> Vec<Candidate<'a>> {
    let file = |name: &'a String| {
        let stem = name.strip_suffix(".gz").unwrap_or(name).strip_suffix(end)?.strip_suffix(['-', '.'])?;
        let stem = stem.strip_suffix(kind)?.strip_suffix('-')?;
        let set = split.names().iter().find_map(|split| stem.strip_suffix(split))?;
        (set.is_empty() || set.ends_with('-')).then_some(Candidate { set, name })
    };
    let mut found: Vec<_> = names.iter().filter_map(file).collect();
    found.sort_by_key(|file| (file.set, file.name.ends_with(".gz")));
    found
}

fn missing_files(folder: &Path, split: Split, names: &[String], found: [&[Candidate]; 2]) -> Error {
    let set = found.iter().find_map(|found| found.first()).map_or("", |file| file.set);
    let wanted = KINDS.map(|(kind, end)| format!("{set}{}-{kind}-{end}", split.names()[0]));
    let absent = wanted.iter().zip(found).filter(|(_, found)| found.iter().all(|file| file.set != set));
    let mut problems: Vec<String> = absent.map(|(name, _)| format!("no {name} or {name}.gz")).collect();
    let more = names.len().saturating_sub(LISTED);
    let listed = names[..names.len() - more].join(", ");
    problems.push(match (names.len(), more) {
        (0, _) => "the folder is empty".into(),
        (_, 0) => format!("the folder holds {listed}"),
        _ => format!("the folder holds {listed} and {more} more"),
    });
    let message = format!("{}: files are missing", folder.display());
    let help = "put the IDX files there under these names, plain or .gz; or give a CSV file";
    Error::new(Stage::Data, "data-missing", message, help).with_problems(problems)
}

fn ambiguous(folder: &Path, sets: &BTreeSet<&str>) -> Error {
    let message = format!("{}: there are {} data sets, expected one", folder.display(), sets.len());
    let problems = sets.iter().take(LISTED).map(|set| format!("{set}…")).collect();
    Error::new(Stage::Data, "data-ambiguous", message, "give each set a folder of its own").with_problems(problems)
}

fn named(path: &Path) -> Result<Named<'static>> {
    Ok(Named { name: path.display().to_string(), reader: stream::open(path)? })
}

#[cfg(test)]
mod tests {
    use super::super::{Images, digits, idx};
    use super::*;

    fn read([images, labels]: [Named; 2]) -> Result<Images> {
        idx::read(images, labels)
    }

    fn load(folder: &Path, split: Split) -> Result<Images> {
        read(open(folder, split)?)
    }

    /// The digits' two files of the split `t10k` under other names.
    fn put(folder: &Path, images: &str, labels: &str) {
        for (kind, name) in [("images-idx3", images), ("labels-idx1", labels)] {
            let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("data/digits/t10k-{kind}-ubyte.gz"));
            std::fs::copy(from, folder.join(name)).unwrap();
        }
    }

    #[test]
    fn the_files_are_found_under_all_their_usual_names() {
        let usual = [
            ("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
            ("t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte"),
            ("t10k-images-idx3-ubyte.gz", "t10k-labels.idx1-ubyte"),
            ("test-images-idx3-ubyte", "test-labels-idx1-ubyte.gz"),
            ("emnist-letters-test-images-idx3-ubyte.gz", "emnist-letters-test-labels-idx1-ubyte.gz"),
        ];
        for (images, labels) in usual {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), images, labels);
            assert_eq!(load(folder.path(), Split::Test), digits::open(Split::Test).and_then(read), "{images}");
            assert_eq!(load(folder.path(), Split::Train).unwrap_err().code, "data-missing", "{images}");
        }
    }

    #[test]
    fn several_sets_in_a_folder_are_told_apart_or_refused() {
        let folder = tempfile::tempdir().unwrap();
        for set in ["emnist-letters-", "emnist-digits-"] {
            put(folder.path(), &format!("{set}test-images-idx3-ubyte"), &format!("{set}test-labels-idx1-ubyte"));
        }
        let error = load(folder.path(), Split::Test).unwrap_err();
        assert_eq!(
            (error.code, error.problems),
            ("data-ambiguous", vec!["emnist-digits-…".into(), "emnist-letters-…".into()])
        );
        put(folder.path(), "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
        assert_eq!(load(folder.path(), Split::Test), digits::open(Split::Test).and_then(read));
    }

    #[test]
    fn what_is_missing_stands_beside_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let problems = || load(folder.path(), Split::Test).unwrap_err().problems;
        assert_eq!(problems().last().unwrap(), "the folder is empty");
        put(folder.path(), "mine-test-images-idx3-ubyte", "labels");
        std::fs::create_dir(folder.path().join("mine-t10k-labels-idx1-ubyte")).unwrap();
        let expected = [
            "no mine-t10k-labels-idx1-ubyte or mine-t10k-labels-idx1-ubyte.gz",
            "the folder holds labels, mine-t10k-labels-idx1-ubyte/, mine-test-images-idx3-ubyte",
        ];
        assert_eq!(problems(), expected);
        (10..20).for_each(|n| std::fs::write(folder.path().join(format!("{n}")), "").unwrap());
        assert_eq!(problems()[1], "the folder holds 10, 11, 12, 13, 14, 15, 16, 17, 18, 19 and 3 more");
    }
}
