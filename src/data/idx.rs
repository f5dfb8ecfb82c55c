//! The IDX format of the MNIST files: a big-endian header (magic, one size per dimension), then unsigned bytes.

use std::io::BufRead;

use ndarray::Array2;

use super::Images;
use super::stream::{MAX_PIXELS, read_up_to};
use crate::error::{Error, Result, Stage};

const IMAGES_MAGIC: u32 = 0x0000_0803;
const LABELS_MAGIC: u32 = 0x0000_0801;
const AGAIN: &str = "download or copy the file again";

/// A readable file and the name to call it by in messages.
pub struct Named<'a> {
    pub name: String,
    pub reader: Box<dyn BufRead + 'a>,
}

/// A set while its two files are read, and no byte after the images that are wanted.
pub struct Reader<'a> {
    images: Array<'a>,
    labels: Array<'a>,
}

/// A file of as many entries as its first dimension says.
struct Array<'a> {
    file: Named<'a>,
    fields: &'static [&'static str],
    dims: Vec<u32>,
    /// Entries that are read in all.
    wanted: usize,
    /// Entries that were read.
    read: usize,
}

/// Reads all images of a set from its two files.
///
/// # Errors
/// `data-magic`, `data-truncated`, `data-oversized`, `data-empty`, `data-size`, `data-count`, `data-gzip`.
pub fn read(images: Named, labels: Named) -> Result<Images> {
    let mut reader = Reader::open(images, labels, usize::MAX)?;
    reader.next(usize::MAX)
}

impl<'a> Reader<'a> {
    /// Reads the headers of a set of which the first `limit` images are wanted.
    ///
    /// # Errors
    /// As [`read`].
    pub fn open(images: Named<'a>, labels: Named<'a>, limit: usize) -> Result<Self> {
        let images = Array::open(images, IMAGES_MAGIC, &["images", "rows", "columns"], limit)?;
        let labels = Array::open(labels, LABELS_MAGIC, &["labels"], limit)?;
        if labels.dims[0] == images.dims[0] {
            return Ok(Reader { images, labels });
        }
        Err(Error::new(
            Stage::Data,
            "data-count",
            format!(
                "{}: number of labels is {}, expected {}, the number of images in {}",
                labels.file.name, labels.dims[0], images.dims[0], images.file.name
            ),
            "take both files from the same data set and split",
        ))
    }

    /// Images that are read in all.
    pub fn len(&self) -> usize {
        self.images.wanted
    }

    /// Height and width of an image.
    pub fn shape(&self) -> Vec<usize> {
        self.images.dims[1..].iter().map(|&side| side as usize).collect()
    }

    /// Reads the next images, at most `count`; none at the end.
    ///
    /// # Errors
    /// As [`read`].
    pub fn next(&mut self, count: usize) -> Result<Images> {
        let (bytes, labels) = (self.images.next(count)?, self.next_labels(count)?);
        let shape = (labels.len(), self.images.entry());
        let pixels = Array2::from_shape_vec(shape, bytes).expect("the length was checked");
        Ok(Images::new(self.shape(), pixels, labels))
    }

    /// Reads the next labels without their images, at most `count`; none at the end.
    ///
    /// # Errors
    /// As [`read`].
    pub fn next_labels(&mut self, count: usize) -> Result<Vec<u32>> {
        Ok(self.labels.next(count)?.into_iter().map(u32::from).collect())
    }
}

