//! Neurons that only integrate: those of an output layer that is read by its potentials or its current (`docs/numerics.md` §6).

use firstspike_base::fixed::Interval;

use super::{Neuron, Proof, Rule};

/// The potential is the sum of what came in; there is no threshold and no spike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Integrate;

impl<T> Rule<T> for Integrate {
    fn fires(&self) -> bool {
        false
    }

    fn parameters(&self) -> Vec<(&'static str, &Vec<T>)> {
        Vec::new()
    }

    fn parameters_mut(&mut self) -> Vec<(&'static str, &mut Vec<T>)> {
        Vec::new()
    }
}

impl Proof for Integrate {
    /// Nothing is compared with the potential.
    fn compared(&self, _channel: usize, membrane: Interval) -> Interval {
        membrane
    }
}

impl<T> Neuron<T> {
    /// Neurons that only integrate.
    pub fn integrate() -> Self {
        Neuron::Integrate(Integrate)
    }
}
