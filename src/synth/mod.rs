//! Synthesis, placement and routing with the open tools: area, clock and critical path of a generated design.
//!
//! In: a design folder and a board. Out: a [`Placement`]. Imports `board`, emit's manifest and `tool`.
//!
//! The core has more ports than a board has pins, so it is placed out of context: what is counted is the core alone, and there is no
//! bitstream.

mod ecp5;
mod flow;
mod report;

pub use flow::{SynthOptions, place};
pub use report::{PathStep, Placement, Seconds, ToolVersions};
