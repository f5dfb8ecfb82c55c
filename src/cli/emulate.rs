//! `firstspike emulate`: a board in simulation, for `firstspike run`.

use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::trust::TrustArgs;
use super::{Outcome, Output, interrupt};
use crate::cosim::Emulator;
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::flow::Hardware;
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
    #[command(flatten)]
    trust: TrustArgs,
}

#[derive(Serialize)]
struct Emulated {
    port: String,
    baud: u32,
    /// Files of the design that are not what its network gives.
    edited: Vec<String>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let manifest = Manifest::read(&hardware.folder)?;
    let clock_mhz = f64::from(args.baud) * f64::from(CLOCKS_PER_BIT) / 1e6;
    let top = simulated_top(&manifest, &ShellOptions { clock_mhz, baud: args.baud })?;
    let emulator = Emulator::build(&hardware.folder, &top, hardware.is_edited(), Some(interrupt::flag()))?;
    let mut board = emulator.start()?;
    let link = args.link.as_deref().map(|path| Link::new(path, board.port())).transpose()?;
    let port = link.as_ref().map_or(board.port(), |link| link.path).display().to_string();
    let edited = if hardware.is_edited() { &["--edited"][..] } else { &[] };
    let emulated = Emulated { port: port.clone(), baud: args.baud, edited: hardware.edited };
    output.result(&emulated, |emulated| format!("port {}", emulated.port))?;
    let next = ["firstspike", "run", &args.design.to_string_lossy(), "--port", &port, "--data", "DATA"];
    output.next(&[&next, edited].concat());
    while !interrupt::interrupted() {
        if !board.is_running() {
            let help = "run the command again; the compiled model is kept";
            return Err(Error::new(Stage::Simulate, "emulator-failed", "the emulated board has ended", help));
        }
        std::thread::sleep(POLL);
    }
    Ok(Outcome::Success)
}

/// A symbolic link to a port that vanishes when dropped, unless it has become another's.
struct Link<'a> {
    path: &'a Path,
    port: PathBuf,
}

impl<'a> Link<'a> {
    #[cfg(unix)]
    fn new(path: &'a Path, port: &Path) -> Result<Self> {
        if is_stale(path, port) {
            let _ = std::fs::remove_file(path);
        }
        let made = std::os::unix::fs::symlink(port, path);
        made.map(|()| Link { path, port: port.into() }).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => link_exists(path),
            _ => Error::io(Stage::Simulate, "create", path, &cause),
        })
    }

    #[cfg(not(unix))]
    fn new(path: &'a Path, _: &Path) -> Result<Self> {
        Err(Error::io(Stage::Simulate, "create", path, &std::io::ErrorKind::Unsupported.into()))
    }
}

/// Whether `path` is a link that an emulated board left which was killed: the port has gone, or is this board's now.
fn is_stale(path: &Path, port: &Path) -> bool {
    let is_port = |old: &Path| old.parent() == port.parent() && (old == port || !old.exists());
    std::fs::read_link(path).is_ok_and(|old| is_port(&old))
}

fn link_exists(path: &Path) -> Error {
    let message = match std::fs::read_link(path) {
        Ok(to) => format!("cannot create {}: it is a link to {} already", path.display(), to.display()),
        Err(_) => format!("cannot create {}: there is something of this name already", path.display()),
    };
    Error::new(Stage::Simulate, "link-exists", message, "remove it if nothing uses it, or name another link")
}

impl Drop for Link<'_> {
    fn drop(&mut self) {
        if std::fs::read_link(self.path).is_ok_and(|port| port == self.port) {
            let _ = std::fs::remove_file(self.path);
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    /// A folder with the port of another board that runs, and a place for a link.
    fn ports() -> (tempfile::TempDir, PathBuf, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let (other, link) = (folder.path().join("1"), folder.path().join("link"));
        fs::write(&other, "").unwrap();
        (folder, other, link)
    }

    #[test]
    fn a_link_of_a_board_that_was_killed_is_taken_over() {
        let (folder, _, path) = ports();
        let port = folder.path().join("2");
        for stale in [folder.path().join("gone"), port.clone()] {
            symlink(stale, &path).unwrap();
            let link = Link::new(&path, &port).unwrap();
            assert_eq!(fs::read_link(&path).unwrap(), port);
            drop(link);
            assert!(fs::symlink_metadata(&path).is_err());
        }
    }

    #[test]
    fn what_is_not_its_own_stays() {
        let (folder, other, path) = ports();
        let (port, elsewhere) = (folder.path().join("2"), folder.path().join("elsewhere/gone"));
        for foreign in [&other, &elsewhere] {
            symlink(foreign, &path).unwrap();
            assert_eq!(Link::new(&path, &port).err().unwrap().code, "link-exists");
            assert_eq!(fs::read_link(&path).unwrap(), *foreign);
            fs::remove_file(&path).unwrap();
        }
        fs::write(&path, "kept").unwrap();
        assert_eq!(Link::new(&path, &port).err().unwrap().code, "link-exists");
        assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
        fs::remove_file(&path).unwrap();
        // Another board has taken the name in the meantime.
        let link = Link::new(&path, &port).unwrap();
        fs::remove_file(&path).unwrap();
        symlink(&other, &path).unwrap();
        drop(link);
        assert_eq!(fs::read_link(&path).unwrap(), other);
    }
}
