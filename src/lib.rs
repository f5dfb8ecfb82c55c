//! `firstspike`: from a trained time-to-first-spike network to verified Verilog.
//!
//! A network of integers, what it answers, and its hardware:
//!
//! ```
//! use firstspike::fixed::WeightFormat;
//! use firstspike::golden::Executor;
//! use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
//! use firstspike::{arch, emit, model};
//! use ndarray::array;
//!
//! let neurons = Neuron::integrate_once(vec![4, 4]);
//! let hidden = Layer::dense("hidden", WeightFormat::Int(4), array![[3, -1], [2, 4]], vec![0, 0], neurons);
//! let output = Layer::dense("output", WeightFormat::Int(4), array![[1, -1], [-1, 1]], vec![0, 0], Neuron::integrate());
//! let network = IntegerNetwork::new("small", 4, vec![2], 1, vec![hidden, output], Readout::Membrane)?;
//! assert_eq!(Executor::new(&network).run_events(&[0, 2]).class, 0);
//!
//! let design = arch::plan(&network, &arch::Options::default())?;
//! let files = emit::generate(&design, &model::network_hash(&network))?;
//! assert!(files.iter().any(|file| file.path == "small.v"));
//! # Ok::<(), firstspike::error::Error>(())
//! ```
//!
//! From a network in memory to a folder that is compared with it, [`flow::Hardware`]; from images to a network, [`train::Trainer`].
//! `examples/` has both as programs. `docs/architecture.md` tells the order of the data flow, and what each module may import.

#![warn(missing_docs)]

pub use firstspike_base::{codes, coding, error, files, fixed, json};
pub use {firstspike_golden as golden, firstspike_network as network};

pub mod arch;
pub mod board;
pub mod cosim;
pub mod data;
pub mod emit;
pub mod export;
pub mod fetch;
pub mod float;
pub mod flow;
pub mod hdf5;
pub mod import;
pub mod link;
pub mod model;
pub mod netlist;
pub mod nird;
pub mod npz;
pub mod plant;
pub mod quantize;
pub mod replay;
pub mod report;
pub mod shell;
pub mod synth;
pub mod tool;
pub mod train;
pub mod verify;

pub mod cli;
