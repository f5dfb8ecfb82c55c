//! NIR, the Neuromorphic Intermediate Representation: graphs in HDF5, as snnTorch, Norse, SpikingJelly, sinabs and others
//! write them.
//!
//! # Source
//! <https://neuroir.org>, and the Python package `nir` (1.0.8), whose files are read here.

mod assemble;
mod fields;
mod finish;
mod graph;
mod grid;
mod neuron;
mod weights;

use super::hdf5::Group;
use super::{Imported, Options};
use assemble::Assembly;
use graph::{Broken, chain};

pub use assemble::Fault;

/// The float network of a NIR file's tree.
///
/// # Errors
/// Every mistake that was found, each with its node.
pub fn import(tree: Group, options: &Options) -> Result<Imported, Fault> {
    let nodes = chain(tree).map_err(|broken| match broken {
        Broken::Unfinished(absent) => Fault::Unfinished(absent),
        Broken::Wrong(problems) => Fault::Refused(problems),
    })?;
    let mut assembly = Assembly::new(options);
    nodes.iter().for_each(|node| assembly.take(node));
    assembly.finish().map_err(Fault::Refused)
}
