//! Whether a file holds what it should: the SHA-256 of what its gzip unpacks to.

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
    let unpacked =
        unpack(path, expected.bytes).map_err(|cause| format!("what came is no sound gzip file ({cause})"))?;
    let (bytes, sha256) = unpacked;
    if bytes != expected.bytes {
        let size = if bytes > expected.bytes { format!("more than {}", expected.bytes) } else { bytes.to_string() };
        return Err(format!("what came unpacks to {size} bytes, expected {}", expected.bytes));
    }
    let equal = sha256 == expected.sha256;
    if equal { Ok(()) } else { Err(format!("what came has the SHA-256 {sha256}, expected {}", expected.sha256)) }
}

fn begins_like_a_web_page(path: &Path) -> bool {
    let mut begin = [0; 64];
    let read = File::open(path).and_then(|mut file| file.read(&mut begin)).unwrap_or(0);
    begin[..read].trim_ascii_start().starts_with(b"<")
}

/// Number and hash of the unpacked bytes; one more than `limit` are enough to know that there are too many.
fn unpack(path: &Path, limit: u64) -> io::Result<(u64, String)> {
    let (mut hash, mut bytes, mut buffer) = (Sha256::new(), 0, vec![0; 1 << 16]);
    let mut reader = MultiGzDecoder::new(io::BufReader::new(File::open(path)?)).take(limit + 1);
    loop {
        let count = reader.read(&mut buffer)?;
        if count == 0 {
            return Ok((bytes, hex(&hash.finalize())));
        }
        hash.update(&buffer[..count]);
        bytes += count as u64;
    }
}
