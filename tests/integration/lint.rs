//! The Verilog in other eyes: Verilator, slang and yosys by `tools/lint`, and Icarus. The leaves alone are linted by `make lint`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use firstspike::arch::{EngineKind, InputKind, Options, ResultKind};
use firstspike::emit::Manifest;
use firstspike::model;
use firstspike::network::IntegerNetwork;
use firstspike::tool::TOOLS_VARIABLE;

use crate::support::{contents, digits_network, text};
use crate::{convolution, design, spatial};

const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Designs in which every engine and every kind of input stand.
fn designs() -> [(IntegerNetwork, Options); 8] {
    let digits = model::read_integer(&Path::new(ROOT).join("models/digits")).unwrap();
    let of = |input| Options { input, ..Options::default() };
    let mixed = |engines: [EngineKind; 2]| Options { engines: engines.into(), ..Options::default() };
    [
        (digits, of(InputKind::Events)),
        (convolution::small(), of(InputKind::Events)),
        (digits_network(10), of(InputKind::Pixels)),
        (digits_network(10), spatial::spatial(InputKind::Steps)),
        (digits_network(10), Options { stream_bits: Some(24), ..spatial::spatial(InputKind::Steps) }),
        (spatial::network(4), Options { stream_bits: Some(24), ..spatial::spatial(InputKind::Pixels) }),
        (spatial::network(4), mixed([EngineKind::Spatial, EngineKind::Event])),
        (
            spatial::network(1),
            Options { result: ResultKind::Vector, ..mixed([EngineKind::Event, EngineKind::Spatial]) },
        ),
    ]
}

fn write(folder: &Path, (network, options): (IntegerNetwork, Options)) -> Manifest {
    design::write(folder, &network, &options);
    Manifest::read(folder).unwrap()
}

/// `tools/lint` in a folder that is laid out like the repository.
fn lint(root: &Path, given: &Path) -> Output {
    let tools = std::env::var_os(TOOLS_VARIABLE).map_or_else(|| Path::new(ROOT).join(".tools"), PathBuf::from);
    Command::new("tools/lint").arg(given).current_dir(root).env(TOOLS_VARIABLE, tools).output().unwrap()
}

fn said(done: &Output) -> String {
    text(&done.stdout) + &text(&done.stderr)
}

#[test]
fn designs_are_clean() {
    for chosen in designs() {
        let folder = tempfile::tempdir().unwrap();
        write(folder.path(), chosen);
        let done = lint(Path::new(ROOT), folder.path());
        assert!(done.status.success(), "{}", said(&done));
    }
}

/// Mistakes in a leaf, and what each tool that is to find it says.
const MISTAKES: [(&str, &[&str]); 4] = [
    ("wire [1:0] unused_wide = bits[0] + 3'd1;", &["WIDTHTRUNC"]),
    ("assign nowhere = 1'b0;", &["Signal definition not found", "undeclared identifier 'nowhere'", "`\\nowhere'"]),
    ("wire unused_early = late; wire late = bits[0];", &["'late' used before its declaration"]),
    ("wire [1:0] unused_loop; assign unused_loop = ~{unused_loop[0], unused_loop[1]};", &["logic loop"]),
];

#[test]
fn a_planted_mistake_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let copied = Command::new("cp").args(["-r", "hdl", "tools"]).arg(folder.path()).current_dir(ROOT).status().unwrap();
    assert!(copied.success());
    let leaf = Path::new("hdl/lib/fs_two_or_more.v");
    let verilog = fs::read_to_string(folder.path().join(leaf)).unwrap();
    for (planted, warnings) in [("", &[][..])].into_iter().chain(MISTAKES) {
        fs::write(folder.path().join(leaf), verilog.replace("endmodule", &format!("{planted}\nendmodule"))).unwrap();
        let done = lint(folder.path(), leaf);
        assert_eq!(done.status.success(), planted.is_empty(), "{planted}: {}", said(&done));
        for warning in warnings {
            assert!(said(&done).contains(warning), "{planted}: {}", said(&done));
        }
    }
}

/// Elaboration in Icarus, which says nothing to clean Verilog.
fn icarus_says(folder: &Path, top: &str, arguments: &[String]) -> String {
    let mut icarus = Command::new("iverilog");
    icarus.args(["-g2005", "-Wall", "-t", "null", "-s", top]).args(arguments).current_dir(folder);
    let done = icarus.output().expect("`apt install iverilog`");
    assert!(done.status.success(), "{top}: {}", said(&done));
    said(&done)
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn leaves_are_clean_in_icarus() {
    let folders = ["hdl/lib", "hdl/shell"].map(|folder| Path::new(ROOT).join(folder));
    let search: Vec<String> = ["hdl/lib", "hdl/shell", "hdl/shell/vendor"]
        .iter()
        .flat_map(|folder| ["-y".into(), (*folder).into()])
        .collect();
    for leaf in folders.iter().flat_map(|folder| contents(folder)).filter(|path| path.is_file()) {
        let top = leaf.file_stem().unwrap().to_str().unwrap();
        let arguments = [&search[..], &[leaf.to_str().unwrap().into()]].concat();
        assert_eq!(icarus_says(Path::new(ROOT), top, &arguments), "");
    }
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn designs_are_clean_in_icarus() {
    for chosen in designs() {
        let folder = tempfile::tempdir().unwrap();
        let manifest = write(folder.path(), chosen);
        assert_eq!(icarus_says(folder.path(), &manifest.top, &manifest.sources), "");
    }
}
