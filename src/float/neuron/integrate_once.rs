//! Integrate and fire, once.

use super::super::Map;
use crate::network::IntegrateOnce;

/// The first step with `V_j[t] ≥ θ_j`.
pub fn spike_times(neuron: &IntegrateOnce<f32>, output: Map, history: &[Vec<f32>]) -> Vec<u8> {
    let crossing = |j: usize| {
        let threshold = neuron.threshold[j / output.places()];
        history.iter().position(|potentials| potentials[j] >= threshold).unwrap_or(history.len()) as u8
    };
    (0..output.neurons()).map(crossing).collect()
}
