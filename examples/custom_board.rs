//! A design for a board of one's own: the board is described, lanes are chosen for its part, and design, top module and pins written.
//!
//! `cargo run --example custom_board [FOLDER]`; without a folder, they go to `out/custom-board`. Needs no external tool.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::{env, fs};

use firstspike::arch::{Optimize, Options};
use firstspike::board::{BlockRam, Board, Family, Leds, ResetButton, Resources};
use firstspike::emit::{MANIFEST_FILE, Manifest};
use firstspike::error::{Error, Result, Stage};
use firstspike::files::Overwrite;
use firstspike::flow::{self, Hardware, Target};
use firstspike::model;
use firstspike::shell::{self, DEFAULT_BAUD, ShellOptions};

/// An imaginary carrier of the smallest ECP5.
fn board() -> Board {
    Board {
        name: "carrier".into(),
        title: "Carrier with LFE5U-12F".into(),
        family: Family::Ecp5,
        part: "LFE5U-12F-6BG256C".into(),
        device: "12k".into(),
        package: "CABGA256".into(),
        speed: Some("6".into()),
        clock_mhz: 25.0,
        leds: Leds { count: 1, active_low: true },
        reset: ResetButton::None,
        resources: Resources { lut: 12_000, ff: 12_000, bram: BlockRam { count: 32, bits: 18_432 }, dsp: 28 },
        flash: "openFPGALoader BITSTREAM".into(),
        pins_source: "this example: replace them by those of your board".into(),
        pins: "LOCATE COMP \"clk_in\" SITE \"P3\";\nLOCATE COMP \"uart_rx\" SITE \"K5\";\n\
               LOCATE COMP \"uart_tx\" SITE \"K4\";\nLOCATE COMP \"led[0]\" SITE \"J1\";\n",
    }
}

fn main() -> ExitCode {
    let folder = env::args_os().nth(1).map_or_else(|| "out/custom-board".into(), PathBuf::from);
    match run(board(), &folder) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}

fn run(board: Board, folder: &Path) -> Result<()> {
    let shipped = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/digits"));
    let (network, schema) = (model::read_integer(shipped)?, model::read_schema(shipped)?);
    let workload = flow::workload(&network, &schema, None, &Options::default())?;
    let target = Target { board, optimize: Optimize::Latency, fixed_lanes: false };
    let mut design = flow::plan(&network, &Options::default(), Some(&target), &workload)?;
    // A design folder names only boards that firstspike knows.
    let fit = design.fit.take().expect("the design was fitted to a board");
    println!("{}: {} of {} look-up tables", target.board.title, fit.predicted.lut, fit.available.lut);
    println!("latency: {:.1} cycles, {:.2} µs", fit.latency_cycles, fit.latency_cycles / target.board.clock_mhz);
    let mark = Overwrite::IfMarked(MANIFEST_FILE);
    let hardware = Hardware::generate(network, schema, design, &folder.join("design"), mark)?;
    write_board(&hardware, &target.board, &folder.join("board"))?;
    println!("design and board in {}", folder.display());
    Ok(())
}

/// The top module with the board shell, and the pins: with the sources of the design, all that the tools of the family need.
fn write_board(hardware: &Hardware, board: &Board, folder: &Path) -> Result<()> {
    let options = ShellOptions { clock_mhz: board.clock_mhz, baud: DEFAULT_BAUD };
    let top = shell::board_top(&Manifest::read(&hardware.folder)?, board, &options)?;
    let files = top.files.iter().map(|file| (file.path.as_str(), file.bytes.as_slice()));
    for (name, bytes) in files.chain([(board.family.pin_file(), board.pins.as_bytes())]) {
        let path = folder.join(name);
        let made = fs::create_dir_all(path.parent().unwrap_or(folder)).and_then(|()| fs::write(&path, bytes));
        made.map_err(|cause| Error::io(Stage::Emit, "write", &path, &cause))?;
    }
    Ok(())
}
