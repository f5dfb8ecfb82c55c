//! What NIR cannot say of a time-to-first-spike network, as metadata of its graph and of its nodes. `export` writes them and `import`
//! reads them, so that a network comes back as it was.

use std::fmt::Display;
use std::str::FromStr;

use crate::coding::{Coding, GRAY_LEVELS};
use crate::fixed::WeightFormat;
use crate::hdf5::{Group, Item, Numbers};
use crate::network::{MAX_TIME_STEPS, ReadoutKind};

/// The member of a graph or node that holds metadata.
pub const METADATA: &str = "metadata";
/// Says that metadata are ours, and their version.
const MARK: &str = "firstspike";
const VERSION: &str = "1";

/// Of a graph.
#[derive(Debug, Clone, PartialEq)]
pub struct GraphMetadata {
    /// Of the network.
    pub name: String,
    /// Time steps `T` of an inference.
    pub time_steps: usize,
    /// Of an image, which a row of inputs does not tell.
    pub input_shape: Vec<usize>,
    /// How pixels become spike times.
    pub coding: Coding,
    /// What decides the class.
    pub readout: ReadoutKind,
    /// One for each time step if the readout weights them, else none.
    pub alpha: Vec<u16>,
}

/// Of the node of a layer's weights.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerMetadata {
    /// Of the weights.
    pub format: WeightFormat,
    /// One LSB of the layer in the file.
    pub scale: u32,
    /// The initial potentials that the readout must know, in LSB; none if they are all 0.
    pub v0: Vec<i32>,
}

impl GraphMetadata {
    /// The group that says all of it.
    pub fn to_group(&self) -> Group {
        let mut group = Group::from([
            (MARK.into(), Item::text(VERSION)),
            ("name".into(), Item::text(&self.name)),
            ("time_steps".into(), Item::integers(&[], &[self.time_steps])),
            ("fire_once".into(), Item::integers(&[], &[1])),
            ("input_shape".into(), Item::integers(&[self.input_shape.len()], &self.input_shape)),
            ("readout".into(), Item::text(self.readout.name())),
        ]);
        let mut add = |name: &str, item| drop(group.insert(name.into(), item));
        match &self.coding {
            Coding::Latency { threshold } => {
                add("coding", Item::text("latency"));
                add("input_threshold", Item::integers(&[], &[usize::from(*threshold)]));
            }
            Coding::Table(times) => {
                add("coding", Item::text("table"));
                add("input_times", Item::integers(&[GRAY_LEVELS], &times.map(usize::from)));
            }
        }
        if !self.alpha.is_empty() {
            let alpha: Vec<usize> = self.alpha.iter().map(|&alpha| usize::from(alpha)).collect();
            add("alpha", Item::integers(&[alpha.len()], &alpha));
        }
        group
    }

    /// What a group says; nothing if it is not ours.
    ///
    /// # Errors
    /// Every field that is missing or wrong, each a sentence.
    pub fn from_group(group: &Group) -> Result<Option<GraphMetadata>, Vec<String>> {
        let mut reader = Reader { group, problems: Vec::new() };
        match group.get(MARK) {
            None => return Ok(None),
            Some(Item::Texts(texts)) if texts.values.first().is_some_and(|version| version == VERSION) => {}
            Some(_) => return Err(vec![format!("{METADATA}: {MARK} is of another version, expected {VERSION:?}")]),
        }
        let name = reader.text("name");
        let time_steps = reader.whole("time_steps", 1, MAX_TIME_STEPS);
        let fires_once = reader.whole("fire_once", 1, 1);
        let input_shape = reader.list("input_shape", None, 1, 1 << 24);
        let readout = reader.parsed::<ReadoutKind>("readout");
        let coding = reader.coding(time_steps.unwrap_or(MAX_TIME_STEPS));
        let weighs = readout.is_some_and(|kind| kind.source().is_some());
        let alpha = if weighs { reader.list("alpha", time_steps, 0, usize::from(u16::MAX)) } else { Some(Vec::new()) };
        let alpha = alpha.map(|alpha| alpha.into_iter().map(|alpha| alpha as u16).collect());
        let read = (|| {
            fires_once?;
            Some(GraphMetadata {
                name: name?,
                time_steps: time_steps?,
                input_shape: input_shape?,
                coding: coding?,
                readout: readout?,
                alpha: alpha?,
            })
        })();
        if reader.problems.is_empty() { Ok(read) } else { Err(reader.problems) }
    }
}

