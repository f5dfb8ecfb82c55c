//! HDF5 as a tree in memory: groups, numbers, texts. The only file that knows the crate `hdf5-pure`.
//!
//! A file may come from anywhere. Whatever it says of its sizes is held against limits before memory is taken.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use hdf5_pure::{DType, Dataset, DatasetBuilder, File, FileBuilder, GroupBuilder, VlenStringReadOptions};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 1 << 27;
/// Numbers of all datasets together: those of the largest network and some.
const MAX_NUMBERS: usize = (1 << 24) + (1 << 22);
/// Numbers that are decoded at a time; of a chunk and of a row at most as many bytes, or numbers, more.
const WINDOW: usize = 1 << 20;
const MAX_ROW: usize = 1 << 21;
const MAX_CHUNK_BYTES: u64 = 1 << 25;
/// Bytes of all texts together, and of one element of a fixed length.
const MAX_TEXT: usize = 1 << 20;
/// Groups and datasets together, and how deep they lie.
const MAX_MEMBERS: usize = 1 << 16;
const MAX_DEPTH: usize = 16;

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

/// The tree of a file's bytes.
///
/// # Errors
/// A sentence about what is damaged or too large.
pub fn decode(bytes: Vec<u8>) -> Result<Group, String> {
    // The crate adds up what a damaged file says of its chunks, and panics where the sum overflows.
    caught(|| read(bytes)).unwrap_or_else(|| Err("is damaged: its sizes overflow".into()))
}

thread_local! {
    /// Whether a panic of this thread is an answer, not a defect.
    static IS_CAUGHT: Cell<bool> = const { Cell::new(false) };
}

/// What `work` gives; nothing if it panics, of which nothing is printed.
fn caught<T>(work: impl FnOnce() -> T) -> Option<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !IS_CAUGHT.get() {
                usual(info);
            }
        }));
    });
    IS_CAUGHT.set(true);
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    IS_CAUGHT.set(false);
    done.ok()
}

fn read(bytes: Vec<u8>) -> Result<Group, String> {
    let file = File::from_bytes(bytes).map_err(|cause| format!("is no HDF5 file, or is damaged: {cause}"))?;
    let mut budget = Budget { numbers: MAX_NUMBERS, texts: MAX_TEXT, members: MAX_MEMBERS };
    read_group(&file.root(), "", 0, &mut budget)
}

/// What may still be read.
struct Budget {
    numbers: usize,
    texts: usize,
    members: usize,
}

/// Takes `wanted` of what is left, unless it is more.
fn take(left: &mut usize, wanted: usize, path: &str, what: &str) -> Result<(), String> {
    match left.checked_sub(wanted) {
        Some(rest) => {
            *left = rest;
            Ok(())
        }
        None => Err(format!("holds too much: with {path} more {what} than any network needs")),
    }
}

fn read_group(group: &hdf5_pure::Group, path: &str, depth: usize, budget: &mut Budget) -> Result<Group, String> {
    if depth > MAX_DEPTH {
        return Err(format!("{path} lies deeper than {MAX_DEPTH} groups"));
    }
    let mut members = Group::new();
    for (name, inner) in group.iter_groups().map_err(|cause| damaged(path, &cause))? {
        let path = format!("{path}/{name}");
        take(&mut budget.members, 1, &path, "members")?;
        members.insert(name, Item::Group(read_group(&inner, &path, depth + 1, budget)?));
    }
    for (name, dataset) in group.iter_datasets().map_err(|cause| damaged(path, &cause))? {
        let path = format!("{path}/{name}");
        take(&mut budget.members, 1, &path, "members")?;
        members.insert(name, read_dataset(&dataset, &path, budget)?);
    }
    Ok(members)
}

fn damaged(path: &str, cause: &hdf5_pure::Error) -> String {
    format!("is damaged at {}: {cause}", if path.is_empty() { "/" } else { path })
}

fn read_dataset(dataset: &Dataset, path: &str, budget: &mut Budget) -> Result<Item, String> {
    let failed = |cause| damaged(path, &cause);
    let shape = dataset.shape().map_err(failed)?;
    let shape: Vec<usize> = shape.into_iter().map(|side| usize::try_from(side).unwrap_or(usize::MAX)).collect();
    let count = shape.iter().try_fold(1usize, |count, &side| count.checked_mul(side)).unwrap_or(usize::MAX);
    let dtype = dataset.dtype().map_err(failed)?;
    match dtype {
        DType::String | DType::VariableLengthString => {
            Ok(Item::Texts(Texts { values: read_texts(dataset, path, count, budget)?, shape }))
        }
        DType::Compound(_) | DType::Enum(_) | DType::Array(..) | DType::ObjectReference | DType::Other(_) => {
            Ok(Item::Other(dtype.to_string()))
        }
        _ => {
            take(&mut budget.numbers, count, path, "numbers")?;
            read_numbers(dataset, path, shape, count, &dtype).map(Item::Numbers)
        }
    }
}