impl<'a> Array<'a> {
    /// Reads the header of a file of unsigned bytes whose dimensions are called `fields`.
    fn open(mut file: Named<'a>, magic: u32, fields: &'static [&'static str], limit: usize) -> Result<Self> {
        let dims = read_header(&mut file, magic, fields)?;
        let wanted = dims[0].min(u32::try_from(limit).unwrap_or(u32::MAX));
        checked_size(&file.name, fields, &[&[wanted], &dims[1..]].concat())?;
        Ok(Array { file, fields, dims, wanted: wanted as usize, read: 0 })
    }

    /// Bytes per entry.
    fn entry(&self) -> usize {
        self.dims[1..].iter().map(|&dim| dim as usize).product()
    }

    fn next(&mut self, count: usize) -> Result<Vec<u8>> {
        let count = count.min(self.wanted - self.read);
        let size = count * self.entry();
        let bytes = read_up_to(&mut self.file.reader, &self.file.name, size as u64)?;
        if bytes.len() < size {
            return Err(self.truncated(bytes.len()));
        }
        self.read += count;
        if self.read == self.dims[0] as usize && !read_up_to(&mut self.file.reader, &self.file.name, 1)?.is_empty() {
            let expected = format!("the expected {} bytes ({})", self.read * self.entry(), self.listed());
            let message = format!("{}: content goes on after {expected}", self.file.name);
            return Err(Error::new(Stage::Data, "data-oversized", message, AGAIN));
        }
        Ok(bytes)
    }

    /// After the entries that were read, so many bytes were left.
    fn truncated(&self, bytes: usize) -> Error {
        let (found, expected) = (self.read * self.entry() + bytes, self.wanted * self.entry());
        let message = format!("{}: content is {found} bytes, expected {expected} ({})", self.file.name, self.listed());
        Error::new(Stage::Data, "data-truncated", message, AGAIN)
    }

    fn listed(&self) -> String {
        listed(self.fields, &[&[self.wanted as u32], &self.dims[1..]].concat())
    }
}

fn read_header(file: &mut Named, magic: u32, fields: &[&str]) -> Result<Vec<u32>> {
    let length = 4 + 4 * fields.len();
    let header = read_up_to(&mut file.reader, &file.name, length as u64)?;
    let words: Vec<u32> = header.chunks_exact(4).map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]])).collect();
    if let Some(&found) = words.first().filter(|&&found| found != magic) {
        return Err(Error::new(
            Stage::Data,
            "data-magic",
            format!("{}: magic is {found:#010x}, expected {magic:#010x} (IDX, {})", file.name, fields[0]),
            "check that the file is an IDX file of unsigned bytes, and that images and labels are not swapped",
        ));
    }
    if header.len() < length {
        let message = format!("{}: header is {} bytes, expected {length}", file.name, header.len());
        return Err(Error::new(Stage::Data, "data-truncated", message, AGAIN));
    }
    Ok(words[1..].to_vec())
}

/// Refuses `dims` that announce no bytes, or an absurd number of them.
fn checked_size(name: &str, fields: &[&str], dims: &[u32]) -> Result<()> {
    if let Some(index) = dims.iter().position(|&dim| dim == 0) {
        return Err(Error::new(
            Stage::Data,
            "data-empty",
            format!("{name}: number of {} is 0, expected at least 1", fields[index]),
            "give a file that holds images",
        ));
    }
    let size = dims.iter().try_fold(1u64, |size, &dim| size.checked_mul(u64::from(dim)));
    size.filter(|&size| size <= MAX_PIXELS).map(|_| ()).ok_or_else(|| {
        Error::new(
            Stage::Data,
            "data-size",
            format!("{name}: size is {}, expected at most {MAX_PIXELS} bytes in all", listed(fields, dims)),
            "the header is probably damaged: download or copy the file again, or split a larger set",
        )
    })
}

