//! A set that is read in pieces, as often as it is asked for, so that memory does not grow with the number of its images.

use super::census::Census;
use super::idx::Reader;
use super::role::Role;
use super::source;
use super::split::Split;
use super::{Images, require_fit};
use crate::error::{Error, Result, Stage};

/// Pixels that are in memory at once; the largest image that a network takes has as many.
const PIECE_BYTES: usize = 1 << 24;
/// Labels that are looked at in one go.
const LABELS: usize = 1 << 16;

/// The images that a network is measured on. Those of IDX files stay there until they are asked for; rows of a table, which is
/// understood only as a whole, are in memory.
#[derive(Debug)]
pub struct ImageSet {
    origin: Origin,
    shape: Vec<usize>,
    len: usize,
    classes: Vec<String>,
    role: Role,
}

#[derive(Debug)]
enum Origin {
    Memory(Images),
    Files { source: String, split: Split },
}

impl From<Images> for ImageSet {
    fn from(images: Images) -> Self {
        let (shape, classes) = (images.shape.clone(), images.classes.clone());
        ImageSet { len: images.len(), role: images.role, origin: Origin::Memory(images), shape, classes }
    }
}

impl ImageSet {
    /// The first `limit` images of a set for a network of this input and these classes. Reads the labels, and no pixel.
    ///
    /// # Errors
    /// Those of [`source::load`]; `data-shape`; `data-label`.
    pub(super) fn open(
        source: &str,
        split: Split,
        limit: usize,
        (input_shape, names): (&[usize], &[String]),
    ) -> Result<ImageSet> {
        let [images, labels] = source::open(source, split)?;
        let mut reader = Reader::open(images, labels, limit)?;
        require_fit(source, &reader.shape(), input_shape)?;
        census(&mut reader)?.places(source, names, |label| label.to_string())?;
        Ok(ImageSet {
            origin: Origin::Files { source: source.into(), split },
            shape: reader.shape(),
            len: reader.len(),
            classes: names.to_vec(),
            role: if split == Split::Train { Role::Training } else { Role::Test },
        })
    }

    pub fn len(&self) -> usize {
        self.len
    }

    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the images are to the network.
    pub fn role(&self) -> Role {
        self.role
    }

    /// The names of the classes, or none if a label is its own name.
    pub fn classes(&self) -> &[String] {
        &self.classes
    }

    /// Images of which the pixels take little memory.
    pub fn piece_length(&self) -> usize {
        let pixels: usize = self.shape.iter().product();
        (PIECE_BYTES / pixels.max(1)).max(1)
    }

    /// All images in their order, at most `length` at a time. Each call reads them anew.
    ///
    /// # Errors
    /// Those of [`source::load`], where a piece cannot be read; `data-changed`.
    pub fn pieces(&self, length: usize) -> Result<Box<dyn Iterator<Item = Result<Images>> + '_>> {
        let firsts = (0..self.len).step_by(length);
        Ok(match &self.origin {
            Origin::Memory(images) => {
                Box::new(firsts.map(move |first| Ok(images.slice(first..first.saturating_add(length)))))
            }
            Origin::Files { source, split } => {
                let mut reader = self.reader(source, *split)?;
                Box::new(firsts.map(move |_| self.labeled(source, reader.next(length)?)))
            }
        })
    }

    /// The first `count` images, or all of them if there are fewer.
    ///
    /// # Errors
    /// As [`ImageSet::pieces`].
    pub fn first(&self, count: usize) -> Result<Images> {
        self.pieces(count)?.next().expect("a set has an image")
    }

    /// All images at once, for what needs them so.
    ///
    /// # Errors
    /// As [`ImageSet::pieces`].
    pub fn into_images(self) -> Result<Images> {
        match self.origin {
            Origin::Memory(images) => Ok(images),
            Origin::Files { .. } => self.first(usize::MAX),
        }
    }

    /// The pixels of one image.
    ///
    /// # Errors
    /// As [`ImageSet::pieces`], also for the images before it.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> Result<Vec<u8>> {
        let length = self.piece_length();
        let mut pieces = self.pieces(length)?.take(index / length + 1);
        let last = pieces.try_fold(None, |_, piece| piece.map(Some))?;
        Ok(last.expect("the image exists").image(index % length).to_vec())
    }

    fn reader(&self, source: &str, split: Split) -> Result<Reader<'static>> {
        let [images, labels] = source::open(source, split)?;
        let reader = Reader::open(images, labels, self.len)?;
        if (reader.len(), reader.shape()) == (self.len, self.shape.clone()) {
            return Ok(reader);
        }
        let message = format!("{source}: the files were replaced while they were read");
        Err(Error::new(Stage::Data, "data-changed", message, "run the command again"))
    }

    fn labeled(&self, source: &str, images: Images) -> Result<Images> {
        Ok(Images { role: self.role, ..images.with_classes(source, &self.classes)? })
    }
}

