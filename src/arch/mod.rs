//! The architecture: every width, count, memory and latency of the hardware is decided here.
//!
//! In: the integer network (never its executor) and the options. Out: the [`Design`], which is all that `emit` may print, and the
//! [`CostModel`], which predicts cycles exactly.

mod cost;
mod design;
mod memory;
mod plan;

pub use cost::{CostModel, Frame, FrameCost, Spacing};
pub use design::{Design, Encoder, HiddenStage, InputKind, Layer, Readout, ReadoutKind, Stage, Timer};
pub use memory::MemoryImage;
pub use plan::{Lanes, Options, WeightMemory, plan};
