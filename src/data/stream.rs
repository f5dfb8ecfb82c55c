//! Opens a file for reading, unpacking gzip by content rather than by name (browsers unpack silently and keep the name).

use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

use flate2::bufread::MultiGzDecoder;

use crate::error::{Error, Result, Stage};
use crate::{files, hdf5};

/// The largest set that is read: 1 GiB of pixels. A corrupt size field must not exhaust the memory.
pub const MAX_PIXELS: u64 = 1 << 30;

/// How files begin that hold numbers in a form that is no set, and what they are.
const OTHER_KINDS: [(&[u8], &str); 2] =
    [(b"\x93NUMPY", "a single array (.npy)"), (&hdf5::SIGNATURE, "an HDF5 file, not named .nird")];

const GZIP_MAGIC: [u8; 2] = [0x1f, 0x8b];

/// Opens a file of data, plain or packed.
///
/// # Errors
/// `io`, `data-gzip`, `data-truncated`; `data-kind` for an array alone, and for HDF5; `data-web-page` if it holds what a server sends in the place of a file that it does not have.
pub fn open(path: &Path) -> Result<Box<dyn BufRead>> {
    let failed = |cause: io::Error| Error::io(Stage::Data, "read", path, &cause);
    let mut reader = unpacked(BufReader::new(files::open(path).map_err(failed)?)).map_err(failed)?;
    let begin = reader.fill_buf().map_err(|cause| read_error(&path.display().to_string(), &cause))?;
    if is_web_page(begin) {
        let message = format!("{} is a web page (it begins with \"<\"), expected data", path.display());
        let help = "the server sent a message in the place of the file: download it again, from another address";
        return Err(Error::new(Stage::Data, "data-web-page", message, help));
    }
    if let Some((_, kind)) = OTHER_KINDS.iter().find(|(magic, _)| begin.starts_with(magic)) {
        let message = format!("{} is {kind}, expected a table, or a set of values and labels", path.display());
        let help = "to train, write a table; to measure, save values and labels together: \
                    numpy.savez(\"set.npz\", images=…, labels=…), or times=… for spike times";
        return Err(Error::new(Stage::Data, "data-kind", message, help));
    }
    Ok(reader)
}

/// Whether HTML or XML begins here: no kind of data does so.
fn is_web_page(begin: &[u8]) -> bool {
    begin.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begin).trim_ascii_start().starts_with(b"<")
}

/// The content of `reader`, unpacked if it is gzip.
pub fn unpacked<'a>(mut reader: impl BufRead + 'a) -> io::Result<Box<dyn BufRead + 'a>> {
    let packed = reader.fill_buf()?.starts_with(&GZIP_MAGIC);
    Ok(if packed { Box::new(BufReader::new(MultiGzDecoder::new(reader))) } else { Box::new(reader) })
}

/// A failed read in the middle of `name`: truncated, damaged, or a fault of the disk.
pub fn read_error(name: &str, cause: &io::Error) -> Error {
    match cause.kind() {
        io::ErrorKind::UnexpectedEof => Error::new(
            Stage::Data,
            "data-truncated",
            format!("{name}: the compressed stream ends early"),
            "download or copy the file again",
        ),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput => Error::new(
            Stage::Data,
            "data-gzip",
            format!("{name}: the compressed stream is damaged ({cause}), expected gzip"),
            "download or copy the file again",
        ),
        _ => Error::io(Stage::Data, "read", Path::new(name), cause),
    }
}

/// Reads at most `limit` bytes; fewer only at the end of the file. Memory grows with what is there, not with `limit`.
pub fn read_up_to(reader: &mut dyn BufRead, name: &str, limit: u64) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit).read_to_end(&mut bytes).map_err(|cause| read_error(name, &cause))?;
    Ok(bytes)
}
