//! From the bytes of a file to its tree, within limits.

use std::cell::Cell;
use std::panic::{self, AssertUnwindSafe};
use std::sync::Once;

use hdf5_pure::{AttrValue, DType, Dataset, File, VlenStringReadOptions};

use super::{ATTRIBUTE, Group, Item, Numbers, Texts};

/// The largest file that is read, in bytes.
pub const MAX_FILE: u64 = 1 << 27;
/// Numbers of all datasets together: those of the largest network and some.
pub const MAX_NUMBERS: usize = (1 << 24) + (1 << 20);
/// Numbers that are decoded at a time; of a chunk and of a row at most as many bytes, or numbers, more.
const WINDOW: usize = 1 << 20;
const MAX_ROW: usize = 1 << 21;
const MAX_CHUNK_BYTES: u64 = 1 << 25;
/// Bytes of all texts together, and of one element of a fixed length.
const MAX_TEXT: usize = 1 << 20;
/// Groups and datasets together, and how deep they lie.
const MAX_MEMBERS: usize = 1 << 16;
const MAX_DEPTH: usize = 16;

/// The tree of a file's bytes, without attributes.
///
/// # Errors
/// A sentence about what is damaged or too large.
pub fn decode(bytes: Vec<u8>) -> Result<Group, String> {
    decode_wanted(bytes, false)
}

/// The same with the attributes of groups that are one number or one text.
///
/// # Errors
/// As [`decode`].
pub fn decode_with_attributes(bytes: Vec<u8>) -> Result<Group, String> {
    decode_wanted(bytes, true)
}

fn decode_wanted(bytes: Vec<u8>, attributes: bool) -> Result<Group, String> {
    // The crate adds up what a damaged file says of its chunks, and panics where the sum overflows.
    caught(|| read(bytes, attributes)).unwrap_or_else(|| Err("is damaged: its sizes overflow".into()))
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

fn read(bytes: Vec<u8>, attributes: bool) -> Result<Group, String> {
    let file = File::from_bytes(bytes).map_err(|cause| format!("is no HDF5 file, or is damaged: {cause}"))?;
    let mut budget = Budget { numbers: MAX_NUMBERS, texts: MAX_TEXT, members: MAX_MEMBERS, attributes };
    read_group(&file.root(), "", 0, &mut budget)
}

/// What may still be read.
struct Budget {
    numbers: usize,
    texts: usize,
    members: usize,
    /// Whether attributes are wanted.
    attributes: bool,
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
    if budget.attributes {
        read_attributes(group, path, &mut members, budget)?;
    }
    Ok(members)
}

fn read_attributes(
    group: &hdf5_pure::Group,
    path: &str,
    members: &mut Group,
    budget: &mut Budget,
) -> Result<(), String> {
    for (name, value) in group.attrs().map_err(|cause| damaged(path, &cause))? {
        let Some(item) = attribute(&value) else { continue };
        let path = format!("{path}/{ATTRIBUTE}{name}");
        take(&mut budget.members, 1, &path, "members")?;
        if let Item::Texts(texts) = &item {
            take(&mut budget.texts, texts.values[0].len(), &path, "text")?;
        }
        members.insert(format!("{ATTRIBUTE}{name}"), item);
    }
    Ok(())
}

/// The value of an attribute that is one text or one number.
fn attribute(value: &AttrValue) -> Option<Item> {
    if let Some(text) = value.as_str() {
        return Some(Item::text(text));
    }
    let whole = value.as_i64();
    let number = value.as_f64().or(whole.map(|number| number as f64))?;
    let values = vec![number as f32];
    let rounded = f64::from(values[0]) != number && !number.is_nan();
    Some(Item::Numbers(Numbers { shape: Vec::new(), values, whole: whole.is_some(), rounded }))
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
        DType::Compound(_) | DType::Array(..) | DType::ObjectReference | DType::Other(_) => {
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
