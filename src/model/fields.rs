//! Takes a JSON object apart field by field and notes every mistake, rather than stopping at the first.

use std::cell::RefCell;
use std::ops::RangeInclusive;

use serde_json::{Map, Value};

use crate::error::beginning;

/// The mistakes found so far.
#[derive(Default)]
pub struct Problems(RefCell<Vec<String>>);

impl Problems {
    pub fn add(&self, problem: impl Into<String>) {
        self.0.borrow_mut().push(problem.into());
    }

    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    pub fn count(&self) -> usize {
        self.0.borrow().len()
    }

    pub fn into_list(self) -> Vec<String> {
        self.0.into_inner()
    }
}

/// A JSON object at `path`. Each getter notes a missing or wrong field and returns `None` for it.
pub struct Object<'a> {
    path: String,
    map: &'a Map<String, Value>,
    known: RefCell<Vec<&'static str>>,
    problems: &'a Problems,
}

impl<'a> Object<'a> {
    /// `path` is empty for the file itself.
    pub fn new(path: String, value: &'a Value, problems: &'a Problems) -> Option<Self> {
        let Value::Object(map) = value else {
            let place = if path.is_empty() { "the file" } else { &path };
            problems.add(format!("{place} is {}, expected an object", shown(value)));
            return None;
        };
        Some(Object { path, map, known: RefCell::default(), problems })
    }

    /// How messages call the field `key`.
    pub fn place(&self, key: &str) -> String {
        if self.path.is_empty() { key.into() } else { format!("{}.{key}", self.path) }
    }

    pub fn problem(&self, key: &str, text: &str) {
        self.problems.add(format!("{} {text}", self.place(key)));
    }

    /// Notes a mistake of `key` whose `text` is a sentence of its own.
    pub fn note(&self, key: &str, text: &str) {
        self.problems.add(format!("{}: {text}", self.place(key)));
    }

    pub fn optional(&self, key: &'static str) -> Option<&'a Value> {
        let mut known = self.known.borrow_mut();
        if !known.contains(&key) {
            known.push(key);
        }
        self.map.get(key)
    }

    pub fn required(&self, key: &'static str, expected: &str) -> Option<&'a Value> {
        let value = self.optional(key);
        if value.is_none() {
            self.problem(key, &format!("is missing, expected {expected}"));
        }
        value
    }

    pub fn text(&self, key: &'static str, expected: &str) -> Option<&'a str> {
        let value = self.required(key, expected)?;
        if value.as_str().is_none() {
            self.wrong(key, value, expected);
        }
        value.as_str()
    }

    /// A text that is one of `choices`; returns its index.
    pub fn choice(&self, key: &'static str, choices: &[&str]) -> Option<usize> {
        let expected = choices.iter().map(|choice| format!("\"{choice}\"")).collect::<Vec<_>>().join(" or ");
        let value = self.required(key, &expected)?;
        let index = value.as_str().and_then(|text| choices.iter().position(|choice| *choice == text));
        if index.is_none() {
            self.wrong(key, value, &expected);
        }
        index
    }

    pub fn integer(&self, key: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        let expected = whole_number(&range);
        let value = self.required(key, &expected)?;
        let number = value.as_u64().filter(|number| range.contains(number));
        if number.is_none() {
            self.wrong(key, value, &expected);
        }
        number
    }

    /// A positive number that a 32-bit float holds.
    pub fn positive(&self, key: &'static str) -> Option<f32> {
        let expected = "a positive 32-bit float";
        let value = self.required(key, expected)?;
        let number = value.as_f64().map(|number| number as f32).filter(|number| *number > 0.0 && number.is_finite());
        if number.is_none() {
            self.wrong(key, value, expected);
        }
        number
    }

    pub fn list(&self, key: &'static str, expected: &str) -> Option<&'a [Value]> {
        let value = self.required(key, expected)?;
        if !value.is_array() {
            self.wrong(key, value, expected);
        }
        value.as_array().map(Vec::as_slice)
    }

    pub fn object(&self, key: &'static str) -> Option<Object<'a>> {
        Object::new(self.place(key), self.required(key, "an object")?, self.problems)
    }

    pub fn optional_object(&self, key: &'static str) -> Option<Object<'a>> {
        Object::new(self.place(key), self.optional(key)?, self.problems)
    }

    /// A list of numbers that `parse` accepts; notes the first that it does not.
    pub fn numbers<T>(&self, key: &'static str, expected: &str, parse: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
        let values = self.list(key, &format!("a list, each entry {expected}"))?;
        let parsed: Vec<_> = values.iter().map_while(parse).collect();
        if let Some(wrong) = values.get(parsed.len()) {
            self.problem(&format!("{key}[{}]", parsed.len()), &format!("is {}, expected {expected}", shown(wrong)));
            return None;
        }
        Some(parsed)
    }

    /// Notes every field that no getter asked for.
    pub fn finish(self) {
        let known = self.known.borrow();
        for key in self.map.keys().filter(|key| !known.contains(&key.as_str())) {
            let key = beginning(key);
            self.problem(&key, &format!("is unknown, expected only {}", known.join(", ")));
        }
    }

    fn wrong(&self, key: &str, value: &Value, expected: &str) {
        self.problem(key, &format!("is {}, expected {expected}", shown(value)));
    }
}

pub fn whole_number(range: &RangeInclusive<u64>) -> String {
    let (low, high) = (range.start(), range.end());
    if low == high { format!("{low}") } else { format!("a whole number {low} … {high}") }
}

/// A JSON value for a message: short, and with its type where that is not plain.
pub fn shown(value: &Value) -> String {
    match value {
        Value::Array(list) => format!("a list of {}", list.len()),
        Value::Object(_) => "an object".into(),
        Value::String(text) => format!("\"{}\"", beginning(text)),
        _ => beginning(&value.to_string()),
    }
}
