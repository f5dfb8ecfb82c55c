//! The grid that weights lie on, if they do: with it, quantization loses nothing.

use crate::fixed::{WeightFormat, common_divisor};
use crate::float::Grid;

/// More bits than any weight format has.
const MOST_BITS: u32 = 16;

/// The coarsest grid `s·q` that holds every weight exactly, in the smallest format for its integers `q`.
///
/// Every 32-bit float is a whole multiple of a power of two, so weights of a small range always have a grid; it is of use if its
/// integers have at most 16 bits.
pub fn exact(weights: &[f32]) -> Option<Grid> {
    let exponent = weights.iter().filter(|weight| **weight != 0.0).map(|weight| lowest_bit(*weight)).min()?;
    let unit = 2f64.powi(exponent);
    let whole = |weight: &f32| {
        let steps = f64::from(*weight) / unit;
        // Beyond this no common factor could bring it into 16 bits that leave it exact.
        (steps.abs() < 2f64.powi(52)).then_some(steps.abs() as u64)
    };
    // Computed twice, as a list of them would take twice the memory of the weights.
    let steps = || weights.iter().map(whole);
    let factor = steps().try_fold(0, |factor, steps| Some(common_divisor(factor, steps?)))?;
    let scale = (factor as f64 * unit) as f32;
    let is_exact = f64::from(scale) == factor as f64 * unit && scale > 0.0;
    let (smallest, largest) = (steps().min()?? / factor, steps().max()?? / factor);
    let format = match smallest {
        1 if largest == 1 => WeightFormat::Binary,
        _ => (2..=MOST_BITS).map(WeightFormat::Int).find(|format| largest <= format.max() as u64)?,
    };
    is_exact.then_some(Grid { format, scale })
}

/// Whether every weight is one of the grid.
pub fn holds(grid: Grid, weights: &[f32]) -> bool {
    let is_on = |weight: &f32| {
        let steps = f64::from(*weight) / f64::from(grid.scale);
        steps.fract() == 0.0 && steps.abs() <= f64::from(grid.format.max()) && grid.format.holds(steps as i32)
    };
    weights.iter().all(is_on)
}

/// The exponent of the lowest bit that is set in a float that is not zero.
fn lowest_bit(value: f32) -> i32 {
    const FRACTION: i32 = 23;
    const SMALLEST: i32 = -149;
    let bits = value.to_bits();
    let (exponent, fraction) = (bits >> FRACTION & 0xff, bits & ((1 << FRACTION) - 1));
    let significand = if exponent == 0 { fraction } else { fraction | 1 << FRACTION };
    SMALLEST + (exponent.max(1) as i32 - 1) + significand.trailing_zeros() as i32
}

/// The smallest number of the lattice `start + g·z` that lies above `threshold`: there `V > θ` and `V ≥ θ'` are the same test.
/// Without a lattice, or if no float is that number, the next float: the same test for every 32-bit potential.
pub fn above(threshold: f32, lattice: Option<(f32, f64)>) -> f32 {
    let next = threshold.next_up();
    let Some((start, step)) = lattice else { return next };
    let steps = ((f64::from(threshold) - f64::from(start)) / step).floor() + 1.0;
    let value = f64::from(start) + step * steps;
    if f64::from(value as f32) == value && value > f64::from(threshold) { value as f32 } else { next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_coarsest_grid_is_found() {
        let grid = |weights: &[f32]| exact(weights).map(|grid| (grid.format, grid.scale));
        assert_eq!(grid(&[1.0, -0.5, 0.25]), Some((WeightFormat::Int(4), 0.25)));
        assert_eq!(grid(&[0.75, -1.5, 0.0]), Some((WeightFormat::Int(3), 0.75)));
        assert_eq!(grid(&[-3.0, 3.0]), Some((WeightFormat::Binary, 3.0)));
        assert_eq!(grid(&[-3.0, 0.0]), Some((WeightFormat::Int(2), 3.0)));
        assert_eq!(grid(&[32_767.0, 1.0]), Some((WeightFormat::Int(16), 1.0)));
        assert_eq!(grid(&[32_768.0, 1.0]), None);
        assert_eq!(grid(&[0.1, 0.2, 0.3]), None);
        assert_eq!(grid(&[0.0, 0.0]), None);
        assert_eq!(grid(&[f32::MAX, f32::MIN_POSITIVE]), None);
        assert_eq!(grid(&[f32::from_bits(1)]), Some((WeightFormat::Binary, f32::from_bits(1))));
    }

    #[test]
    fn a_grid_that_is_said_holds_its_weights_or_not() {
        let on = |format, scale, weights: &[f32]| holds(Grid { format, scale }, weights);
        assert!(on(WeightFormat::Int(4), 1.0, &[-7.0, 0.0, 2.0]) && on(WeightFormat::Binary, 9.0, &[9.0, -9.0]));
        assert!(!on(WeightFormat::Int(4), 1.0, &[8.0]) && !on(WeightFormat::Int(4), 1.0, &[0.5]));
        assert!(!on(WeightFormat::Binary, 1.0, &[0.0]) && !on(WeightFormat::Int(16), 1.0, &[f32::MAX]));
    }

    #[test]
    fn the_next_value_above_is_the_smallest_that_can_be_reached() {
        assert_eq!(above(1.0, Some((0.0, 0.25))), 1.25);
        assert_eq!(above(1.1, Some((0.0, 0.25))), 1.25);
        assert_eq!(above(1.0, Some((0.125, 0.25))), 1.125);
        assert_eq!(above(-1.0, Some((0.0, 0.5))), -0.5);
        assert_eq!(above(1.0, None), 1.0f32.next_up());
    }
}
