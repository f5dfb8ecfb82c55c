//! From float to the grid of integers: the roundings of `docs/numerics.md` §8. Training uses them in its loop, quantization at its end.

use crate::fixed::WeightFormat;

/// Rounds to the nearest integer, halves away from zero: the rounding of weights (`docs/numerics.md` §8).
///
/// Equals `f32::round` wherever `|x| < 2^31`, but is made of operations that vectorize on every x86-64.
#[inline(always)]
pub fn round_half_away(x: f32) -> f32 {
    let whole = (x as i32) as f32;
    let rest = x - whole;
    whole + f32::from(u8::from(rest >= 0.5)) - f32::from(u8::from(rest <= -0.5))
}

/// The integer weight of a float weight: the value of the format that is nearest to `w / s`, in LSB (`docs/numerics.md` §8).
///
/// # Units
/// `scale` is the value of one LSB. The result is a whole number, as float.
#[inline(always)]
pub fn quantize_weight(weight: f32, scale: f32, format: WeightFormat) -> f32 {
    let max = format.max() as f32;
    match format {
        WeightFormat::Binary => {
            if weight >= 0.0 {
                1.0
            } else {
                -1.0
            }
        }
        WeightFormat::PowersOfTwo(_) => nearest_power(weight / scale, max),
        // Clamping first gives the same integer, and keeps the rounding inside 32 bits.
        _ => round_half_away((weight / scale).clamp(-max, max)),
    }
}

/// The nearest of 0, ±1, ±2, ±4 … ±`max`; from the middle of two away from zero.
#[inline(always)]
fn nearest_power(x: f32, max: f32) -> f32 {
    let magnitude = x.abs();
    let mut nearest = f32::from(u8::from(magnitude >= 0.5));
    let mut power = 2.0;
    while power <= max {
        // The middle between half of it and itself.
        nearest = if magnitude >= 0.75 * power { power } else { nearest };
        power *= 2.0;
    }
    if x < 0.0 { -nearest } else { nearest }
}

/// `Σ(s·q − w)²` with the integers `q` of [`quantize_weight`].
pub fn squared_error<'a>(weights: impl Iterator<Item = &'a f32>, scale: f32, format: WeightFormat) -> f64 {
    weights.map(|&weight| f64::from(scale * quantize_weight(weight, scale, format) - weight).powi(2)).sum()
}

/// The scale `s` with the least squared error, out of a geometric range below `max|w| / Q` (`docs/numerics.md` §8).
pub fn least_error_scale<'a>(weights: impl Iterator<Item = &'a f32> + Clone, format: WeightFormat) -> f32 {
    const CANDIDATES: i32 = 100;
    const RATIO: f32 = 0.96;
    let largest = weights.clone().fold(0.0_f32, |largest, weight| largest.max(weight.abs())).max(f32::MIN_POSITIVE);
    let widest = largest / format.max() as f32;
    let scales = (0..CANDIDATES).map(|step| widest * RATIO.powi(step));
    let judged = scales.map(|scale| (scale, squared_error(weights.clone(), scale, format)));
    judged.min_by(|a, b| a.1.total_cmp(&b.1)).map(|(scale, _)| scale).expect("there are candidates")
}

/// The threshold of a firing layer that has no bias of its own: `ceil((θ − b)·k² / s)`, in LSB (`docs/numerics.md` §8).
///
/// `cell` is `k²`, the number of spikes that an average pooling in front of the layer takes the mean of.
pub fn quantize_threshold(threshold: f32, bias: f32, scale: f32, cell: usize) -> f64 {
    ((f64::from(threshold) - f64::from(bias)) * cell as f64 / f64::from(scale)).ceil()
}

/// A bias, or a sum of biases, in the potential: `round(b·k² / s)`, in LSB (`docs/numerics.md` §8).
pub fn quantize_bias(bias: f64, scale: f32, cell: usize) -> f64 {
    (bias * cell as f64 / f64::from(scale)).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_equals_that_of_the_standard_library() {
        for x in [0.0, 0.499_999_97, 0.5, 0.500_000_06, 1.5, 2.5, 3.499_999_8, 7.0, 8_388_607.5] {
            assert_eq!(round_half_away(x), x.round(), "{x}");
            assert_eq!(round_half_away(-x), (-x).round(), "-{x}");
        }
    }

    #[test]
    fn weights_round_then_clamp() {
        let int4 = WeightFormat::Int(4);
        for (weight, expected) in [(0.24, 0.0), (0.25, 1.0), (-0.25, -1.0), (3.5, 7.0), (100.0, 7.0), (-100.0, -7.0)] {
            assert_eq!(quantize_weight(weight, 0.5, int4), expected, "{weight}");
        }
        assert_eq!(quantize_weight(0.0, 0.5, WeightFormat::Binary), 1.0);
        assert_eq!(quantize_weight(-0.1, 0.5, WeightFormat::Ternary), 0.0);
    }

    #[test]
    fn weights_round_to_the_nearest_power_of_two() {
        let rounded = |weight| quantize_weight(weight, 0.5, WeightFormat::PowersOfTwo(4));
        let pairs = [(0.24, 0.0), (0.25, 1.0), (0.74, 1.0), (0.75, 2.0), (1.49, 2.0), (1.5, 4.0), (100.0, 4.0)];
        for (weight, expected) in pairs {
            assert_eq!((rounded(weight), rounded(-weight)), (expected, -expected), "{weight}");
        }
        assert_eq!(quantize_weight(1.6, 0.5, WeightFormat::PowersOfTwo(3)), 2.0);
    }
}
