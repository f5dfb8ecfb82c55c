//! Names of networks against all names in `hdl/`: what collides is refused, and what is not refused works.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::path::Path;
use std::process::Command;

use firstspike::arch::{EngineKind, InputKind, Options, ResultKind};
use firstspike::emit::Manifest;
use firstspike::float::{name_problem, network_name_problem};
use firstspike::network::{IntegerNetwork, Neuron, Readout, WeightedSource};
use firstspike::tool::{Tools, Verilator};

use crate::convolution;
use crate::design;
use crate::spatial;
use crate::step_rows;
use crate::support::{contents, digits_network, refused, run, text};

const HDL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hdl");

/// The same network with another readout.
fn with_readout(readout: Readout) -> IntegerNetwork {
    let mut layers = digits_network(10).layers().to_vec();
    if !matches!(readout, Readout::TemporalWeighting { source: WeightedSource::Spikes, .. }) {
        layers[0].neuron = Neuron::integrate();
    }
    IntegerNetwork::new("tiny", 8, vec![8, 8], 1, layers, readout).unwrap()
}

/// Designs in which everything stands that the top module can have.
fn tops() -> Vec<String> {
    let weighted = |source| with_readout(Readout::TemporalWeighting { source, alpha: vec![8, 4, 4, 3, 3, 2, 1, 1] });
    let networks = [
        digits_network(10),
        with_readout(Readout::Membrane),
        weighted(WeightedSource::Current),
        weighted(WeightedSource::Spikes),
        convolution::small(),
        step_rows::integer(),
    ];
    let mut tops = Vec::new();
    for network in &networks {
        for input in [InputKind::Events, InputKind::Pixels, InputKind::Steps] {
            let folder = tempfile::tempdir().unwrap();
            design::write(folder.path(), network, &Options { input, ..Options::default() });
            tops.push(top(folder.path()));
        }
    }
    for (input, bits) in [(InputKind::Pixels, 16), (InputKind::Steps, 3)] {
        let folder = tempfile::tempdir().unwrap();
        let options = Options { input, stream_bits: Some(bits), ..Options::default() };
        design::write(folder.path(), &spatial::network(4), &options);
        tops.push(top(folder.path()));
    }
    for (engines, input) in [("01", InputKind::Steps), ("10", InputKind::Events), ("11", InputKind::Steps)] {
        let engine = |digit| if digit == '1' { EngineKind::Spatial } else { EngineKind::Event };
        let engines = engines.chars().map(engine).collect();
        let folder = tempfile::tempdir().unwrap();
        let result = if input == InputKind::Steps { ResultKind::Vector } else { ResultKind::Words };
        design::write(folder.path(), &spatial::network(4), &Options { input, engines, result, ..Options::default() });
        tops.push(top(folder.path()));
    }
    tops
}

/// The text of the top module of a design.
fn top(folder: &Path) -> String {
    let top = Manifest::read(folder).unwrap().top;
    fs::read_to_string(folder.join(format!("{top}.v"))).unwrap()
}

/// The ports and nets that a module declares.
fn declared(verilog: &str) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for line in verilog.lines() {
        let words = line.split("//").next().unwrap().split('=').next().unwrap();
        let words: Vec<&str> = words.split([' ', ',', ';']).filter(|word| !word.is_empty()).collect();
        let declares = words.iter().position(|word| ["wire", "reg"].contains(word)).filter(|&place| place <= 1);
        let all = declares.map_or(&[][..], |place| &words[place + 1..]);
        names.extend(all.iter().filter(|word| !word.starts_with('[') && **word != "signed").map(|word| (*word).into()));
    }
    names
}

/// All names in `hdl/` that a network could have, and some of SystemVerilog's.
fn all_names() -> BTreeSet<String> {
    let files = contents(Path::new(HDL)).into_iter().filter(|path| path.extension() == Some(OsStr::new("v")));
    let texts: Vec<String> = files.map(|path| fs::read_to_string(path).unwrap()).chain(tops()).collect();
    let mut names: BTreeSet<String> =
        ["std", "unit", "process", "mailbox", "semaphore", "main", "top"].map(String::from).into();
    for line in texts.iter().flat_map(|text| text.lines()) {
        let code = line.split("//").next().unwrap();
        let words = code.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        names.extend(words.filter(|word| name_problem(word).is_none()).map(String::from));
    }
    names
}

