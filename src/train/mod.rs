//! Training of time-to-first-spike networks: images and a recipe in, a float network out.
//!
//! Backpropagation through time with a surrogate gradient, driven by events. May import `data` and `network`.

mod augment;
mod checkpoint;
mod chunk;
mod layer;
mod neuron;
mod optimiser;
mod readout;
mod recipe;
#[cfg(test)]
mod reference;
mod trainer;

pub use checkpoint::CHECKPOINT;
pub use recipe::{Augment, Init, ReadoutKind, Recipe};
pub use trainer::{Score, Trainer};
