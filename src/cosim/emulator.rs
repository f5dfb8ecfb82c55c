//! A board in simulation: its top module with the real shell, on a pseudo-terminal.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::AtomicBool;

use super::build::{BUILD_FOLDER, board_program};
use super::design::Design;
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::shell::BoardTop;
use crate::tool::{KillOnDrop, Tools};

/// Where the Verilog of the board lies, inside the design folder.
const BOARD_FOLDER: &str = "board";

/// The compiled model of a board, ready to be switched on.
#[derive(Debug)]
pub struct Emulator {
    design_folder: PathBuf,
    program: PathBuf,
    baud: f64,
    clocks_per_bit: u32,
}

impl Emulator {
    /// Checks the design folder and builds the model of its board, or finds it built, in `sim/`. An `edited` design may hold other files
    /// than its manifest says.
    ///
    /// # Errors
    /// As [`super::Simulator::build`].
    pub fn build(design_folder: &Path, board: &BoardTop, edited: bool, interrupt: Option<&AtomicBool>) -> Result<Self> {
        let design = Design::open(design_folder, edited)?;
        let mut files = Vec::with_capacity(board.files.len());
        for file in &board.files {
            let name = format!("{BUILD_FOLDER}/{BOARD_FOLDER}/{}", file.path);
            let path = files::inside(Stage::Simulate, &design.folder, Path::new(&name))?;
            let parent = path.parent().unwrap_or(&design.folder);
            fs::create_dir_all(parent).map_err(|cause| Error::io(Stage::Simulate, "create", parent, &cause))?;
            fs::write(&path, &file.bytes).map_err(|cause| Error::io(Stage::Simulate, "write", &path, &cause))?;
            files.push(name);
        }
        let program = board_program(&Tools::locate(), &design, &board.module, files, interrupt)?;
        let (baud, clocks_per_bit) = (board.baud, board.clocks_per_bit);
        Ok(Emulator { design_folder: design.folder, program, baud, clocks_per_bit })
    }

    /// Switches the board on.
    ///
    /// # Errors
    /// `io`; `emulator-failed` if it does not tell its port.
    pub fn start(&self) -> Result<EmulatedBoard> {
        let mut command = Command::new(&self.program);
        command.current_dir(&self.design_folder).arg(self.baud.to_string()).arg(self.clocks_per_bit.to_string());
        // It ends with its standard input, whose other end closes with this program.
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let process = KillOnDrop::spawn(&mut command);
        let mut process = process.map_err(|cause| Error::io(Stage::Simulate, "run", &self.program, &cause))?;
        let mut line = String::new();
        if let Some(stdout) = process.take_stdout() {
            let _ = BufReader::new(stdout).read_line(&mut line);
        }
        match line.trim().strip_prefix("port ") {
            Some(port) => Ok(EmulatedBoard { port: port.into(), process }),
            None => {
                let help = "pseudo-terminals are needed: look at /dev/pts";
                Err(Error::new(Stage::Simulate, "emulator-failed", "the emulated board does not start", help))
            }
        }
    }
}

/// A board that is switched on until dropped.
#[derive(Debug)]
pub struct EmulatedBoard {
    port: PathBuf,
    process: KillOnDrop,
}

impl EmulatedBoard {
    /// Its serial port.
    pub fn port(&self) -> &Path {
        &self.port
    }

    /// Whether it still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.process.try_wait(), Ok(None))
    }
}
