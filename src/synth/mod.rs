//! Synthesis, placement and routing with the open tools: area, clock, critical path and bitstream of a generated design.
//!
//! In: a design folder, a board, and the board's top module if there is to be a bitstream. Out: a [`Placement`]. Imports `board`, emit's
//! manifest and `tool`.
//!
//! A netlist of the core's cells ([`netlist`]) can stand in for its Verilog in the simulation.

mod area;
mod cell;
mod family;
mod flow;
mod harness;
mod netlist;
mod report;

pub use cell::Area;
pub use flow::{Scope, SynthOptions, place, placed};
pub use netlist::{Netlist, netlist};
pub use report::{PathStep, Placement, Seconds, SeedResult, ToolVersions};
