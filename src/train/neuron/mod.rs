//! What neurons make of their potentials in training, and the gradients through that: one file for each kind.
//!
//! The kernels are compiled for the processor's vectors as well as portably; neither contracts nor reorders a sum, so both give the
//! same bits.

mod integrate_once;

use super::row::{LANES, Row, Times};
use crate::network::{Neuron, NeuronKind};

pub use integrate_once::Backward;

/// The threshold of every firing neuron before the bias is folded in.
pub const THRESHOLD: f32 = 1.0;

/// The threshold test of one block: neuron `k` spikes where `V ≥ level_k`, and its potential in float is `unit_k·V`.
#[derive(Debug, Clone, Copy)]
pub struct Test {
    pub level: Row,
    pub unit: Row,
}

/// The spike times of one block at all places of an image; the number of steps for *never*.
///
/// # Shapes
/// `potential` is place × time step.
pub fn fire(kind: NeuronKind, potential: &[Row], test: &Test, times: &mut [Times]) {
    match kind {
        NeuronKind::Integrate => times.fill([(potential.len() / times.len()) as u16; LANES]),
        NeuronKind::IntegrateOnce => integrate_once::fire(potential, &test.level, times),
    }
}

/// The neurons of a trained layer, whose potentials do not have the `biases` in them if they fire.
pub fn export(kind: NeuronKind, biases: impl Iterator<Item = f32>) -> Neuron<f32> {
    match kind {
        NeuronKind::Integrate => Neuron::integrate(),
        NeuronKind::IntegrateOnce => Neuron::integrate_once(biases.map(|bias| THRESHOLD - bias).collect()),
    }
}
