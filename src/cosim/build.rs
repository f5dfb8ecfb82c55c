//! Verilates a design and compiles it together with the driver; nothing is rebuilt that has not changed.
//!
//! Compile time decides here. Measured on a design of 256 lanes: one unit that includes the model and the driver takes
//! 2 s with `-O0`, 5 s with `-O1` and 9 s with `-O2`; it then simulates 0.17, 0.65 and 0.67 million cycles per second. So
//! `-O1` it is, and `-O0` where the compiler runs longer than the simulation. Verilator's runtime, and for small models the
//! parsed headers, come from a cache.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::sync::atomic::AtomicBool;

use sha2::{Digest, Sha256};

use crate::cosim::design::Design;
use crate::cosim::waveform::WaveFormat;
use crate::emit::{DRIVER_HEADER, Manifest};
use crate::error::{Error, Result, Stage};
use crate::files::{self, Scratch, hex, sha256_hex};
use crate::synth::Netlist;
use crate::tool::{Compiler, Seals, Tool, Tools, Verilator, run_logged};

const DRIVER: &str = include_str!("../../sim/driver.cpp");
const BOARD_DRIVER: &str = include_str!("../../sim/board.cpp");
/// Stand-ins for the compression libraries that Verilator's FST writer wants: no machine needs to have them.
const LZ4_HEADER: &str = include_str!("../../sim/lz4.h");
const ZLIB_HEADER: &str = include_str!("../../sim/zlib.h");

/// The banks of a convolution are many, large and alike. Inlined into the design, those of `models/mnist-conv` (50 banks, 900 lanes)
/// take about twice the time of the compiler, and simulate a tenth slower, than as modules.
const VERILATOR_CONFIG: &str = "`verilator_config\nno_inline -module \"fs_conv_bank\"\n";

/// The folder of the compiled models, inside the design folder.
pub(super) const BUILD_FOLDER: &str = "sim";
const PROGRAM: &str = "simulator";
/// Holds the hash of all that the runtime was made from; written last.
const KEY_FILE: &str = "key";

/// How a model is built.
#[derive(Debug, Clone, Copy, Default)]
pub struct BuildOptions<'a> {
    /// Build a model that can write a waveform of this format. It is slow: use it for single images.
    pub waveform: Option<WaveFormat>,
    /// Compile quickly instead of well: for short simulations.
    pub fast_compile: bool,
    /// Simulate this instead of the design's own Verilog. It is always compiled quickly: a netlist is ten times as large.
    pub netlist: Option<&'a Netlist>,
    /// Take the files of the design as they are: other than the manifest says, or than the network gives.
    pub edited: bool,
    /// The build stops when this becomes true.
    pub interrupt: Option<&'a AtomicBool>,
}

/// A compiled model of a design, ready to run.
#[derive(Debug)]
pub struct Simulator {
    /// Where the memory images lie.
    pub(super) design_folder: PathBuf,
    pub(super) manifest: Manifest,
    pub(super) program: PathBuf,
    pub(super) waveform: Option<WaveFormat>,
}

impl Simulator {
    /// Checks the design folder and builds its model, or finds it built.
    ///
    /// The model lies in `sim/` of the design folder, one folder per variant.
    ///
    /// # Errors
    /// `design-damaged`, `manifest-invalid`, `manifest-version`, `tool-missing`, `tool-version`, `tool-failed` (with the
    /// tail of the log), `interrupted`, `io`
    pub fn build(design_folder: &Path, options: BuildOptions) -> Result<Self> {
        Self::build_with(&Tools::locate(), design_folder, options)
    }

    /// The same with given tools.
    pub fn build_with(tools: &Tools, design_folder: &Path, options: BuildOptions) -> Result<Self> {
        let design = Design::open(design_folder, options.edited)?;
        let model = match options.netlist {
            Some(netlist) => Model::netlist(&design, netlist)?,
            None => Model::core(&design),
        };
        let program = Builder::new(tools, Variant::of(&options), options.interrupt)?.program(&model)?;
        Ok(Simulator { design_folder: design.folder, manifest: design.manifest, program, waveform: options.waveform })
    }

    /// The same model with the memory images of another folder, which are not checked.
    pub fn with_memories(self, folder: &Path) -> Self {
        Simulator { design_folder: folder.to_path_buf(), ..self }
    }
}

/// Builds the program that plays a board: its top module, in files inside the design folder, and the serial line.
pub(super) fn board_program(
    tools: &Tools,
    design: &Design,
    top: &str,
    files: Vec<String>,
    interrupt: Option<&AtomicBool>,
) -> Result<PathBuf> {
    Builder::new(tools, Variant::Board, interrupt)?.program(&Model::board(design, top, files)?)
}

