//! The registry of error codes, its page, and the codes that the sources use are the same.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use firstspike::codes::{CODES, page};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

/// Every text literal in the code (not the tests) of the project, but for the registry itself.
fn literals() -> BTreeSet<String> {
    let files = [sources(&root().join("src")), sources(&root().join("crates"))].concat();
    let code =
        files.iter().filter(|path| path.extension().is_some_and(|kind| kind == "rs") && !path.ends_with("codes.rs"));
    let text = code.map(|path| fs::read_to_string(path).unwrap());
    text.flat_map(|text| {
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
        code.split('"').map(str::to_owned).collect::<Vec<_>>()
    })
    .collect()
}

/// `FIRSTSPIKE_WRITE_DOCS=1 cargo test --test errors` writes the page anew.
#[test]
fn the_page_is_made_from_the_registry() {
    let path = root().join("docs/errors.md");
    if std::env::var_os("FIRSTSPIKE_WRITE_DOCS").is_some() {
        fs::write(&path, page()).unwrap();
    }
    assert_eq!(fs::read_to_string(path).unwrap(), page(), "run FIRSTSPIKE_WRITE_DOCS=1 cargo test --test errors");
}

#[test]
fn every_registered_code_is_used() {
    let literals = literals();
    let unused: Vec<_> = CODES.iter().map(|code| code.name).filter(|name| !literals.contains(*name)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

/// The code stands behind the stage in `Error::new(Stage::…, "code", …)`.
#[test]
fn every_code_in_the_sources_is_registered() {
    let mut unknown = Vec::new();
    for path in [sources(&root().join("src")), sources(&root().join("crates"))].concat() {
        let text = fs::read_to_string(&path).unwrap_or_default();
        let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
        for call in code.split("Error::new(").skip(1) {
            let Some((_, behind)) = call.split_once(',') else { continue };
            let Some(literal) = behind.trim_start().strip_prefix('"') else { continue };
            let code = literal.split('"').next().unwrap();
            if !CODES.iter().any(|known| known.name == code) {
                unknown.push(format!("{}: {code}", path.display()));
            }
        }
    }
    assert!(unknown.is_empty(), "{unknown:?}");
}
