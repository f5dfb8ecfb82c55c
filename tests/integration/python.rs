//! The Python package, by its own tests. Those of its PyTorch modules: `make python-test`.
#![cfg(unix)]

use std::path::{Path, PathBuf};
use std::process::Command;

use firstspike::tool::TOOLS_VARIABLE;

use crate::support::text;

#[test]
fn the_package_passes_its_tests() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR"));
    let tools = std::env::var_os(TOOLS_VARIABLE).map_or_else(|| repository.join(".tools"), PathBuf::from);
    let mut command = Command::new(tools.join("bin/python"));
    command.args(["-W", "error", "-m", "unittest", "discover", "-s", "tests"]).current_dir(repository.join("python"));
    command.env("FIRSTSPIKE_PROGRAM", env!("CARGO_BIN_EXE_firstspike")).env("FIRSTSPIKE_TOOLS", &tools);
    command.env("PYTHONPATH", ".").env("PYTHONDONTWRITEBYTECODE", "1");
    let done = command.output().expect("`make tools` makes the environment");
    assert!(done.status.success(), "{}", text(&done.stderr));
}