/// What is compiled.
struct Model<'a> {
    design: &'a Design,
    top: &'a str,
    /// Relative to the design folder.
    sources: Vec<String>,
    /// In place of the sources.
    netlist: Option<&'a Netlist>,
    driver: &'static str,
    /// Identifies all that is compiled.
    hash: String,
}

impl<'a> Model<'a> {
    fn core(design: &'a Design) -> Self {
        let sources = design.manifest.sources.clone();
        Model { design, top: &design.manifest.top, sources, netlist: None, driver: DRIVER, hash: design.model_hash() }
    }

    fn netlist(design: &'a Design, netlist: &'a Netlist) -> Result<Self> {
        let hash = design.model_hash() + &netlist.hash()?;
        Ok(Model { netlist: Some(netlist), hash, ..Model::core(design) })
    }

    fn board(design: &'a Design, top: &'a str, files: Vec<String>) -> Result<Self> {
        let mut hash = design.model_hash();
        for file in &files {
            let path = design.folder.join(file);
            let text = files::read(&path).map_err(|cause| Error::io(Stage::Simulate, "read", &path, &cause))?;
            hash += &sha256_hex(&text);
        }
        let sources = design.manifest.sources.iter().cloned().chain(files).collect();
        Ok(Model { design, top, sources, netlist: None, driver: BOARD_DRIVER, hash })
    }

    /// Its folder below `sim/`.
    fn folder(&self, variant: Variant) -> String {
        let variant = variant.name();
        self.netlist.map_or(variant.to_owned(), |netlist| format!("{}-{variant}", netlist.family))
    }

    /// What Verilator compiles, and how strictly. The vendors' models are not ours to lint.
    fn verilog(&self) -> Vec<OsString> {
        let Some(netlist) = self.netlist else {
            let files = self.design.waivers().chain(self.sources.iter().map(String::as_str));
            return std::iter::once("-Wall").chain(files).map(OsString::from).collect();
        };
        // Cells have pins that a netlist leaves open. Of two models of a cell, the one whose path sorts first would be taken.
        let warnings = ["-Wno-fatal", "-Wno-PINMISSING", "-Werror-MODDUP"];
        let mut arguments: Vec<OsString> = warnings.map(OsString::from).into();
        arguments.extend(netlist.defines.iter().map(|name| format!("-D{name}").into()));
        for model in &netlist.models {
            let mut folder = OsString::from("+incdir+");
            folder.push(model.parent().unwrap_or(Path::new(".")));
            arguments.extend([folder, "-v".into(), model.into()]);
        }
        arguments.push(netlist.verilog.clone().into());
        arguments
    }
}

/// What a model is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Variant {
    Fast,
    Quick,
    Wave(WaveFormat),
    Board,
}

impl Variant {
    fn of(options: &BuildOptions) -> Self {
        match (options.waveform, options.fast_compile || options.netlist.is_some()) {
            (Some(format), _) => Variant::Wave(format),
            (None, true) => Variant::Quick,
            (None, false) => Variant::Fast,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Variant::Fast => "fast",
            Variant::Quick => "quick",
            Variant::Wave(WaveFormat::Fst) => "wave-fst",
            Variant::Wave(WaveFormat::Vcd) => "wave-vcd",
            Variant::Board => "emulator",
        }
    }

    fn compile_flags(self) -> &'static [&'static str] {
        match self {
            Variant::Fast | Variant::Board => &["-std=c++17", "-O1", "-DVL_TIME_CONTEXT"],
            Variant::Quick => &["-std=c++17", "-O0", "-DVL_TIME_CONTEXT"],
            Variant::Wave(WaveFormat::Fst) => {
                &["-std=c++17", "-O0", "-DVL_TIME_CONTEXT", "-DVM_TRACE=1", "-DVM_TRACE_FST=1"]
            }
            Variant::Wave(WaveFormat::Vcd) => {
                &["-std=c++17", "-O0", "-DVL_TIME_CONTEXT", "-DVM_TRACE=1", "-DVM_TRACE_VCD=1"]
            }
        }
    }

    fn verilate_flags(self) -> &'static [&'static str] {
        match self {
            Variant::Wave(WaveFormat::Fst) => &["--trace-fst"],
            Variant::Wave(WaveFormat::Vcd) => &["--trace-vcd"],
            Variant::Fast | Variant::Quick | Variant::Board => &[],
        }
    }

    fn runtime_sources(self) -> &'static [&'static str] {
        match self {
            Variant::Fast | Variant::Quick | Variant::Board => &["verilated", "verilated_threads"],
            Variant::Wave(WaveFormat::Fst) => &["verilated", "verilated_threads", "verilated_fst_c"],
            Variant::Wave(WaveFormat::Vcd) => &["verilated", "verilated_threads", "verilated_vcd_c"],
        }
    }

    /// Parsing the headers is most of the compile time of a small model with `-O0`, and little of it otherwise.
    fn precompiles_headers(self) -> bool {
        self == Variant::Quick
    }
}

