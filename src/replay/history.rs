//! What the spikes of an image add to the potentials of a layer, up to every step.

use ndarray::Array2;

use super::drive::Sum;
use crate::float::FloatLayer;

/// Sums of the weights of all spikes that came before a step.
///
/// # Shapes
/// One row more than time steps, the first of zeros; one column per neuron.
pub(super) struct History(Array2<Sum>);

impl History {
    /// The spikes at `incoming`, `time_steps` for never.
    pub fn new(synapses: &FloatLayer, incoming: &[u8], time_steps: usize) -> History {
        let mut events = vec![Vec::new(); time_steps + 1];
        for (input, &time) in incoming.iter().enumerate() {
            events[usize::from(time)].push(input);
        }
        let mut sums = Array2::from_elem((time_steps + 1, synapses.output().neurons()), Sum::default());
        for (step, inputs) in events[..time_steps].iter().enumerate() {
            let (before, mut after) = sums.multi_slice_mut((ndarray::s![step, ..], ndarray::s![step + 1, ..]));
            after.assign(&before);
            let mut receive = |neuron: usize, weight: f32| after[neuron].add(f64::from(weight));
            synapses.cells(inputs).into_iter().for_each(|cell| synapses.receive(cell, &mut receive));
        }
        History(sums)
    }

    /// The sum for a neuron after the spikes of a step have come, which takes `delay` steps.
    pub fn at(&self, step: usize, delay: usize, neuron: usize) -> Sum {
        self.0[((step + 1).saturating_sub(delay), neuron)]
    }
}
