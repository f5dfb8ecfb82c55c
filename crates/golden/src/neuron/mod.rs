//! What neurons do at the end of a time step: one file for each kind.

mod integrate_once;

use firstspike_network::Neuron;

/// The neurons of a layer at the end of a step, after all its spikes have been added.
///
/// # Shapes
/// `potentials` and `spike_times` have one entry per neuron, channel by channel.
pub struct StepEnd<'a> {
    pub step: u8,
    /// The spike time of a neuron that has not spiked.
    pub never: u8,
    pub potentials: &'a [i32],
    pub spike_times: &'a mut [u8],
}

impl StepEnd<'_> {
    /// Enters the step as the spike time of every neuron that spikes now.
    pub fn fire(self, neuron: &Neuron) {
        match neuron {
            Neuron::Integrate(_) => {}
            Neuron::IntegrateOnce(neuron) => integrate_once::fire(neuron, self),
        }
    }
}
