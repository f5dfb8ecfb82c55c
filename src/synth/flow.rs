//! yosys, then place and route once per seed, then the bitstream of the best. Results and logs go to `synth/<target>/` in the design folder.
//!
//! The tools run inside the design folder on relative paths: memory images are found there, and the WASI builds of the tools lose what
//! is written to absolute paths. A run works beside the results of an earlier one and takes their place only when it is done; the logs of
//! one that fails stay in `synth/<target>.failed/`.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::de::DeserializeOwned;

use super::area::{AreaByPart, NetlistFile};
use super::family::{Attempt, Job, Step, Toolchain, toolchain};
use super::harness;
use super::report::{self, Placement, Seconds, SeedResult, Timing, ToolVersions, Utilization};
use crate::board::{Board, Family, Resources};
use crate::emit::{GeneratedFile, Manifest};
use crate::error::{Error, Result, Stage};
use crate::files::{self, Overwrite};
use crate::tool::{Tool, Tools, Version, run_watched, tail};

/// Name of the file of commands for yosys.
const SCRIPT: &str = "synth.ys";
/// Holds the [`Placement`].
const PLACEMENT_FILE: &str = "placement.json";

/// What is placed.
#[derive(Debug, Clone, Copy)]
pub enum Scope<'a> {
    /// The core alone: no pins, no bitstream.
    Core,
    /// A board's top module with the core inside (instance `core_i`), on the pins of the board.
    Board {
        /// The top module.
        module: &'a str,
        /// The files of the shell.
        files: &'a [GeneratedFile],
    },
}

impl Scope<'_> {
    fn is_board(&self) -> bool {
        matches!(self, Scope::Board { .. })
    }
}

/// How to place a design.
#[derive(Clone, Copy)]
pub struct SynthOptions<'a> {
    /// What is placed.
    pub scope: Scope<'a>,
    /// The clock that place and route aims at, in MHz; the family's own aim if none.
    pub aim_mhz: Option<f64>,
    /// The clock at which the bitstream will run, in MHz: there is none for a slower placement.
    pub clock_mhz: Option<f64>,
    /// Seeds of the placer, at least one. The fastest placement is kept.
    pub seeds: &'a [u32],
    /// Asked what would fit if generated again, when a design needs these resources and its part has less.
    pub what_fits: &'a dyn Fn(&Resources) -> Vec<String>,
    /// Told what begins.
    pub stage: &'a dyn Fn(&str),
    /// Told the latest line of the running tool's log, now and then.
    pub log: &'a dyn Fn(&str),
    /// Take the files of the design as they are, other than the manifest says.
    pub edited: bool,
    /// The tools are stopped when this becomes true.
    pub interrupt: Option<&'a AtomicBool>,
}

/// Synthesizes a design for a board, places and routes it with every seed, and makes the bitstream of the fastest.
///
/// # Errors
/// Those of [`Manifest::read`]; `design-damaged`; `tool-missing`, `tool-failed`; `part-too-small` with what ran out;
/// `report-unreadable`; `io`, `interrupted`. What was in `synth/<target>/` stays then.
pub fn place(folder: &Path, board: &Board, options: &SynthOptions) -> Result<Placement> {
    let manifest = Manifest::open(folder, Stage::Synth, options.edited)?;
    let folder = fs::canonicalize(folder).map_err(|cause| Error::io(Stage::Synth, "open", folder, &cause))?;
    let results = files::inside(Stage::Synth, &folder, &Path::new("synth").join(&board.name))?;
    let mut placement = None;
    files::write_folder(Stage::Synth, &results, Overwrite::Always, |work| {
        let run = Run::new(&folder, work, &manifest, board, options);
        let mut done = run.all().map_err(|error| keep_logs(error, work, &results.with_extension("failed")))?;
        done.bitstream = done.bitstream.map(|name| results.join(name).display().to_string());
        let text = serde_json::to_vec_pretty(&done).expect("a placement has only plain fields");
        run.write(PLACEMENT_FILE, &text)?;
        placement = Some(done);
        Ok(())
    })?;
    let _ = fs::remove_dir_all(results.with_extension("failed"));
    Ok(placement.expect("write_folder has built"))
}

/// What an earlier [`place`] left for this board, if it was made by the tools that are here now and the bitstream is still there.
///
/// The design and the options are taken to be the same.
pub fn placed(folder: &Path, board: &Board) -> Option<Placement> {
    let text = files::read(&folder.join("synth").join(&board.name).join(PLACEMENT_FILE)).ok()?;
    let placement: Placement = serde_json::from_slice(&text).ok()?;
    let (tools, bitstream) = (tool_versions(board.family, placement.tools.packer.is_some()), &placement.bitstream);
    let is_whole = bitstream.as_ref().is_none_or(|path| Path::new(path).is_file());
    (placement.tools == tools && is_whole).then_some(placement)
}

