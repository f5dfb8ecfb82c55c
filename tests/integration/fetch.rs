//! `firstspike data fetch` and what is behind it, against a server on this machine.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::sync::{Arc, Mutex};

use firstspike::error::Error;
use firstspike::fetch::{Done, FILES, Remote, SETS, fetch};
use firstspike::files::sha256_hex;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::support::{contents, firstspike, run, text};

/// What the server does with the one file that it has.
#[derive(Clone, Copy, PartialEq)]
enum Manner {
    /// Sends what is asked for.
    Good,
    /// Sends the whole file whatever part is asked for.
    NoRanges,
    /// Ends the connection after so many bytes.
    Breaks(usize),
    NotFound,
}

/// A web server with one file; its address, and the ranges that were asked for.
struct Server {
    address: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(file: Vec<u8>, manner: Manner) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = format!("http://{}/some/folder/", listener.local_addr().unwrap());
        let asked = Arc::new(Mutex::new(Vec::new()));
        let log = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &file, manner, &log);
            }
        });
        Server { address, asked }
    }

    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn answer(mut stream: TcpStream, file: &[u8], manner: Manner, log: &Mutex<Vec<String>>) -> std::io::Result<()> {
    let lines = BufReader::new(stream.try_clone()?).lines().map_while(Result::ok).take_while(|line| !line.is_empty());
    let lines: Vec<String> = lines.map(|line| line.to_ascii_lowercase()).collect();
    let range = lines.iter().find_map(|line| line.strip_prefix("range: bytes=")).unwrap_or("").to_string();
    log.lock().unwrap().push(range.clone());
    let from: usize = range.trim_end_matches('-').parse().unwrap_or(0);
    let (status, extra, body) = match manner {
        Manner::NotFound => ("404 Not Found", String::new(), &b"<html>no such file</html>"[..]),
        Manner::Good | Manner::Breaks(_) if from >= file.len() => {
            ("416 Range Not Satisfiable", String::new(), &b""[..])
        }
        Manner::Good | Manner::Breaks(_) if from > 0 => {
            let extra = format!("Content-Range: bytes {from}-{}/{}\r\n", file.len() - 1, file.len());
            ("206 Partial Content", extra, &file[from..])
        }
        _ => ("200 OK", String::new(), file),
    };
    write!(stream, "HTTP/1.1 {status}\r\nContent-Length: {}\r\n{extra}Connection: close\r\n\r\n", body.len())?;
    let end = if let Manner::Breaks(bytes) = manner { bytes.min(body.len()) } else { body.len() };
    stream.write_all(&body[..end])
}

fn content() -> Vec<u8> {
    (0..50_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes()).collect()
}

fn packed(level: u32) -> Vec<u8> {
    let mut packer = GzEncoder::new(Vec::new(), Compression::new(level));
    packer.write_all(&content()).unwrap();
    packer.finish().unwrap()
}

fn remote() -> Remote {
    let sha256 = Box::leak(sha256_hex(&content()).into_boxed_str());
    Remote { name: "file.gz", bytes: content().len() as u64, sha256, packed: false }
}

fn get(servers: &[&Server], folder: &Path) -> Result<Done, Error> {
    let mirrors: Vec<&str> = servers.iter().map(|server| server.address.as_str()).collect();
    fetch(&remote(), &mirrors, folder, &mut |_, _| true)
}

#[test]
fn a_file_is_fetched_once() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("data/set");
    let server = Server::new(packed(6), Manner::Good);
    assert_eq!(get(&[&server], &folder), Ok(Done::Fetched));
    assert_eq!(get(&[&server], &folder), Ok(Done::Kept));
    assert_eq!(server.asked(), [""]);
    assert_eq!(fs::read(folder.join("file.gz")).unwrap(), packed(6));
    assert_eq!(contents(&folder), [folder.join("file.gz")]);
    // What is there but wrong is replaced.
    fs::write(folder.join("file.gz"), b"<html>").unwrap();
    assert_eq!(get(&[&server], &folder), Ok(Done::Fetched));
}

#[test]
fn a_broken_download_goes_on_where_it_ended() {
    let root = tempfile::tempdir().unwrap();
    let folder = root.path().join("set");
    let broken = Server::new(packed(6), Manner::Breaks(70_000));
    let error = get(&[&broken], &folder).unwrap_err();
    assert_eq!(error.code, "fetch-failed");
    assert!(error.problems[0].contains("the connection broke after 70000 bytes"), "{error}");
    assert!(!folder.join("file.gz").exists());
    let good = Server::new(packed(6), Manner::Good);
    assert_eq!(get(&[&good], &folder), Ok(Done::Fetched));
    assert_eq!(good.asked(), ["70000-"]);
    assert_eq!(fs::read(folder.join("file.gz")).unwrap(), packed(6));
}

