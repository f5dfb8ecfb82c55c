//! The architecture: every width, count, memory and latency of the hardware is decided here.
//!
//! In: the integer network and the options, or a board for which they are chosen. Out: the [`Design`], which is all that
//! `emit` may print, the [`CostModel`], which predicts cycles exactly, and the area model ([`estimate`]), which does not.

mod adapter;
mod address;
mod area;
mod choose;
mod cost;
mod design;
mod engine;
mod fit;
mod membrane;
mod memory;
mod memory_area;
mod netlist;
mod one_of;
mod options;
mod plan;
mod port;
mod port_clock;
mod readout;
mod resources;
mod scan;
mod size;
mod stream;
mod supported;
mod timing;
mod workload;

pub use adapter::Adapter;
pub use address::{Address, Field};
pub use area::estimate;
pub use choose::{SHELL, available, choose, fit, what_fits_instead};
pub use cost::{CostModel, Frame, FrameCost, Spacing};
pub use design::{Design, Layer, Timer};
pub use engine::{Engine, Planned};
pub use fit::{Fit, Optimize, WorkloadSource};
pub use memory::MemoryImage;
pub use netlist::{FOLDER, quoted};
pub use options::{EngineKind, InputKind, Lanes, Memories, Options, ResultKind, WeightMemory};
pub use plan::plan;
pub use port::{Encoder, PIXEL_BITS, Packing, Port};
pub use readout::{Readout, ReadoutKind, Scoring};
pub use resources::Area;
pub use stream::{Form, Stream};
pub use workload::Workload;
