//! Files of named arrays, as `numpy.savez` writes them (`.npz`): a zip archive of `.npy` files.
//!
//! In: a file. Out: its arrays, some rows at a time, so that memory grows neither with what a header claims nor with what a stream
//! unpacks to. Imports nothing but `error` and `files`.

mod archive;
mod array;
mod header;
mod value;
mod writer;

pub use archive::Archive;
pub use array::Array;
pub use value::Value;
pub use writer::{Elements, Writer};

use crate::error::{Error, Stage};

/// What is wrong with a file of arrays, and how to write a good one.
fn damaged(message: String) -> Error {
    Error::new(Stage::Data, "data-npz", message, "write the file again, with numpy.savez or numpy.savez_compressed")
}

#[cfg(test)]
mod tests;
