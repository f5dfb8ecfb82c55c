//! Networks for the simulators of others: an integer network in, the file of another format out.
//!
//! In: an integer network. Out: a NIR file with the same spikes, what its layers have become, and notes on what NIR cannot say. Imports
//! `hdf5` and `network`.

mod exact;
pub mod metadata;
mod nir;

use serde::{Deserialize, Serialize};

pub use nir::export;

/// A file's bytes, and what is in it.
#[derive(Debug)]
pub struct Exported {
    /// The file.
    pub bytes: Vec<u8>,
    /// What the layers have become, in their order.
    pub layers: Vec<Written>,
    /// What the format cannot say, for people.
    pub notes: Vec<String>,
}

/// What a layer has become.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Written {
    /// Name of the layer.
    pub layer: String,
    /// Its nodes, in the order of the chain.
    pub nodes: Vec<String>,
    /// One LSB of the layer in the file.
    pub scale: u32,
}
