//! yosys, then nextpnr. Results and logs go to `synth/<target>/` in the design folder.
//!
//! The tools run inside the design folder on relative paths: memory images are found there, and the WASI builds of the tools lose what
//! is written to absolute paths.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde_json::Value;

use super::ecp5;
use super::report::{self, Placement, Seconds, ToolVersions};
use crate::board::{Board, Family};
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::tool::{Tool, Tools, run_logged, tail};

/// How to place a design.
#[derive(Clone, Copy)]
pub struct SynthOptions<'a> {
    /// The clock that place and route aims at, in MHz.
    pub freq_mhz: f64,
    pub seed: u32,
    /// Told what begins.
    pub stage: &'a dyn Fn(&str),
    /// The tools are stopped when this becomes true.
    pub interrupt: Option<&'a AtomicBool>,
}

/// Synthesises, places and routes the core of a design folder out of context.
///
/// # Errors
/// Those of [`Manifest::read`]; `tool-missing`, `tool-failed`; `part-too-small` with what ran out; `report-unreadable`; `io`,
/// `interrupted`.
pub fn place(folder: &Path, board: &Board, options: &SynthOptions) -> Result<Placement> {
    if board.family != Family::Ecp5 {
        let message = format!("{} has a part that cannot be placed yet: {}", board.name, board.part);
        return Err(Error::new(Stage::Synth, "family", message, "choose a board with an ECP5 part"));
    }
    let manifest = Manifest::read(folder)?;
    let tools = Tools::locate();
    let run = Run { folder, board, options, results: format!("synth/{}", board.name) };
    let results = folder.join(&run.results);
    // An old log or report must not be taken for a new one.
    if results.exists() {
        fs::remove_dir_all(&results).map_err(|cause| Error::io(Stage::Synth, "empty", &results, &cause))?;
    }
    fs::create_dir_all(&results).map_err(|cause| Error::io(Stage::Synth, "create", &results, &cause))?;
    let start = Instant::now();
    run.synthesise(&tools, &manifest)?;
    let synthesis = start.elapsed().as_secs_f64();
    run.place_and_route(&tools)?;
    let place_and_route = start.elapsed().as_secs_f64() - synthesis;
    run.placement(&tools, Seconds { synthesis, place_and_route })
}

struct Run<'a> {
    folder: &'a Path,
    board: &'a Board,
    options: &'a SynthOptions<'a>,
    /// Relative to the design folder.
    results: String,
}

impl Run<'_> {
    fn synthesise(&self, tools: &Tools, manifest: &Manifest) -> Result<()> {
        let (results, top) = (&self.results, &manifest.top);
        for (name, text) in ecp5::MAPS {
            self.write(name, text)?;
        }
        self.write("synth.ys", &ecp5::script(&manifest.sources, top, results))?;
        (self.options.stage)("synthesis (yosys)");
        let mut command = Command::new(tools.require(Tool::Yosys)?);
        command.args(["-q", "-s", &format!("{results}/synth.ys")]);
        self.run(command, "yosys")
    }

    fn place_and_route(&self, tools: &Tools) -> Result<()> {
        let (board, results) = (self.board, &self.results);
        (self.options.stage)("place and route (nextpnr)");
        let mut command = Command::new(tools.require(Tool::NextpnrEcp5)?);
        command.args([&format!("--{}", board.device), "--package", &board.package]);
        command.args(board.speed.iter().flat_map(|speed| ["--speed", speed]));
        command.args(["--out-of-context", "--timing-allow-fail"]);
        command.args(["--freq", &self.options.freq_mhz.to_string(), "--seed", &self.options.seed.to_string()]);
        command.args(["--json", &format!("{results}/netlist.json"), "--report", &format!("{results}/report.json")]);
        command.args(["--write", &format!("{results}/placed.json")]);
        self.run(command, "nextpnr").map_err(|error| self.too_small().unwrap_or(error))
    }

    /// Writes a file into the folder of results.
    fn write(&self, name: &str, text: &str) -> Result<()> {
        let path = self.folder.join(&self.results).join(name);
        fs::write(&path, text).map_err(|cause| Error::io(Stage::Synth, "write", &path, &cause))
    }

    fn run(&self, mut command: Command, name: &str) -> Result<()> {
        command.current_dir(self.folder);
        run_logged(command, name, &self.folder.join(&self.results).join(format!("{name}.log")), self.options.interrupt)
    }

    /// The reason why nextpnr failed, if it is that the design is too large.
    fn too_small(&self) -> Option<Error> {
        let log = tail(&self.folder.join(&self.results).join("nextpnr.log"), usize::MAX).join("\n");
        let (resource, used, available) = report::overfull(&log)?;
        let larger: Vec<_> = Board::all()
            .into_iter()
            .filter(|board| board.family == Family::Ecp5)
            .map(|board| board.name)
            .skip_while(|name| *name != self.board.name)
            .skip(1)
            .collect();
        let advice = match larger.is_empty() {
            true => "generate with fewer --lanes, or train with fewer --bits or neurons".to_owned(),
            false => format!("try --target {}, or generate with fewer --lanes", larger.join(" or ")),
        };
        Some(Error::new(
            Stage::Synth,
            "part-too-small",
            format!(
                "{} has {available} {resource}, the design needs {used}: {} too many",
                self.board.part,
                used - available
            ),
            advice,
        ))
    }

    fn placement(&self, tools: &Tools, seconds: Seconds) -> Result<Placement> {
        let figures = report::figures(&self.read_json("report.json")?)
            .map_err(|problem| self.unreadable("report.json", &problem))?;
        let cells = self.read_json("cells.json")?;
        let carry = cells["design"]["num_cells_by_type"]["CCU2C"].as_u64().unwrap_or(0);
        Ok(Placement {
            target: self.board.name.clone(),
            part: self.board.part.clone(),
            scope: "core out of context; no pins, no clock generator, no board shell",
            lut4: figures.lut4,
            ff: figures.ff,
            carry,
            bram: figures.bram,
            dsp: figures.dsp,
            fmax_mhz: figures.fmax_mhz,
            critical_path: figures.critical_path,
            seed: self.options.seed,
            bitstream: None,
            tools: ToolVersions {
                yosys: tools.status(Tool::Yosys).version,
                nextpnr: tools.status(Tool::NextpnrEcp5).version,
            },
            seconds,
        })
    }

    fn read_json(&self, name: &str) -> Result<Value> {
        let path = self.folder.join(&self.results).join(name);
        let text = fs::read(&path).map_err(|cause| Error::io(Stage::Synth, "read", &path, &cause))?;
        serde_json::from_slice(&text).map_err(|cause| self.unreadable(name, &cause.to_string()))
    }

    fn unreadable(&self, name: &str, problem: &str) -> Error {
        Error::new(
            Stage::Synth,
            "report-unreadable",
            format!("{}: {problem}", self.folder.join(&self.results).join(name).display()),
            "`make tools` installs the tool versions that this program was written for",
        )
    }
}
