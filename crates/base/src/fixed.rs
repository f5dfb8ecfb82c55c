//! Widths, intervals and ranges of integers. Pure functions, no state.

use std::fmt;
use std::str::FromStr;

/// A closed interval of integers `lo ..= hi`, in LSB.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    /// The smallest value.
    pub lo: i64,
    /// The largest value.
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

/// The greatest common divisor; that of a number and 0 is the number.
pub fn common_divisor(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { common_divisor(b, a % b) }
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
    /// 0 and the powers of two of either sign up to `2^(W−2)`, in W-bit two's complement, `3 ≤ W ≤ 8`: each is a single bit.
    PowersOfTwo(u32),
    /// −1, 0, 1.
    Ternary,
    /// −1, 1.
    Binary,
}

impl WeightFormat {
    /// Bits of one weight in hardware memory.
    pub fn bits(self) -> u32 {
        match self {
            WeightFormat::Int(bits) | WeightFormat::PowersOfTwo(bits) => bits,
            WeightFormat::Ternary => 2,
            WeightFormat::Binary => 1,
        }
    }

    /// The largest weight, in LSB; the smallest is its negative.
    pub fn max(self) -> i32 {
        match self {
            WeightFormat::Int(bits) => (1 << (bits - 1)) - 1,
            WeightFormat::PowersOfTwo(bits) => 1 << (bits - 2),
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
        let magnitude = weight.unsigned_abs();
        let is_value = match self {
            WeightFormat::Int(_) | WeightFormat::Ternary => true,
            WeightFormat::PowersOfTwo(_) => magnitude.count_ones() <= 1,
            WeightFormat::Binary => weight != 0,
        };
        is_value && magnitude <= self.max() as u32
    }
}

impl fmt::Display for WeightFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            WeightFormat::Int(bits) => write!(f, "int{bits}"),
            WeightFormat::PowersOfTwo(bits) => write!(f, "pow{bits}"),
            WeightFormat::Ternary => f.write_str("ternary"),
            WeightFormat::Binary => f.write_str("binary"),
        }
    }
}

impl FromStr for WeightFormat {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let wrong = || format!("{text:?} is no weight format: expected int2 … int16, pow3 … pow8, ternary or binary");
        let bits = |name: &str| text.strip_prefix(name).and_then(|bits| bits.parse::<u32>().ok());
        match text {
            "ternary" => Ok(WeightFormat::Ternary),
            "binary" => Ok(WeightFormat::Binary),
            _ => match (bits("int"), bits("pow")) {
                (Some(bits @ 2..=16), _) => Ok(WeightFormat::Int(bits)),
                (_, Some(bits @ 3..=8)) => Ok(WeightFormat::PowersOfTwo(bits)),
                _ => Err(wrong()),
            },
        }
    }
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
    fn formats_hold_their_values() {
        let held = |format: WeightFormat| (-9..=9).filter(|&weight| format.holds(weight)).collect::<Vec<_>>();
        assert_eq!(held(WeightFormat::Int(3)), [-3, -2, -1, 0, 1, 2, 3]);
        assert_eq!(held(WeightFormat::PowersOfTwo(3)), [-2, -1, 0, 1, 2]);
        assert_eq!(held(WeightFormat::PowersOfTwo(5)), [-8, -4, -2, -1, 0, 1, 2, 4, 8]);
        assert_eq!(held(WeightFormat::Ternary), [-1, 0, 1]);
        assert_eq!(held(WeightFormat::Binary), [-1, 1]);
    }

    #[test]
    fn formats_are_read_as_they_are_written() {
        for format in ["int2", "int16", "pow3", "pow8", "ternary", "binary"] {
            assert_eq!(format.parse::<WeightFormat>().unwrap().to_string(), format);
        }
        for wrong in ["int1", "int17", "pow2", "pow9", "pow", "powers3", "int3 ", ""] {
            assert!(wrong.parse::<WeightFormat>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn index_widths_at_their_edges() {
        for (count, bits) in [(1, 1), (2, 1), (3, 2), (4, 2), (5, 3), (256, 8), (257, 9)] {
            assert_eq!(index_bits(count), bits, "{count}");
        }
    }
}
