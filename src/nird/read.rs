//! A file of NIRData while its nodes are read.

use std::path::Path;

use super::spikes::{self, Times, Wanted};
use super::{CLASSES, INPUT, LABELS, SCORES, TYPE, damaged};
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::hdf5::{self, Group, Item, Numbers};

/// Spike times by node, and what may stand beside them.
#[derive(Debug)]
pub struct Recording {
    /// What messages call the file.
    name: String,
    nodes: Group,
    root: Group,
    /// Whether all times are whole numbers and not all are 0, so that they count steps.
    in_steps: bool,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// `io`; `data-nird` if it is damaged, too large, or no NIRData.
    pub fn read(path: &Path) -> Result<Recording> {
        let bytes =
            files::read_up_to(path, hdf5::MAX_FILE).map_err(|cause| Error::io(Stage::Data, "read", path, &cause))?;
        Recording::decode(&path.display().to_string(), bytes)
    }

    /// The same for the bytes of a file, which messages call `name`.
    ///
    /// # Errors
    /// As [`Recording::read`].
    pub fn decode(name: &str, bytes: Vec<u8>) -> Result<Recording> {
        let mut root = hdf5::decode_with_attributes(bytes).map_err(|problem| damaged(format!("{name} {problem}")))?;
        let is_data =
            matches!(root.get(TYPE), Some(Item::Texts(texts)) if texts.values.iter().eq(["NIRGraphData"].iter()));
        match root.remove("nodes") {
            Some(Item::Group(nodes)) if is_data => {
                let in_steps = are_steps(&nodes);
                Ok(Recording { name: name.into(), nodes, root, in_steps })
            }
            _ => Err(damaged(format!("{name} is no NIRData: its root is no NIRGraphData with nodes"))),
        }
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str).filter(|name| !name.starts_with(hdf5::ATTRIBUTE))
    }

    /// The node of the input. None other is taken for it: a layer may have as many neurons.
    fn input(&self) -> Result<&str> {
        self.nodes().find(|name| *name == INPUT).ok_or_else(|| {
            let nodes: Vec<&str> = self.nodes().collect();
            damaged(format!("{}: no input node: its nodes are {nodes:?}, expected one called {INPUT:?}", self.name))
        })
    }

    /// The spike times of a node, whose neurons may spike again: images, and images × neurons, `T` for never.
    ///
    /// # Errors
    /// `data-nird`
    pub fn times(&self, node: &str, neurons: usize, time_steps: usize) -> Result<(usize, Vec<u8>)> {
        self.spikes(node, Wanted { neurons, time_steps, once: false, in_steps: self.in_steps })
    }

    /// The same for the input, which spikes at most once.
    ///
    /// # Errors
    /// `data-nird`
    pub fn input_times(&self, neurons: usize, time_steps: usize) -> Result<(usize, Vec<u8>)> {
        self.spikes(self.input()?, Wanted { neurons, time_steps, once: true, in_steps: self.in_steps })
    }

    fn spikes(&self, node: &str, wanted: Wanted) -> Result<(usize, Vec<u8>)> {
        let wrong = |text: String| damaged(format!("{}: node {node:?}: {text}", self.name));
        let observable = spikes_of(&self.nodes, node).ok_or_else(|| {
            let nodes: Vec<&str> = self.nodes().collect();
            wrong(format!("there are no \"observables\" of it with \"spikes\"; the file has the nodes {nodes:?}"))
        })?;
        let Times { images, values } = spikes::read(observable, wanted).map_err(wrong)?;
        if images == 0 {
            return Err(wrong("it has no images".into()));
        }
        Ok((images, values))
    }

    /// The label of each of so many images, if the file has them.
    ///
    /// # Errors
    /// `data-nird`
    pub fn labels(&self, images: usize) -> Result<Option<Vec<u32>>> {
        let Some(labels) = self.column(LABELS, images)? else { return Ok(None) };
        let label = |(image, &value): (usize, &f32)| {
            let is_label = value.fract() == 0.0 && (0.0..u32::MAX as f32).contains(&value);
            let text = || format!("{}: {LABELS}[{image}] is {value}, expected a whole number from 0 on", self.name);
            if is_label { Ok(value as u32) } else { Err(damaged(text())) }
        };
        labels.values.iter().enumerate().map(label).collect::<Result<_>>().map(Some)
    }

    /// The class of each of so many images, -1 for none, if the file has them.
    ///
    /// # Errors
    /// `data-nird`
    pub fn classes(&self, images: usize) -> Result<Option<Vec<i64>>> {
        let classes = self.column(CLASSES, images)?;
        Ok(classes.map(|classes| classes.values.iter().map(|&class| class as i64).collect()))
    }

    /// The scores, images × outputs, if the file has them and they are numbers of 32 bits.
    ///
    /// # Errors
    /// `data-nird`
    pub fn scores(&self, images: usize, outputs: usize) -> Result<Option<&[f32]>> {
        match self.root.get(SCORES) {
            None => Ok(None),
            Some(Item::Numbers(scores)) if scores.shape == [images, outputs] => {
                Ok(Some(&scores.values[..]).filter(|_| !scores.rounded))
            }
            Some(_) => {
                Err(damaged(format!("{}: {SCORES} are no numbers of the shape [{images}, {outputs}]", self.name)))
            }
        }
    }

    /// Whether it has scores of an integer type.
    pub fn has_integer_scores(&self) -> bool {
        matches!(self.root.get(SCORES), Some(Item::Numbers(scores)) if scores.whole)
    }

    fn column(&self, name: &str, images: usize) -> Result<Option<&Numbers>> {
        match self.root.get(name) {
            None => Ok(None),
            Some(Item::Numbers(numbers)) if numbers.shape == [images] && !numbers.rounded => Ok(Some(numbers)),
            Some(_) => {
                Err(damaged(format!("{}: {name} are not one whole number for each of {images} images", self.name)))
            }
        }
    }
}

fn spikes_of<'a>(nodes: &'a Group, node: &str) -> Option<&'a Group> {
    member(member(member(nodes, node)?, "observables")?, "spikes")
}

/// Whether the events of all nodes are at whole numbers, some after 0.
fn are_steps(nodes: &Group) -> bool {
    let found = nodes.keys().filter_map(|node| spikes_of(nodes, node)).map(spikes::whole_times);
    found.fold((true, false), |all, one| (all.0 && one.0, all.1 || one.1)) == (true, true)
}

fn member<'a>(group: &'a Group, name: &str) -> Option<&'a Group> {
    match group.get(name) {
        Some(Item::Group(group)) => Some(group),
        _ => None,
    }
}
