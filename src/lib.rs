//! `firstspike`: from a trained time-to-first-spike network to verified Verilog.
//!
//! `docs/architecture.md` tells the order of the data flow, and what each module may import.

#![warn(missing_docs)]

pub use firstspike_base::{codes, coding, error, files, fixed, json};
pub use {firstspike_golden as golden, firstspike_network as network};

pub mod arch;
pub mod board;
pub mod cosim;
pub mod data;
pub mod emit;
pub mod fetch;
pub mod float;
pub mod flow;
pub mod import;
pub mod link;
pub mod model;
pub mod netlist;
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