/// The names of the modules in `hdl/`, with and without their prefix, and of the ports of boards.
fn names_of_modules() -> BTreeSet<String> {
    let files = contents(Path::new(HDL)).into_iter().filter(|path| path.extension() == Some(OsStr::new("v")));
    let stems = files.map(|path| path.file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: BTreeSet<String> = stems.flat_map(|stem| [stem.replace("fs_", ""), stem]).collect();
    names.extend(["clk_in", "rst_button", "uart_rx", "uart_tx", "led", "core_i", "layer0"].map(String::from));
    names.into_iter().filter(|name| name_problem(name).is_none()).collect()
}

/// A folder with a design, whose top module can be given other names.
struct Renamed {
    folder: tempfile::TempDir,
    sources: Vec<String>,
    top: String,
}

impl Renamed {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        design::write(folder.path(), &digits_network(10), &Options { input: InputKind::Pixels, ..Options::default() });
        let mut sources = Manifest::read(folder.path()).unwrap().sources;
        let top = fs::read_to_string(folder.path().join(sources.pop().unwrap())).unwrap();
        sources.push("renamed.v".into());
        Renamed { folder, sources, top }
    }

    /// What a tool says against the design under this name.
    fn fault(&self, name: &str, mut command: Command) -> Option<String> {
        let renamed = self.top.replace("module tiny ", &format!("module {name} "));
        fs::write(self.folder.path().join("renamed.v"), renamed).unwrap();
        let done = command.args(&self.sources).current_dir(self.folder.path()).output().expect("the tool starts");
        let said = text(&done.stdout) + &text(&done.stderr);
        (!done.status.success() || said.contains("arning")).then_some(said)
    }

    fn verilator_fault(&self, name: &str) -> Option<String> {
        let mut command = Verilator::find(&Tools::locate()).unwrap().command();
        command.args([
            "--lint-only",
            "-Wall",
            "-Wno-DECLFILENAME",
            "--no-timing",
            "--prefix",
            "Vtop",
            "--top-module",
            name,
        ]);
        self.fault(name, command)
    }

    fn icarus_fault(&self, name: &str) -> Option<String> {
        let mut command = Command::new("iverilog");
        command.args(["-g2005", "-Wall", "-t", "null", "-s", name]);
        self.fault(name, command)
    }
}

#[test]
fn a_network_cannot_be_called_like_a_net_of_its_top_module() {
    for name in tops().iter().flat_map(|top| declared(top)) {
        assert!(network_name_problem(&name).is_some(), "{name}");
    }
    for name in ["scores", "clk", "rst", "std", "fs-frame-timer"] {
        let model = |folder: &Path| {
            let file = folder.join("model/model.json");
            let renamed = fs::read_to_string(&file).unwrap().replace("\"tiny\"", &format!("\"{name}\""));
            fs::write(file, renamed).unwrap();
        };
        let stderr = refused(&["generate", "model", "-o", "design"], model);
        assert!(stderr.contains(&format!("\"{name}\", which the generated hardware needs")), "{stderr}");
        let stderr = refused(&["train", "--data", "digits", "-o", "trained", "--name", name], |_| {});
        assert!(stderr.contains(&format!("\"{name}\", which the generated hardware needs")), "{stderr}");
    }
}

#[test]
fn modules_of_the_library_and_ports_of_boards_are_names_like_any_other() {
    let renamed = Renamed::new();
    assert!(renamed.verilator_fault("clk").is_some() && renamed.verilator_fault("std").is_some());
    for name in names_of_modules() {
        assert_eq!(network_name_problem(&name).is_some(), name.starts_with("fs_"), "{name}");
        if !name.starts_with("fs_") {
            assert_eq!(renamed.verilator_fault(&name), None, "{name}");
        }
    }
}

/// A network may be called like a module of the library without its prefix, up to the board.
#[test]
fn a_network_called_shell_is_compared() {
    let folder = tempfile::tempdir().unwrap();
    let layers = digits_network(10).layers().to_vec();
    let network = IntegerNetwork::new("shell", 8, vec![8, 8], 1, layers, Readout::FirstSpike).unwrap();
    firstspike::model::write_integer(&folder.path().join("model"), &network).unwrap();
    let done = run(folder.path(), &["generate", "model", "-o", "design", "--target", "arty-a7-35t"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    let done = run(folder.path(), &["compare", "design", "--data", "digits", "--limit", "20", "--quick"]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}

#[test]
#[ignore = "needs Icarus, and a minute: `make icarus-test`"]
fn every_name_that_is_not_refused_works_in_icarus_and_verilator() {
    let renamed = Renamed::new();
    let names = all_names();
    assert!(names.len() > 500, "{}", names.len());
    for name in names.iter().filter(|name| network_name_problem(name).is_none()) {
        assert_eq!(renamed.verilator_fault(name), None, "{name}");
        assert_eq!(renamed.icarus_fault(name), None, "{name}");
    }
}
