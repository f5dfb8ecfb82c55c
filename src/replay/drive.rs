//! What is added to the potentials of a channel besides spikes, up to every step.

use super::convention::{Convention, Deviation};
use super::layer::Layer;

/// What rounding changes a 32-bit float by at most, as a share of it.
pub(super) const HALF_UNIT: f64 = 1.0 / 16_777_216.0;

/// Sums of some numbers, and what bounds their rounding.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Sum {
    pub value: f64,
    /// Of the magnitudes.
    pub magnitude: f64,
    /// Numbers that were added.
    pub terms: f64,
}

impl Sum {
    pub fn add(&mut self, number: f64) {
        self.value += number;
        self.magnitude += number.abs();
        self.terms += f64::from(number != 0.0);
    }

    pub fn plus(self, other: Sum) -> Sum {
        let magnitude = self.magnitude + other.magnitude;
        Sum { value: self.value + other.value, magnitude, terms: self.terms + other.terms }
    }

    /// How far a sum of 32-bit floats is from the exact one at most, in every order: `n·2⁻²⁴·Σ|w|`.
    pub fn bound(self) -> f64 {
        self.terms * HALF_UNIT * self.magnitude
    }
}

/// The sum of bias and rows up to every time step, per channel.
///
/// # Shapes
/// Time steps, then channels.
pub(super) fn drives(layer: &Layer, convention: &Convention, time_steps: usize) -> Vec<Vec<Sum>> {
    let (every_step, once) =
        (convention.contains(&Deviation::BiasEveryStep), convention.contains(&Deviation::RowsOnce));
    let mut sums = vec![Sum::default(); layer.bias.len()];
    let step = |step: usize| {
        for (channel, sum) in sums.iter_mut().enumerate() {
            if step == 0 || every_step {
                sum.add(layer.bias[channel]);
            }
            if let Some(rows) = layer.rows.as_ref().filter(|_| step == 0 || !once) {
                sum.add(rows[(step, channel)]);
            }
        }
        sums.clone()
    };
    (0..time_steps).map(step).collect()
}
