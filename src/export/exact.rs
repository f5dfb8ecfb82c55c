//! What 32-bit floats add without rounding, in every order: the numbers of a file are chosen so that simulators give the same spikes and
//! scores whatever they do first.

use crate::fixed::common_divisor;
use crate::network::Layer;

/// Bits of a float's significand: sums of multiples of `g` below `2²⁴·g` are exact.
const SIGNIFICAND: u32 = 24;

/// The scale of a layer whose initial potentials are spread over `time_steps`: the smallest whole number by which all `v0/T` become whole
/// but for a power of two, and that power's exponent.
pub fn spread(v0: &[i32], time_steps: usize) -> (u32, u32) {
    let common = v0.iter().fold(time_steps as u64, |common, &v0| common_divisor(common, u64::from(v0.unsigned_abs())));
    let shares = time_steps as u64 / common;
    let fraction = shares.trailing_zeros();
    ((shares >> fraction) as u32, fraction)
}

/// The largest sum of magnitudes that a neuron of the layer may see, in LSB: synapses, step rows, and the initial potential.
pub fn largest_sum(layer: &Layer) -> u64 {
    let sum = |channel: usize| {
        let interval = layer.membrane_interval(channel);
        interval.hi.abs_diff(interval.lo) + u64::from(layer.v0[channel].unsigned_abs())
    };
    (0..layer.v0.len()).map(sum).max().unwrap_or(0)
}

/// The bits that sums of up to `largest` LSB of `scale` need, in multiples of `2^−fraction`, if they are more than a float has.
pub fn too_many_bits(largest: u64, scale: u32, fraction: u32) -> Option<u32> {
    let bits = u128::BITS - (u128::from(largest) * u128::from(scale)).leading_zeros() + fraction;
    (bits > SIGNIFICAND).then_some(bits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn starts_are_spread_without_rounding() {
        assert_eq!(spread(&[0, 0], 10), (1, 0));
        assert_eq!(spread(&[3, -1], 8), (1, 3));
        assert_eq!(spread(&[4, -2], 8), (1, 2));
        // Tenths: five times as much in halves.
        assert_eq!(spread(&[7], 10), (5, 1));
        assert_eq!(spread(&[20, 5], 10), (1, 1));
        assert_eq!(spread(&[1], 255), (255, 0));
        assert_eq!(spread(&[i32::MIN], 1), (1, 0));
    }

    #[test]
    fn a_float_has_24_bits() {
        assert_eq!(too_many_bits((1 << 23) - 1, 1, 1), None);
        assert_eq!(too_many_bits(1 << 23, 1, 1), Some(25));
        assert_eq!(too_many_bits(1 << 20, 16, 0), Some(25));
        assert_eq!(too_many_bits(u64::MAX, 255, 7), Some(79));
        assert_eq!(too_many_bits(0, 1, 0), None);
    }
}
