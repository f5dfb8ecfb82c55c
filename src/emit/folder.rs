//! A design folder on the disk, held against what its network and options give.

use std::path::Path;

use super::GeneratedFile;
use crate::files;

/// A generated file that is not as it was generated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the folder.
    pub path: String,
    /// What is the matter with it.
    pub problem: String,
}

/// The files of `folder` that are not, byte by byte, what was `generated`.
///
/// Their hashes in the manifest tell nothing: who edits a file can mend its hash.
pub fn differences(folder: &Path, generated: &[GeneratedFile]) -> Vec<Difference> {
    let difference = |file: &GeneratedFile| {
        let problem = problem(&folder.join(&file.path), &file.bytes)?;
        Some(Difference { path: file.path.clone(), problem })
    };
    generated.iter().filter_map(difference).collect()
}

fn problem(path: &Path, expected: &[u8]) -> Option<String> {
    // Nothing is read that need not be: it may be huge.
    match files::read_up_to(path, 2 * expected.len() as u64 + 4096) {
        Err(cause) => Some(cause.to_string()),
        Ok(found) if found == expected => None,
        Ok(found) => Some(format!("differs from line {} on", first_difference(&found, expected))),
    }
}

/// The number of the first line that differs, from 1.
fn first_difference(found: &[u8], expected: &[u8]) -> usize {
    let common = found.iter().zip(expected).take_while(|(found, expected)| found == expected).count();
    1 + expected[..common].iter().filter(|&&byte| byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn every_other_file_is_named_with_its_first_other_line() {
        let folder = tempfile::tempdir().unwrap();
        let file = |path: &str, text: &str| GeneratedFile { path: path.into(), bytes: text.into() };
        let names = ["same", "edited", "longer", "huge", "missing", "folder"];
        let generated = names.map(|name| file(name, "one\ntwo\nthree\n"));
        for (name, text) in [("same", "one\ntwo\nthree\n"), ("edited", "one\n2\nthree\n")] {
            fs::write(folder.path().join(name), text).unwrap();
        }
        fs::write(folder.path().join("longer"), "one\ntwo\nthree\nfour\n").unwrap();
        fs::write(folder.path().join("huge"), vec![b'1'; 10_000]).unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let found = differences(folder.path(), &generated);
        let problems: Vec<_> = found.iter().map(|found| (found.path.as_str(), found.problem.as_str())).collect();
        assert_eq!(problems[..2], [("edited", "differs from line 2 on"), ("longer", "differs from line 4 on")]);
        let others: Vec<_> = problems[2..].iter().map(|(path, _)| *path).collect();
        assert_eq!(others, ["huge", "missing", "folder"], "{problems:?}");
        assert!(problems[2].1.contains("more than the"), "{problems:?}");
    }
}
