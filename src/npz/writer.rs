//! Arrays that grow row by row, written as a file of arrays when all rows are there.

use std::fs::File;
use std::io::{self, BufWriter, Seek, Write};
use std::path::Path;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// The header of an array, with the bytes before it, is a multiple of this.
const ALIGNMENT: usize = 64;

/// Arrays while they grow, each in an unnamed file.
pub struct Writer {
    arrays: Vec<Growing>,
}

struct Growing {
    name: String,
    row_shape: Vec<usize>,
    /// Known with the first row.
    element_type: &'static str,
    rows: usize,
    file: BufWriter<File>,
}

/// Elements of some rows.
#[derive(Debug, Clone, Copy)]
pub enum Elements<'a> {
    /// Bytes.
    U8(&'a [u8]),
    /// Whole numbers of 32 bits.
    U32(&'a [u32]),
    /// Whole numbers of 64 bits.
    U64(&'a [u64]),
    /// Signed numbers of 64 bits.
    I64(&'a [i64]),
    /// Fractions of 32 bits.
    F32(&'a [f32]),
}

impl Elements<'_> {
    fn element_type(self) -> &'static str {
        match self {
            Elements::U8(_) => "|u1",
            Elements::U32(_) => "<u4",
            Elements::U64(_) => "<u8",
            Elements::I64(_) => "<i8",
            Elements::F32(_) => "<f4",
        }
    }

    fn len(self) -> usize {
        match self {
            Elements::U8(values) => values.len(),
            Elements::U32(values) => values.len(),
            Elements::U64(values) => values.len(),
            Elements::I64(values) => values.len(),
            Elements::F32(values) => values.len(),
        }
    }

    fn write(self, file: &mut impl Write) -> io::Result<()> {
        let mut write = |bytes: &[u8]| file.write_all(bytes);
        match self {
            Elements::U8(values) => write(values),
            Elements::U32(values) => values.iter().try_for_each(|value| write(&value.to_le_bytes())),
            Elements::U64(values) => values.iter().try_for_each(|value| write(&value.to_le_bytes())),
            Elements::I64(values) => values.iter().try_for_each(|value| write(&value.to_le_bytes())),
            Elements::F32(values) => values.iter().try_for_each(|value| write(&value.to_le_bytes())),
        }
    }
}

impl Writer {
    /// Arrays without rows, by name and shape of a row; they grow in unnamed files in `folder`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn new(folder: &Path, arrays: impl IntoIterator<Item = (String, Vec<usize>)>) -> io::Result<Writer> {
        let growing = |(name, row_shape)| {
            let file = BufWriter::new(tempfile::tempfile_in(folder)?);
            Ok(Growing { name, row_shape, element_type: "|u1", rows: 0, file })
        };
        Ok(Writer { arrays: arrays.into_iter().map(growing).collect::<io::Result<_>>()? })
    }

    /// Adds rows to the array of this number.
    ///
    /// # Panics
    /// If there is no such array, or the elements are no whole rows, or of another type than those before.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn push(&mut self, number: usize, elements: Elements) -> io::Result<()> {
        let array = &mut self.arrays[number];
        let columns: usize = array.row_shape.iter().product();
        assert!(elements.len().is_multiple_of(columns.max(1)), "whole rows");
        assert!(array.rows == 0 || array.element_type == elements.element_type(), "elements of one type");
        array.element_type = elements.element_type();
        array.rows += elements.len() / columns.max(1);
        elements.write(&mut array.file)
    }

    /// Writes the file of arrays. The same arrays give the same bytes.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(self, file: impl Write + Seek) -> io::Result<()> {
        let mut archive = ZipWriter::new(file);
        for array in self.arrays {
            // Arrays of more than 4 GiB need longer fields for their sizes.
            let options = SimpleFileOptions::default()
                .compression_method(CompressionMethod::Deflated)
                .last_modified_time(DateTime::default())
                .large_file(true);
            archive.start_file(format!("{}.npy", array.name), options)?;
            archive.write_all(&array.header())?;
            let mut content = array.file.into_inner()?;
            content.rewind()?;
            io::copy(&mut content, &mut archive)?;
        }
        archive.finish()?.flush()
    }
}

impl Growing {
    /// What stands before the elements in an `.npy` file.
    fn header(&self) -> Vec<u8> {
        let sides: String =
            std::iter::once(&self.rows).chain(&self.row_shape).map(|side| format!("{side}, ")).collect();
        let descr = self.element_type;
        let mut text = format!("{{'descr': '{descr}', 'fortran_order': False, 'shape': ({}), }}", sides.trim_end());
        let length = (10 + text.len() + 1).next_multiple_of(ALIGNMENT) - 10;
        text += &" ".repeat(length - text.len() - 1);
        [b"\x93NUMPY\x01\x00", &(length as u16).to_le_bytes()[..], text.as_bytes(), b"\n"].concat()
    }
}
