//! What `generate` writes.

use std::path::Path;

use firstspike::emit::{Direction, Manifest};

use crate::support::{contents, run, text, write_model};

fn generate(folder: &Path, output: &str, more: &[&str]) {
    let done = run(folder, &[&["generate", "model", "-o", output], more].concat());
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

#[test]
fn the_same_network_gives_the_same_bytes() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    generate(folder.path(), "first", &[]);
    generate(folder.path(), "second", &[]);
    let (first, second) = (folder.path().join("first"), folder.path().join("second"));
    let files = contents(&first);
    assert_eq!(files.len(), contents(&second).len());
    for file in files.iter().filter(|file| file.is_file()) {
        let other = second.join(file.strip_prefix(&first).unwrap());
        assert!(std::fs::read(file).unwrap() == std::fs::read(&other).unwrap(), "{} differs", other.display());
    }
}

/// The ports are listed apart from the template, so they are held against the module's own text.
#[test]
fn the_manifest_lists_the_ports_of_the_module() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for (output, options) in [("events", vec![]), ("pixels", vec!["--input", "pixels"])] {
        generate(folder.path(), output, &options);
        let design = folder.path().join(output);
        let manifest = Manifest::read(&design).unwrap();
        let verilog = std::fs::read_to_string(design.join(format!("{}.v", manifest.top))).unwrap();
        let header = verilog.split("\n);").next().unwrap();
        let declared =
            header.lines().filter(|line| line.starts_with("    input ") || line.starts_with("    output ")).count();
        assert_eq!(manifest.ports.len(), declared, "{output}");
        for port in &manifest.ports {
            let direction = if port.direction == Direction::Input { "input  wire" } else { "output wire" };
            let range = if port.bits == 1 { String::new() } else { format!("[{}:0] ", port.bits - 1) };
            let name = &port.name;
            let written = [format!("{direction} {range}{name}"), format!("{direction} [0:0] {name}")];
            let declared = |line: &&str| written.iter().any(|text| line.trim().trim_end_matches(',') == text);
            assert!(header.lines().any(|line| declared(&line)), "{name} is not declared so");
        }
    }
}
