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

use super::terms::Terms;
use super::{Imported, Options};
use crate::export::metadata::{GraphMetadata, METADATA};
use crate::hdf5::{Group, Item};
use assemble::Assembly;
use graph::{Broken, chain};

pub use assemble::Fault;

/// The float network of a NIR file's tree.
///
/// # Errors
/// Every mistake that was found, each with its node.
pub fn import(tree: Group, options: &Options) -> Result<Imported, Fault> {
    let said = said(&tree).map_err(Fault::Refused)?;
    let nodes = chain(tree).map_err(|broken| match broken {
        Broken::Unfinished(absent) => Fault::Unfinished(absent),
        Broken::Wrong(problems) => Fault::Refused(problems),
    })?;
    let (terms, notes) = Terms::settle(options, said).map_err(Fault::Unsaid)?;
    let mut assembly = Assembly::new(&terms, notes);
    // A node is dropped once it is taken: its numbers are not kept twice.
    nodes.into_iter().for_each(|node| assembly.take(&node));
    assembly.finish().map_err(Fault::Refused)
}

/// What the metadata of the graph say, if they are ours.
fn said(tree: &Group) -> Result<Option<GraphMetadata>, Vec<String>> {
    let Some(Item::Group(root)) = tree.get("node") else { return Ok(None) };
    let Some(Item::Group(metadata)) = root.get(METADATA) else { return Ok(None) };
    GraphMetadata::from_group(metadata)
}
