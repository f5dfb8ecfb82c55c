//! Images and labels from files. Knows nothing of networks.

use ndarray::Array2;

/// A labelled set of grey images.
///
/// # Shapes
/// `pixels` is images × pixels, row-major within an image of shape `shape` (height, width); `labels` has one entry per image.
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
}
