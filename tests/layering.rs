//! Holds every `use crate::…` against the import table of `docs/architecture.md`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate `base`, which everybody may import.
const COMMON: [&str; 4] = ["error", "files", "fixed", "json"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The table's rows between the two markers: a room, and what it may import.
fn allowed() -> BTreeMap<String, BTreeSet<String>> {
    let text = fs::read_to_string(root().join("docs/architecture.md")).unwrap();
    let table = text.split("<!-- imports -->").nth(1).expect("docs/architecture.md marks its import table");
    let rows = table.lines().filter(|line| line.starts_with("| `"));
    let names = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<BTreeSet<_>>();
    rows.map(|row| {
        let mut cells = row.split('|').skip(1);
        let room = names(cells.next().unwrap()).pop_first().unwrap();
        (room, names(cells.next().unwrap()))
    })
    .collect()
}

fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
    found
}

/// The room of a source file: the first part of its path below `src`.
fn room(path: &Path) -> String {
    let below = path.strip_prefix(root().join("src")).unwrap();
    below.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

/// The rooms named after `crate::` in the code (not the tests) of a file.
fn imports(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let code: Vec<_> = code.lines().filter(|line| !line.trim_start().starts_with("//")).collect();
    let code = code.join("\n");
    let mut found = BTreeSet::new();
    for after in code.split("crate::").skip(1) {
        let names = after.strip_prefix('{').map_or(after, |list| list.split('}').next().unwrap());
        let parts = if after.starts_with('{') { names.split(',').collect() } else { vec![names] };
        let name =
            |part: &str| part.trim().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
        found.extend(parts.into_iter().map(name).filter(|name| !name.is_empty()));
    }
    found
}

#[test]
fn imports_keep_to_the_table() {
    let allowed = allowed();
    let mut wrong = Vec::new();
    for path in sources(&root().join("src")) {
        let room = room(&path);
        if ["lib", "main", "cli"].contains(&room.as_str()) {
            continue;
        }
        let Some(may) = allowed.get(&room) else {
            wrong.push(format!("{}: the room {room} is not in docs/architecture.md", path.display()));
            continue;
        };
        // A test module in a file of its own may look at whatever it needs.
        if path.file_name().is_some_and(|name| name == "tests.rs") {
            continue;
        }
        for import in imports(&path) {
            if import != room && !may.contains(&import) && !COMMON.contains(&import.as_str()) {
                wrong.push(format!("{} imports crate::{import}, which {room} may not", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_names_only_rooms_that_exist() {
    let mut rooms: BTreeSet<_> = sources(&root().join("src")).iter().map(|path| room(path)).collect();
    let crates = fs::read_dir(root().join("crates")).unwrap();
    rooms.extend(crates.map(|entry| entry.unwrap().file_name().into_string().unwrap()));
    for (name, imports) in allowed() {
        assert!(rooms.contains(&name), "docs/architecture.md names {name}, which does not exist");
        assert!(imports.is_subset(&rooms), "{name} may import {imports:?}, not all of which exist");
    }
}