fn read_texts(dataset: &Dataset, path: &str, count: usize, budget: &mut Budget) -> Result<Vec<String>, String> {
    check_chunks(dataset, path)?;
    let size = dataset.element_size().map_err(|cause| damaged(path, &cause))?;
    // A text of variable length takes its own bytes, and those of its place in the file.
    let bytes = usize::try_from(size).unwrap_or(usize::MAX).saturating_mul(count);
    take(&mut budget.texts, bytes, path, "text")?;
    let options = VlenStringReadOptions::new().with_max_elements(MAX_TEXT).with_max_payload_bytes(budget.texts);
    let read = match dataset.dtype() {
        Ok(DType::VariableLengthString) => dataset.read_vlen_strings(options),
        _ => dataset.read_string(),
    };
    let texts = read.map_err(|cause| damaged(path, &cause))?;
    take(&mut budget.texts, texts.iter().map(String::len).sum(), path, "text")?;
    if texts.len() == count { Ok(texts) } else { Err(wrong_count(path, texts.len(), count)) }
}

fn wrong_count(path: &str, found: usize, expected: usize) -> String {
    format!("is damaged at {path}: {found} values, expected {expected}")
}

/// A chunk is decoded as a whole, however few of its numbers the dataset has.
fn check_chunks(dataset: &Dataset, path: &str) -> Result<(), String> {
    let failed = |cause| damaged(path, &cause);
    let sides = dataset.chunk_shape().map_err(failed)?.unwrap_or_default();
    let size = dataset.element_size().map_err(failed)?;
    let bytes = sides.iter().try_fold(size, |bytes, &side| bytes.checked_mul(side)).unwrap_or(u64::MAX);
    if bytes > MAX_CHUNK_BYTES && !sides.is_empty() {
        return Err(format!("has chunks of {bytes} bytes at {path}, expected at most {MAX_CHUNK_BYTES}"));
    }
    Ok(())
}

fn read_numbers(
    dataset: &Dataset,
    path: &str,
    shape: Vec<usize>,
    count: usize,
    dtype: &DType,
) -> Result<Numbers, String> {
    check_chunks(dataset, path)?;
    // Without numbers there may be any number of rows.
    let rows = if count == 0 { 0 } else { shape.first().copied().unwrap_or(1) };
    let row = count.checked_div(rows).unwrap_or(0);
    if row > MAX_ROW {
        return Err(format!("has {row} numbers in a row at {path}, expected at most {MAX_ROW}"));
    }
    let (mut values, mut rounded) = (Vec::with_capacity(count), false);
    let step = (WINDOW / row.max(1)).max(1);
    for first in (0..rows).step_by(step) {
        let (first, step) = (first as u64, step as u64);
        let failed = |cause| damaged(path, &cause);
        if *dtype == DType::F32 {
            values.extend(dataset.read_f32_rows(first, step).map_err(failed)?);
        } else {
            let wide = dataset.read_f64_rows(first, step).map_err(failed)?;
            rounded |= wide.iter().any(|&value| f64::from(value as f32) != value && !value.is_nan());
            values.extend(wide.into_iter().map(|value| value as f32));
        }
    }
    if values.len() != count {
        return Err(wrong_count(path, values.len(), count));
    }
    Ok(Numbers { shape, values, whole: !matches!(dtype, DType::F32 | DType::F64), rounded })
}

/// The bytes of a file that holds this tree. Datasets of other types are left out.
///
/// # Panics
/// If a shape is not that of its values.
pub fn encode(tree: &Group) -> Vec<u8> {
    let mut file = FileBuilder::new();
    for (name, item) in tree {
        match item {
            Item::Group(members) => {
                let mut group = file.create_group(name);
                write_members(&mut group, members);
                file.add_group(group.finish());
            }
            _ => write_dataset(|| file.create_dataset(name), item),
        }
    }
    file.finish().expect("names and sizes are those of a network")
}

fn write_members(group: &mut GroupBuilder, members: &Group) {
    for (name, item) in members {
        match item {
            Item::Group(members) => {
                let mut inner = group.create_group(name);
                write_members(&mut inner, members);
                group.add_group(inner.finish());
            }
            _ => write_dataset(|| group.create_dataset(name), item),
        }
    }
}

fn write_dataset<'a>(create: impl FnOnce() -> &'a mut DatasetBuilder, item: &Item) {
    let sides = |shape: &[usize]| shape.iter().map(|&side| side as u64).collect::<Vec<_>>();
    match item {
        Item::Numbers(Numbers { shape, values, whole: true, .. }) => {
            let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
            create().with_i64_data(&values).with_shape(&sides(shape));
        }
        Item::Numbers(Numbers { shape, values, .. }) => {
            create().with_f32_data(values).with_shape(&sides(shape));
        }
        Item::Texts(Texts { shape, values }) => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            create().with_vlen_strings(&values).with_shape(&sides(shape));
        }
        Item::Group(_) | Item::Other(_) => {}
    }
}
