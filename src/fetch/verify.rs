//! Whether a file holds what it should: the SHA-256 of what its gzip unpacks to, or of the file.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;
use sha2::{Digest, Sha256};

use super::Remote;
use crate::files::hex;

/// Says what is wrong with the file at `path`.
pub fn check(path: &Path, expected: &Remote) -> Result<(), String> {
    if begins_like_a_web_page(path) {
        return Err("a web page came in the place of the file".into());
    }
    let digested = digest(path, expected);
    let (bytes, sha256) = digested.map_err(|cause| format!("what came is no sound gzip file ({cause})"))?;
    if bytes != expected.bytes {
        let size = if bytes > expected.bytes { format!("more than {}", expected.bytes) } else { bytes.to_string() };
        let verb = if expected.packed { "has" } else { "unpacks to" };
        return Err(format!("what came {verb} {size} bytes, expected {}", expected.bytes));
    }
    let equal = sha256 == expected.sha256;
    if equal { Ok(()) } else { Err(format!("what came has the SHA-256 {sha256}, expected {}", expected.sha256)) }
}

fn begins_like_a_web_page(path: &Path) -> bool {
    let mut begin = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    begin[..read].trim_ascii_start().starts_with(b"<")
}

/// Number and hash of the bytes that are looked at; one more than expected are enough to know that there are too many.
fn digest(path: &Path, expected: &Remote) -> io::Result<(u64, String)> {
    let file = io::BufReader::new(File::open(path)?);
    let source: Box<dyn Read> = if expected.packed { Box::new(file) } else { Box::new(MultiGzDecoder::new(file)) };
    let mut reader = source.take(expected.bytes + 1);
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&buffer[..count]);
        bytes += count as u64;
    }
}
