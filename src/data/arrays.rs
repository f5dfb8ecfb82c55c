//! Labeled sets in a file of arrays (`.npz`): spike times or gray images, and labels.

use std::path::Path;

use ndarray::Array2;

use super::Images;
use super::table::times;
use crate::coding::Coding;
use crate::error::{Error, Result, Stage};
use crate::npz::{Archive, Array, Value};

/// The array of spike times, of gray images, of labels.
pub const TIMES: &str = "times";
const IMAGES: &str = "images";
/// The array with the label of each image.
pub const LABELS: &str = "labels";
/// Stands for never, whatever the number of time steps: the largest byte.
const NEVER: i128 = 255;

/// A set while its arrays are read.
pub struct Reader {
    values: Array,
    /// `T` if the values are spike times, nothing if they are gray levels.
    times: Option<u8>,
    labels: Array,
    /// Entries that are read in all.
    wanted: usize,
    /// Entries of which the values, and of which the labels were read.
    read: [usize; 2],
}

impl Reader {
    /// Reads the headers of a set of which the first `limit` entries are wanted, for a network of so many time steps.
    ///
    /// # Errors
    /// Those of [`Archive`]; `data-array`, `data-count`, `data-empty`.
    pub fn open(path: &Path, limit: usize, time_steps: usize) -> Result<Reader> {
        let archive = Archive::open(path)?;
        let (values, times) = match archive.array(TIMES)? {
            Some(times) => (times, Some(time_steps as u8)),
            None => (gray(&archive)?, None),
        };
        let labels = archive.required(LABELS)?;
        check_shapes(&values, &labels)?;
        let wanted = values.rows().min(limit);
        Ok(Reader { values, times, labels, wanted, read: [0; 2] })
    }

    /// Entries that are read in all.
    pub fn len(&self) -> usize {
        self.wanted
    }

    /// The shape of an entry.
    pub fn shape(&self) -> Vec<usize> {
        self.values.row_shape()
    }

    /// How the values become spike times, if not as the network says.
    pub fn coding(&self) -> Option<Coding> {
        self.times.map(Coding::of_times)
    }

    /// Reads the next entries, at most `count`; none at the end.
    ///
    /// # Errors
    /// Those of [`Array::next`]; `data-time`; `data-label`.
    pub fn next(&mut self, count: usize) -> Result<Images> {
        let count = count.min(self.wanted - self.read[0]);
        let values = match self.times {
            Some(steps) => next_times(&mut self.values, count, usize::from(steps))?,
            None => self.values.next(count, |_, value| Ok(gray_level(value)))?,
        };
        self.read[0] += count;
        let labels = self.next_labels(count)?;
        let pixels = Array2::from_shape_vec((count, self.values.columns()), values).expect("the length was checked");
        Ok(Images { coding: self.coding(), ..Images::new(self.shape(), pixels, labels) })
    }

    /// Reads the next labels without their values, at most `count`; none at the end.
    ///
    /// # Errors
    /// Those of [`Array::next`]; `data-label`.
    pub fn next_labels(&mut self, count: usize) -> Result<Vec<u32>> {
        let count = count.min(self.wanted - self.read[1]);
        self.read[1] += count;
        next_numbers(&mut self.labels, count, "label")
    }
}

/// Reads the next rows of spike times, `T` for never.
///
/// # Errors
/// Those of [`Array::next`]; `data-time` for a value that is neither a time step nor one that stands for never; `data-array` for truth
/// values, which say whether there is a spike and not when.
pub fn next_times(array: &mut Array, rows: usize, time_steps: usize) -> Result<Vec<u8>> {
    if array.is_of_truth_values() {
        let message = format!("{}: its type is bool, expected spike times, counted in time steps", array.name());
        let help = "of spikes in every step, numpy.where(spikes.any(axis), spikes.argmax(axis), T) are the times";
        return Err(Error::new(Stage::Data, "data-array", message, help));
    }
    let (name, columns) = (array.name().to_owned(), array.columns());
    array.next(rows, |place, value| {
        spike_time(value, time_steps).ok_or_else(|| no_time(&name, place, columns, value, time_steps))
    })
}

/// Reads the next of an array of whole numbers from 0 on, such as labels and classes.
///
/// # Errors
/// Those of [`Array::next`]; `data-label` for another number.
pub fn next_numbers(array: &mut Array, rows: usize, what: &str) -> Result<Vec<u32>> {
    let name = array.name().to_owned();
    array.next(rows, |place, value| {
        value.whole().and_then(|number| u32::try_from(number).ok()).ok_or_else(|| {
            let message = format!("{name}: {what} {place} is {value}, expected a whole number from 0 on");
            Error::new(Stage::Data, "data-label", message, "number the classes 0, 1, …")
        })
    })
}

/// A step, or `T` for what stands for never: `T` itself, 255, a negative number, infinity. Any other time is most likely of another `T`.
fn spike_time(value: Value, time_steps: usize) -> Option<u8> {
    let never = time_steps as u8;
    if value == Value::Float(f64::INFINITY) {
        return Some(never);
    }
    match value.whole()? {
        time if time < 0 || time == NEVER => Some(never),
        time => u8::try_from(time).ok().filter(|&time| time <= never),
    }
}

