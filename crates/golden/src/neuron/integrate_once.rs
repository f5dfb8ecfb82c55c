//! Integrate and fire, once (`docs/numerics.md` §3).

use firstspike_network::IntegrateOnce;

use super::StepEnd;

/// A neuron that has not spiked does so if `V[t] ≥ θ`.
pub fn fire(neuron: &IntegrateOnce, end: StepEnd) {
    let of_channel = end.potentials.len() / neuron.threshold.len();
    let channels = end.spike_times.chunks_mut(of_channel).zip(end.potentials.chunks(of_channel));
    for ((times, potentials), &threshold) in channels.zip(&neuron.threshold) {
        for (time, &potential) in times.iter_mut().zip(potentials) {
            if *time == end.never && potential >= threshold {
                *time = end.step;
            }
        }
    }
}
