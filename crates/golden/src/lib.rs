//! The golden model: the latency encoder, the reference executor and its trace.
//!
//! In: an integer network, and pixels or spike times. Out: a trace with every spike time, the scores and the class. Every function
//! cites the section of `docs/numerics.md` that it implements. The crate depends on the integer network and nothing else of firstspike:
//! it is blind to float, planning and Verilog, so that no mistake can agree with itself.

#![warn(missing_docs)]

mod encoder;
mod executor;
mod neuron;
mod trace;

pub use encoder::{encode, latency};
pub use executor::Executor;
pub use trace::Trace;
