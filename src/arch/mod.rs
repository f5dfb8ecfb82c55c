//! The architecture: every width, count, memory and latency of the hardware is decided here.
//!
//! In: the integer network and the options, or a board for which they are chosen. Out: the [`Design`], which is all that
//! `emit` may print, the [`CostModel`], which predicts cycles exactly, and the area model ([`estimate`]), which does not.

mod address;
mod area;
mod axis;
mod choose;
mod conv;
mod cost;
mod design;
mod fit;
mod membrane;
mod memory;
mod options;
mod plan;
mod resources;
mod size;
mod supported;
mod workload;

pub use address::{Address, Field};
pub use area::estimate;
pub use axis::Axis;
pub use choose::{SHELL, available, choose, fit, what_fits_instead};
pub use cost::{CostModel, Frame, FrameCost, Spacing};
pub use design::{ConvStage, Design, Encoder, HiddenStage, Layer, Readout, ReadoutKind, Stage, Timer};
pub use fit::{Fit, Optimize, WorkloadSource};
pub use memory::MemoryImage;
pub use options::{InputKind, Lanes, Memories, Options, WeightMemory};
pub use plan::plan;
pub use resources::Area;
pub use workload::Workload;
