//! Weight formats as typed on the command line.

use std::str::FromStr;

use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;

/// A weight format as typed: `2` … `16`, `pow3` … `pow8`, `ternary`, `binary`, or `float` for none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bits(pub Option<WeightFormat>);

impl FromStr for Bits {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        if text == "float" {
            return Ok(Bits(None));
        }
        let name = if text.chars().all(|c| c.is_ascii_digit()) { format!("int{text}") } else { text.into() };
        let wrong = |_| "expected 2 … 16, pow3 … pow8, ternary, binary or float".to_string();
        name.parse().map(|format| Bits(Some(format))).map_err(wrong)
    }
}

/// One format per layer: a single one counts for all.
///
/// # Errors
/// `format-count`.
pub fn per_layer(bits: &[Bits], layers: usize) -> Result<Vec<Option<WeightFormat>>> {
    match bits {
        [one] => Ok(vec![one.0; layers]),
        _ if bits.len() == layers => Ok(bits.iter().map(|bits| bits.0).collect()),
        _ => Err(Error::new(
            Stage::Arguments,
            "format-count",
            format!("--bits has {} values for {layers} layers, expected 1 or {layers}", bits.len()),
            "give one value, or one per layer separated by commas",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formats_as_typed() {
        assert_eq!("4".parse(), Ok(Bits(Some(WeightFormat::Int(4)))));
        assert_eq!("int4".parse(), Ok(Bits(Some(WeightFormat::Int(4)))));
        assert_eq!("pow3".parse(), Ok(Bits(Some(WeightFormat::PowersOfTwo(3)))));
        assert_eq!("ternary".parse(), Ok(Bits(Some(WeightFormat::Ternary))));
        assert_eq!("float".parse(), Ok(Bits(None)));
        for wrong in ["1", "17", "", "four", "-4", "99999999999999999999"] {
            assert!(wrong.parse::<Bits>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn one_format_counts_for_all_layers() {
        let four = Bits(Some(WeightFormat::Int(4)));
        assert_eq!(per_layer(&[four], 3).unwrap().len(), 3);
        assert_eq!(per_layer(&[four, Bits(None)], 2).unwrap(), [four.0, None]);
        assert_eq!(per_layer(&[four, four], 3).unwrap_err().code, "format-count");
    }
}
