//! A set that is read in pieces, as often as it is asked for, so that memory does not grow with the number of its images.

use std::path::{Path, PathBuf};

use ndarray::Array2;

use super::census::Census;
use super::recipient::Recipient;
use super::role::Role;
use super::source;
use super::split::Split;
use super::{Images, UNLABELED, arrays, idx, require_fit};
use crate::coding::Coding;
use crate::error::{Error, Result, Stage};
use crate::nird;

/// Pixels that are in memory at once; the largest image that a network takes has as many.
const PIECE_BYTES: usize = 1 << 24;
/// Labels that are looked at in one go.
const LABELS: usize = 1 << 16;

/// The images that a network is measured on. Those of IDX files and of arrays stay there until they are asked for; rows of a table
/// and NIRData, which are understood only as a whole, are in memory.
#[derive(Debug)]
pub struct ImageSet {
    origin: Origin,
    shape: Vec<usize>,
    len: usize,
    classes: Vec<String>,
    coding: Option<Coding>,
    role: Role,
}

#[derive(Debug)]
enum Origin {
    Memory(Images),
    Files(Files),
}

/// Where a set is read from, as often as it is asked for.
#[derive(Debug)]
enum Files {
    Idx { source: String, split: Split },
    Arrays { path: PathBuf, time_steps: usize },
}

/// A set while its files are read.
enum Reader {
    Idx(idx::Reader<'static>),
    Arrays(arrays::Reader),
}

impl Files {
    /// What errors call them.
    fn name(&self) -> String {
        match self {
            Files::Idx { source, .. } => source.clone(),
            Files::Arrays { path, .. } => path.display().to_string(),
        }
    }

    /// What the labels of a network's classes are in these files: the names of the classes, of arrays their numbers.
    fn labels(&self, classes: &[String]) -> Vec<String> {
        match self {
            Files::Idx { .. } => classes.to_vec(),
            Files::Arrays { .. } => (0..classes.len()).map(|class| class.to_string()).collect(),
        }
    }

    fn open(&self, limit: usize) -> Result<Reader> {
        match self {
            Files::Idx { source, split } => {
                let [images, labels] = source::open(source, *split)?;
                idx::Reader::open(images, labels, limit).map(Reader::Idx)
            }
            Files::Arrays { path, time_steps } => arrays::Reader::open(path, limit, *time_steps).map(Reader::Arrays),
        }
    }
}

impl Reader {
    fn len(&self) -> usize {
        match self {
            Reader::Idx(reader) => reader.len(),
            Reader::Arrays(reader) => reader.len(),
        }
    }

    fn shape(&self) -> Vec<usize> {
        match self {
            Reader::Idx(reader) => reader.shape(),
            Reader::Arrays(reader) => reader.shape(),
        }
    }

    fn coding(&self) -> Option<Coding> {
        match self {
            Reader::Idx(_) => None,
            Reader::Arrays(reader) => reader.coding(),
        }
    }

    fn next(&mut self, count: usize) -> Result<Images> {
        match self {
            Reader::Idx(reader) => reader.next(count),
            Reader::Arrays(reader) => reader.next(count),
        }
    }

    fn next_labels(&mut self, count: usize) -> Result<Vec<u32>> {
        match self {
            Reader::Idx(reader) => reader.next_labels(count),
            Reader::Arrays(reader) => reader.next_labels(count),
        }
    }
}

impl From<Images> for ImageSet {
    fn from(images: Images) -> Self {
        let (shape, classes, coding) = (images.shape.clone(), images.classes.clone(), images.coding.clone());
        ImageSet { len: images.len(), role: images.role, origin: Origin::Memory(images), shape, classes, coding }
    }
}

impl ImageSet {
    /// The first `limit` images of the set `source` for a network. Reads the labels, and no pixel.
    ///
    /// # Errors
    /// Those of [`source::load`]; `data-shape`; `data-label`.
    pub(super) fn open(source: &str, split: Split, limit: usize, network: &Recipient) -> Result<ImageSet> {
        let role = if split == Split::Train { Role::Training } else { Role::Test };
        Self::of_files(Files::Idx { source: source.into(), split }, limit, network, role)
    }

    /// The same for a file of arrays, which is one set: no part of it is the training's, and only the user can say that it is a test.
    ///
    /// # Errors
    /// Those of [`arrays::Reader::open`]; `data-shape`; `data-label`.
    pub(super) fn open_arrays(
        path: &Path,
        split: Option<Split>,
        limit: usize,
        network: &Recipient,
    ) -> Result<ImageSet> {
        let role = role(split);
        let files = Files::Arrays { path: path.to_path_buf(), time_steps: network.time_steps };
        Self::of_files(files, limit, network, role)
    }

