//! `firstspike`: from a trained time-to-first-spike network to verified Verilog.
//!
//! The modules are listed in the order of the data flow; `docs/architecture.md` says what each may import.

pub mod error;
pub mod files;
pub mod fixed;

pub mod arch;
pub mod board;
pub mod cosim;
pub mod data;
pub mod emit;
pub mod golden;
pub mod link;
pub mod model;
pub mod network;
pub mod quantise;
pub mod report;
pub mod shell;
pub mod synth;
pub mod tool;
pub mod train;
pub mod verify;

pub mod cli;
