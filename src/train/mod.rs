//! Training of time-to-first-spike networks: images and a recipe in, a float network out.
//!
//! Backpropagation through time with a surrogate gradient, driven by events. May import `data`, `float` and `network`.

mod augment;
mod batch;
mod checkpoint;
mod chunk;
mod curve;
mod descent;
mod events;
mod geometry;
mod layer;
mod neuron;
mod optimizer;
mod pruning;
mod readout;
mod recipe;
#[cfg(test)]
mod reference;
mod row;
mod schedule;
mod topology;
mod trainer;

pub use checkpoint::CHECKPOINT;
pub use curve::{CURVE, Epoch};
pub use recipe::{Augment, Init, Normalize, Recipe};
pub use schedule::{Schedule, doubts, fitting_time_steps};
pub use topology::{Hidden, parse_layers, synaptic_layers};
pub use trainer::{Score, Trainer};
