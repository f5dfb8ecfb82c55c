//! The zip archive around the arrays.

use std::fmt::Display;
use std::io::{BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use flate2::CrcReader;
use flate2::bufread::DeflateDecoder;
use zip::{CompressionMethod, ZipArchive};

use super::array::Array;
use super::damaged;
use super::header;
use crate::error::{Error, Result, Stage};
use crate::files;

/// How a zip archive begins; the second is that of an empty one.
const MAGICS: [&[u8]; 2] = [b"PK\x03\x04", b"PK\x05\x06"];
/// Arrays of a file at most: one per layer, and some.
const MAX_ARRAYS: usize = 4096;

/// A file of arrays, of which nothing but the names was read.
#[derive(Debug)]
pub struct Archive {
    path: PathBuf,
    entries: Vec<Entry>,
}

/// Where an array lies in the file.
#[derive(Debug, Clone)]
struct Entry {
    name: String,
    start: u64,
    /// Bytes as stored.
    packed: u64,
    is_deflated: bool,
    crc: u32,
}

impl Archive {
    /// Whether the file at `path` begins as such files do.
    pub fn is_at(path: &Path) -> bool {
        let mut begin = Vec::new();
        let read = files::open(path).and_then(|file| file.take(4).read_to_end(&mut begin));
        read.is_ok() && MAGICS.contains(&&begin[..])
    }

    fn is_array_alone(path: &Path) -> bool {
        let mut begin = Vec::new();
        let read = files::open(path).and_then(|file| file.take(header::MAGIC.len() as u64).read_to_end(&mut begin));
        read.is_ok() && begin == header::MAGIC
    }

    /// Reads the names of the arrays.
    ///
    /// # Errors
    /// `io`; `data-kind` for an array alone; `data-npz` if the file is no zip archive of arrays that can be read.
    pub fn open(path: &Path) -> Result<Archive> {
        let file = files::open(path).map_err(|cause| Error::io(Stage::Data, "read", path, &cause))?;
        if Self::is_array_alone(path) {
            let message = format!("{} is a single array (.npy), expected a file of arrays (.npz)", path.display());
            let help = "save the arrays together, each by its name: numpy.savez(\"set.npz\", times=…, labels=…)";
            return Err(Error::new(Stage::Data, "data-kind", message, help));
        }
        let failed = |cause: &dyn Display| damaged(format!("{}: the archive cannot be read: {cause}", path.display()));
        let mut archive = ZipArchive::new(BufReader::new(file)).map_err(|cause| failed(&cause))?;
        if archive.has_duplicate_names() {
            return Err(failed(&"two arrays have the same name"));
        }
        if archive.len() > MAX_ARRAYS {
            return Err(failed(&format!("it holds {} files, expected at most {MAX_ARRAYS}", archive.len())));
        }
        let entries =
            (0..archive.len()).map(|index| Entry::of(&mut archive, index)).collect::<std::result::Result<_, _>>();
        Ok(Archive { path: path.to_path_buf(), entries: entries.map_err(|problem| failed(&problem))? })
    }

    /// The names of the arrays, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.entries.iter().map(|entry| &*entry.name)
    }

    /// Opens the array `name`, if there is one.
    ///
    /// # Errors
    /// `io`; `data-npz` if its header cannot be read; `data-size`.
    pub fn array(&self, name: &str) -> Result<Option<Array>> {
        let Some(entry) = self.entries.iter().find(|entry| entry.name == name) else { return Ok(None) };
        let failed = |cause| Error::io(Stage::Data, "read", &self.path, &cause);
        let mut file = files::open(&self.path).map_err(failed)?;
        file.seek(SeekFrom::Start(entry.start)).map_err(failed)?;
        let stored = BufReader::new(file.take(entry.packed));
        let content: Box<dyn Read + Send> =
            if entry.is_deflated { Box::new(DeflateDecoder::new(stored)) } else { Box::new(stored) };
        Array::open(format!("{}: {name}", self.path.display()), CrcReader::new(content), entry.crc).map(Some)
    }

    /// Opens the array `name`.
    ///
    /// # Errors
    /// As [`Archive::array`]; `data-array` if there is none.
    pub fn required(&self, name: &str) -> Result<Array> {
        self.array(name)?.ok_or_else(|| {
            let names: Vec<&str> = self.names().collect();
            let message = format!("{}: there is no array \"{name}\"", self.path.display());
            let help = format!("write it with numpy.savez(…, {name}=…)");
            Error::new(Stage::Data, "data-array", message, help).with_problems(vec![format!(
                "the file holds {}",
                if names.is_empty() { "nothing".into() } else { names.join(", ") }
            )])
        })
    }
}

impl Entry {
    fn of(archive: &mut ZipArchive<BufReader<files::Reader>>, index: usize) -> std::result::Result<Entry, String> {
        let file = archive.by_index_raw(index).map_err(|cause| cause.to_string())?;
        let name = file.name().map_err(|cause| cause.to_string())?.into_owned();
        let is_deflated = match file.compression() {
            CompressionMethod::Stored => false,
            CompressionMethod::Deflated => true,
            other => return Err(format!("\"{name}\" is packed by {other}, expected deflate or nothing")),
        };
        if file.encrypted() {
            return Err(format!("\"{name}\" is encrypted"));
        }
        let start = file.data_start().ok_or_else(|| format!("\"{name}\" has no place"))?;
        let (packed, crc) = (file.compressed_size(), file.crc32());
        let name = name.strip_suffix(".npy").map(str::to_owned).unwrap_or(name);
        Ok(Entry { name, start, packed, is_deflated, crc })
    }
}