fn tool_versions(family: Family, packs: bool) -> ToolVersions {
    let tools = Tools::locate();
    let version = |tool| tools.status(tool).version;
    let (placer, packer) = toolchain(family).placer_and_packer().unzip();
    ToolVersions {
        yosys: version(Tool::Yosys),
        nextpnr: placer.and_then(version),
        packer: packer.filter(|_| packs).and_then(version),
    }
}

/// Moves what a failed run left to a place of its own, and names that place in the error.
fn keep_logs(mut error: Error, work: &Path, failed: &Path) -> Error {
    if error.code != "interrupted" {
        let _ = fs::remove_dir_all(failed);
        if fs::rename(work, failed).is_ok() {
            error.help = error.help.replace(&*work.to_string_lossy(), &failed.to_string_lossy());
        }
    }
    error
}

struct Run<'a> {
    folder: &'a Path,
    manifest: &'a Manifest,
    options: &'a SynthOptions<'a>,
    tools: Tools,
    toolchain: &'static dyn Toolchain,
    job: Job<'a>,
}

/// The fastest placement so far.
struct Best {
    seed: u32,
    /// Relative to the design folder.
    folder: String,
    timing: Timing,
}

impl<'a> Run<'a> {
    fn new(
        folder: &'a Path,
        work: &Path,
        manifest: &'a Manifest,
        board: &'a Board,
        options: &'a SynthOptions<'a>,
    ) -> Self {
        let toolchain = toolchain(board.family);
        let top = match options.scope {
            Scope::Board { module, .. } => module.to_owned(),
            Scope::Core if toolchain.needs_pins() => harness::name(manifest),
            Scope::Core => manifest.top.clone(),
        };
        let work = work.strip_prefix(folder).expect("results lie in the design folder");
        let results = work.to_str().expect("names of our own are ASCII").to_owned();
        let has_pins = options.scope.is_board() || toolchain.needs_pins();
        let job = Job { board, top, has_weights_in_logic: manifest.has_weights_in_logic(), has_pins, results };
        Run { folder, manifest, options, tools: Tools::locate(), toolchain, job }
    }

    fn all(&self) -> Result<Placement> {
        let start = Instant::now();
        self.synthesize()?;
        let synthesis = start.elapsed().as_secs_f64();
        if !self.job.board.family.is_placed_here() {
            let area = self.area(&self.job.results, "netlist.json")?;
            return Ok(self.placement(area, None, Vec::new(), Seconds { synthesis, place_and_route: None }));
        }
        let (best, seeds) = self.place_seeds()?;
        let seconds = Seconds { synthesis, place_and_route: Some(seeds.iter().map(|seed| seed.seconds).sum()) };
        let area = self.area(&best.folder, "placed.json")?;
        let bitstream = self.pack(&best)?;
        Ok(Placement { bitstream, ..self.placement(area, Some(best), seeds, seconds) })
    }

    fn check_yosys(&self) -> Result<()> {
        let (program, version) = self.tools.require_with_version(Tool::Yosys)?;
        if !self.toolchain.needs_known_yosys() || version.as_deref().and_then(Version::find).is_some() {
            return Ok(());
        }
        let family = self.job.board.family.name();
        let message = format!("{} does not tell its version; for {family} that matters", program.display());
        Err(Error::new(Stage::Tool, "tool-version", message, Tool::Yosys.how_to_get()))
    }

    fn synthesize(&self) -> Result<()> {
        self.check_yosys()?;
        (self.options.stage)("synthesis (yosys)");
        let mut sources = self.manifest.sources.clone();
        for (path, text) in self.around() {
            self.write(&path, &text)?;
            sources.push(format!("{}/{path}", self.job.results));
        }
        for (name, text) in self.toolchain.maps() {
            self.write(name, text.as_bytes())?;
        }
        if self.job.has_pins {
            self.write(self.job.board.family.pin_file(), self.job.board.pins.as_bytes())?;
        }
        let script = format!(
            "read_verilog {}\n{}\nwrite_json {}/netlist.json\nstat\n",
            sources.join(" "),
            self.toolchain.synthesis(&self.job, false),
            self.job.results
        );
        self.write(SCRIPT, script.as_bytes())?;
        let arguments = vec!["-s".into(), format!("{}/{SCRIPT}", self.job.results)];
        self.run(Step { tool: Tool::Yosys, arguments }, &self.job.results)
    }

