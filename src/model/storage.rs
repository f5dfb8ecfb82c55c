//! The weights file on the disk: as it is, or packed with gzip under the same name and `.gz`.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

/// Larger files are refused before they exhaust the memory.
const MAX_WEIGHTS: u64 = 1 << 32;
/// The ending of a packed file.
pub const PACKED: &str = ".gz";

/// The name of a weights file once packed.
pub fn packed_name(name: &str) -> String {
    format!("{name}{PACKED}")
}

/// The gzip of `bytes`: the same bytes give the same gzip, as its header holds neither time nor name nor system.
pub fn pack(bytes: &[u8]) -> Vec<u8> {
    const UNKNOWN_SYSTEM: u8 = 255;
    let mut packer = GzBuilder::new().operating_system(UNKNOWN_SYSTEM).write(Vec::new(), Compression::best());
    packer.write_all(bytes).and_then(|()| packer.finish()).expect("memory can be written")
}

/// Reads the weights `name` of `folder`: from that file or from its gzip, one of which must be there.
///
/// A gzip is unpacked up to `limit` bytes, and not at all without a limit, which gives `None`: a few bytes of it may stand for gigabytes.
///
/// # Errors
/// A sentence that names the file.
pub fn read(folder: &Path, name: &str, limit: Option<u64>) -> Result<Option<Vec<u8>>, String> {
    let (plain, packed) = (folder.join(name), folder.join(packed_name(name)));
    let (first, second) = (plain.display(), packed.display());
    match (plain.exists(), packed.exists()) {
        (true, false) => read_file(&plain, MAX_WEIGHTS).map(Some).map_err(|cause| cannot_read(&plain, &cause)),
        (false, true) => limit.map(|limit| unpacked(&packed, limit.min(MAX_WEIGHTS))).transpose(),
        (true, true) => {
            Err(format!("weights: {first} and {second} are both there, expected one: remove the outdated one"))
        }
        (false, false) => Err(format!("weights: neither {first} nor {second} is there, expected one of them")),
    }
}

/// Removes the weights `name` of `folder` if they are there.
pub fn remove(folder: &Path, name: &str) -> Result<(), (PathBuf, io::Error)> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err((path, cause)),
        _ => Ok(()),
    }
}

pub fn read_file(path: &Path, limit: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(limit + 1).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        return Err(io::Error::other(format!("the file exceeds {limit} bytes")));
    }
    Ok(bytes)
}

fn unpacked(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let failed = |cause: &io::Error| damaged(path, cause);
    let file = File::open(path).map_err(|cause| failed(&cause))?;
    let mut stream = GzDecoder::new(BufReader::new(file));
    let mut bytes = Vec::new();
    stream.by_ref().take(limit + 1).read_to_end(&mut bytes).map_err(|cause| failed(&cause))?;
    let path = path.display();
    if bytes.len() as u64 > limit {
        return Err(format!(
            "weights: {path} unpacks to more than {limit} bytes, expected no more for the layers of model.json"
        ));
    }
    if !stream.into_inner().fill_buf().map_err(|cause| failed(&cause))?.is_empty() {
        return Err(format!("weights: {path} goes on after the end of the compressed stream, expected its end"));
    }
    Ok(bytes)
}

fn damaged(path: &Path, cause: &io::Error) -> String {
    match cause.kind() {
        ErrorKind::UnexpectedEof => format!("weights: {}: the compressed stream ends early", path.display()),
        ErrorKind::InvalidData | ErrorKind::InvalidInput => {
            format!("weights: {}: the compressed stream is damaged ({cause}), expected gzip", path.display())
        }
        _ => cannot_read(path, cause),
    }
}

fn cannot_read(path: &Path, cause: &io::Error) -> String {
    format!("weights: cannot read {}: {cause}", path.display())
}