#[test]
fn the_begin_of_another_packing_or_a_server_without_ranges_does_no_harm() {
    for (level, manner, asked) in [(1, Manner::Good, &["70000-", ""][..]), (6, Manner::NoRanges, &["70000-"])] {
        let root = tempfile::tempdir().unwrap();
        let broken = Server::new(packed(6), Manner::Breaks(70_000));
        let good = Server::new(packed(level), manner);
        // The second mirror goes on with what the first one sent.
        assert_eq!(get(&[&broken, &good], root.path()), Ok(Done::Fetched));
        assert_eq!(good.asked(), asked);
        assert_eq!(fs::read(root.path().join("file.gz")).unwrap(), packed(level));
    }
}

#[test]
fn a_download_that_was_complete_but_for_its_name_is_taken() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join(".file.gz.part"), packed(6)).unwrap();
    let server = Server::new(packed(6), Manner::Good);
    assert_eq!(get(&[&server], root.path()), Ok(Done::Fetched));
    assert_eq!(server.asked(), [packed(6).len().to_string() + "-"]);
}

#[test]
fn an_interruption_keeps_what_came() {
    let root = tempfile::tempdir().unwrap();
    let server = Server::new(packed(6), Manner::Good);
    let stopped = fetch(&remote(), &[&server.address], root.path(), &mut |done, total| {
        assert_eq!(total, Some(packed(6).len() as u64));
        done == 0
    });
    assert_eq!(stopped.unwrap_err().code, "interrupted");
    assert!(fs::metadata(root.path().join(".file.gz.part")).unwrap().len() > 0);
    assert_eq!(get(&[&server], root.path()), Ok(Done::Fetched));
}

#[test]
fn wrong_content_is_refused_and_leaves_nothing() {
    let half = content()[..1000].to_vec();
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    packer.write_all(&half).unwrap();
    let short = packer.finish().unwrap();
    let cases = [
        (b"<!DOCTYPE html><p>Sign in".to_vec(), Manner::Good, "a web page came in the place of the file"),
        (b"junk".to_vec(), Manner::Good, "what came is no sound gzip file"),
        (short, Manner::Good, "what came unpacks to 1000 bytes, expected 200000"),
        (vec![0; 1 << 20], Manner::Good, "the file is larger than the 200000 bytes it unpacks to"),
        (packed(6)[..9000].to_vec(), Manner::Good, "what came is no sound gzip file"),
        (packed(6), Manner::NotFound, "the server answered 404 Not Found"),
    ];
    for (file, manner, expected) in cases {
        let root = tempfile::tempdir().unwrap();
        let error = get(&[&Server::new(file, manner)], &root.path().join("set")).unwrap_err();
        assert_eq!(error.code, "fetch-failed");
        assert!(error.problems[0].contains(expected), "{error}");
        assert!(contents(root.path()).is_empty(), "{expected}");
    }
}

#[test]
fn an_archive_is_compared_as_it_is_packed() {
    let sha256: &str = Box::leak(sha256_hex(&packed(6)).into_boxed_str());
    let archive = Remote { name: "a.tar.gz", bytes: packed(6).len() as u64, sha256, packed: true };
    let root = tempfile::tempdir().unwrap();
    let get =
        |level| fetch(&archive, &[&Server::new(packed(level), Manner::Good).address], root.path(), &mut |_, _| true);
    assert_eq!(get(1).unwrap_err().code, "fetch-failed");
    assert_eq!(get(6), Ok(Done::Fetched));
    assert_eq!(get(6), Ok(Done::Kept));
}

#[test]
fn one_process_fetches_a_file() {
    let root = tempfile::tempdir().unwrap();
    let part = fs::File::create(root.path().join(".file.gz.part")).unwrap();
    part.lock().unwrap();
    assert_eq!(get(&[&Server::new(packed(6), Manner::Good)], root.path()).unwrap_err().code, "fetch-busy");
}

#[test]
fn the_command_says_what_to_do_without_a_network() {
    let root = tempfile::tempdir().unwrap();
    let fetch = |options: &[&str]| {
        let mut command = firstspike(root.path());
        command.env("FIRSTSPIKE_DATA", "sets").args(["data", "fetch"]).args(options).output().unwrap()
    };
    let server = Server::new(packed(6), Manner::Good);
    let done = fetch(&["mnist", "--from", &server.address]);
    let stderr = text(&done.stderr);
    assert_eq!(done.status.code(), Some(2), "{stderr}");
    for part in ["data/fetch-failed", FILES[0], "unpacks to 200000 bytes", "--from", "sets/mnist"] {
        assert!(stderr.contains(part), "{part}: {stderr}");
    }
    // Nobody listens at port 1.
    let done = fetch(&["fashion-mnist", "--from", "http://127.0.0.1:1"]);
    assert_eq!(done.status.code(), Some(2));
    assert!(text(&done.stderr).contains("http://127.0.0.1:1/train-images-idx3-ubyte.gz: "), "{}", text(&done.stderr));
    assert_eq!(fetch(&["no-such-set"]).status.code(), Some(2));
    assert_eq!(fetch(&["mnist", "--from", "not an address"]).status.code(), Some(2));
    let help = text(&run(root.path(), &["data", "fetch", "--help"]).stdout);
    assert!(SETS.iter().all(|set| help.contains(set.name)), "{help}");
    let left = contents(root.path());
    assert!(left.iter().all(|path| path.is_dir()), "{left:?}");
}
