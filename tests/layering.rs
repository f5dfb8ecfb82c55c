//! Holds every `use crate::…` against the import table of `docs/architecture.md`, and that files of a room stand in no circle.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// The modules of the crate `base`, which everybody may import.
const COMMON: [&str; 5] = ["coding", "error", "files", "fixed", "json"];

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

/// The lines of a file that are neither tests nor comments.
fn code_of(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let lines: Vec<_> = code.lines().map(|line| line.split("//").next().unwrap()).collect();
    lines.join("\n")
}

/// The rooms named after `crate::` in the code (not the tests) of a file.
fn imports(path: &Path) -> BTreeSet<String> {
    let code = code_of(path);
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

/// The files of `src` by their modules: `["train", "row"]`. Files of tests are left out.
type Modules = BTreeMap<Vec<String>, String>;

fn modules() -> Modules {
    let sources = sources(&root().join("src")).into_iter();
    let code = sources.filter(|path| path.file_name().is_some_and(|name| name != "tests.rs" && name != "reference.rs"));
    let module = |path: PathBuf| {
        let below = path.strip_prefix(root().join("src")).unwrap().with_extension("");
        let mut parts: Vec<String> = below.iter().map(|part| part.to_str().unwrap().to_owned()).collect();
        if parts.last().is_some_and(|part| part == "mod") {
            parts.pop();
        }
        (parts, code_of(&path))
    };
    code.map(module).collect()
}

/// The modules and items that the code names by a path from a `use` or from `crate`, `super` or `self`, in full.
fn named(module: &[String], code: &str, modules: &Modules) -> Vec<Vec<String>> {
    let begins = |text: &str| ["crate::", "super::", "self::"].into_iter().any(|root| text.starts_with(root));
    let uses = code.split("use ").skip(1).map(|rest| rest.split(';').next().unwrap());
    let inline = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).filter(|text| begins(text));
    uses.chain(inline).flat_map(leaves).filter_map(|path| in_full(module, &path, modules)).collect()
}

/// From `a::{b, c::d}` to `a::b` and `a::c::d`.
fn leaves(tree: &str) -> Vec<Vec<String>> {
    let split =
        |path: &str| path.split("::").map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect();
    let Some((head, rest)) = tree.split_once('{') else {
        return vec![split(tree.split(" as ").next().unwrap())];
    };
    let (mut depth, mut lists) = (0, vec![String::new()]);
    for c in rest.trim_end().trim_end_matches('}').chars() {
        depth += i32::from(c == '{') - i32::from(c == '}');
        match c {
            ',' if depth == 0 => lists.push(String::new()),
            c => lists.last_mut().unwrap().push(c),
        }
    }
    let head: Vec<String> = split(head);
    let inner = lists.iter().filter(|list| !list.trim().is_empty()).flat_map(|list| leaves(list));
    inner.map(|leaf| [head.clone(), leaf].concat()).collect()
}

/// The path from the root of the crate; `None` for what is not of the crate.
fn in_full(module: &[String], path: &[String], modules: &Modules) -> Option<Vec<String>> {
    let ups = path.iter().take_while(|part| *part == "super").count();
    let child = || [module, &path[..1]].concat();
    match path.first()?.as_str() {
        "crate" => Some(path[1..].to_vec()),
        "self" => Some([module, &path[1..]].concat()),
        "super" => Some([module.get(..module.len().checked_sub(ups)?)?, &path[ups..]].concat()),
        _ if modules.contains_key(&child()) => Some([module, path].concat()),
        _ => None,
    }
}

/// The module in which a path lies, also if a module above hands it on with `use`.
fn home(path: &[String], modules: &Modules) -> Option<Vec<String>> {
    let found = (1..=path.len()).rev().map(|length| &path[..length]).find(|module| modules.contains_key(*module))?;
    let item = path.get(found.len());
    let mut named = named(found, &modules[found], modules).into_iter();
    let handed = named.find(|other| other.last() == item && other.starts_with(found) && other != path);
    handed.map_or(Some(found.to_vec()), |other| home(&other, modules))
}

/// In `arch` a design holds its engines and readouts, which look into the design that they are part of.
const WITH_A_CIRCLE: [&str; 1] = ["arch"];

/// A file may name what its own parents hold; besides, the files of a room name each other in one direction.
#[test]
fn no_room_has_a_circle_among_its_files() {
    let mut modules = modules();
    modules.retain(|module, _| !module.first().is_some_and(|room| WITH_A_CIRCLE.contains(&room.as_str())));
    let mut beyond: BTreeMap<&[String], BTreeSet<Vec<String>>> = BTreeMap::new();
    for (module, code) in &modules {
        let homes = named(module, code, &modules).into_iter().filter(|path| path.first() == module.first());
        let homes = homes.filter_map(|path| home(&path, &modules));
        let aside = homes.filter(|home| !module.starts_with(home) && !home.starts_with(module));
        beyond.insert(module, aside.collect());
    }
    // What names only files that are gone is gone itself; a circle stays.
    let mut rest = beyond.clone();
    while let Some(free) = rest.iter().find(|(_, names)| names.is_empty()).map(|(module, _)| module.to_vec()) {
        rest.remove(&free[..]);
        rest.values_mut().for_each(|names| names.retain(|name| *name != free));
    }
    assert!(rest.is_empty(), "these files stand in a circle, or behind one: {rest:#?}");
    assert!(beyond.values().map(BTreeSet::len).sum::<usize>() > 100, "the paths between files are not found");
}