impl LayerMetadata {
    /// The group that says all of it.
    pub fn to_group(&self) -> Group {
        let mut group = Group::from([
            (MARK.into(), Item::text(VERSION)),
            ("weight_format".into(), Item::text(&self.format.to_string())),
            ("scale".into(), Item::integers(&[], &[self.scale as usize])),
        ]);
        if !self.v0.is_empty() {
            let values = self.v0.iter().map(|&v0| v0 as f32).collect();
            let v0 = Numbers { shape: vec![self.v0.len()], values, whole: true, rounded: false };
            group.insert("v0".into(), Item::Numbers(v0));
        }
        group
    }

    /// What a group says of a layer with so many output channels; nothing if it is not ours.
    ///
    /// # Errors
    /// As [`GraphMetadata::from_group`].
    pub fn from_group(group: &Group, channels: usize) -> Result<Option<LayerMetadata>, Vec<String>> {
        if !group.contains_key(MARK) {
            return Ok(None);
        }
        let mut reader = Reader { group, problems: Vec::new() };
        let format = reader.parsed::<WeightFormat>("weight_format");
        let scale = reader.whole("scale", 1, MAX_TIME_STEPS);
        let v0 = if group.contains_key("v0") { reader.signed("v0", channels) } else { Some(Vec::new()) };
        let read = (|| Some(LayerMetadata { format: format?, scale: scale? as u32, v0: v0? }))();
        if reader.problems.is_empty() { Ok(read) } else { Err(reader.problems) }
    }
}

/// Reads fields and notes what is wrong with them.
struct Reader<'a> {
    group: &'a Group,
    problems: Vec<String>,
}

