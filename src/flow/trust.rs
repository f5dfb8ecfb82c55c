//! A design folder is a program: only what its network gives is run, unless the user says otherwise.

use std::path::Path;

use serde_json::{Map, Value};

use crate::emit::{self, GeneratedFile, MANIFEST_FILE, Manifest};
use crate::error::{Error, Result, Stage};

/// Which design folders are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Trust {
    /// Only what is as generated.
    AsGenerated,
    /// Also those whose files differ, which are then named.
    Edited,
}

impl Trust {
    /// Holds the files of a design folder against those `generated` from its network and options, and gives the names of those that
    /// differ.
    ///
    /// # Errors
    /// `design-edited` if any differ and the user has not allowed it.
    pub(super) fn check_files(self, folder: &Path, generated: &[GeneratedFile]) -> Result<Vec<String>> {
        let (_manifest, files) = generated.split_last().expect("the manifest is the last file");
        let differences = emit::differences(folder, files);
        if self == Trust::Edited || differences.is_empty() {
            return Ok(differences.into_iter().map(|difference| difference.path).collect());
        }
        let problems = differences.iter().map(|difference| format!("{}: {}", difference.path, difference.problem));
        Err(Error::new(
            Stage::Emit,
            "design-edited",
            format!("{} holds files that its network and options do not give", folder.display()),
            "generate the folder again; or look at the files, which would be run on this machine, and give --edited",
        )
        .with_problems(problems.collect()))
    }
}

/// Holds a manifest against the one `generated` from its network and options. The hashes of the files are not looked at: the files
/// themselves are.
///
/// # Errors
/// `manifest-differs`
pub(super) fn check_manifest(folder: &Path, found: &Manifest, generated: &[GeneratedFile]) -> Result<()> {
    let manifest = generated.last().expect("the manifest is the last file");
    let mut expected: Manifest = serde_json::from_slice(&manifest.bytes).expect("a manifest that was just written");
    for (entry, found) in expected.files.iter_mut().zip(&found.files) {
        entry.sha256.clone_from(&found.sha256);
    }
    let (expected, found) = (to_object(&expected), to_object(found));
    let differing = expected.iter().filter(|(field, value)| found.get(*field) != Some(*value));
    let problems: Vec<_> =
        differing.map(|(field, _)| format!("\"{field}\" is not what network and options give")).collect();
    if problems.is_empty() {
        return Ok(());
    }
    Err(Error::new(
        Stage::Emit,
        "manifest-differs",
        format!("{} does not describe its own network", folder.join(MANIFEST_FILE).display()),
        "generate the folder again; it was edited, or written by another version of firstspike",
    )
    .with_problems(problems))
}

fn to_object(manifest: &Manifest) -> Map<String, Value> {
    match serde_json::to_value(manifest) {
        Ok(Value::Object(fields)) => fields,
        _ => unreachable!("a manifest is an object"),
    }
}
