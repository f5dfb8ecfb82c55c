//! The layers of a network as they are typed, and the maps that follow from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::float::{Chain, Kernel, LayerShape, Map, Node};

/// One part of a network between its images and its output layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Hidden {
    /// `128`: that many neurons, each on all inputs.
    Dense(usize),
    /// `16C5`: channels and kernel size; `s2` stride, `p1` padding, `g4` groups may follow.
    Conv {
        /// Output channels.
        channels: usize,
        /// Its kernel.
        kernel: Kernel,
    },
    /// `D3`: one kernel per channel; `s` and `p` may follow.
    Depthwise {
        /// Side of the kernel.
        size: usize,
        /// Places from one position of the kernel to the next.
        stride: usize,
        /// Places that are added at each border.
        padding: usize,
    },
    /// `P2`: kernel and stride of an average pooling.
    AveragePool(usize),
    /// `MP2`: the same of a maximum pooling, which no integer network has.
    MaxPool(usize),
}

/// Parses `16C5-P2-128`.
///
/// # Errors
/// A sentence about the first part that is none.
pub fn parse_layers(text: &str) -> Result<Vec<Hidden>, String> {
    text.split('-').map(str::trim).filter(|part| !part.is_empty()).map(str::parse).collect()
}

impl FromStr for Hidden {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || {
            format!(
                "\"{text}\" is no layer: expected 128 (dense), 16C5 (convolution; s, p, g for stride, padding, groups), D3 (depthwise), P2 or MP2 (pooling)"
            )
        };
        parse_hidden(text).ok_or_else(wrong)
    }
}

fn parse_hidden(text: &str) -> Option<Hidden> {
    if let Some(size) = text.strip_prefix("MP") {
        return size.parse().ok().map(Hidden::MaxPool);
    }
    if let Some(size) = text.strip_prefix('P') {
        return size.parse().ok().map(Hidden::AveragePool);
    }
    let (head, letter, rest) = match text.find(['C', 'D']) {
        None => return text.parse().ok().map(Hidden::Dense),
        Some(at) => (&text[..at], &text[at..=at], &text[at + 1..]),
    };
    let (size, options) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
    let mut kernel = Kernel { size: size.parse().ok()?, stride: 1, padding: 0, groups: 1 };
    let mut options = options;
    while let Some(option) = options.chars().next() {
        let digits = &options[option.len_utf8()..];
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let value = digits[..end].parse().ok()?;
        match option {
            's' => kernel.stride = value,
            'p' => kernel.padding = value,
            'g' if letter == "C" => kernel.groups = value,
            _ => return None,
        }
        options = &digits[end..];
    }
    match letter {
        "C" => Some(Hidden::Conv { channels: head.parse().ok()?, kernel }),
        _ if head.is_empty() => {
            Some(Hidden::Depthwise { size: kernel.size, stride: kernel.stride, padding: kernel.padding })
        }
        _ => None,
    }
}

impl fmt::Display for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let option = |f: &mut fmt::Formatter<'_>, letter: char, value: usize, usual: usize| {
            if value == usual { Ok(()) } else { write!(f, "{letter}{value}") }
        };
        match *self {
            Hidden::Dense(neurons) => write!(f, "{neurons}"),
            Hidden::AveragePool(size) => write!(f, "P{size}"),
            Hidden::MaxPool(size) => write!(f, "MP{size}"),
            Hidden::Conv { channels, kernel } => {
                write!(f, "{channels}C{}", kernel.size)?;
                option(f, 's', kernel.stride, 1)?;
                option(f, 'p', kernel.padding, 0)?;
                option(f, 'g', kernel.groups, 1)
            }
            Hidden::Depthwise { size, stride, padding } => {
                write!(f, "D{size}")?;
                option(f, 's', stride, 1)?;
                option(f, 'p', padding, 0)
            }
        }
    }
}