fn no_time(name: &str, place: usize, columns: usize, value: Value, time_steps: usize) -> Error {
    let (entry, input) = (place / columns, place % columns);
    let message =
        format!("{name}: the spike time [{entry}, {input}] is {value}, expected 0 … {} or never", time_steps - 1);
    let help = format!(
        "check that the times were made for T = {time_steps}, counted from 0; never is {time_steps}, {NEVER}, a negative whole number or +infinity"
    );
    Error::new(Stage::Data, "data-time", message, help)
}

/// The gray images, which must be bytes: whoever has other values must say how they become gray levels.
fn gray(archive: &Archive) -> Result<Array> {
    let Some(images) = archive.array(IMAGES)? else {
        return archive.required(TIMES).map_err(|error| Error {
            help: format!("a set has \"{LABELS}\", and \"{TIMES}\" (spike times) or \"{IMAGES}\" (gray levels)"),
            ..error
        });
    };
    if images.is_of_bytes() {
        return Ok(images);
    }
    let message =
        format!("{}: its type is {}, expected uint8: gray levels 0 … 255", images.name(), images.element_type());
    let help = "save it as uint8; of values 0 … 1, numpy.rint(255 * x).astype(numpy.uint8)";
    Err(Error::new(Stage::Data, "data-array", message, help))
}

fn gray_level(value: Value) -> u8 {
    let Value::Integer(level) = value else { unreachable!("images are bytes") };
    level as u8
}

