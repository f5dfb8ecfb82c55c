//! The fields of a NIR node, each held against what a network can use.

use super::graph::Node;
use crate::float::Map;
use crate::hdf5::{Item, Numbers};

/// The most sizes of a field: a shape of more sides is none, and is not repeated in a message.
const MAX_SIZES: usize = 8;

/// A sentence about a field of `node`.
pub fn problem(node: &Node, text: &str) -> String {
    format!("{}: {text}", node.place())
}

impl Node {
    pub fn has(&self, field: &str) -> bool {
        self.fields.contains_key(field)
    }

    /// The numbers of a field that must be there, each of them a number (infinite ones included).
    pub fn numbers(&self, field: &str) -> Result<&Numbers, String> {
        let numbers = match self.fields.get(field) {
            Some(Item::Numbers(numbers)) => numbers,
            Some(Item::Texts(texts)) => {
                let text = texts.values.first().map(String::as_str).unwrap_or_default();
                return Err(problem(self, &format!("{field} is the text {text:?}, expected numbers")));
            }
            Some(_) => return Err(problem(self, &format!("{field} holds no numbers"))),
            None => return Err(problem(self, &format!("{field} is missing"))),
        };
        if numbers.values.is_empty() {
            return Err(problem(self, &format!("{field} is empty, expected numbers")));
        }
        match numbers.values.iter().position(|value| value.is_nan()) {
            Some(at) => {
                Err(problem(self, &format!("{field} is NaN at {}, expected numbers", index(&numbers.shape, at))))
            }
            None => Ok(numbers),
        }
    }

    /// Numbers that are all finite.
    pub fn finite(&self, field: &str) -> Result<&Numbers, String> {
        let numbers = self.numbers(field)?;
        match numbers.values.iter().position(|value| value.is_infinite()) {
            Some(at) => {
                let place = index(&numbers.shape, at);
                Err(problem(self, &format!("{field} is infinite at {place}, expected finite numbers")))
            }
            None => Ok(numbers),
        }
    }

    /// Whole numbers, as sizes.
    pub fn sizes(&self, field: &str) -> Result<Vec<usize>, String> {
        let numbers = self.finite(field)?;
        if numbers.values.len() > MAX_SIZES {
            let count = numbers.values.len();
            return Err(problem(self, &format!("{field} has {count} numbers, expected at most {MAX_SIZES} sizes")));
        }
        let size = |&value: &f32| (value >= 0.0 && value.fract() == 0.0 && !numbers.rounded).then_some(value as usize);
        let sizes: Option<Vec<usize>> = numbers.values.iter().map(size).collect();
        sizes.ok_or_else(|| problem(self, &format!("{field} is {:?}, expected sizes", shown(&numbers.values))))
    }

    /// One size for both axes: a single number, or two that are equal.
    pub fn side(&self, field: &str, usual: usize) -> Result<usize, String> {
        if !self.has(field) {
            return Ok(usual);
        }
        match self.sizes(field)?[..] {
            [side] => Ok(side),
            [height, width] if height == width => Ok(height),
            ref sizes => Err(problem(self, &format!("{field} is {:?}, expected the same in both axes", shown(sizes)))),
        }
    }

    /// The value of each channel of `map`, all of whose places must have the same.
    pub fn by_channel(&self, field: &str, map: Map) -> Result<Vec<f32>, String> {
        let numbers = self.numbers(field)?;
        let sides: Vec<usize> = numbers.shape.iter().copied().skip_while(|side| *side == 1).collect();
        let places = map.places();
        let values = &numbers.values;
        match sides[..] {
            [] if values.len() == 1 => Ok(vec![values[0]; map.channels]),
            [channels] | [channels, 1, 1] if channels == map.channels => Ok(values.clone()),
            [channels, height, width] if (Map { channels, height, width }) == map => {
                let differs = |(_, place): &(usize, &[f32])| place.iter().any(|value| *value != place[0]);
                match values.chunks_exact(places).enumerate().find(differs) {
                    Some((channel, _)) => {
                        let expected = "expected the same at all its places";
                        Err(problem(self, &format!("{field} differs within channel {channel}, {expected}")))
                    }
                    None => Ok(values.chunks_exact(places).map(|place| place[0]).collect()),
                }
            }
            _ => {
                let expected = format!("{map}, as what reaches it, or a single number");
                Err(problem(self, &format!("{field} has the shape {:?}, expected {expected}", numbers.shape)))
            }
        }
    }
}

/// Where the value number `at` of an array lies.
fn index(shape: &[usize], at: usize) -> String {
    let mut rest = at;
    let mut places: Vec<usize> = shape.iter().rev().map(|&side| (rest % side, rest /= side).0).collect();
    places.reverse();
    format!("{places:?}")
}

/// The first values of a list, for a message.
fn shown<T: Copy>(values: &[T]) -> Vec<T> {
    values.iter().copied().take(8).collect()
}
