//! The architecture: every width, count, memory and latency of the hardware is decided here.
//!
//! In: the integer network (never its executor) and the options, or a board for which they are chosen. Out: the [`Design`], which is all that
//! `emit` may print, the [`CostModel`], which predicts cycles exactly, and the area model ([`estimate`]), which does not.

mod address;
mod area;
mod choose;
mod conv;
mod cost;
mod design;
mod memory;
mod plan;

pub use address::{Address, Field};
pub use area::{Area, estimate};
pub use choose::{Fit, Optimize, SHELL, available, choose, fit, what_fits_instead};
pub use conv::Axis;
pub use cost::{CostModel, Frame, FrameCost, Spacing};
pub use design::{ConvStage, Design, Encoder, HiddenStage, InputKind, Layer, Readout, ReadoutKind, Stage, Timer};
pub use memory::MemoryImage;
pub use plan::{Lanes, Options, WeightMemory, plan};
