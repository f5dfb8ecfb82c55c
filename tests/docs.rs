//! The pages are readable in a terminal, and name only files that exist.

use std::fs;
use std::path::{Path, PathBuf};

/// What a line of prose has at most.
const COLUMNS: usize = 100;
/// The folders whose files a page names from the root.
const FOLDERS: [&str; 8] = ["src/", "crates/", "hdl/", "tests/", "docs/", "sim/", "constraints/", "tools/"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn below(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(|path| if path.is_dir() { below(&path) } else { vec![path] }).collect()
}

/// README and all pages below docs/, with their texts.
fn pages() -> Vec<(PathBuf, String)> {
    let mut paths = below(&root().join("docs"));
    paths.retain(|path| path.extension().is_some_and(|kind| kind == "md"));
    paths.push(root().join("README.md"));
    paths.into_iter().map(|path| (path.clone(), fs::read_to_string(path).unwrap())).collect()
}

/// The lines that are neither code nor the body of a fence, counted from 1.
fn prose(text: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced && !line.starts_with("    ")
    });
    lines.map(|(index, line)| (index + 1, line)).collect()
}

/// Rows of tables and headings cannot break, nor can a word alone, such as a link.
fn may_be_long(line: &str) -> bool {
    let text = line.trim_start_matches([' ', '-', '>', '*']);
    text.starts_with('|') || text.starts_with('#') || text.starts_with("![") || !text.contains(' ')
}

/// What stands between back quotes and is the path of a single file or folder.
fn paths_in(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|text| FOLDERS.iter().any(|folder| text.starts_with(folder)) && !text.contains(['*', '<', '…', ' ']))
}

/// The targets of links to files.
fn links_in(line: &str) -> impl Iterator<Item = &str> {
    let targets = line.split("](").skip(1).filter_map(|rest| rest.split([')', '#']).next());
    targets.filter(|target| !target.is_empty() && !target.contains("://"))
}

#[test]
fn prose_has_at_most_100_columns() {
    let mut long = Vec::new();
    for (path, text) in pages() {
        let lines = prose(&text).into_iter().filter(|(_, line)| line.chars().count() > COLUMNS && !may_be_long(line));
        long.extend(lines.map(|(number, _)| format!("{}:{number}", path.display())));
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

#[test]
fn files_that_pages_name_exist() {
    let (mut missing, mut seen) = (Vec::new(), 0);
    for (page, text) in pages() {
        for (number, line) in prose(&text) {
            let named = paths_in(line).map(|path| root().join(path));
            let linked = links_in(line).map(|target| page.parent().unwrap().join(target));
            for path in named.chain(linked) {
                seen += 1;
                if !path.exists() {
                    missing.push(format!("{}:{number}: {}", page.display(), path.display()));
                }
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(seen > 50, "only {seen} files are named");
}

#[test]
fn a_long_line_and_a_missing_file_are_found() {
    let long = "word ".repeat(21);
    let text = format!("{long}\n| {long}\n    {long}\n```\n{long}\n```\n{long}");
    let numbers: Vec<_> = prose(&text).iter().filter(|(_, line)| !may_be_long(line)).map(|(n, _)| *n).collect();
    assert_eq!(numbers, [1, 7]);
    assert_eq!(paths_in("see `src/a.rs`, `src/*.rs` and `b.rs`").collect::<Vec<_>>(), ["src/a.rs"]);
    assert_eq!(links_in("[a](b.md#c) and [d](https://e) and [f](#g)").collect::<Vec<_>>(), ["b.md"]);
}
