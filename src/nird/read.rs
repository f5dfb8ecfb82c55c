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
            Some(Item::Group(nodes)) if is_data => Ok(Recording { name: name.into(), nodes, root }),
            _ => Err(damaged(format!("{name} is no NIRData: its root is no NIRGraphData with nodes"))),
        }
    }

    /// The names of its nodes.
    pub fn nodes(&self) -> impl Iterator<Item = &str> {
        self.nodes.keys().map(String::as_str).filter(|name| !name.starts_with(hdf5::ATTRIBUTE))
    }

    /// The node of an input of so many neurons: called `input`, or the only one whose name begins so, or the only one of as many neurons.
    fn input(&self, neurons: usize) -> Result<&str> {
        let only = |is_one: &dyn Fn(&str) -> bool| {
            let mut found = self.nodes().filter(|name| is_one(name));
            found.next().filter(|_| found.next().is_none())
        };
        let begins = |name: &str| name.to_ascii_lowercase().starts_with(INPUT);
        let is_as_large = |name: &str| self.spikes_of(name).and_then(spikes::neurons) == Some(neurons);
        let found = only(&|name| name == INPUT).or_else(|| only(&begins)).or_else(|| only(&is_as_large));
        found.ok_or_else(|| {
            let nodes: Vec<&str> = self.nodes().collect();
            damaged(format!("{}: none of its nodes {nodes:?} is the input, expected one called {INPUT:?}", self.name))
        })
    }

    /// The spike times of a node, whose neurons may spike again: images, and images × neurons, `T` for never.
    ///
    /// # Errors
    /// `data-nird`
    pub fn times(&self, node: &str, neurons: usize, time_steps: usize) -> Result<(usize, Vec<u8>)> {
        self.spikes(node, Wanted { neurons, time_steps, once: false })
    }

    /// The same for the input, which spikes at most once.
    ///
    /// # Errors
    /// `data-nird`
    pub fn input_times(&self, neurons: usize, time_steps: usize) -> Result<(usize, Vec<u8>)> {
        self.spikes(self.input(neurons)?, Wanted { neurons, time_steps, once: true })
    }

    fn spikes_of(&self, node: &str) -> Option<&Group> {
        member(member(member(&self.nodes, node)?, "observables")?, "spikes")
    }

    fn spikes(&self, node: &str, wanted: Wanted) -> Result<(usize, Vec<u8>)> {
        let wrong = |text: String| damaged(format!("{}: node {node:?}: {text}", self.name));
        let observable = self.spikes_of(node).ok_or_else(|| {
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

fn member<'a>(group: &'a Group, name: &str) -> Option<&'a Group> {
    match group.get(name) {
        Some(Item::Group(group)) => Some(group),
        _ => None,
    }
}