struct Builder<'a> {
    variant: Variant,
    verilator: Verilator,
    compiler: Compiler,
    cache: PathBuf,
    interrupt: Option<&'a AtomicBool>,
}

impl Builder<'_> {
    fn new<'a>(tools: &Tools, variant: Variant, interrupt: Option<&'a AtomicBool>) -> Result<Builder<'a>> {
        let (verilator, compiler) = (Verilator::find(tools)?, Compiler::find(tools)?);
        Ok(Builder { variant, verilator, compiler, cache: tools.cache()?, interrupt })
    }

    /// The path of the compiled program.
    fn program(&self, model: &Model) -> Result<PathBuf> {
        let parent = model.design.folder.join(BUILD_FOLDER);
        let name = model.folder(self.variant);
        let folder = files::inside(Stage::Simulate, &model.design.folder, &Path::new(BUILD_FOLDER).join(&name))?;
        let key = self.key(&[&model.hash, model.driver, VERILATOR_CONFIG]);
        let seals = Seals::new(&self.cache);
        let is_built = || seals.holds(&folder.join(PROGRAM), &key);
        if is_built() {
            return Ok(folder.join(PROGRAM));
        }
        let runtime = self.runtime()?;
        create_folder(&parent)?;
        let scratch = Scratch::new(Stage::Simulate, &parent)?;
        let log = parent.join(format!("{name}.log"));
        // An earlier build's log would be misread as this one's.
        let _ = fs::remove_file(&log);
        self.verilate(model, scratch.path(), &log)?;
        self.compile(model, scratch.path(), &runtime, &log)?;
        let _ = fs::remove_file(&log);
        let _ = fs::remove_dir_all(scratch.path().join("model"));
        seals.put(Stage::Simulate, &scratch.path().join(PROGRAM), &key)?;
        replace_folder(scratch, &folder, is_built)?;
        Ok(folder.join(PROGRAM))
    }

    /// Identifies the tools, the flags and `parts`.
    fn key(&self, parts: &[&str]) -> String {
        let mut hash = Sha256::new();
        let tools = [self.verilator.version.as_str(), self.compiler.version.as_str(), self.variant.name()];
        let flags = self.variant.compile_flags().iter().chain(self.variant.verilate_flags());
        for part in tools.iter().chain(flags).chain(parts) {
            hash.update((part.len() as u64).to_le_bytes());
            hash.update(part.as_bytes());
        }
        hex(&hash.finalize())
    }

    fn verilate(&self, model: &Model, scratch: &Path, log: &Path) -> Result<()> {
        let generated = scratch.join("model");
        create_folder(&generated)?;
        let config = generated.join("config.vlt");
        write(&config, VERILATOR_CONFIG)?;
        let mut command = self.verilator.command();
        command
            .current_dir(&model.design.folder)
            .args(["--cc", "--prefix", "Vtop", "--top-module", model.top, "-O3"])
            .args(["--x-assign", "fast", "--no-timing", "--quiet"])
            .args(self.variant.verilate_flags())
            .arg("--Mdir")
            .arg(generated)
            .arg(config)
            .args(model.verilog());
        run_logged(command, "verilator", log, self.interrupt)
    }

    fn compile(&self, model: &Model, scratch: &Path, runtime: &Path, log: &Path) -> Result<()> {
        let generated = scratch.join("model");
        write(&generated.join("driver.cpp"), model.driver)?;
        // The design folder itself is not searched for headers: one named like a system header would be taken for it.
        let header = model.design.folder.join(DRIVER_HEADER);
        let copied = fs::copy(&header, generated.join(DRIVER_HEADER));
        copied.map_err(|cause| Error::io(Stage::Simulate, "copy", &header, &cause))?;
        let mut units = generated_units(&generated)?;
        units.push("driver.cpp".into());
        let all: String = units.iter().map(|unit| format!("#include \"{unit}\"\n")).collect();
        write(&generated.join("all.cpp"), &all)?;
        let mut command = self.compile_command();
        if self.variant.precompiles_headers() {
            command.arg("-include").arg(runtime.join("headers.h"));
        }
        command.arg("-I").arg(&generated).arg(generated.join("all.cpp"));
        command.args(self.variant.runtime_sources().iter().map(|unit| runtime.join(format!("{unit}.o"))));
        // A compiler that is killed leaves its temporary files; here they vanish with the folder.
        command.env("TMPDIR", scratch).arg("-pthread").arg("-o").arg(scratch.join(PROGRAM));
        run_logged(command, "the C++ compiler", log, self.interrupt)?;
        if scratch.join(PROGRAM).is_file() {
            return Ok(());
        }
        let message = format!("the C++ compiler, \"{}\", ended well but made no program", self.compiler.version);
        Err(Error::new(Stage::Tool, "tool-broken", message, Tool::Compiler.how_to_get()))
    }

    fn compile_command(&self) -> Command {
        let mut command = self.compiler.command();
        command.args(self.variant.compile_flags()).arg("-I").arg(self.verilator.include());
        command
    }

    /// The folder of Verilator's compiled runtime.
    fn runtime(&self) -> Result<PathBuf> {
        // Threads of one process need not compile the same thing at once; processes may, and the last one wins.
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _guard = ONE_AT_A_TIME.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let include = self.verilator.include();
        let key = self.key(&[&include.to_string_lossy(), &self.header_list(), LZ4_HEADER, ZLIB_HEADER]);
        let folder = self.cache.join(format!("verilated-{}", &key[..16]));
        if folder.join(KEY_FILE).is_file() {
            return Ok(folder);
        }
        create_folder(&self.cache)?;
        let scratch = Scratch::new(Stage::Simulate, &self.cache)?;
        let log = self.cache.join(format!("verilated-{}.log", self.variant.name()));
        let _ = fs::remove_file(&log);
        self.compile_runtime(scratch.path(), &log)?;
        let _ = fs::remove_file(&log);
        write(&scratch.path().join(KEY_FILE), &key)?;
        replace_folder(scratch, &folder, || folder.join(KEY_FILE).is_file())?;
        Ok(folder)
    }

    fn compile_runtime(&self, scratch: &Path, log: &Path) -> Result<()> {
        write(&scratch.join("lz4.h"), LZ4_HEADER)?;
        write(&scratch.join("zlib.h"), ZLIB_HEADER)?;
        for unit in self.variant.runtime_sources() {
            let mut command = self.compile_command();
            command.arg("-I").arg(self.verilator.include().join("vltstd")).arg("-I").arg(scratch).arg("-c");
            command.arg(self.verilator.include().join(format!("{unit}.cpp")));
            command.arg("-o").arg(scratch.join(format!("{unit}.o")));
            run_logged(command, "the C++ compiler", log, self.interrupt)?;
        }
        if !self.variant.precompiles_headers() {
            return Ok(());
        }
        let headers = scratch.join("headers.h");
        write(&headers, &self.header_list())?;
        let mut command = self.compile_command();
        command.args(["-x", "c++-header"]).arg(&headers).arg("-o").arg(scratch.join("headers.h.gch"));
        run_logged(command, "the C++ compiler", log, self.interrupt)
    }

    /// The system headers of the driver, and Verilator's.
    fn header_list(&self) -> String {
        let mut headers: String =
            DRIVER.lines().filter(|line| line.starts_with("#include <")).map(|line| format!("{line}\n")).collect();
        headers.push_str("#include \"verilated.h\"\n");
        headers
    }
}

