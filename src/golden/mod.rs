//! The golden model: the integer network, its latency encoder, the reference executor and its trace.
//!
//! In: integers. Out: a trace with every spike time, the scores and the class. Every function cites the section of
//! `docs/numerics.md` that it implements. Imports nothing but `error` and `fixed`: it is blind to float, `arch` and `emit`, so that no
//! mistake can agree with itself.

mod encoder;
mod executor;
mod layer;
mod network;
mod trace;

pub use encoder::{encode, latency};
pub use executor::Executor;
pub use layer::{Conv2d, Layer, MAX_KERNEL, Map, Synapses};
pub use network::{IntegerNetwork, MAX_TIME_STEPS, Readout, WeightedSource};
pub use trace::Trace;
