//! The layers of a network as they are typed, and the maps that follow from them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::float::{Connection, Kernel, Map, Pooling};

/// Of a layer; a model file holds no more.
const MAX_NEURONS: usize = 1 << 24;

/// One part of a network between its images and its output layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Hidden {
    /// `128`: that many neurons, each on all inputs.
    Dense(usize),
    /// `16C5`: channels and kernel size; `s2` stride, `p1` padding, `g4` groups may follow.
    Conv { channels: usize, kernel: Kernel },
    /// `D3`: one kernel per channel; `s` and `p` may follow.
    Depthwise { size: usize, stride: usize, padding: usize },
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

/// A synaptic layer with the maps around it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sized {
    /// Before pooling.
    pub input: Map,
    pub pooling: Pooling,
    pub connection: Connection,
    pub output: Map,
}

impl Sized {
    /// The map after pooling.
    pub fn pooled(&self) -> Map {
        self.input.pooled(self.pooling.size)
    }
}

/// How many synaptic layers these parts have, with the output layer.
pub fn synaptic_layers(hidden: &[Hidden]) -> usize {
    1 + hidden.iter().filter(|part| !matches!(part, Hidden::AveragePool(_) | Hidden::MaxPool(_))).count()
}

/// The synaptic layers of a network, the output layer with one neuron per class last.
///
/// # Errors
/// One sentence per mistake, up to the first that leaves the next map open.
pub fn sized(hidden: &[Hidden], input: Map, classes: usize) -> Result<Vec<Sized>, Vec<String>> {
    let mut walk = Walk { map: input, pooling: Pooling::NONE, layers: Vec::new() };
    for (index, part) in hidden.iter().chain([&Hidden::Dense(classes)]).enumerate() {
        walk.add(*part).map_err(|problems| {
            problems
                .iter()
                .map(|problem| format!("layers, part {} \"{part}\": {problem}", index + 1))
                .collect::<Vec<_>>()
        })?;
    }
    Ok(walk.layers)
}

struct Walk {
    /// Before `pooling`.
    map: Map,
    pooling: Pooling,
    layers: Vec<Sized>,
}

impl Walk {
    fn add(&mut self, part: Hidden) -> Result<(), Vec<String>> {
        let pooled = self.map.pooled(self.pooling.size);
        match part {
            Hidden::AveragePool(size) => self.pool(pooled, size, false),
            Hidden::MaxPool(size) => self.pool(pooled, size, true),
            Hidden::Dense(neurons) => self.connect(pooled, Connection::Dense, neurons),
            Hidden::Conv { channels, kernel } => self.connect(pooled, Connection::Conv(kernel), channels),
            Hidden::Depthwise { size, stride, padding } => {
                let kernel = Kernel { size, stride, padding, groups: pooled.channels };
                self.connect(pooled, Connection::Conv(kernel), pooled.channels)
            }
        }
    }

    fn pool(&mut self, map: Map, size: usize, max: bool) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        let (height, width) = (map.height, map.width);
        if size == 0 || height % size != 0 || width % size != 0 {
            problems.push(format!("a pooling of {size} does not divide the map of {height} × {width}"));
        }
        if self.pooling.size > 1 && (max || self.pooling.max) {
            problems.push("only average poolings may follow each other".into());
        }
        if self.layers.is_empty() && max {
            problems.push("a maximum pooling needs a layer in front of it".into());
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        self.pooling = Pooling { size: self.pooling.size * size, max };
        Ok(())
    }

    fn connect(&mut self, pooled: Map, connection: Connection, outputs: usize) -> Result<(), Vec<String>> {
        let mut problems = Vec::new();
        if !(1..=65_536).contains(&outputs) {
            problems.push(format!("has {outputs} channels or neurons, expected 1 … 65536"));
        }
        if let Connection::Conv(kernel) = connection {
            kernel_problems(kernel, pooled, outputs, &mut problems);
        }
        if !problems.is_empty() {
            return Err(problems);
        }
        let output = connection.output(pooled, outputs);
        if output.neurons() > MAX_NEURONS {
            return Err(vec![format!("has {} neurons, expected at most {MAX_NEURONS}", output.neurons())]);
        }
        self.layers.push(Sized { input: self.map, pooling: self.pooling, connection, output });
        (self.map, self.pooling) = (output, Pooling::NONE);
        Ok(())
    }
}

fn kernel_problems(kernel: Kernel, map: Map, outputs: usize, problems: &mut Vec<String>) {
    let Kernel { size, stride, padding, groups } = kernel;
    if !(1..=7).contains(&size) {
        problems.push(format!("has a kernel of {size}, expected 1 … 7"));
    }
    if stride == 0 {
        problems.push("has a stride of 0, expected at least 1".into());
    }
    if padding >= size.max(1) {
        problems.push(format!("has a padding of {padding}, expected less than the kernel, {size}"));
    }
    if size > map.height.min(map.width).saturating_add(padding.saturating_mul(2)) {
        let (height, width) = (map.height, map.width);
        problems.push(format!(
            "has a kernel of {size}, larger than the map of {height} × {width} with a padding of {padding}"
        ));
    }
    if groups == 0 || !map.channels.is_multiple_of(groups) || !outputs.is_multiple_of(groups) {
        let channels = map.channels;
        problems.push(format!(
            "has {groups} groups, which do not divide its {channels} input and {outputs} output channels"
        ));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let layers = sized(&parse_layers("16C5-P2-32C3s2p1-P2-P3-10").unwrap(), IMAGE, 10).unwrap();
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
            ("16C5-P5", "part 2 \"P5\": a pooling of 5 does not divide the map of 24 × 24"),
            ("16C5-P0", "a pooling of 0"),
            ("16C5-P2-P2-P2-8C7", "a kernel of 7, larger than the map of 3 × 3"),
            ("16C9", "a kernel of 9, expected 1 … 7"),
            ("16C5s0", "a stride of 0"),
            ("16C3p3", "a padding of 3, expected less than the kernel, 3"),
            ("16C3g2", "2 groups, which do not divide its 1 input"),
            ("4C3-MP2-P2", "only average poolings"),
            ("MP2", "needs a layer in front"),
            ("32768C1", "has 25690112 neurons, expected at most 16777216"),
            ("0", "part 1 \"0\": has 0 channels or neurons"),
        ];
        for (text, expected) in cases {
            let problems = sized(&parse_layers(text).unwrap(), IMAGE, 10).unwrap_err();
            assert!(problems.iter().any(|problem| problem.contains(expected)), "{text}: {problems:?}");
        }
    }
}
