//! Widths, intervals and ranges of integers. Pure functions, no state.

use std::fmt;
use std::str::FromStr;

/// A closed interval of integers `lo ..= hi`, in LSB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    pub lo: i64,
    pub hi: i64,
}

impl Interval {
    /// The smallest interval that holds both.
    pub fn hull(self, other: Interval) -> Interval {
        Interval { lo: self.lo.min(other.lo), hi: self.hi.max(other.hi) }
    }

    /// The interval moved by `offset` LSB.
    pub fn shifted(self, offset: i64) -> Interval {
        Interval { lo: self.lo + offset, hi: self.hi + offset }
    }

    /// The smallest two's complement width that holds every value, in bits (at least 1).
    pub fn signed_bits(self) -> u32 {
        signed_bits(self.lo).max(signed_bits(self.hi))
    }
}

/// The smallest two's complement width that holds `value`, in bits.
pub fn signed_bits(value: i64) -> u32 {
    let magnitude = if value < 0 { !value } else { value };
    i64::BITS - magnitude.leading_zeros() + 1
}

/// The smallest unsigned width that holds `value`, in bits (at least 1).
pub fn unsigned_bits(value: u64) -> u32 {
    (u64::BITS - value.leading_zeros()).max(1)
}

/// The width of an index that counts `0 .. count`, in bits (at least 1).
pub fn index_bits(count: usize) -> u32 {
    unsigned_bits(count.saturating_sub(1) as u64)
}

/// How a layer's weights are stored (`docs/numerics.md` §5).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WeightFormat {
    /// W-bit two's complement with a symmetric range, `2 ≤ W ≤ 16`.
    Int(u32),
    /// −1, 0, 1.
    Ternary,
    /// −1, 1.
    Binary,
}

impl WeightFormat {
    /// Bits of one weight in hardware memory.
    pub fn bits(self) -> u32 {
        match self {
            WeightFormat::Int(bits) => bits,
            WeightFormat::Ternary => 2,
            WeightFormat::Binary => 1,
        }
    }

    /// The largest weight, in LSB; the smallest is its negative.
    pub fn max(self) -> i32 {
        match self {
            WeightFormat::Int(bits) => (1 << (bits - 1)) - 1,
            WeightFormat::Ternary | WeightFormat::Binary => 1,
        }
    }

    /// What stands in memory for `weight`, of which the low bits count.
    pub fn stored(self, weight: i32) -> i64 {
        match self {
            WeightFormat::Binary => i64::from(weight > 0),
            _ => i64::from(weight),
        }
    }

    /// Whether `weight` is a value of this format.
    pub fn holds(self, weight: i32) -> bool {
        weight.abs() <= self.max() && !(self == WeightFormat::Binary && weight == 0)
    }
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightFormat::Int(bits) => write!(f, "int{bits}"),
            WeightFormat::Ternary => f.write_str("ternary"),
            WeightFormat::Binary => f.write_str("binary"),
        }
    }
}

impl FromStr for WeightFormat {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("\"{text}\" is no weight format: expected int2 … int16, ternary or binary");
        match text {
            "ternary" => Ok(WeightFormat::Ternary),
            "binary" => Ok(WeightFormat::Binary),
            _ => {
                let bits: u32 = text.strip_prefix("int").and_then(|b| b.parse().ok()).ok_or_else(wrong)?;
                if (2..=16).contains(&bits) { Ok(WeightFormat::Int(bits)) } else { Err(wrong()) }
            }
        }
    }
}

/// Rounds to the nearest integer, halves away from zero: the rounding of weights (`docs/numerics.md` §8).
///
/// Equals `f32::round` wherever `|x| < 2^31`, but is made of operations that vectorise on every x86-64.
#[inline(always)]
pub fn round_half_away(x: f32) -> f32 {
    let whole = (x as i32) as f32;
    let rest = x - whole;
    whole + f32::from(u8::from(rest >= 0.5)) - f32::from(u8::from(rest <= -0.5))
}

/// The integer weight of a float weight: `clamp(round(w / s))`, in LSB (`docs/numerics.md` §8).
///
/// # Units
/// `scale` is the value of one LSB. The result is a whole number, as float.
#[inline(always)]
pub fn quantise_weight(weight: f32, scale: f32, format: WeightFormat) -> f32 {
    if format == WeightFormat::Binary {
        return if weight >= 0.0 { 1.0 } else { -1.0 };
    }
    let max = format.max() as f32;
    // Clamping first gives the same integer, and keeps the rounding inside 32 bits.
    round_half_away((weight / scale).clamp(-max, max))
}

/// `Σ(s·q − w)²` with the integers `q` of [`quantise_weight`].
pub fn squared_error<'a>(weights: impl Iterator<Item = &'a f32>, scale: f32, format: WeightFormat) -> f64 {
    weights.map(|&weight| f64::from(scale * quantise_weight(weight, scale, format) - weight).powi(2)).sum()
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
pub fn quantise_threshold(threshold: f32, bias: f32, scale: f32, cell: usize) -> f64 {
    ((f64::from(threshold) - f64::from(bias)) * cell as f64 / f64::from(scale)).ceil()
}

/// The initial membrane potential of a layer that does not fire: `round(b·k² / s)`, in LSB (`docs/numerics.md` §8).
pub fn quantise_bias(bias: f32, scale: f32, cell: usize) -> f64 {
    (f64::from(bias) * cell as f64 / f64::from(scale)).round()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_widths_at_their_edges() {
        for (value, bits) in [(0, 1), (-1, 1), (1, 2), (-2, 2), (2, 3), (127, 8), (-128, 8), (-129, 9)] {
            assert_eq!(signed_bits(value), bits, "{value}");
        }
    }

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
            assert_eq!(quantise_weight(weight, 0.5, int4), expected, "{weight}");
        }
        assert_eq!(quantise_weight(0.0, 0.5, WeightFormat::Binary), 1.0);
        assert_eq!(quantise_weight(-0.1, 0.5, WeightFormat::Ternary), 0.0);
    }

    #[test]
    fn index_widths_at_their_edges() {
        for (count, bits) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)] {
            assert_eq!(index_bits(count), bits, "{count}");
        }
    }
}
