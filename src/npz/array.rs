//! An array, read some rows at a time.

use std::io::{ErrorKind, Read};
use std::path::Path;

use flate2::CrcReader;

use super::damaged;
use super::header::{Header, Problem};
use super::value::Value;
use crate::error::{Error, Result, Stage};

/// The largest array that is read, in elements. A corrupt header must not keep the machine busy for ever.
const MAX_ELEMENTS: u64 = 1 << 30;
/// Bytes that are decoded at once; a whole number of elements of every type.
const CHUNK: usize = 1 << 16;

/// An array of at least one dimension, the first of which counts its rows.
pub struct Array {
    name: String,
    header: Header,
    content: CrcReader<Box<dyn Read + Send>>,
    crc: u32,
    /// Rows that were read.
    read: usize,
}

impl Array {
    /// Reads the header. `name` is what errors call the array, `crc` the sum that its bytes must have.
    pub(super) fn open(name: String, mut content: CrcReader<Box<dyn Read + Send>>, crc: u32) -> Result<Array> {
        let header = Header::read(&mut content).map_err(|problem| match problem {
            Problem::Damaged(problem) => damaged(format!("{name}: {problem}")),
            Problem::Unfit(problem, help) => Error::new(Stage::Data, "data-array", format!("{name}: {problem}"), help),
        })?;
        // An empty side must not hide the others, whose product is the length of a row.
        let elements = header.shape.iter().try_fold(1u64, |product, &side| product.checked_mul(side.max(1)));
        if elements.is_none_or(|elements| elements > MAX_ELEMENTS) {
            let message =
                format!("{name}: shape is {:?}, expected at most {MAX_ELEMENTS} elements in all", header.shape);
            let help = "the header is probably damaged: write the file again, or split a larger set";
            return Err(Error::new(Stage::Data, "data-size", message, help));
        }
        Ok(Array { name, header, content, crc, read: 0 })
    }

    /// File and array, for messages.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many rows it has: the first number of its shape.
    pub fn rows(&self) -> usize {
        self.header.shape[0] as usize
    }

    /// The shape of a row; empty if a row is one element.
    pub fn row_shape(&self) -> Vec<usize> {
        self.header.shape[1..].iter().map(|&side| side as usize).collect()
    }

    /// Elements of a row.
    pub fn columns(&self) -> usize {
        self.header.shape[1..].iter().map(|&side| side as usize).product()
    }

    /// The type of the elements, as numpy calls it.
    pub fn element_type(&self) -> &str {
        self.header.element.name()
    }

    /// Whether the elements are floats.
    pub fn is_of_floats(&self) -> bool {
        self.header.element.is_float()
    }

    /// Whether the elements are unsigned bytes.
    pub fn is_of_bytes(&self) -> bool {
        self.header.element.is_byte()
    }

    /// Whether the elements are truth values.
    pub fn is_of_truth_values(&self) -> bool {
        self.header.element.name() == "|b1"
    }

    /// Reads the next rows, at most `rows`; none at the end. Each element goes through `read`, with its place among all of the array.
    ///
    /// # Errors
    /// `data-truncated`; `data-oversized` and `data-npz` where the array ends; those of `read`.
    pub fn next<T>(&mut self, rows: usize, mut read: impl FnMut(usize, Value) -> Result<T>) -> Result<Vec<T>> {
        let rows = rows.min(self.rows() - self.read);
        let size = self.header.element.bytes();
        let (first, count) = (self.read * self.columns(), rows * self.columns());
        let mut values = Vec::new();
        let mut chunk = Vec::new();
        while values.len() < count {
            let wanted = CHUNK.min((count - values.len()) * size);
            chunk.clear();
            (&mut self.content).take(wanted as u64).read_to_end(&mut chunk).map_err(|cause| self.failed(&cause))?;
            if chunk.len() < wanted {
                return Err(self.truncated(first + values.len() + chunk.len() / size));
            }
            for bytes in chunk.chunks_exact(size) {
                values.push(read(first + values.len(), self.header.element.value(bytes))?);
            }
        }
        self.read += rows;
        if rows > 0 && self.read == self.rows() {
            self.check_end()?;
        }
        Ok(values)
    }

    /// Nothing follows the last row, and no bit was flipped.
    fn check_end(&mut self) -> Result<()> {
        let mut more = [0];
        if self.content.read(&mut more).map_err(|cause| self.failed(&cause))? > 0 {
            let message = format!("{}: content goes on after the shape {:?}", self.name, self.header.shape);
            return Err(Error::new(Stage::Data, "data-oversized", message, "write the file again"));
        }
        let found = self.content.crc().sum();
        if found == self.crc {
            return Ok(());
        }
        Err(damaged(format!("{}: its sum (CRC-32) is {found:#010x}, expected {:#010x}", self.name, self.crc)))
    }

    fn truncated(&self, elements: usize) -> Error {
        let (shape, size) = (&self.header.shape, self.header.element.bytes());
        let message =
            format!("{}: content ends after {elements} elements of {size} byte(s), expected {shape:?}", self.name);
        Error::new(Stage::Data, "data-truncated", message, "write or copy the file again")
    }

    fn failed(&self, cause: &std::io::Error) -> Error {
        match cause.kind() {
            ErrorKind::UnexpectedEof => self.truncated(self.read * self.columns()),
            ErrorKind::InvalidData | ErrorKind::InvalidInput => {
                damaged(format!("{}: the compressed stream is damaged ({cause})", self.name))
            }
            _ => Error::io(Stage::Data, "read", Path::new(&self.name), cause),
        }
    }
}
