//! HDF5 as a tree in memory: groups, numbers, texts. The only room that knows the crate `hdf5-pure`.
//!
//! In: the bytes of a file. Out: its tree; and back. A file may come from anywhere: whatever it says of its sizes is held against limits
//! before memory is taken. Imports nothing.

mod read;
mod write;

pub use read::{MAX_FILE, MAX_NUMBERS, decode, decode_with_attributes};
pub use write::encode;

use std::collections::BTreeMap;

/// What a file begins with.
pub const SIGNATURE: [u8; 8] = *b"\x89HDF\r\n\x1a\n";

/// What the names of attributes begin with, which are members of their group like its datasets.
pub const ATTRIBUTE: char = '@';

/// The members of a group by their names.
pub type Group = BTreeMap<String, Item>;

/// What a name in a file stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A group, with names of its own.
    Group(Group),
    /// A dataset of numbers.
    Numbers(Numbers),
    /// A dataset of texts.
    Texts(Texts),
    /// Integers that need more bits than a float has; they are only written, and read as numbers.
    Wide(Wide),
    /// A dataset of another type, which it names.
    Other(String),
}

/// A dataset of numbers, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// Empty for a single number.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Vec<f32>,
    /// Whether they are stored as integers.
    pub whole: bool,
    /// Whether a stored number was none of 32 bits and was rounded to one.
    pub rounded: bool,
}

/// A dataset of integers of 64 bits, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Wide {
    /// Its shape.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Vec<i64>,
}

/// A dataset of texts, row-major.
#[derive(Debug, Clone, PartialEq)]
pub struct Texts {
    /// Its shape.
    pub shape: Vec<usize>,
    /// The elements.
    pub values: Vec<String>,
}

impl Item {
    /// One text.
    pub fn text(text: &str) -> Item {
        Item::Texts(Texts { shape: Vec::new(), values: vec![text.into()] })
    }

    /// Floats of this shape.
    pub fn floats(shape: &[usize], values: Vec<f32>) -> Item {
        Item::Numbers(Numbers { shape: shape.to_vec(), values, whole: false, rounded: false })
    }

    /// Integers of this shape, each small enough to be a float.
    pub fn integers(shape: &[usize], values: &[usize]) -> Item {
        let values = values.iter().map(|&value| value as f32).collect();
        Item::Numbers(Numbers { shape: shape.to_vec(), values, whole: true, rounded: false })
    }
}
