//! Images and labels from files: IDX (plain or gzip), tables of numbers, arrays (`.npz`), NIRData (`.nird`), and the small digits set that the
//! binary carries.
//!
//! In: files. Out: [`Images`] or, where they may be many, an [`ImageSet`] that gives them in pieces; and the [`Schema`] by which other data are read the same way. Imports `nird` and `npz`;
//! knows nothing of networks.

mod activity;
mod arrays;
mod census;
mod csv;
mod digits;
mod folder;
mod idx;
mod label;
mod pieces;
mod recipient;
mod role;
mod schema;
mod sets;
mod source;
mod split;
mod stream;
mod table;

use std::ops::Range;

use ndarray::{Array2, s};

use crate::coding::Coding;
use crate::error::{Error, Result, Stage};

pub use activity::MeanActivity;
/// The label of what has none.
pub const UNLABELED: u32 = u32::MAX;

pub use arrays::{LABELS, TIMES, next_numbers, next_times};
pub use label::LabelColumn;
pub use pieces::ImageSet;
pub use recipient::Recipient;
pub use role::Role;
pub use schema::{HeldOut, Schema, TableSchema, is_class_name};
pub use sets::{Reading, Testing, TrainingSets, load_measured, load_training};
pub use source::{KNOWN, load, root};
pub use split::{Split, hold_out};
pub use table::Scale;

use census::Census;
use table::times;

/// A labeled set of gray images, of rows of a table, or of spike times.
///
/// # Shapes
/// `pixels` is images × pixels, row-major within an image of shape `shape` (height, width; channels, height, width; or a single length
/// where the file gives no second dimension); `labels` has one entry per image. `classes` has the name of every class, or none if
/// a label is its own name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    /// Shape of an image.
    pub shape: Vec<usize>,
    /// Gray levels, or spike times, as `kind` says.
    pub pixels: Array2<u8>,
    /// The class of each image.
    pub labels: Vec<u32>,
    /// Names of the classes.
    pub classes: Vec<String>,
    /// How `pixels` become spike times, if not as the network says: they are spike times already.
    pub coding: Option<Coding>,
    /// What they are to the network that they were loaded for.
    pub role: Role,
}

impl Images {
    /// Gray images whose labels are their own names.
    pub fn new(shape: Vec<usize>, pixels: Array2<u8>, labels: Vec<u32>) -> Images {
        Images { shape, pixels, labels, classes: Vec::new(), coding: None, role: Role::Unknown }
    }

    /// How the pixels become spike times in a network of this coding.
    pub fn coding_in<'a>(&'a self, network: &'a Coding) -> &'a Coding {
        self.coding.as_ref().unwrap_or(network)
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.labels.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.labels.is_empty()
    }

    /// The pixels of one image, row by row.
    ///
    /// # Panics
    /// If there is no such image.
    pub fn image(&self, index: usize) -> &[u8] {
        self.pixels.row(index).to_slice().expect("images are stored row by row")
    }

    /// Pixels per image.
    pub fn pixel_count(&self) -> usize {
        self.pixels.ncols()
    }

    /// The first `limit` images, or all of them if there are fewer.
    pub fn take(&self, limit: usize) -> Images {
        self.slice(0..limit)
    }

    /// The images of `range`, cut to what exists.
    pub fn slice(&self, range: Range<usize>) -> Images {
        let end = range.end.min(self.len());
        let start = range.start.min(end);
        Images {
            shape: self.shape.clone(),
            pixels: self.pixels.slice(s![start..end, ..]).to_owned(),
            labels: self.labels[start..end].to_vec(),
            classes: self.classes.clone(),
            coding: self.coding.clone(),
            role: self.role,
        }
    }

    /// What the label of an image is called.
    pub fn class_name(&self, label: u32) -> String {
        self.classes.get(label as usize).cloned().unwrap_or_else(|| label.to_string())
    }

    /// The images for a network of this input and these classes. A row fits any shape of as many values, and one channel need not be
    /// named.
    ///
    /// # Errors
    /// `data-shape`; `data-label`. `source` names the data in the message.
    pub fn fitted(self, source: &str, shape: &[usize], classes: &[String]) -> Result<Images> {
        require_fit(source, &self.shape, shape)?;
        self.with_classes(source, classes)
    }

    /// The images with labels that are places in `classes`, found by their names.
    ///
    /// # Errors
    /// `data-label` if a label is none of `classes`.
    pub fn with_classes(mut self, source: &str, classes: &[String]) -> Result<Images> {
        let mut census = Census::default();
        census.add(&self.labels);
        let places = census.places(source, classes, |label| self.class_name(label))?;
        self.labels.iter_mut().for_each(|label| *label = places[label]);
        self.classes = classes.to_vec();
        Ok(self)
    }
}

/// Refuses images of one shape for a network of another.
fn require_fit(source: &str, found: &[usize], expected: &[usize]) -> Result<()> {
    if fits(found, expected) {
        return Ok(());
    }
    let found = match found {
        [columns] => format!("rows have {columns} values"),
        sides => format!("images are {}", times(sides)),
    };
    Err(Error::new(
        Stage::Data,
        "data-shape",
        format!("{source}: {found}, the network expects {}", times(expected)),
        "use the data the network was trained on, or train a network for this size",
    ))
}

/// Whether images of one shape can be given to a network of another.
fn fits(found: &[usize], expected: &[usize]) -> bool {
    let sides = |shape: &[usize]| shape.strip_prefix(&[1]).filter(|rest| rest.len() == 2).unwrap_or(shape).to_vec();
    let values = |shape: &[usize]| shape.iter().copied().fold(1usize, usize::saturating_mul);
    let is_flat = found.len() == 1 || expected.len() == 1;
    sides(found) == sides(expected) || (is_flat && values(found) == values(expected))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Images {
        Images::new(vec![1, 2], Array2::from_shape_vec((3, 2), vec![0, 1, 2, 3, 4, 5]).unwrap(), vec![0, 1, 2])
    }

    #[test]
    fn slices_are_cut_to_what_exists() {
        assert_eq!(three().take(9), three());
        assert_eq!(three().take(0).len(), 0);
        assert_eq!(three().slice(2..7).pixels.row(0).to_vec(), vec![4, 5]);
        assert!(three().slice(5..7).is_empty());
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn shapes_must_fit() {
        let fitted = |shape: &[usize]| three().fitted("x", shape, &names(&["0", "1", "2"]));
        assert!(fitted(&[1, 2]).is_ok() && fitted(&[2]).is_ok() && fitted(&[1, 1, 2]).is_ok());
        assert_eq!(fitted(&[2, 1]).unwrap_err().code, "data-shape");
        assert_eq!(fitted(&[3]).unwrap_err().code, "data-shape");
        assert!(fits(&[6], &[1, 2, 3]) && fits(&[1, 2, 3], &[2, 3]) && !fits(&[3, 2, 2], &[2, 2]));
    }

    #[test]
    fn labels_are_found_by_their_names() {
        let named = Images { classes: names(&["b", "c", "a"]), ..three() };
        let mapped = named.clone().with_classes("x", &names(&["a", "b", "c"])).unwrap();
        assert_eq!((mapped.labels, mapped.classes), (vec![1, 2, 0], names(&["a", "b", "c"])));
        let error = named.with_classes("x.csv", &names(&["a", "c"])).unwrap_err();
        assert!(error.message.starts_with("x.csv: 1 of 3 labels") && error.message.contains("\"b\""), "{error}");
        assert_eq!(error.problems, ["the data have 3 classes: b, c, a", "the network has 2 classes: a, c"]);
    }
}
