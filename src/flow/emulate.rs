//! A board in simulation: core and shell in Verilator, the serial line on a pseudo-terminal.

use std::path::{Path, PathBuf};

use super::{Caller, Hardware};
use crate::cosim::{EmulatedBoard, Emulator};
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::shell::{ShellOptions, simulated_top};

/// The fewest clocks per bit with some margin: the simulation is as fast as it can be.
const CLOCKS_PER_BIT: u32 = 8;

/// A board that is switched on until dropped, and the link to its port.
pub struct Emulation {
    board: EmulatedBoard,
    link: Option<Link>,
}

impl Hardware {
    /// Builds and switches on a board with this design. With `link`, a link of that name leads to its port.
    ///
    /// # Errors
    /// Those of [`Emulator::build`] and [`Emulator::start`]; `link-exists`; `io`.
    pub fn emulate(&self, baud: u32, link: Option<&Path>, caller: &dyn Caller) -> Result<Emulation> {
        let manifest = Manifest::read(&self.folder)?;
        let clock_mhz = f64::from(baud) * f64::from(CLOCKS_PER_BIT) / 1e6;
        let top = simulated_top(&manifest, &ShellOptions { clock_mhz, baud })?;
        let emulator = Emulator::build(&self.folder, &top, self.is_edited(), caller.interrupt())?;
        let board = emulator.start()?;
        let link = link.map(|path| Link::new(path, board.port())).transpose()?;
        Ok(Emulation { board, link })
    }
}

impl Emulation {
    /// The port, by the name of its link if it has one.
    pub fn port(&self) -> &Path {
        self.link.as_ref().map_or(self.board.port(), |link| &link.path)
    }

    /// Makes sure that the board still runs.
    ///
    /// # Errors
    /// `emulator-failed`
    pub fn check(&mut self) -> Result<()> {
        if self.board.is_running() {
            return Ok(());
        }
        let help = "run the command again; the compiled model is kept";
        Err(Error::new(Stage::Simulate, "emulator-failed", "the emulated board has ended", help))
    }
}

/// A symbolic link to a port that vanishes when dropped, unless it has become another's.
struct Link {
    path: PathBuf,
    port: PathBuf,
}

impl Link {
    #[cfg(unix)]
    fn new(path: &Path, port: &Path) -> Result<Self> {
        if is_stale(path, port) {
            let _ = std::fs::remove_file(path);
        }
        let made = std::os::unix::fs::symlink(port, path);
        made.map(|()| Link { path: path.into(), port: port.into() }).map_err(|cause| match cause.kind() {
            std::io::ErrorKind::AlreadyExists => link_exists(path),
            _ => Error::io(Stage::Simulate, "create", path, &cause),
        })
    }

    #[cfg(not(unix))]
    fn new(path: &Path, _: &Path) -> Result<Self> {
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

impl Drop for Link {
    fn drop(&mut self) {
        if std::fs::read_link(&self.path).is_ok_and(|port| port == self.port) {
            let _ = std::fs::remove_file(&self.path);
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
