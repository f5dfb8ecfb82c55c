//! Neurons that integrate and fire, once (`docs/numerics.md` §3).

use firstspike_base::fixed::Interval;

use super::{Neuron, Proof, Rule};

/// Spikes at the first `t` with `V[t] ≥ θ`, and never again.
///
/// # Shapes
/// One threshold per output channel.
///
/// # Units
/// LSB of the layer; in the float network the unit of its weights.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct IntegrateOnce<T = i32> {
    /// The threshold θ.
    pub threshold: Vec<T>,
}

impl<T> Rule<T> for IntegrateOnce<T> {
    fn fires(&self) -> bool {
        true
    }

    fn parameters(&self) -> Vec<(&'static str, &Vec<T>)> {
        vec![("threshold", &self.threshold)]
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Vec<T>)> {
        vec![("threshold", &mut self.threshold)]
    }
}

impl Proof for IntegrateOnce {
    /// `V − θ`, whose sign is the threshold test.
    fn compared(&self, channel: usize, membrane: Interval) -> Interval {
        membrane.shifted(-i64::from(self.threshold[channel]))
    }
}

impl<T> Neuron<T> {
    /// Neurons that integrate and fire once, with a threshold per output channel.
    pub fn integrate_once(threshold: Vec<T>) -> Self {
        Neuron::IntegrateOnce(IntegrateOnce { threshold })
    }
}
