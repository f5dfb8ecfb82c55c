//! `firstspike`: from a trained time-to-first-spike network to verified Verilog.
//!
//! The modules are listed in the order of the data flow; `docs/architecture.md` says what each may import.

pub use firstspike_base::{codes, error, files, fixed, json};

pub mod arch;
pub mod board;
pub mod cosim;
pub mod data;
pub mod emit;
pub mod fetch;
pub mod flow;
/// The golden model with the integer network that it executes.
pub mod golden {
    pub use firstspike_golden::*;
    pub use firstspike_network::*;
}
pub mod link;
pub mod model;
pub mod netlist;
pub mod network;
pub mod plant;
pub mod quantize;
pub mod report;
pub mod shell;
pub mod synth;
pub mod tool;
pub mod train;
pub mod verify;

pub mod cli;
