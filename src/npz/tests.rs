//! Files of arrays, good and damaged.

use std::io::Cursor;
use std::path::PathBuf;

use super::*;
use crate::error::Result;

/// Two arrays: `times` of 3 × 2 bytes, and `labels` of three numbers.
fn good() -> Vec<u8> {
    let folder = tempfile::tempdir().unwrap();
    let arrays = [("times".to_owned(), vec![2]), ("labels".to_owned(), vec![])];
    let mut writer = Writer::new(folder.path(), arrays).unwrap();
    writer.push(0, Elements::U8(&[1, 2, 3, 4])).unwrap();
    writer.push(0, Elements::U8(&[5, 6])).unwrap();
    writer.push(1, Elements::I64(&[7, -8, 9])).unwrap();
    let mut file = Cursor::new(Vec::new());
    writer.finish(&mut file).unwrap();
    file.into_inner()
}

fn put(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("arrays.npz");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn numbers(array: &mut Array, rows: usize) -> Result<Vec<Value>> {
    array.next(rows, |_, value| Ok(value))
}

fn all(bytes: &[u8]) -> Result<Vec<Value>> {
    let (_folder, path) = put(bytes);
    let archive = Archive::open(&path)?;
    let mut values = numbers(&mut archive.required("times")?, usize::MAX)?;
    values.extend(numbers(&mut archive.required("labels")?, usize::MAX)?);
    Ok(values)
}

fn integers(values: &[i64]) -> Vec<Value> {
    values.iter().map(|&value| Value::Integer(value.into())).collect()
}

#[test]
fn what_was_written_is_read() {
    let (_folder, path) = put(&good());
    assert!(Archive::is_at(&path));
    let archive = Archive::open(&path).unwrap();
    assert_eq!(archive.names().collect::<Vec<_>>(), ["times", "labels"]);
    let mut times = archive.required("times").unwrap();
    assert_eq!((times.rows(), times.row_shape(), times.is_of_bytes()), (3, vec![2], true));
    assert_eq!(numbers(&mut times, 2).unwrap(), integers(&[1, 2, 3, 4]));
    assert_eq!(numbers(&mut times, 2).unwrap(), integers(&[5, 6]));
    assert!(numbers(&mut times, 2).unwrap().is_empty());
    let mut labels = archive.required("labels").unwrap();
    assert_eq!((labels.element_type(), labels.columns()), ("<i8", 1));
    assert_eq!(numbers(&mut labels, 9).unwrap(), integers(&[7, -8, 9]));
    assert_eq!(good(), good());
}

#[test]
fn a_missing_array_is_named_beside_those_that_are_there() {
    let (_folder, path) = put(&good());
    let error = Archive::open(&path).unwrap().required("images").err().unwrap();
    assert_eq!((error.code, &error.problems[..]), ("data-array", &["the file holds times, labels".to_owned()][..]));
}

/// Two arrays of three bytes, one of which has this content; nothing is packed.
fn replaced(name: &str, content: &[u8]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let stored = zip::write::SimpleFileOptions::default().compression_method(zip::CompressionMethod::Stored);
    for file in ["times", "labels"] {
        archive.start_file(format!("{file}.npy"), stored).unwrap();
        let labels = npy("(3,)", &[1, 2, 3]);
        std::io::Write::write_all(&mut archive, if file == name { content } else { &labels }).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

fn npy(shape: &str, content: &[u8]) -> Vec<u8> {
    let text = format!("{{'descr': '|u1', 'fortran_order': False, 'shape': {shape}}}");
    [b"\x93NUMPY\x01\x00", &(text.len() as u16).to_le_bytes()[..], text.as_bytes(), content].concat()
}

#[test]
fn headers_that_lie_are_found() {
    let code =
        |shape: &str, content: &[u8]| all(&replaced("times", &npy(shape, content))).err().map(|error| error.code);
    assert_eq!(code("(2, 2)", &[1, 2, 3, 4]), None);
    assert_eq!(code("(2, 2)", &[1, 2, 3]), Some("data-truncated"));
    assert_eq!(code("(2, 2)", &[1, 2, 3, 4, 5]), Some("data-oversized"));
    assert_eq!(code("(1000, 1000, 1000)", &[1, 2, 3]), Some("data-truncated"));
    assert_eq!(code("(4294967296, 4294967296)", &[]), Some("data-size"));
    assert_eq!(code("(2000, 1000, 1000)", &[]), Some("data-size"));
    assert_eq!(code("(0, 4294967296, 4294967296)", &[]), Some("data-size"));
    assert_eq!(code("()", &[1]), Some("data-array"));
}

/// A gigabyte of zeros that takes a megabyte, with a header that announces three bytes.
#[test]
fn a_bomb_is_not_unpacked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bomb.npz");
    let mut archive = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    let packed = zip::write::SimpleFileOptions::default().compression_level(Some(1));
    archive.start_file("times.npy", packed).unwrap();
    std::io::Write::write_all(&mut archive, &npy("(3,)", &[])).unwrap();
    std::io::copy(&mut std::io::Read::take(std::io::repeat(0), 1 << 26), &mut archive).unwrap();
    archive.finish().unwrap();
    let mut times = Archive::open(&path).unwrap().required("times").unwrap();
    assert_eq!(numbers(&mut times, usize::MAX).unwrap_err().code, "data-oversized");
}

#[test]
fn a_flipped_bit_changes_the_sum() {
    let mut bytes = replaced("labels", &npy("(3,)", &[1, 2, 200]));
    let place = bytes.iter().position(|&byte| byte == 200).unwrap();
    bytes[place] = 201;
    let error = all(&bytes).unwrap_err();
    assert!(error.code == "data-npz" && error.message.contains("CRC-32"), "{error}");
}

mod damage {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn no_damaged_file_panics(
            cut in 0usize..2000,
            edits in prop::collection::vec((0usize..2000, any::<u8>()), 0..6),
        ) {
            let mut bytes = good();
            for (at, value) in edits {
                let length = bytes.len();
                bytes[at % length] = value;
            }
            bytes.truncate(cut.max(1));
            if let Ok(values) = all(&bytes) {
                prop_assert_eq!(values.len(), 9);
            }
        }
    }
}
