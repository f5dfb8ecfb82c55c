//! `firstspike run` against the emulated board: the whole way of an image, and everything that can go wrong on it.
#![cfg(target_os = "linux")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use firstspike::arch::{EngineKind, InputKind, Lanes, Options};
use firstspike::cosim::{EmulatedBoard, Emulator};
use firstspike::emit::Manifest;
use firstspike::model;
use firstspike::network::IntegerNetwork;
use firstspike::shell::{ShellOptions, simulated_top};
use serde_json::Value;
use serialport::{SerialPort, TTYPort};

use crate::design;
use crate::support::{digits_network, firstspike, run, text};

const BAUD: u32 = 1_000_000;

/// A design folder and its board, switched on.
fn board(folder: &Path, network: &IntegerNetwork, options: &Options) -> EmulatedBoard {
    design::write(folder, network, options);
    let manifest = Manifest::read(folder).unwrap();
    let top = simulated_top(&manifest, &ShellOptions { clock_mhz: 8.0, baud: BAUD }).unwrap();
    Emulator::build(folder, &top, false, None).unwrap().start().unwrap()
}

/// Runs `limit` digits on the board at `port`.
fn run_board(folder: &Path, port: &Path, limit: usize, more: &[&str]) -> Output {
    let (port, limit) = (port.to_str().unwrap(), limit.to_string());
    let args = ["run", "design", "--port", port, "--data", "digits", "--limit", &limit, "--json"];
    run(folder, &[&args[..], more].concat())
}

/// Demands that all images came back equal, and gives the number of frames that were sent again.
fn all_equal(done: &Output, images: usize) -> u64 {
    assert_eq!(done.status.code(), Some(0), "{}{}", text(&done.stdout), text(&done.stderr));
    let report: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((report["images"].as_u64(), report["mismatches"].as_u64()), (Some(images as u64), Some(0)), "{report}");
    report["resent"].as_u64().unwrap()
}

fn fails_with(done: &Output, code: &str) {
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    assert!(stderr.starts_with(&format!("error[run/{code}]")) && stderr.contains("help: "), "{code}: {stderr}");
}

/// What a cable does to the bytes that pass in one direction.
type Mangle = Box<dyn FnMut(&mut Vec<u8>) + Send>;

fn untouched() -> Mangle {
    Box::new(|_| {})
}

