//! The integer network: maps, synapses, neurons, readout, proved intervals, and its hash.
//!
//! In: integers. Out: a network that keeps every rule of `docs/numerics.md`. The golden model executes it, the hardware is made
//! from it; neither is known here.

#![warn(missing_docs)]

mod hash;
mod layer;
mod network;
mod neuron;
mod readout;
mod step_rows;

pub use firstspike_base::coding::Coding;
pub use hash::network_hash;
pub use layer::{Conv2d, Layer, MAX_KERNEL, Map, Synapses};
pub use network::{IntegerNetwork, MAX_TIME_STEPS};
pub use neuron::{Integrate, IntegrateOnce, Neuron, NeuronKind};
pub use readout::{Readout, ReadoutKind, WeightedSource};
pub use step_rows::StepRows;
