//! The board tops, as text: every board, both kinds of input, clean under Verilator's lint.

use std::fs;
use std::path::Path;

use firstspike::arch::{InputKind, Options};
use firstspike::board::Board;
use firstspike::emit::Manifest;
use firstspike::shell::{BoardTop, ShellOptions, board_top};
use firstspike::tool::{Tools, Verilator};

use crate::design;
use crate::support::{digits_network, text};

const SHELL: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hdl/shell");
const WAIVERS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/hdl/lint.vlt");

fn lint(folder: &Path, manifest: &Manifest, top: &BoardTop) {
    let mut command = Verilator::find(&Tools::locate()).unwrap().command();
    command.current_dir(folder).args(["--lint-only", "-Wall", "--no-timing", "--quiet", "--top-module", &top.module]);
    command.args(["-y", &format!("{SHELL}/vendor"), WAIVERS]).args(&manifest.sources);
    command.args(top.files.iter().map(|file| Path::new("board").join(&file.path)));
    let done = command.output().unwrap();
    assert!(done.status.success(), "{}", text(&done.stderr));
}

#[test]
fn the_top_of_every_board_is_clean() {
    for (input, stream_bits) in [(InputKind::Events, None), (InputKind::Pixels, None), (InputKind::Pixels, Some(24))] {
        let folder = tempfile::tempdir().unwrap();
        design::write(folder.path(), &digits_network(10), &Options { input, stream_bits, ..Options::default() });
        let manifest = Manifest::read(folder.path()).unwrap();
        for board in Board::all() {
            for clock_mhz in [board.clock_mhz, 60.0] {
                let options = ShellOptions { clock_mhz, baud: 1_000_000 };
                let top = board_top(&manifest, &board, &options).unwrap();
                for file in &top.files {
                    let path = folder.path().join("board").join(&file.path);
                    fs::create_dir_all(path.parent().unwrap()).unwrap();
                    fs::write(path, &file.bytes).unwrap();
                }
                lint(folder.path(), &manifest, &top);
            }
        }
    }
}