fn check_shapes(values: &Array, labels: &Array) -> Result<()> {
    let wrong = |code, message, help: &str| Err(Error::new(Stage::Data, code, message, help));
    let (shape, name) = (values.row_shape(), values.name());
    if !(1..=3).contains(&shape.len()) {
        let message = format!("{name}: it has {} dimension(s), expected 2 to 4", shape.len() + 1);
        return wrong("data-array", message, "save it as entries × inputs, entries × H × W or entries × C × H × W");
    }
    if values.rows() == 0 || values.columns() == 0 {
        let message = format!("{name}: its shape is {} × {}, expected at least 1 × 1", values.rows(), times(&shape));
        return wrong("data-empty", message, "give a file that holds a set");
    }
    if !labels.row_shape().is_empty() {
        let message = format!("{}: it has {} dimensions, expected 1", labels.name(), labels.row_shape().len() + 1);
        return wrong("data-array", message, "save one number per entry");
    }
    if labels.rows() != values.rows() {
        let message = format!(
            "{}: number of labels is {}, expected {}, as {name} has entries",
            labels.name(),
            labels.rows(),
            values.rows()
        );
        return wrong("data-count", message, "save both arrays from the same set");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use proptest::prelude::*;

    use super::*;
    use crate::npz::{Elements, Writer};

    /// A file with some arrays, each with the shape of a row.
    fn file(arrays: &[(&str, &[usize], Elements)]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.npz");
        let names = arrays.iter().map(|(name, shape, _)| (name.to_string(), shape.to_vec()));
        let mut writer = Writer::new(folder.path(), names).unwrap();
        arrays.iter().enumerate().for_each(|(number, (_, _, elements))| writer.push(number, *elements).unwrap());
        writer.finish(std::fs::File::create(&path).unwrap()).unwrap();
        (folder, path)
    }

    fn read(arrays: &[(&str, &[usize], Elements)]) -> Result<Images> {
        let (_folder, path) = file(arrays);
        Reader::open(&path, usize::MAX, 4)?.next(usize::MAX)
    }

    #[test]
    fn times_come_with_their_coding_and_never_is_one_value() {
        let times = Elements::I64(&[0, 3, 4, 255, -1, i64::MIN]);
        let images = read(&[("labels", &[], Elements::I64(&[7, 9])), ("times", &[1, 3], times)]).unwrap();
        assert_eq!(images.pixels.as_slice().unwrap(), [0, 3, 4, 4, 4, 4]);
        assert_eq!((images.shape, images.labels, images.coding), (vec![1, 3], vec![7, 9], Some(Coding::of_times(4))));
        let floats = Elements::F32(&[2.0, f32::INFINITY, -1.0]);
        let images = read(&[("labels", &[], Elements::U8(&[1])), ("times", &[3], floats)]).unwrap();
        assert_eq!(images.pixels.as_slice().unwrap(), [2, 4, 4]);
    }

    #[test]
    fn images_are_gray_levels() {
        let (labels, gray) = (Elements::U32(&[1]), Elements::U8(&[0, 9, 255]));
        let images = read(&[("images", &[3], gray), ("labels", &[], labels)]).unwrap();
        assert_eq!((images.pixels.as_slice().unwrap(), images.coding), (&[0, 9, 255][..], None));
        let error = read(&[("images", &[1], Elements::F32(&[0.5])), ("labels", &[], labels)]).unwrap_err();
        assert!(error.code == "data-array" && error.message.contains("<f4, expected uint8"), "{error}");
    }

    /// A time beyond the last step is not taken for never: it shows that the file is of another `T`.
    #[test]
    fn times_of_another_number_of_steps_are_refused() {
        let labels = ("labels", &[][..], Elements::U8(&[1, 1]));
        for (times, shown) in [
            (Elements::U8(&[0, 1, 2, 5]), "[1, 1] is 5"),
            (Elements::I64(&[0, 256, 2, 4]), "[0, 1] is 256"),
            (Elements::F32(&[0.0, 1.0, 1.5, 4.0]), "[1, 0] is 1.5"),
            (Elements::F32(&[f32::NAN, 1.0, 1.0, 4.0]), "[0, 0] is NaN"),
        ] {
            let error = read(&[labels, ("times", &[2], times)]).unwrap_err();
            assert!(error.code == "data-time" && error.message.contains(shown), "{error}");
        }
    }

    #[test]
    fn arrays_must_belong_together() {
        let code = |arrays: &[(&str, &[usize], Elements)]| read(arrays).unwrap_err().code;
        let (two, times) = (Elements::U8(&[1, 2]), Elements::U8(&[1, 2, 3, 4]));
        assert_eq!(code(&[("labels", &[], two)]), "data-array");
        assert_eq!(code(&[("times", &[2], times)]), "data-array");
        assert_eq!(code(&[("times", &[], two), ("labels", &[], two)]), "data-array");
        assert_eq!(code(&[("times", &[2], times), ("labels", &[2], two)]), "data-array");
        assert_eq!(code(&[("times", &[1], times), ("labels", &[], two)]), "data-count");
        assert_eq!(code(&[("times", &[2], Elements::U8(&[])), ("labels", &[], Elements::U8(&[]))]), "data-empty");
        assert_eq!(code(&[("times", &[2], times), ("labels", &[], Elements::I64(&[0, -1]))]), "data-label");
    }

    #[test]
    fn nothing_after_the_limit_counts() {
        let times = Elements::U8(&[0, 1, 2, 77]);
        let (_folder, path) = file(&[("times", &[2], times), ("labels", &[], Elements::U8(&[1, 2]))]);
        let mut reader = Reader::open(&path, 1, 4).unwrap();
        assert_eq!((reader.len(), reader.next_labels(9).unwrap()), (1, vec![1]));
        let first = Reader::open(&path, 1, 4).unwrap().next(9).unwrap();
        assert_eq!((first.len(), first.image(0)), (1, &[0, 1][..]));
    }

    /// A set of four entries, whose arrays are packed or not.
    fn set(pack: bool) -> Vec<u8> {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let method = if pack { zip::CompressionMethod::Deflated } else { zip::CompressionMethod::Stored };
        let options = zip::write::SimpleFileOptions::default().compression_method(method);
        for (name, shape, content) in [("times", "(4, 3)", vec![1; 12]), ("labels", "(4,)", vec![0, 1, 1, 0])] {
            let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}, }}\n");
            let length = (text.len() as u16).to_le_bytes();
            archive.start_file(format!("{name}.npy"), options).unwrap();
            let bytes = [b"\x93NUMPY\x01\x00", &length[..], text.as_bytes(), &content].concat();
            std::io::Write::write_all(&mut archive, &bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn truth_values_are_no_times() {
        let mut bytes = set(false);
        let place = bytes.windows(3).position(|three| three == b"|u1").unwrap();
        bytes[place + 1] = b'b';
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("set.npz");
        std::fs::write(&path, bytes).unwrap();
        let error = Reader::open(&path, usize::MAX, 4).unwrap().next(usize::MAX).unwrap_err();
        assert!(error.code == "data-array" && error.message.contains("its type is bool"), "{error}");
    }

    proptest! {
        /// `PROPTEST_CASES` makes a long run of it.
        #[test]
        fn damaged_sets_are_read_or_refused(
            pack in any::<bool>(),
            cut in prop::option::weighted(0.2, 0usize..700),
            edits in prop::collection::vec((0usize..700, any::<u8>()), 0..5),
            repeats in prop::collection::vec((0usize..700, 0usize..700, 1usize..40), 0..2),
        ) {
            let mut bytes = set(pack);
            for (at, value) in edits {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            for (from, to, count) in repeats {
                let length = bytes.len() - count;
                bytes.copy_within(from % length..from % length + count, to % length);
            }
            bytes.truncate(cut.unwrap_or(usize::MAX));
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("set.npz");
            std::fs::write(&path, bytes).unwrap();
            let read = Reader::open(&path, usize::MAX, 4).and_then(|mut reader| reader.next(usize::MAX));
            if let Ok(images) = read {
                prop_assert_eq!(images.labels.len(), images.pixels.nrows());
                prop_assert!(images.coding.is_none() || images.pixels.iter().all(|&time| time <= 4));
            }
        }
    }
}
