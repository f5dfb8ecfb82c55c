//! Images and labels from files: IDX (plain or gzip), CSV, and the small digits set that the binary carries.
//!
//! In: files. Out: [`Images`]. Imports nothing but `error`; knows nothing of networks.

mod csv;
mod digits;
mod folder;
mod idx;
mod source;
mod stream;

use std::ops::Range;

use ndarray::{Array2, s};

use crate::error::{Error, Result, Stage};

pub use source::{KNOWN, Split, load, root};

/// A labelled set of grey images.
///
/// # Shapes
/// `pixels` is images × pixels, row-major within an image of shape `shape` (height, width; or a single length where the
/// file gives no second dimension); `labels` has one entry per image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Images {
    pub shape: Vec<usize>,
    pub pixels: Array2<u8>,
    pub labels: Vec<u8>,
}

impl Images {
    pub fn len(&self) -> usize {
        self.labels.len()
    }

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
        }
    }

    /// Demands images of `shape` and labels `0 … classes − 1`. A one-dimensional shape fits any image with as many pixels.
    ///
    /// # Errors
    /// `data-shape` or `data-label`; `source` names the data in the message.
    pub fn require(&self, source: &str, shape: &[usize], classes: usize) -> Result<()> {
        let flat = shape.len() == 1 || self.shape.len() == 1;
        let pixels = shape.iter().copied().fold(1usize, usize::saturating_mul);
        if self.shape != shape && !(flat && pixels == self.pixel_count()) {
            return Err(Error::new(
                Stage::Data,
                "data-shape",
                format!("{source}: images are {:?}, the network expects {shape:?}", self.shape),
                "use the data the network was trained on, or train a network for this image size",
            ));
        }
        let outside: Vec<_> = self.labels.iter().enumerate().filter(|(_, l)| usize::from(**l) >= classes).collect();
        match outside.first() {
            None => Ok(()),
            Some((index, label)) => Err(Error::new(
                Stage::Data,
                "data-label",
                format!(
                    "{source}: {} of {} labels are out of range; the first, of image {index}, is {label}, expected \
                     0 … {}, as the network has {classes} outputs",
                    outside.len(),
                    self.len(),
                    classes.saturating_sub(1),
                ),
                "use a network with one output per class, or remove the images of the other classes",
            )),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn three() -> Images {
        Images {
            shape: vec![1, 2],
            pixels: Array2::from_shape_vec((3, 2), vec![0, 1, 2, 3, 4, 5]).unwrap(),
            labels: vec![0, 1, 2],
        }
    }

    #[test]
    fn slices_are_cut_to_what_exists() {
        assert_eq!(three().take(9), three());
        assert_eq!(three().take(0).len(), 0);
        assert_eq!(three().slice(2..7).pixels.row(0).to_vec(), vec![4, 5]);
        assert!(three().slice(5..7).is_empty());
    }

    #[test]
    fn shapes_and_labels_must_fit() {
        assert!(three().require("x", &[1, 2], 3).is_ok());
        assert!(three().require("x", &[2], 3).is_ok());
        assert_eq!(three().require("x", &[2, 1], 3).unwrap_err().code, "data-shape");
        let error = three().require("x.csv", &[1, 2], 2).unwrap_err();
        assert!(error.message.contains("x.csv: 1 of 3 labels"), "{}", error.message);
    }
}
