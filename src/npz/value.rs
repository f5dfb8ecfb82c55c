//! The numbers of an array.

use std::fmt;

/// An element of an array.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// Of 64 bits, signed or not.
    Integer(i128),
    /// A fraction.
    Float(f64),
}

impl Value {
    /// The whole number that it is, also as a float.
    pub fn whole(self) -> Option<i128> {
        match self {
            Value::Integer(number) => Some(number),
            Value::Float(number) => (number.trunc() == number && number.abs() < 1e15).then_some(number as i128),
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Integer(number) => number.fmt(f),
            Value::Float(number) => number.fmt(f),
        }
    }
}

/// The type of an array's elements, as `descr` says it: `|u1`, `<f4`, …
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ElementType {
    name: String,
    big_endian: bool,
    kind: Kind,
    bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Signed,
    Unsigned,
    Float,
}

impl ElementType {
    /// The type of this name; nothing for those that hold no real numbers, such as texts, and for halves.
    pub fn parse(name: &str) -> Option<ElementType> {
        let rest = name.strip_prefix(['<', '>', '|', '='])?;
        let (kind, bytes) = match rest {
            "i1" | "i2" | "i4" | "i8" => (Kind::Signed, &rest[1..]),
            "u1" | "u2" | "u4" | "u8" | "b1" => (Kind::Unsigned, &rest[1..]),
            "f4" | "f8" => (Kind::Float, &rest[1..]),
            _ => return None,
        };
        let bytes = bytes.parse().expect("the size is a digit");
        Some(ElementType { name: name.into(), big_endian: name.starts_with('>'), kind, bytes })
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    /// Bytes of an element.
    pub fn bytes(&self) -> usize {
        self.bytes
    }

    pub fn is_float(&self) -> bool {
        self.kind == Kind::Float
    }

    pub fn is_byte(&self) -> bool {
        (self.kind, self.bytes) == (Kind::Unsigned, 1)
    }

    /// The element that is stored as `bytes`, of which there are as many as an element has.
    pub fn value(&self, bytes: &[u8]) -> Value {
        let mut all = [0; 8];
        all[..bytes.len()].copy_from_slice(bytes);
        if self.big_endian {
            all[..bytes.len()].reverse();
        }
        let unsigned = u64::from_le_bytes(all);
        let unused = 64 - 8 * bytes.len() as u32;
        match (self.kind, self.bytes) {
            (Kind::Unsigned, _) => Value::Integer(unsigned.into()),
            (Kind::Signed, _) => Value::Integer(((unsigned << unused) as i64 >> unused).into()),
            (Kind::Float, 4) => Value::Float(f64::from(f32::from_bits(unsigned as u32))),
            (Kind::Float, _) => Value::Float(f64::from_bits(unsigned)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(name: &str, bytes: &[u8]) -> Value {
        ElementType::parse(name).unwrap().value(bytes)
    }

    #[test]
    fn elements_of_every_type_are_read() {
        assert_eq!(value("|u1", &[255]), Value::Integer(255));
        assert_eq!(value("|i1", &[255]), Value::Integer(-1));
        assert_eq!(value("|b1", &[1]), Value::Integer(1));
        assert_eq!(value("<i2", &[0xfe, 0xff]), Value::Integer(-2));
        assert_eq!(value(">u2", &[1, 2]), Value::Integer(258));
        assert_eq!(value("<i8", &(-3i64).to_le_bytes()), Value::Integer(-3));
        assert_eq!(value("<u8", &u64::MAX.to_le_bytes()), Value::Integer(u64::MAX.into()));
        assert_eq!(value("<u8", &u64::MAX.to_le_bytes()).to_string(), "18446744073709551615");
        assert_eq!(value("<f4", &1.5f32.to_le_bytes()), Value::Float(1.5));
        assert_eq!(value(">f8", &(-0.25f64).to_be_bytes()), Value::Float(-0.25));
    }

    #[test]
    fn other_types_are_none() {
        for name in ["", "u1", "<U3", "|O", "<f2", "<c8", "<i3", "|V4"] {
            assert_eq!(ElementType::parse(name), None, "{name}");
        }
    }
}
