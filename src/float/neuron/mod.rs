//! What neurons in float make of their potentials: one file for each kind.

mod integrate_once;

use super::FloatLayer;
use crate::network::Neuron;

/// The spike times of a layer whose potentials of every step are `history`; the number of steps for *never*.
pub fn spike_times(layer: &FloatLayer, history: &[Vec<f32>]) -> Vec<u8> {
    match &layer.neuron {
        Neuron::Integrate(_) => vec![history.len() as u8; layer.output().neurons()],
        Neuron::IntegrateOnce(neuron) => integrate_once::spike_times(neuron, layer.output(), history),
    }
}
