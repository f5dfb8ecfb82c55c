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

/// Reads the first `limit` images of a set from its two files, and no byte after them.
///
/// # Errors
/// `data-magic`, `data-truncated`, `data-oversized`, `data-empty`, `data-size`, `data-count`, `data-gzip`.
pub fn read(mut images: Named, mut labels: Named, limit: usize) -> Result<Images> {
    let (dims, bytes) = read_array(&mut images, IMAGES_MAGIC, &["images", "rows", "columns"], limit)?;
    let (label_dims, label_bytes) = read_array(&mut labels, LABELS_MAGIC, &["labels"], limit)?;
    if label_dims[0] != dims[0] {
        return Err(Error::new(
            Stage::Data,
            "data-count",
            format!(
                "{}: number of labels is {}, expected {}, the number of images in {}",
                labels.name, label_dims[0], dims[0], images.name
            ),
            "take both files from the same data set and split",
        ));
    }
    let shape = (dims[0].min(limit), dims[1] * dims[2]);
    let pixels = Array2::from_shape_vec(shape, bytes).expect("the length was checked");
    let labels = label_bytes.into_iter().map(u32::from).collect();
    Ok(Images::new(dims[1..].to_vec(), pixels, labels))
}

/// Reads one IDX file of unsigned bytes whose dimensions are called `fields`, up to `limit` in the first. Gives all dimensions.
fn read_array(file: &mut Named, magic: u32, fields: &[&str], limit: usize) -> Result<(Vec<usize>, Vec<u8>)> {
    let dims = read_header(file, magic, fields)?;
    let mut wanted = dims.clone();
    wanted[0] = wanted[0].min(u32::try_from(limit).unwrap_or(u32::MAX));
    let size = checked_size(&file.name, fields, &wanted)?;
    let bytes = read_up_to(&mut file.reader, &file.name, size)?;
    if (bytes.len() as u64) < size {
        let message =
            format!("{}: content is {} bytes, expected {size} ({})", file.name, bytes.len(), listed(fields, &wanted));
        return Err(Error::new(Stage::Data, "data-truncated", message, AGAIN));
    }
    if wanted == dims && !read_up_to(&mut file.reader, &file.name, 1)?.is_empty() {
        let message =
            format!("{}: content goes on after the expected {size} bytes ({})", file.name, listed(fields, &dims));
        return Err(Error::new(Stage::Data, "data-oversized", message, AGAIN));
    }
    Ok((dims.iter().map(|&dim| dim as usize).collect(), bytes))
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

/// The number of bytes that `dims` announce, if it is neither none nor absurd.
fn checked_size(name: &str, fields: &[&str], dims: &[u32]) -> Result<u64> {
    if let Some(index) = dims.iter().position(|&dim| dim == 0) {
        return Err(Error::new(
            Stage::Data,
            "data-empty",
            format!("{name}: number of {} is 0, expected at least 1", fields[index]),
            "give a file that holds images",
        ));
    }
    let size = dims.iter().try_fold(1u64, |size, &dim| size.checked_mul(u64::from(dim)));
    size.filter(|&size| size <= MAX_PIXELS).ok_or_else(|| {
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
        read(named("images", images)?, named("labels", labels)?, limit)
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