    /// The same for NIRData, which are read at once; they may have no labels.
    ///
    /// # Errors
    /// Those of [`nird::Recording`]; `data-label`.
    pub(super) fn open_nird(path: &Path, split: Option<Split>, limit: usize, network: &Recipient) -> Result<ImageSet> {
        let (name, neurons) = (path.display().to_string(), network.shape.iter().product());
        let recording = nird::Recording::read(path)?;
        let (count, times) = recording.input_times(neurons, network.time_steps)?;
        let labels = recording.labels(count)?;
        let role = if labels.is_some() { role(split) } else { Role::Unlabeled };
        let pixels = Array2::from_shape_vec((count, neurons), times).expect("a time per image and neuron");
        let images = Images::new(network.shape.to_vec(), pixels, labels.unwrap_or_else(|| vec![UNLABELED; count]));
        let coding = Some(Coding::of_times(network.time_steps as u8));
        let mut images = Images { coding, role, ..images.take(limit) };
        if role.is_labeled() {
            let numbers: Vec<String> = (0..network.outputs).map(|class| class.to_string()).collect();
            images = images.with_classes(&name, &numbers)?;
        }
        Ok(Images { classes: network.classes(), ..images }.into())
    }

    fn of_files(files: Files, limit: usize, network: &Recipient, role: Role) -> Result<ImageSet> {
        let (mut reader, classes) = (files.open(limit)?, network.classes());
        require_fit(&files.name(), &reader.shape(), network.shape)?;
        census(&mut reader)?.places(&files.name(), &files.labels(&classes), |label| label.to_string())?;
        let (shape, len, coding) = (reader.shape(), reader.len(), reader.coding());
        Ok(ImageSet { origin: Origin::Files(files), shape, len, classes, coding, role })
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// What the images are to the network.
    pub fn role(&self) -> Role {
        self.role
    }

    /// How the images become spike times, if not as the network says.
    pub fn coding(&self) -> Option<&Coding> {
        self.coding.as_ref()
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
            Origin::Files(files) => {
                let mut reader = self.reader(files)?;
                Box::new(firsts.map(move |_| self.labeled(files, reader.next(length)?)))
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
            Origin::Files(_) => self.first(usize::MAX),
        }
    }

    /// One image alone.
    ///
    /// # Errors
    /// As [`ImageSet::pieces`], also for the images before it.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> Result<Images> {
        let length = self.piece_length();
        let mut pieces = self.pieces(length)?.take(index / length + 1);
        let last = pieces.try_fold(None, |_, piece| piece.map(Some))?;
        let place = index % length;
        Ok(last.expect("the image exists").slice(place..place + 1))
    }

    fn reader(&self, files: &Files) -> Result<Reader> {
        let reader = files.open(self.len)?;
        if (reader.len(), reader.shape(), &reader.coding()) == (self.len, self.shape.clone(), &self.coding) {
            return Ok(reader);
        }
        let message = format!("{}: the files were replaced while they were read", files.name());
        Err(Error::new(Stage::Data, "data-changed", message, "run the command again"))
    }

    fn labeled(&self, files: &Files, images: Images) -> Result<Images> {
        let images = images.with_classes(&files.name(), &files.labels(&self.classes))?;
        Ok(Images { role: self.role, classes: self.classes.clone(), ..images })
    }
}

/// What a file that is one set is to the network.
fn role(split: Option<Split>) -> Role {
    match split {
        None | Some(Split::Train) => Role::Unknown,
        Some(Split::Test) => Role::Test,
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
    use super::super::Schema;
    use super::*;

    static NO_SCHEMA: Schema = Schema { classes: Vec::new(), table: None, activity: None };

    fn digits(limit: usize) -> ImageSet {
        ImageSet::open("digits", Split::Test, limit, &recipient(&[8, 8], 10)).unwrap()
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
        assert_eq!((set.image(200).unwrap().image(0), set.first(3).unwrap().len()), (whole.image(200), 3));
        assert_eq!(set.into_images().unwrap().pixels, whole.pixels);
    }

    fn recipient(shape: &[usize], outputs: usize) -> Recipient<'_> {
        Recipient { schema: &NO_SCHEMA, shape, outputs, time_steps: 8 }
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

    fn open(folder: &tempfile::TempDir, classes: usize) -> Result<ImageSet> {
        ImageSet::open(folder.path().to_str().unwrap(), Split::Test, usize::MAX, &recipient(&[1], classes))
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