    /// The Verilog around the core: path relative to the results, and text.
    fn around(&self) -> Vec<(String, Vec<u8>)> {
        match self.options.scope {
            Scope::Board { files, .. } => files.iter().map(|file| (file.path.clone(), file.bytes.clone())).collect(),
            Scope::Core if self.toolchain.needs_pins() => {
                vec![(format!("{}.v", self.job.top), harness::verilog(self.manifest).into_bytes())]
            }
            Scope::Core => Vec::new(),
        }
    }

    /// Places with every seed. One that fails is no error as long as another one succeeds.
    fn place_seeds(&self) -> Result<(Best, Vec<SeedResult>)> {
        let (mut best, mut seeds, mut failure): (Option<Best>, _, _) = (None, Vec::new(), None);
        for (number, &seed) in self.options.seeds.iter().enumerate() {
            let of = format!("{} of {}", number + 1, self.options.seeds.len());
            (self.options.stage)(&format!("place and route (nextpnr), seed {seed}, {of}"));
            let start = Instant::now();
            let placed = self.place(seed);
            let fmax_mhz = placed.as_ref().ok().map(|placed| placed.timing.fmax_mhz);
            seeds.push(SeedResult { seed, fmax_mhz, seconds: start.elapsed().as_secs_f64() });
            match placed {
                Ok(placed) => {
                    let is_faster = |best: &Best| placed.timing.fmax_mhz > best.timing.fmax_mhz;
                    let slower = if best.as_ref().is_none_or(is_faster) { best.replace(placed) } else { Some(placed) };
                    slower.iter().for_each(|slower| self.discard(&slower.folder));
                }
                Err(error) if error.code == "tool-failed" => failure = failure.or(Some(error)),
                Err(error) => return Err(error),
            }
        }
        let best = best.ok_or_else(|| failure.expect("there is at least one seed"))?;
        Ok((best, seeds))
    }

    fn place(&self, seed: u32) -> Result<Best> {
        let folder = format!("{}/seed{seed}", self.job.results);
        create(&self.folder.join(&folder))?;
        // Where the clock is an easy one, the tools still do what they can.
        let default = self.toolchain.default_aim().max(self.options.clock_mhz.unwrap_or_default());
        let aim = self.options.aim_mhz.unwrap_or(default);
        let step = self.toolchain.place(&Attempt { job: &self.job, aim, seed, folder: &folder });
        let step = step.expect("families without place and route do not come here");
        let log = self.folder.join(&folder).join(format!("{}.log", step.tool.name()));
        self.run(step, &folder).map_err(|error| self.too_small(&log).unwrap_or(error))?;
        let report = self.read_json(&folder, "report.json")?;
        let timing = report::timing(&report).ok_or_else(|| self.unreadable(&folder, "report.json", "no fmax"))?;
        Ok(Best { seed, folder, timing })
    }