/// A cable between a board and a port of its own, which does something to the bytes.
struct Cable {
    port: PathBuf,
    ends: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

impl Cable {
    fn new(board: &Path, to_board: Mangle, to_host: Mangle) -> Self {
        let (host, name, port) = pair();
        unheld(board);
        let board = serialport::new(board.to_str().unwrap(), BAUD).open_native().unwrap();
        let ends = Arc::new(AtomicBool::new(false));
        let (board_too, host_too) = (board.try_clone_native().unwrap(), host.try_clone_native().unwrap());
        let threads =
            vec![forward(host, board_too, to_board, &ends, Some(port)), forward(board, host_too, to_host, &ends, None)];
        Cable { port: name, ends, threads }
    }
}

impl Drop for Cable {
    fn drop(&mut self) {
        self.ends.store(true, Ordering::Relaxed);
        self.threads.drain(..).for_each(|thread| thread.join().unwrap());
    }
}

/// A pseudo-terminal, the name of its port, and a file that keeps the port alive without holding it.
fn pair() -> (TTYPort, PathBuf, File) {
    let (host, port) = TTYPort::pair().unwrap();
    let name = PathBuf::from(port.name().unwrap());
    drop(port);
    let kept = unheld(&name);
    (host, name, kept)
}

/// Waits until nobody holds `port`. A process that another thread is just starting has all open files of this one until
/// it runs its program, and with them the lock of a port that was closed here.
fn unheld(port: &Path) -> File {
    let file = File::open(port).unwrap();
    file.lock().unwrap();
    file.unlock().unwrap();
    file
}

/// `kept` is the host's end of the line, which must exist before a program opens it.
fn forward(
    mut from: TTYPort,
    mut to: TTYPort,
    mut mangle: Mangle,
    ends: &Arc<AtomicBool>,
    kept: Option<File>,
) -> JoinHandle<()> {
    let ends = Arc::clone(ends);
    from.set_timeout(Duration::from_millis(2)).unwrap();
    to.set_timeout(Duration::from_secs(10)).unwrap();
    std::thread::spawn(move || {
        let _kept = kept;
        let mut chunk = [0; 1024];
        while !ends.load(Ordering::Relaxed) {
            let Ok(count) = from.read(&mut chunk) else { continue };
            let mut bytes = chunk[..count].to_vec();
            mangle(&mut bytes);
            to.write_all(&bytes).unwrap();
        }
    })
}

/// Does something to the bytes at the given places of the stream.
fn at(places: &'static [usize], change: fn(&mut Vec<u8>, u8)) -> Mangle {
    let mut passed = 0;
    Box::new(move |bytes| {
        let before = std::mem::take(bytes);
        for byte in before {
            if places.contains(&passed) {
                change(bytes, byte)
            } else {
                bytes.push(byte)
            }
            passed += 1;
        }
    })
}

fn flipped(bytes: &mut Vec<u8>, byte: u8) {
    bytes.push(byte ^ 0x10);
}

fn lost(_: &mut Vec<u8>, _: u8) {}

fn doubled(bytes: &mut Vec<u8>, byte: u8) {
    bytes.extend([byte, byte]);
}

#[test]
fn all_digits_make_the_way_to_the_board_and_back() {
    let folder = tempfile::tempdir().unwrap();
    let network = model::read_integer(Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/models/digits"))).unwrap();
    let options = Options { input: InputKind::Pixels, ..Options::default() };
    design::write(&folder.path().join("design"), &network, &options);
    let mut command = firstspike(folder.path());
    command.args(["emulate", "design", "--link", "port"]).stdout(Stdio::piped());
    let mut emulator = command.spawn().unwrap();
    let mut line = String::new();
    BufReader::new(emulator.stdout.take().unwrap()).read_line(&mut line).unwrap();
    assert_eq!(line, "port port\n");
    let done = run_board(folder.path(), Path::new("port"), 1000, &[]);
    assert_eq!(all_equal(&done, 360), 0);
    // A second program at the same port.
    all_equal(&run_board(folder.path(), Path::new("port"), 3, &[]), 3);
    assert!(Command::new("kill").args(["-INT", &emulator.id().to_string()]).status().unwrap().success());
    assert_eq!(emulator.wait().unwrap().code(), Some(0));
    assert!(fs::symlink_metadata(folder.path().join("port")).is_err(), "the link is gone");
}

/// Weights as logic, four pixels in a beat.
#[test]
fn a_board_of_logic_answers_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/models/digits-spatial");
    let network = model::read_integer(Path::new(model)).unwrap();
    let engines = vec![EngineKind::Spatial];
    let options = Options { input: InputKind::Pixels, stream_bits: Some(32), engines, ..Options::default() };
    let board = board(&folder.path().join("design"), &network, &options);
    assert_eq!(all_equal(&run_board(folder.path(), board.port(), 60, &[]), 60), 0);
}

#[test]
fn damaged_lost_and_doubled_bytes_are_overcome() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(&folder.path().join("design"), &digits_network(10), &Options::default());
    // Identify has 7 bytes, an image about 50, a result 55: in headers, payloads and trailers of several frames.
    type Change = fn(&mut Vec<u8>, u8);
    let changes: [(Change, &[usize]); 3] = [(flipped, &[3, 40, 170]), (lost, &[0, 90, 200]), (doubled, &[5, 150])];
    for (change, places) in changes {
        for to_board in [true, false] {
            let mangled = at(places, change);
            let (to_board, to_host) = if to_board { (mangled, untouched()) } else { (untouched(), mangled) };
            let cable = Cable::new(board.port(), to_board, to_host);
            let done = run_board(folder.path(), &cable.port, 8, &["--timeout", "30"]);
            let resent = all_equal(&done, 8);
            assert!(resent >= 1, "{places:?}: {resent}");
        }
    }
}

