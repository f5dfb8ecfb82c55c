//! What `generate` writes.

use std::path::Path;
use std::process::Command;

use firstspike::arch::{Lanes, Memories, Optimize};
use firstspike::data;
use firstspike::emit::{Direction, Manifest};
use firstspike::model;
use firstspike::tool::{Tool, Tools, Verilator};
use serde_json::Value;

use crate::support::{contents, float_network, run, text, write_model};

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

#[test]
fn a_target_is_recorded_with_what_was_chosen_for_it() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let done = run(folder.path(), &["generate", "model", "-o", "design", "--target", "icebreaker", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let manifest = Manifest::read(&folder.path().join("design")).unwrap();
    let fit = manifest.target.unwrap();
    assert_eq!((fit.board.as_str(), fit.optimize), ("icebreaker", Optimize::Latency));
    assert_eq!(printed["target"]["predicted"]["lut"].as_u64(), Some(fit.predicted.lut));
    assert_eq!(manifest.options.lanes, Lanes::PerLayer(vec![10]));
    // The folder is planned again from its own manifest.
    let done = run(folder.path(), &["compare", "design", "--data", "digits"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));

    generate(folder.path(), "small", &["--target", "icebreaker", "--optimize", "area"]);
    let small = Manifest::read(&folder.path().join("small")).unwrap().target.unwrap();
    assert!(small.predicted.lut <= fit.predicted.lut && small.latency_cycles >= fit.latency_cycles);
    let done = run(folder.path(), &["generate", "model", "-o", "none", "--target", "icebraker"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("expected one of icebreaker, "), "{}", text(&done.stderr));
    assert!(!folder.path().join("none").exists());
}

#[test]
fn lanes_of_convolutions_are_chosen_too() {
    let folder = tempfile::tempdir().unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/digits-conv");
    let done = run(folder.path(), &["generate", model, "-o", "design", "--target", "ulx3s-85f", "--json"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let printed: Value = serde_json::from_slice(&done.stdout).unwrap();
    let manifest = Manifest::read(&folder.path().join("design")).unwrap();
    assert_eq!(manifest.options.lanes, Lanes::PerLayer(vec![8, 16, 32, 10]));
    assert_eq!(printed["workload"], "training-images");
    assert!(printed["target"]["predicted"]["bram"].as_u64() <= printed["target"]["available"]["bram"].as_u64());
}

/// Exactly what the hardware then takes, for the very images.
#[test]
fn latency_is_predicted_for_real_images() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    let images = ["--data", "digits", "--limit", "50"];
    let json = |args: &[&str]| -> Value {
        let done = run(folder.path(), &[args, &images, &["--json"]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let generated = json(&["generate", "model", "-o", "design", "--target", "icebreaker", "--lanes", "3"]);
    let compared = json(&["compare", "design"]);
    assert_eq!((&generated["workload"], &generated["images"]), (&"images".into(), &50.into()));
    assert_eq!(generated["latency_cycles"], compared["latency_cycles"]["mean"]);
    assert_eq!(generated["target"]["latency_cycles"], generated["latency_cycles"]);

    let done = run(folder.path(), &["generate", "model", "-o", "design"]);
    assert!(text(&done.stdout).contains("if a quarter of all inputs spike"), "{}", text(&done.stdout));
}

/// What `quantize` measured on the training images comes near to what the test images need; a guess of no one's activity does not.
#[test]
fn latency_is_predicted_from_the_activity_that_the_model_keeps() {
    let folder = tempfile::tempdir().unwrap();
    let json = |args: &[&str]| -> Value {
        let done = run(folder.path(), &[args, &["--json"]].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        serde_json::from_slice(&done.stdout).unwrap()
    };
    let shipped = concat!(env!("CARGO_MANIFEST_DIR"), "/models/digits");
    let kept = json(&["generate", shipped, "-o", "kept"]);
    let exact = json(&["generate", shipped, "-o", "exact", "--data", "digits"]);
    assert_eq!((&kept["workload"], &exact["workload"]), (&"training-images".into(), &"images".into()));
    let (kept, exact) = (kept["latency_cycles"].as_f64().unwrap(), exact["latency_cycles"].as_f64().unwrap());
    assert!((kept / exact - 1.0).abs() < 0.05, "{kept} and {exact}");

    model::write_float(&folder.path().join("float"), &float_network()).unwrap();
    json(&["quantize", "float", "--bits", "4", "-o", "measured", "--data", "digits"]);
    json(&["quantize", "float", "--bits", "4", "-o", "unknown"]);
    let activity = |model| model::read_schema(&folder.path().join(model)).unwrap().activity;
    let (measured, pixels) = (activity("measured").unwrap(), data::load("digits", data::Split::Train).unwrap().pixels);
    let events = pixels.iter().filter(|&&pixel| pixel > 0).count() as f64 / pixels.nrows() as f64;
    assert!((measured.input.iter().sum::<f64>() - events).abs() < 1e-3 && measured.images == 1437, "{measured:?}");
    assert_eq!(
        (activity("unknown"), &json(&["generate", "unknown", "-o", "d"])["workload"]),
        (None, &"nominal".into())
    );
}

#[test]
fn a_part_for_vivado_brings_its_project_and_a_block_with_axi_streams() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    generate(folder.path(), "design", &["--target", "arty-a7-35t"]);
    let design = folder.path().join("design");
    let read = |file: &str| std::fs::read_to_string(design.join("vivado").join(file)).unwrap();
    let project = read("project.tcl");
    assert!(project.contains("-part xc7a35ticsg324-1L") && project.contains("    tiny.v\n"));
    let count = |bracket: char| project.matches(bracket).count();
    assert_eq!((count('{'), count('[')), (count('}'), count(']')));
    assert!(read("board.xdc").contains("PACKAGE_PIN E3") && read("clock.xdc").contains("-period 10.000"));
    assert!(
        read("board/tiny_board.v").contains("module tiny_board #(")
            && read("board/shell/fs_shell.v").contains("module fs_shell")
    );
    let verilator = Verilator::find(&Tools::locate()).unwrap();
    let mut lint = verilator.command();
    lint.args(["--lint-only", "-Wall", "--top-module", "tiny_axis", "-f", "sources.f", "vivado/tiny_axis.v"]);
    let done = lint.current_dir(&design).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    hand_on_the_folder_of_images(folder.path());
}

/// The images of a design lie in its folder: yosys, run beside it, finds them if what is around the core says where.
fn hand_on_the_folder_of_images(beside: &Path) {
    for (top, file) in [("tiny_axis", "vivado/tiny_axis.v"), ("tiny_board", "vivado/board/tiny_board.v")] {
        for (images, found) in [("design", true), ("elsewhere", false)] {
            let script = format!(
                "read_verilog design/tiny.v design/{file}; chparam -set MEMORY_FOLDER \"{images}\" {top}; \
                 hierarchy -libdir design/rtl -libdir design/vivado/board/shell -top {top}; proc"
            );
            let mut yosys = Command::new(Tools::locate().require(Tool::Yosys).unwrap());
            let done = yosys.args(["-q", "-p", &script]).current_dir(beside).output().unwrap();
            assert_eq!(done.status.success(), found, "{top}, {images}: {}", text(&done.stderr));
            assert!(found || text(&done.stderr).contains("elsewhere/tiny_"), "{}", text(&done.stderr));
        }
    }
}

/// The cells of a design before a family is chosen, by type; a memory is one cell.
fn cells(design: &Path) -> Value {
    let sources = Manifest::read(design).unwrap().sources.join(" ");
    let script = format!(
        "read_verilog {sources}; hierarchy -check -top tiny; proc; flatten; opt; memory -nomap; opt; delete t:$scopeinfo; \
         tee -q -o cells.json stat -json"
    );
    let mut yosys = Command::new(Tools::locate().require(Tool::Yosys).unwrap());
    let done = yosys.args(["-q", "-p", &script]).current_dir(design).output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
    let cells: Value = serde_json::from_slice(&std::fs::read(design.join("cells.json")).unwrap()).unwrap();
    std::fs::remove_file(design.join("cells.json")).unwrap();
    cells["design"]["num_cells_by_type"].clone()
}

#[test]
fn an_inline_design_is_one_file_with_the_same_cells() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for input in ["events", "pixels"] {
        generate(folder.path(), "files", &["--input", input]);
        generate(folder.path(), "inline", &["--input", input, "--memories", "inline"]);
        let design = folder.path().join("inline");
        let manifest = Manifest::read(&design).unwrap();
        assert_eq!((manifest.options.memories, manifest.sources), (Memories::Inline, vec!["tiny.v".to_owned()]));
        let paths = manifest.files.iter().map(|file| file.path.as_str());
        assert_eq!(paths.collect::<Vec<_>>(), ["tiny.v", "sources.f", "design.h", "tiny.core"]);
        let found = cells(&design);
        assert!(found.as_object().is_some_and(|types| types.contains_key("$mem_v2")), "{found}");
        assert_eq!(found, cells(&folder.path().join("files")));
        let done = run(folder.path(), &["compare", "inline", "--data", "digits", "--limit", "20", "--quick"]);
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    }
}