fn listed(fields: &[&str], dims: &[u32]) -> String {
    fields.iter().zip(dims).map(|(field, dim)| format!("{dim} {field}")).collect::<Vec<_>>().join(" × ")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::stream::unpacked;
    use super::*;

    fn file(magic: u32, dims: &[u32], content: &[u8]) -> Vec<u8> {
        let mut bytes = magic.to_be_bytes().to_vec();
        dims.iter().for_each(|dim| bytes.extend(dim.to_be_bytes()));
        bytes.extend(content);
        bytes
    }

    fn good_images() -> Vec<u8> {
        file(IMAGES_MAGIC, &[2, 1, 3], &[1, 2, 3, 4, 5, 6])
    }

    fn good_labels() -> Vec<u8> {
        file(LABELS_MAGIC, &[2], &[7, 9])
    }

    fn parse(images: &[u8], labels: &[u8]) -> Result<Images> {
        parse_first(images, labels, usize::MAX)
    }

    fn parse_first(images: &[u8], labels: &[u8], limit: usize) -> Result<Images> {
        let named = |name: &str, bytes| {
            unpacked(bytes)
                .map(|reader| Named { name: name.into(), reader })
                .map_err(|cause| super::super::stream::read_error(name, &cause))
        };
        Reader::open(named("images", images)?, named("labels", labels)?, limit)?.next(usize::MAX)
    }

    fn code(images: &[u8], labels: &[u8]) -> &'static str {
        parse(images, labels).unwrap_err().code
    }

    #[test]
    fn reads_what_was_written() {
        let images = parse(&good_images(), &good_labels()).unwrap();
        assert_eq!(images.shape, [1, 3]);
        assert_eq!(images.pixels.row(1).to_vec(), [4, 5, 6]);
        assert_eq!(images.labels, [7, 9]);
    }

    #[test]
    fn nothing_after_the_limit_is_read() {
        // The second image is missing, and so are most of a number that no memory would hold.
        for count in [2, u32::MAX] {
            let images = file(IMAGES_MAGIC, &[count, 1, 3], &[1, 2, 3]);
            let labels = file(LABELS_MAGIC, &[count], &[7]);
            let first = parse_first(&images, &labels, 1).unwrap();
            assert_eq!((first.len(), first.image(0)), (1, &[1, 2, 3][..]));
            assert!(parse(&images, &labels).is_err());
        }
        assert_eq!(parse_first(&good_images(), &good_labels(), 5), parse(&good_images(), &good_labels()));
        assert_eq!(parse_first(&good_images(), &file(LABELS_MAGIC, &[3], &[0; 3]), 1).unwrap_err().code, "data-count");
    }

    #[test]
    fn every_damage_has_its_code() {
        let (images, labels) = (good_images(), good_labels());
        assert_eq!(code(&labels, &labels), "data-magic");
        assert_eq!(code(&images, &images), "data-magic");
        assert_eq!(code(&[], &labels), "data-truncated");
        assert_eq!(code(&images[..9], &labels), "data-truncated");
        assert_eq!(code(&images[..images.len() - 1], &labels), "data-truncated");
        assert_eq!(code(&[&images[..], &[0]].concat(), &labels), "data-oversized");
        assert_eq!(code(&file(IMAGES_MAGIC, &[0, 1, 3], &[]), &labels), "data-empty");
        assert_eq!(code(&file(IMAGES_MAGIC, &[u32::MAX; 3], &[]), &labels), "data-size");
        assert_eq!(code(&images, &file(LABELS_MAGIC, &[3], &[0; 3])), "data-count");
        assert_eq!(code(&[0x1f, 0x8b, 8, 0, 0, 0], &labels), "data-truncated");
        assert_eq!(code(&[0x1f, 0x8b, 9, 9, 9, 9, 9, 9, 9, 9, 9, 9], &labels), "data-gzip");
    }

    proptest! {
        #[test]
        fn no_damaged_file_panics(
            cut in 0usize..40,
            edits in prop::collection::vec((0usize..40, any::<u8>()), 0..6),
            pack in any::<bool>(),
        ) {
            let mut bytes = good_images();
            if pack {
                let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
                std::io::Write::write_all(&mut packer, &bytes).unwrap();
                bytes = packer.finish().unwrap();
            }
            for (at, value) in edits {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            bytes.truncate(cut.max(1));
            if let Ok(images) = parse(&bytes, &good_labels()) {
                prop_assert_eq!(images.len(), images.pixels.nrows());
            }
        }
    }
}