/// The C++ files that Verilator wrote, in a fixed order.
fn generated_units(model: &Path) -> Result<Vec<String>> {
    let entries = fs::read_dir(model).map_err(|cause| Error::io(Stage::Simulate, "read", model, &cause))?;
    let names = entries.flatten().filter_map(|entry| entry.file_name().into_string().ok());
    let mut units: Vec<String> = names.filter(|name| name.starts_with("Vtop") && name.ends_with(".cpp")).collect();
    units.sort();
    Ok(units)
}

fn create_folder(folder: &Path) -> Result<()> {
    fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Simulate, "create", folder, &cause))
}

fn write(path: &Path, text: &str) -> Result<()> {
    fs::write(path, text).map_err(|cause| Error::io(Stage::Simulate, "write", path, &cause))
}

/// Moves a finished folder to its place. Another process may do the same at the same time: what `is_built` accepts is kept,
/// as its program may be running.
fn replace_folder(mut scratch: Scratch, folder: &Path, is_built: impl Fn() -> bool) -> Result<()> {
    for _ in 0..3 {
        match scratch.rename(folder) {
            Ok(()) => return Ok(()),
            Err(_) if is_built() => return Ok(()),
            Err((failed, _)) => scratch = failed,
        }
        let _ = if folder.is_dir() { fs::remove_dir_all(folder) } else { fs::remove_file(folder) };
    }
    scratch.rename(folder).map_err(|(_, cause)| Error::io(Stage::Simulate, "replace", folder, &cause))
}