#[test]
fn a_hopeless_line_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(&folder.path().join("design"), &digits_network(10), &Options::default());
    // Of the bytes to the board every eighth, so that no image arrives, but the first request does.
    let mut passed = 0;
    let noise = Box::new(move |bytes: &mut Vec<u8>| {
        for byte in bytes {
            passed += 1;
            *byte ^= u8::from(passed % 8 == 0);
        }
    });
    let cable = Cable::new(board.port(), noise, untouched());
    fails_with(&run_board(folder.path(), &cable.port, 8, &["--timeout", "30"]), "link-noise");
    drop(cable);
    unheld(board.port());
    // Another baud rate than the board's: too slow, then too fast.
    for baud in ["115200", "3000000"] {
        let done = run_board(folder.path(), board.port(), 8, &["--baud", baud, "--timeout", "2"]);
        let stderr = text(&done.stderr);
        assert_eq!(done.status.code(), Some(2), "{stderr}");
        assert!(stderr.contains("--baud"), "{stderr}");
    }
    // And the board is as good as before.
    all_equal(&run_board(folder.path(), board.port(), 8, &["--timeout", "30"]), 8);
}

#[test]
fn a_port_that_vanishes_in_the_middle_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(&folder.path().join("design"), &digits_network(10), &Options::default());
    let port = board.port().to_owned();
    let mut command = firstspike(folder.path());
    command.args(["run", "design", "--data", "digits", "--timeout", "30", "--port"]).arg(&port);
    let child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let files = format!("/proc/{}/fd", child.id());
    let is_open = || {
        let entries = fs::read_dir(&files).into_iter().flatten().flatten();
        entries.filter_map(|entry| fs::read_link(entry.path()).ok()).any(|file| file == port)
    };
    let deadline = Instant::now() + Duration::from_secs(60);
    while !is_open() {
        assert!(Instant::now() < deadline, "the port was not opened");
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(200));
    drop(board);
    fails_with(&child.wait_with_output().unwrap(), "port-lost");
}

/// The line takes some thousand bytes per second of the model; what is written faster waits in the port, not in the board's memory.
#[test]
fn a_host_that_writes_without_end_has_to_wait() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(&folder.path().join("design"), &digits_network(10), &Options::default());
    let mut port = serialport::new(board.port().to_str().unwrap(), BAUD).open_native().unwrap();
    port.set_timeout(Duration::from_millis(100)).unwrap();
    let (start, mut taken) = (Instant::now(), 0);
    while start.elapsed() < Duration::from_secs(3) {
        taken += port.write(&[0; 4096]).unwrap_or(0);
    }
    assert!(taken > 1 << 16 && taken < 1 << 20, "{taken} bytes");
}

#[test]
fn a_board_with_something_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let board = board(&folder.path().join("other"), &digits_network(10), &Options::default());
    let here = folder.path().join("design");
    design::write(&here, &digits_network(11), &Options::default());
    fails_with(&run_board(folder.path(), board.port(), 8, &[]), "board-network");
    fs::remove_dir_all(&here).unwrap();
    let lanes = Options { lanes: Lanes::AtMost(5), ..Options::default() };
    design::write(&here, &digits_network(10), &lanes);
    fails_with(&run_board(folder.path(), board.port(), 8, &[]), "board-design");
}

#[test]
fn no_port_and_nobody_there_are_errors() {
    let folder = tempfile::tempdir().unwrap();
    design::write(&folder.path().join("design"), &digits_network(10), &Options::default());
    fails_with(&run_board(folder.path(), Path::new("/dev/no-such-port"), 8, &[]), "port-missing");
    let (_nobody, name, _kept) = pair();
    fails_with(&run_board(folder.path(), &name, 8, &["--timeout", "0.3"]), "board-silent");
    let _other = serialport::new(name.to_str().unwrap(), BAUD).open_native().unwrap();
    fails_with(&run_board(folder.path(), &name, 8, &["--timeout", "0.3"]), "port-busy");
}
