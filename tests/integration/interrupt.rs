//! Ctrl-C, and outputs that must not be replaced: nothing half-written and no process stays behind.
#![cfg(target_os = "linux")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use firstspike::arch::Options;

use crate::design;
use crate::support::{contents, digits_network, firstspike, run, text};

/// A compiler that starts the real work in a child and waits for it, as g++ does. Verilator's runtime takes it no time.
const COMPILER: &str = "#!/bin/sh
[ \"$1\" = --version ] && { echo fake 1; exit 0; }
for output; do :; done
case \"$output\" in */simulator) ;; *) : > \"$output\"; exit 0 ;; esac
sleep 4242 &
echo $! > \"$STARTED.new\"
mv \"$STARTED.new\" \"$STARTED\"
wait
";

/// A comparison in `folder/design` that waits for its compiler's child, whose number is in the file that is named too.
fn compiling(folder: &Path) -> (Child, PathBuf) {
    use std::os::unix::fs::PermissionsExt;
    let (compiler, started) = (folder.join("compiler"), folder.join("started"));
    fs::write(&compiler, COMPILER).unwrap();
    fs::set_permissions(&compiler, fs::Permissions::from_mode(0o755)).unwrap();
    design::write(&folder.join("design"), &digits_network(10), &Options::default());
    let mut command = firstspike(folder);
    command.args(["compare", "design", "--data", "digits"]).env("CXX", &compiler).env("STARTED", &started);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    while !started.exists() {
        assert!(Instant::now() < deadline, "the compiler was not started");
        std::thread::sleep(Duration::from_millis(5));
    }
    (child, started)
}

fn unfinished(folder: &Path) -> Vec<PathBuf> {
    contents(folder).into_iter().filter(|path| path.to_string_lossy().contains(".firstspike-")).collect()
}

/// Waits until the process whose number the file holds has ended.
fn dies(started: &Path) {
    let grandchild = format!("/proc/{}/stat", fs::read_to_string(started).unwrap().trim());
    // A zombie is dead: only its parent has not looked yet.
    let alive = || fs::read_to_string(&grandchild).is_ok_and(|stat| !stat.contains(") Z "));
    let deadline = Instant::now() + Duration::from_secs(5);
    while alive() {
        assert!(Instant::now() < deadline, "the compiler's child outlived it");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn an_interrupted_build_leaves_neither_files_nor_processes() {
    let folder = tempfile::tempdir().unwrap();
    let (child, started) = compiling(folder.path());
    assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
    let done = child.wait_with_output().unwrap();
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("interrupted"), "{stderr}");
    assert!(unfinished(&folder.path().join("design")).is_empty());
    dies(&started);
}

#[test]
fn a_killed_build_leaves_no_process_and_the_next_run_removes_its_files() {
    let folder = tempfile::tempdir().unwrap();
    let (mut child, started) = compiling(folder.path());
    let scratch = unfinished(&folder.path().join("design"));
    assert!(!scratch.is_empty());
    // Another run leaves alone what a live one is building.
    let next = ["simulate", "design", "--data", "digits", "--limit", "1"];
    assert_eq!(run(folder.path(), &next).status.code(), Some(0));
    assert!(scratch.iter().all(|path| path.exists()), "{scratch:?}");
    child.kill().unwrap();
    child.wait().unwrap();
    dies(&started);
    assert!(scratch.iter().any(|path| path.exists()), "a killed process clears nothing away");
    assert_eq!(run(folder.path(), &next).status.code(), Some(0));
    assert!(unfinished(&folder.path().join("design")).is_empty());
}

#[test]
fn a_waveform_replaces_no_pipe_and_a_damaged_simulator_is_built_again() {
    use std::os::unix::fs::FileTypeExt;
    let folder = tempfile::tempdir().unwrap();
    design::write(&folder.path().join("design"), &digits_network(10), &Options::default());
    let pipe = folder.path().join("pipe.fst");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let simulate = ["simulate", "design", "--data", "digits", "--limit", "1"];
    let done = run(folder.path(), &[&simulate[..], &["--trace", "img=0", "pipe.fst"]].concat());
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("error[simulate/not-a-file]: cannot write") && stderr.contains("help: "), "{stderr}");
    assert!(fs::metadata(&pipe).unwrap().file_type().is_fifo());
    fs::write(folder.path().join("design/sim/fast/simulator"), "damaged").unwrap();
    let done = run(folder.path(), &simulate);
    assert_eq!(done.status.code(), Some(0), "{}", text(&done.stderr));
}
