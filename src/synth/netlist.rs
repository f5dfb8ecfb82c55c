//! The core's cells as Verilog, to be simulated in place of the Verilog that they were made from.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::AtomicBool;

use sha2::{Digest, Sha256};

use super::family::{CellModels, Job, Toolchain, toolchain};
use crate::board::Board;
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::files::{self, Overwrite, hex};
use crate::tool::{Seals, Tool, Tools, run_logged};

const NETLIST: &str = "netlist.v";
const SCRIPT: &str = "netlist.ys";

/// What synthesis made of a design's top module: cells and wires, with the same ports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Netlist {
    /// The family whose cells it consists of.
    pub family: String,
    /// The file of the netlist.
    pub verilog: PathBuf,
    /// Verilog files with models of the cells, searched in this order.
    pub models: Vec<PathBuf>,
    /// Macros to be defined for the models.
    pub defines: &'static [&'static str],
}

impl Netlist {
    /// Identifies the netlist and its models.
    ///
    /// # Errors
    /// `io`.
    pub fn hash(&self) -> Result<String> {
        let mut hash = Sha256::new();
        for file in std::iter::once(&self.verilog).chain(&self.models) {
            let text = files::read(file).map_err(|cause| Error::io(Stage::Synth, "read", file, &cause))?;
            hash.update((text.len() as u64).to_le_bytes());
            hash.update(&text);
        }
        self.defines.iter().for_each(|name| hash.update(name));
        Ok(hex(&hash.finalize()))
    }
}

/// Synthesizes the core of a design folder for the family of a board, or finds it synthesized in `netlist/` of the folder.
///
/// The commands are those of [`super::place`], so the cells are those that are placed. An `edited` design may hold other files than its
/// manifest says.
///
/// # Errors
/// `no-cell-models` if netlists of the family are not simulated; those of [`Manifest::read`]; `design-damaged`; `tool-missing`,
/// `tool-failed`; `io`, `interrupted`.
pub fn netlist(folder: &Path, board: &Board, edited: bool, interrupt: Option<&AtomicBool>) -> Result<Netlist> {
    let toolchain = toolchain(board.family);
    let models = toolchain.cell_models().ok_or_else(|| {
        let message = format!("netlists for {} ({}) are not simulated", board.name, board.part);
        Error::new(Stage::Synth, "no-cell-models", message, "choose a board with an ECP5 or iCE40 part")
    })?;
    let manifest = Manifest::open(folder, Stage::Synth, edited)?;
    let folder = fs::canonicalize(folder).map_err(|cause| Error::io(Stage::Synth, "open", folder, &cause))?;
    let maker =
        Maker { tools: Tools::locate(), folder: &folder, manifest: &manifest, board, toolchain, models, interrupt };
    maker.netlist()
}

struct Maker<'a> {
    tools: Tools,
    folder: &'a Path,
    manifest: &'a Manifest,
    board: &'a Board,
    toolchain: &'static dyn Toolchain,
    models: CellModels,
    interrupt: Option<&'a AtomicBool>,
}

impl Maker<'_> {
    fn netlist(&self) -> Result<Netlist> {
        let results = files::inside(Stage::Synth, self.folder, &Path::new("netlist").join(&self.board.name))?;
        let (key, seals) = (self.key(), Seals::new(&self.tools.cache()?));
        if !seals.holds(&results.join(NETLIST), &key) {
            files::write_folder(Stage::Synth, &results, Overwrite::Always, |work| {
                self.make(work, &results)?;
                seals.put(Stage::Synth, &work.join(NETLIST), &key)
            })?;
        }
        let share = self.tools.yosys_share()?;
        let own = self.models.own.iter().map(|(name, _)| results.join(name));
        let models = own.chain(self.models.shared.iter().map(|name| share.join(name))).collect();
        Ok(Netlist {
            family: self.board.family.name().into(),
            verilog: results.join(NETLIST),
            models,
            defines: self.models.defines,
        })
    }

    /// Identifies all that the netlist is made from.
    fn key(&self) -> String {
        let manifest = serde_json::to_vec(self.manifest).expect("a manifest has only plain fields");
        let version = self.tools.status(Tool::Yosys).version.unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(manifest);
        for text in [version, self.script("")] {
            hash.update(text);
        }
        for (_, text) in self.toolchain.maps().iter().chain(self.models.own) {
            hash.update(text);
        }
        hex(&hash.finalize())
    }

    fn script(&self, results: &str) -> String {
        let job = Job {
            board: self.board,
            top: self.manifest.top.clone(),
            has_weights_in_logic: self.manifest.has_weights_in_logic(),
            has_pins: false,
            results: results.to_owned(),
        };
        format!(
            "read_verilog {}\n{}\nwrite_verilog -noattr {results}/{NETLIST}\n",
            self.manifest.sources.join(" "),
            self.toolchain.synthesis(&job, true)
        )
    }

    fn make(&self, work: &Path, results: &Path) -> Result<()> {
        let write = |name: &str, text: &str| {
            let path = work.join(name);
            fs::write(&path, text).map_err(|cause| Error::io(Stage::Synth, "write", &path, &cause))
        };
        let relative = work.strip_prefix(self.folder).expect("results lie in the design folder");
        let relative = relative.to_str().expect("names of our own are ASCII");
        for (name, text) in self.toolchain.maps().iter().chain(self.models.own) {
            write(name, text)?;
        }
        write(SCRIPT, &self.script(relative))?;
        let mut command = Command::new(self.tools.require(Tool::Yosys)?);
        command.current_dir(self.folder).args(["-q", "-s", &format!("{relative}/{SCRIPT}")]);
        // Beside the results, where it stays if yosys fails.
        let log = results.with_extension("log");
        let _ = fs::remove_file(&log);
        run_logged(command, Tool::Yosys.name(), &log, self.interrupt)?;
        let _ = fs::remove_file(&log);
        Ok(())
    }
}