impl TryFrom<String> for Hidden {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Hidden> for String {
    fn from(hidden: Hidden) -> String {
        hidden.to_string()
    }
}

/// How many synaptic layers these parts have, with the output layer.
pub fn synaptic_layers(hidden: &[Hidden]) -> usize {
    1 + hidden.iter().filter(|part| !matches!(part, Hidden::AveragePool(_) | Hidden::MaxPool(_))).count()
}

/// The synaptic layers of a network, the output layer with one neuron per class last.
///
/// # Errors
/// One sentence per mistake.
pub fn shapes(hidden: &[Hidden], input: Map, classes: usize) -> Result<Vec<LayerShape>, Vec<String>> {
    let mut chain = Chain::new(Some(input), "the images");
    let (mut shapes, mut problems) = (Vec::new(), Vec::new());
    for (index, part) in hidden.iter().chain([&Hidden::Dense(classes)]).enumerate() {
        let place = format!("part {} \"{part}\"", index + 1);
        let mut note = |text: &str| problems.push(format!("layers, {place}: {text}"));
        if shapes.is_empty() && matches!(part, Hidden::MaxPool(_)) {
            note("a maximum pooling needs a layer in front of it");
        }
        match chain.push(part.node(chain.map()), place.clone()) {
            Ok(shape) => shapes.extend(shape),
            Err(faults) => faults.iter().for_each(|fault| note(&fault.to_string())),
        }
    }
    if problems.is_empty() { Ok(shapes) } else { Err(problems) }
}

impl Hidden {
    /// The part on `map`, if that is known: a depthwise convolution has as many channels.
    fn node(self, map: Option<Map>) -> Node {
        match self {
            Hidden::Dense(neurons) => Node::Dense(neurons),
            Hidden::Conv { channels, kernel } => Node::Conv { channels, kernel },
            Hidden::Depthwise { size, stride, padding } => {
                let channels = map.map_or(1, |map| map.channels);
                Node::Conv { channels, kernel: Kernel { size, stride, padding, groups: channels } }
            }
            Hidden::AveragePool(size) => Node::AveragePool(size),
            Hidden::MaxPool(size) => Node::MaxPool(size),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::float::Pooling;

    const IMAGE: Map = Map { channels: 1, height: 28, width: 28 };

    #[test]
    fn layers_are_written_as_they_are_read() {
        let text = "16C5-P2-32C3s2p1g4-D3p1-MP2-128";
        let layers = parse_layers(text).unwrap();
        assert_eq!(layers.iter().map(ToString::to_string).collect::<Vec<_>>().join("-"), text);
        for wrong in ["C5", "16C", "16C5q1", "P", "D3g2", "4D3", "x", "16C5s"] {
            assert!(parse_layers(wrong).unwrap_err().contains(wrong), "{wrong}");
        }
    }

    #[test]
    fn maps_follow_from_kernels() {
        let layers = shapes(&parse_layers("16C5-P2-32C3s2p1-P2-P3-10").unwrap(), IMAGE, 10).unwrap();
        let outputs: Vec<_> = layers.iter().map(|layer| (layer.pooled(), layer.output)).collect();
        let map = |channels, side| Map { channels, height: side, width: side };
        assert_eq!(
            outputs,
            [
                (IMAGE, map(16, 24)),
                (map(16, 12), map(32, 6)),
                (map(32, 1), Map::flat(10)),
                (Map::flat(10), Map::flat(10))
            ]
        );
        assert_eq!(layers[2].pooling, Pooling { size: 6, max: false });
    }

    #[test]
    fn what_does_not_fit_is_named() {
        let cases = [
            ("16C5-P5", "part 2 \"P5\": kernel is 5, expected a divisor of 24 × 24, as of part 1 \"16C5\""),
            ("16C5-P0", "kernel is 0"),
            ("16C5-P2-P2-P2-8C7", "kernel is 7, larger than the padded map of 3 × 3"),
            ("16C9", "kernel is 9, expected 1 … 7"),
            ("16C5s0", "stride is 0"),
            ("16C3p3", "padding is 3, expected less than the kernel, 3"),
            ("16C3g2", "groups is 2, expected a divisor of 1 input and 16 output channels"),
            (
                "4C3-MP2-P2",
                "is a pooling at a wrong place, expected it directly after a layer, or an average pooling after another",
            ),
            ("MP2", "needs a layer in front"),
            ("32768C1", "has 25690112 neurons, expected 1 … 16777216"),
            ("0", "part 1 \"0\": has 0 neurons"),
        ];
        for (text, expected) in cases {
            let problems = shapes(&parse_layers(text).unwrap(), IMAGE, 10).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
        }
    }
}