    /// Removes the large files of a placement that is not kept.
    fn discard(&self, folder: &str) {
        let folder = self.folder.join(folder);
        for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
            let name = file.file_name();
            if name != "report.json" && !name.to_string_lossy().ends_with(".log") {
                let _ = fs::remove_file(file.path());
            }
        }
    }

    /// The bitstream's name; none without pins, and none if the placement is too slow for its clock.
    fn pack(&self, best: &Best) -> Result<Option<String>> {
        let is_slow = self.options.clock_mhz.is_some_and(|clock| best.timing.fmax_mhz < clock);
        if !self.options.scope.is_board() || is_slow {
            return Ok(None);
        }
        let name = format!("{}.{}", self.job.top, self.toolchain.bitstream());
        let bitstream = format!("{}/{name}", self.job.results);
        let step = self.toolchain.pack(self.job.board, &best.folder, &bitstream);
        let step = step.expect("families without place and route do not come here");
        (self.options.stage)(&format!("bitstream ({})", step.tool.name()));
        self.run(step, &self.job.results)?;
        Ok(Some(name))
    }

    /// Runs a program in the design folder; its log goes to `folder`.
    fn run(&self, step: Step, folder: &str) -> Result<()> {
        let name = step.tool.name();
        let mut command = Command::new(self.tools.require(step.tool)?);
        command.args(step.arguments).current_dir(self.folder);
        let log = self.folder.join(folder).join(format!("{name}.log"));
        run_watched(command, name, &log, self.options.interrupt, &|line| {
            (self.options.log)(line.trim_start_matches("Info:").trim_start())
        })
    }

    /// The reason why nextpnr failed, if it is that the design is too large.
    fn too_small(&self, log: &Path) -> Option<Error> {
        let over = report::overfull(&tail(log, usize::MAX).join("\n"))?;
        let board = self.job.board;
        let holds = |board: &Board, line: &Utilization| {
            let mut part = board.resources;
            self.toolchain.count_of(&mut part, &line.resource).is_some_and(|available| *available > line.used)
        };
        let larger = Board::all().into_iter().filter(|other| other.family == board.family && other.part != board.part);
        let larger = larger.filter(|other| over.iter().all(|line| holds(other, line)));
        let larger: Vec<_> = larger.map(|other| format!("--target {}", other.name)).collect();
        let as_it_is = (!larger.is_empty()).then(|| format!("as it is, it would fit {}", larger.join(" or ")));
        let anew = (self.options.what_fits)(&self.needed(&over));
        let anew = match anew.is_empty() {
            true => "generate with fewer --lanes, or train with fewer --bits or neurons".to_owned(),
            false => format!("generate it again; by the area model would fit: {}", anew.join("; ")),
        };
        let help = as_it_is.into_iter().chain([anew]).collect::<Vec<_>>().join("; or ");
        let problems =
            over.iter().map(|Utilization { resource, used, available }| match used.checked_sub(*available) {
                Some(excess @ 1..) => format!("{resource}: needs {used}, the part has {available}: {excess} too many"),
                _ => format!("{resource}: needs {used} of {available}, and the placer finds no places for them"),
            });
        let message = format!("the design does not fit {}, {}", board.name, board.part);
        Some(Error::new(Stage::Synth, "part-too-small", message, help).with_problems(problems.collect()))
    }

    /// The least part that would hold the design, as far as the overfull resources tell.
    fn needed(&self, over: &[Utilization]) -> Resources {
        let mut needed = self.job.board.resources;
        for line in over {
            if let Some(count) = self.toolchain.count_of(&mut needed, &line.resource) {
                *count = line.used.max(*count + 1);
            }
        }
        needed
    }

    fn area(&self, folder: &str, name: &str) -> Result<AreaByPart> {
        let netlist: NetlistFile = self.read_json(folder, name)?;
        let core_is_top = self.job.top == self.manifest.top;
        Ok(netlist.area(self.toolchain, core_is_top))
    }

    fn placement(&self, area: AreaByPart, best: Option<Best>, seeds: Vec<SeedResult>, seconds: Seconds) -> Placement {
        let is_placed = best.is_some();
        let (seed, timing) = best.map_or((self.options.seeds[0], None), |best| (best.seed, Some(best.timing)));
        Placement {
            target: self.job.board.name.clone(),
            part: self.job.board.part.clone(),
            scope: match (self.options.scope.is_board(), is_placed) {
                (true, true) => "the whole board: core, shell and clock generator",
                (true, false) => "the whole board, as synthesized: no place and route was run",
                (false, true) => "the core alone; no pins, no clock generator, no board shell",
                (false, false) => "the core alone, as synthesized: no place and route was run",
            }
            .into(),
            area: if self.options.scope.is_board() { area.total() } else { area.total_of_design() },
            core: area.core,
            fmax_mhz: timing.as_ref().map(|timing| timing.fmax_mhz),
            critical_path: timing.map(|timing| timing.critical_path).unwrap_or_default(),
            seed,
            seeds,
            bitstream: None,
            tools: tool_versions(self.job.board.family, self.options.scope.is_board() && is_placed),
            seconds,
        }
    }

    fn write(&self, name: &str, bytes: &[u8]) -> Result<()> {
        let path = self.folder.join(&self.job.results).join(name);
        path.parent().map_or(Ok(()), create)?;
        fs::write(&path, bytes).map_err(|cause| Error::io(Stage::Synth, "write", &path, &cause))
    }

    fn read_json<T: DeserializeOwned>(&self, folder: &str, name: &str) -> Result<T> {
        let path = self.folder.join(folder).join(name);
        let text = files::read(&path).map_err(|cause| Error::io(Stage::Synth, "read", &path, &cause))?;
        serde_json::from_slice(&text).map_err(|cause| self.unreadable(folder, name, &cause.to_string()))
    }

    fn unreadable(&self, folder: &str, name: &str, problem: &str) -> Error {
        let path = self.folder.join(folder).join(name);
        let message = format!("{}: {problem}", path.display());
        let help = "`make tools` installs the tool versions that this program was written for";
        Error::new(Stage::Synth, "report-unreadable", message, help)
    }
}

fn create(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Synth, "create", folder, &cause))
}
