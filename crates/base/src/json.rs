//! JSON from files of others: an object with the same key twice says two things, and is refused.

use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// Parses JSON text.
///
/// # Errors
/// Those of `serde_json`, with line and column; so is a key that an object has twice, of which `serde_json` would take the last.
pub fn parse(text: &[u8]) -> serde_json::Result<Value> {
    serde_json::from_slice(text).map(|Unique(value)| value)
}

/// A value without duplicate keys.
struct Unique(Value);

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(input: D) -> Result<Self, D::Error> {
        input.deserialize_any(AnyValue).map(Unique)
    }
}

struct AnyValue;

impl<'de> Visitor<'de> for AnyValue {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value, E> {
        Ok(Number::from_f64(value).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Value, A::Error> {
        let mut values = Vec::new();
        while let Some(Unique(value)) = list.next_element()? {
            values.push(value);
        }
        Ok(Value::Array(values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Value, A::Error> {
        let mut fields = Map::new();
        while let Some(key) = object.next_key::<String>()? {
            if fields.contains_key(&key) {
                return Err(A::Error::custom(format!("the key {key:?} is there twice")));
            }
            let Unique(value) = object.next_value()?;
            fields.insert(key, value);
        }
        Ok(Value::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_key_that_is_there_twice_is_named_with_its_place() {
        let problem = |text: &str| parse(text.as_bytes()).unwrap_err().to_string();
        assert_eq!(problem("{\"a\": 1,\n \"b\": 2, \"a\": 1}"), "the key \"a\" is there twice at line 2 column 12");
        assert_eq!(
            problem("{\"a\": [{\"x\": 1, \"\\u0078\": 2}]}"),
            "the key \"x\" is there twice at line 1 column 24"
        );
        assert!(parse(b"[{\"a\": {\"a\": 1}}, {\"a\": 2}]").is_ok());
    }

    proptest! {
        #[test]
        fn any_other_text_is_read_as_ever(text in "[\\[\\]{}\",:0-9eE.+\\-a-c ntrufalse\\\\]{0,30}") {
            match parse(text.as_bytes()) {
                Ok(value) => prop_assert_eq!(value, serde_json::from_str::<Value>(&text).unwrap()),
                Err(error) if error.to_string().contains("is there twice") => {}
                Err(error) => {
                    prop_assert_eq!(error.to_string(), serde_json::from_str::<Value>(&text).unwrap_err().to_string());
                }
            }
        }
    }
}