impl Reader<'_> {
    fn wrong(&mut self, field: &str, expected: impl Display) {
        let found = match self.group.get(field) {
            None => "is missing".into(),
            Some(Item::Numbers(numbers)) => match &numbers.values[..] {
                [value] => format!("is {value}"),
                values => format!("has {} numbers, {:?} …", values.len(), &values[..values.len().min(4)]),
            },
            Some(Item::Texts(texts)) => format!("is {:?}", texts.values.first().map_or("", String::as_str)),
            Some(_) => "is neither a number nor a text".into(),
        };
        self.problems.push(format!("{METADATA}: {field} {found}, expected {expected}"));
    }

    fn text(&mut self, field: &str) -> Option<String> {
        match self.group.get(field) {
            Some(Item::Texts(texts)) if texts.values.len() == 1 => Some(texts.values[0].clone()),
            _ => {
                self.wrong(field, "a text");
                None
            }
        }
    }

    fn parsed<T: FromStr<Err = String>>(&mut self, field: &str) -> Option<T> {
        let text = self.text(field)?;
        text.parse().map_err(|problem| self.problems.push(format!("{METADATA}: {field}: {problem}"))).ok()
    }

    fn numbers(&self, field: &str) -> Option<&[f32]> {
        match self.group.get(field) {
            Some(Item::Numbers(numbers)) if numbers.values.iter().all(|value| value.fract() == 0.0) => {
                Some(&numbers.values)
            }
            _ => None,
        }
    }

    /// Whole numbers within bounds, so many of them if it is known.
    fn list(&mut self, field: &str, count: Option<usize>, least: usize, most: usize) -> Option<Vec<usize>> {
        let within = |&value: &f32| (least as f32..=most as f32).contains(&value).then_some(value as usize);
        let list: Option<Vec<usize>> = self.numbers(field).and_then(|values| values.iter().map(within).collect());
        let list = list.filter(|list| !list.is_empty() && count.is_none_or(|count| list.len() == count));
        if list.is_none() {
            let count = count.map_or("whole numbers".into(), |count| format!("{count} whole numbers"));
            self.wrong(field, format!("{count} of {least} … {most}"));
        }
        list
    }

    fn whole(&mut self, field: &str, least: usize, most: usize) -> Option<usize> {
        let values = self.numbers(field).filter(|values| values.len() == 1);
        let value = values.map(|values| values[0]).filter(|value| (least as f32..=most as f32).contains(value));
        if value.is_none() {
            self.wrong(field, format!("a whole number of {least} … {most}"));
        }
        value.map(|value| value as usize)
    }

    fn signed(&mut self, field: &str, count: usize) -> Option<Vec<i32>> {
        let values = self.numbers(field).filter(|values| values.len() == count);
        let whole = values.map(|values| values.iter().map(|&value| value as i32).collect());
        if whole.is_none() {
            self.wrong(field, format!("{count} whole numbers"));
        }
        whole
    }

    fn coding(&mut self, time_steps: usize) -> Option<Coding> {
        match self.text("coding")?.as_str() {
            "latency" => {
                self.whole("input_threshold", 0, 255).map(|threshold| Coding::Latency { threshold: threshold as u8 })
            }
            "table" => {
                let times = self.list("input_times", Some(GRAY_LEVELS), 0, time_steps)?;
                let times: Vec<u8> = times.into_iter().map(|time| time as u8).collect();
                times.try_into().ok().map(Coding::Table)
            }
            _ => {
                self.wrong("coding", "\"latency\" or \"table\"");
                None
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> GraphMetadata {
        GraphMetadata {
            name: "net".into(),
            time_steps: 3,
            input_shape: vec![8, 8],
            coding: Coding::Latency { threshold: 1 },
            readout: ReadoutKind::Current,
            alpha: vec![3, 2, 65_535],
        }
    }

    #[test]
    fn what_is_written_is_read() {
        let table =
            GraphMetadata { coding: Coding::of_times(3), readout: ReadoutKind::Membrane, alpha: vec![], ..graph() };
        for metadata in [graph(), table] {
            assert_eq!(GraphMetadata::from_group(&metadata.to_group()), Ok(Some(metadata)));
        }
        for v0 in [vec![], vec![-3, 1 << 20]] {
            let layer = LayerMetadata { format: WeightFormat::Int(4), scale: 5, v0 };
            assert_eq!(LayerMetadata::from_group(&layer.to_group(), 2), Ok(Some(layer)));
        }
    }

    #[test]
    fn metadata_of_others_are_none_of_ours() {
        let other = Group::from([("name".into(), Item::text("net"))]);
        assert_eq!(GraphMetadata::from_group(&other), Ok(None));
        assert_eq!(LayerMetadata::from_group(&other, 1), Ok(None));
    }

    #[test]
    fn every_wrong_field_is_named() {
        let mut group = graph().to_group();
        group.remove("name");
        group.insert("time_steps".into(), Item::integers(&[], &[256]));
        group.insert("fire_once".into(), Item::integers(&[], &[0]));
        group.insert("readout".into(), Item::text("loudest"));
        group.insert("input_threshold".into(), Item::floats(&[], vec![0.5]));
        let problems = GraphMetadata::from_group(&group).unwrap_err();
        let expected = [
            "metadata: name is missing, expected a text",
            "metadata: time_steps is 256, expected a whole number of 1 … 255",
            "metadata: fire_once is 0, expected a whole number of 1 … 1",
            "metadata: readout: \"loudest\" is no readout, expected one of membrane, first-spike, current, spikes",
            "metadata: input_threshold is 0.5, expected a whole number of 0 … 255",
        ];
        assert_eq!(problems, expected);
        let layer = LayerMetadata { format: WeightFormat::Int(4), scale: 1, v0: vec![1] };
        let problems = LayerMetadata::from_group(&layer.to_group(), 2).unwrap_err();
        assert_eq!(problems, ["metadata: v0 is 1, expected 2 whole numbers"]);
        group.insert(MARK.into(), Item::text("2"));
        assert_eq!(GraphMetadata::from_group(&group).unwrap_err().len(), 1);
    }
}
