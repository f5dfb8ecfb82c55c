//! The weights file on the disk: as it is, or packed with gzip under the same name and `.gz`.

use std::fs;
use std::io::{self, BufRead, BufReader, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use flate2::bufread::GzDecoder;
use flate2::{Compression, GzBuilder};

use crate::files;

/// While nobody knows what the layers need, a larger file is not looked into.
const MAX_UNKNOWN: u64 = 1 << 24;
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
/// No more than `limit` bytes are read or unpacked. Without a limit, which gives `None`, a large file is not looked into, and a gzip
/// not at all: a few bytes of it may stand for gigabytes.
///
/// # Errors
/// A sentence that names the file.
pub fn read(folder: &Path, name: &str, limit: Option<u64>) -> Result<Option<Vec<u8>>, String> {
    let (plain, packed) = (folder.join(name), folder.join(packed_name(name)));
    let (first, second) = (plain.display(), packed.display());
    match (files::is_there(&plain), files::is_there(&packed)) {
        (true, false) => whole(&plain, limit),
        (false, true) => limit.map(|limit| unpacked(&packed, limit)).transpose(),
        (true, true) => {
            Err(format!("weights: {first} and {second} are both there, expected one: remove the outdated one"))
        }
        (false, false) => Err(format!("weights: neither {first} nor {second} is there, expected one of them")),
    }
}

/// Removes the file `name` of `folder` if it is there.
pub fn remove(folder: &Path, name: &str) -> Result<(), (PathBuf, io::Error)> {
    let path = folder.join(name);
    match fs::remove_file(&path) {
        Err(cause) if cause.kind() != ErrorKind::NotFound => Err((path, cause)),
        _ => Ok(()),
    }
}

fn whole(path: &Path, limit: Option<u64>) -> Result<Option<Vec<u8>>, String> {
    let failed = |cause: io::Error| cannot_read(path, &cause);
    let size = files::open(path).and_then(|file| file.size()).map_err(failed)?;
    match limit {
        None if size > MAX_UNKNOWN => Ok(None),
        Some(limit) if size > limit => {
            let path = path.display();
            Err(format!("weights: {path} has {size} bytes, expected at most {limit} for the layers of model.json"))
        }
        _ => files::read_up_to(path, limit.unwrap_or(MAX_UNKNOWN)).map(Some).map_err(failed),
    }
}

fn unpacked(path: &Path, limit: u64) -> Result<Vec<u8>, String> {
    let failed = |cause: &io::Error| damaged(path, cause);
    let file = files::open(path).map_err(|cause| failed(&cause))?;
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