fn census(reader: &mut Reader) -> Result<Census> {
    let mut census = Census::default();
    for _ in (0..reader.len()).step_by(LABELS) {
        census.add(&reader.next_labels(LABELS)?);
    }
    Ok(census)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn digits(limit: usize) -> ImageSet {
        let names: Vec<String> = (0..10).map(|class| class.to_string()).collect();
        ImageSet::open("digits", Split::Test, limit, (&[8, 8], &names)).unwrap()
    }

    fn joined(set: &ImageSet, length: usize) -> (Vec<u8>, Vec<u32>) {
        let pieces: Vec<Images> = set.pieces(length).unwrap().collect::<Result<_>>().unwrap();
        assert!(pieces.iter().all(|piece| (1..=length).contains(&piece.len()) && piece.role == Role::Test));
        assert_eq!(pieces.len(), set.len().div_ceil(length));
        let pixels = pieces.iter().flat_map(|piece| piece.pixels.iter().copied()).collect();
        (pixels, pieces.iter().flat_map(|piece| piece.labels.clone()).collect())
    }

    #[test]
    fn pieces_are_the_whole() {
        let whole = source::load("digits", Split::Test).unwrap();
        for length in [1, 7, usize::MAX] {
            let expected = (whole.pixels.iter().copied().collect(), whole.labels.clone());
            assert_eq!(joined(&digits(usize::MAX), length), expected);
            let in_memory = ImageSet::from(Images { role: Role::Test, ..whole.clone() });
            assert_eq!(joined(&in_memory, length), expected);
        }
        assert_eq!(joined(&digits(10), 4).1, whole.labels[..10]);
        let set = digits(usize::MAX);
        assert_eq!((set.image(200).unwrap(), set.first(3).unwrap().len()), (whole.image(200).to_vec(), 3));
        assert_eq!(set.into_images().unwrap().pixels, whole.pixels);
    }

    fn names(count: u32) -> Vec<String> {
        (0..count).map(|class| class.to_string()).collect()
    }

    /// A folder with some images of 1 × 1 of the given labels; `missing` of them are not there.
    fn folder(labels: &[u8], missing: usize) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let count = (labels.len() as u32).to_be_bytes();
        let images = [&[0, 0, 8, 3], &count[..], &[0, 0, 0, 1, 0, 0, 0, 1], &vec![7; labels.len() - missing]].concat();
        std::fs::write(folder.path().join("t10k-images-idx3-ubyte"), images).unwrap();
        let labels = [&[0, 0, 8, 1], &count[..], labels].concat();
        std::fs::write(folder.path().join("t10k-labels-idx1-ubyte"), labels).unwrap();
        folder
    }

    fn open(folder: &tempfile::TempDir, classes: u32) -> Result<ImageSet> {
        ImageSet::open(folder.path().to_str().unwrap(), Split::Test, usize::MAX, (&[1], &names(classes)))
    }

    #[test]
    fn labels_are_checked_before_any_piece() {
        let error = open(&folder(&[0, 3, 1, 3], 0), 2).unwrap_err();
        assert!(error.message.contains("2 of 4 labels") && error.message.contains("of number 1, is \"3\""), "{error}");
    }

    #[test]
    fn what_is_cut_is_found_in_its_piece() {
        let folder = folder(&[0, 1, 1, 0], 1);
        let codes: Vec<_> = open(&folder, 2).unwrap().pieces(2).unwrap().map(|piece| piece.err()).collect();
        assert_eq!(codes[0], None);
        let error = codes[1].as_ref().unwrap();
        assert!(error.code == "data-truncated" && error.message.contains("3 bytes, expected 4"), "{error}");
    }

    #[test]
    fn files_that_hold_fewer_images_than_before_are_refused() {
        let (read, other) = (folder(&[0, 1, 1], 0), folder(&[0, 1], 0));
        let set = open(&read, 2).unwrap();
        for name in ["t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"] {
            std::fs::copy(other.path().join(name), read.path().join(name)).unwrap();
        }
        assert_eq!(set.pieces(1).err().map(|error| error.code), Some("data-changed"));
    }
}
