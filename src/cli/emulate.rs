//! `firstspike emulate`: a board in simulation, for `firstspike run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::hardware::Hardware;
use super::{Outcome, Output, interrupt};
use crate::cosim::Emulator;
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::shell::{DEFAULT_BAUD, ShellOptions, simulated_top};

/// The fewest clocks per bit with some margin: the simulation is as fast as it can be.
const CLOCKS_PER_BIT: u32 = 8;
/// How often the board is looked at.
const POLL: Duration = Duration::from_millis(50);

/// Run a board in simulation: core and shell in Verilator, the serial line on a pseudo-terminal (Linux)
///
/// Prints the name of the port, for `firstspike run --port`, and runs until Ctrl-C.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Baud rate of the board
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..=4_000_000))]
    baud: u32,
    /// Make a link to the port, which is removed at the end
    #[arg(long, value_name = "PATH")]
    link: Option<PathBuf>,
}

#[derive(Serialize)]
struct Emulated {
    port: String,
    baud: u32,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open(&args.design)?;
    let manifest = Manifest::read(&hardware.folder)?;
    let clock_mhz = f64::from(args.baud) * f64::from(CLOCKS_PER_BIT) / 1e6;
    let top = simulated_top(&manifest, &ShellOptions { clock_mhz, baud: args.baud })?;
    let emulator = Emulator::build(&hardware.folder, &top, Some(interrupt::flag()))?;
    let mut board = emulator.start()?;
    let link = args.link.as_deref().map(|path| Link::new(path, board.port())).transpose()?;
    let port = link.as_ref().map_or(board.port(), |link| link.0).display().to_string();
    output.result(&Emulated { port, baud: args.baud }, |emulated| {
        format!("port {0}\nnext: firstspike run {1} --port {0} --data …", emulated.port, args.design.display())
    })?;
    while !interrupt::interrupted() {
        if !board.is_running() {
            let help = "run the command again; the compiled model is kept";
            return Err(Error::new(Stage::Simulate, "emulator-failed", "the emulated board has ended", help));
        }
        std::thread::sleep(POLL);
    }
    Ok(Outcome::Success)
}

/// A symbolic link that vanishes when dropped.
struct Link<'a>(&'a Path);

impl<'a> Link<'a> {
    #[cfg(unix)]
    fn new(path: &'a Path, port: &Path) -> Result<Self> {
        let made = std::os::unix::fs::symlink(port, path);
        made.map(|()| Link(path)).map_err(|cause| Error::io(Stage::Simulate, "create", path, &cause))
    }

    #[cfg(not(unix))]
    fn new(path: &'a Path, _: &Path) -> Result<Self> {
        Err(Error::io(Stage::Simulate, "create", path, &std::io::ErrorKind::Unsupported.into()))
    }
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(self.0);
    }
}
