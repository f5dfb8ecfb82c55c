//! A file of NIRData while its images come.

use std::io::{self, Write};

use super::{CLASSES, END, INPUT, LABELS, MAX_TIMES, NEURONS, NO_CLASS, SCORES, TYPE};
use crate::hdf5::{self, Group, Item, Wide};

/// What one image gave.
pub struct Entry<'a> {
    /// None if nobody knows it.
    pub label: Option<u32>,
    /// None if there is no result.
    pub class: Option<u32>,
    /// One for each output, if there is a result.
    pub scores: Option<Scores<'a>>,
    /// Spike times of every node, the input first, `T` for never.
    pub times: &'a [&'a [u8]],
}

/// Scores of a network of either kind.
#[derive(Debug, Clone, Copy)]
pub enum Scores<'a> {
    /// In LSB.
    Integer(&'a [i64]),
    /// Of a float network.
    Float(&'a [f32]),
}

/// Spike times, labels, classes and scores of all images so far.
pub struct Writer {
    time_steps: usize,
    nodes: Vec<Node>,
    outputs: usize,
    labels: Vec<i64>,
    classes: Vec<i64>,
    integers: Vec<i64>,
    floats: Vec<f32>,
}

struct Node {
    name: String,
    neurons: usize,
    times: Vec<u8>,
}

impl Writer {
    /// No images yet, of a network with so many inputs, with layers that fire of these names and sizes, and so many outputs.
    pub fn new(
        time_steps: usize,
        inputs: usize,
        layers: impl IntoIterator<Item = (String, usize)>,
        outputs: usize,
    ) -> Writer {
        let node = |(name, neurons)| Node { name, neurons, times: Vec::new() };
        let nodes = std::iter::once((INPUT.to_owned(), inputs)).chain(layers).map(node).collect();
        Writer {
            time_steps,
            nodes,
            outputs,
            labels: Vec::new(),
            classes: Vec::new(),
            integers: Vec::new(),
            floats: Vec::new(),
        }
    }

    /// Adds an image.
    ///
    /// # Panics
    /// If the times are not those of as many nodes and neurons.
    ///
    /// # Errors
    /// If there are more spike times than such a file may have.
    pub fn push(&mut self, entry: &Entry) -> io::Result<()> {
        assert_eq!(entry.times.len(), self.nodes.len(), "times of every node");
        for (node, times) in self.nodes.iter_mut().zip(entry.times) {
            assert_eq!(times.len(), node.neurons, "one time per neuron");
            if node.times.len() + times.len() > MAX_TIMES {
                return Err(too_large());
            }
            node.times.extend(*times);
        }
        self.labels.extend(entry.label.map(i64::from));
        self.classes.push(entry.class.map_or(NO_CLASS, i64::from));
        match entry.scores {
            Some(Scores::Integer(scores)) => self.integers.extend(scores),
            Some(Scores::Float(scores)) => self.floats.extend(scores),
            None => self.integers.extend(vec![0; self.outputs]),
        }
        Ok(())
    }

    /// Writes the file. The same images give the same bytes.
    ///
    /// # Errors
    /// Whatever the system says; if there are more spikes than are read again.
    pub fn finish(self, mut file: impl Write) -> io::Result<()> {
        let images = self.classes.len();
        let column = |values: Vec<i64>| Item::Wide(Wide { shape: vec![images], values });
        let mut root = Group::from([(TYPE.into(), Item::text("NIRGraphData")), (CLASSES.into(), column(self.classes))]);
        if self.labels.len() == images {
            root.insert(LABELS.into(), column(self.labels));
        }
        let shape = vec![images, self.outputs];
        let scores = if self.floats.is_empty() {
            Item::Wide(Wide { shape, values: self.integers })
        } else {
            Item::floats(&shape, self.floats)
        };
        root.insert(SCORES.into(), scores);
        let mut numbers = images * (2 + self.outputs);
        let mut nodes = Group::new();
        for node in self.nodes {
            let events = node.events(images, self.time_steps);
            numbers = numbers.saturating_add(2 * images * events.most);
            if numbers > hdf5::MAX_NUMBERS {
                return Err(too_large());
            }
            nodes.insert(node.name.clone(), Item::Group(node.group(images, self.time_steps, events)));
        }
        root.insert("nodes".into(), Item::Group(nodes));
        file.write_all(&hdf5::encode(&root))?;
        file.flush()
    }
}

fn too_large() -> io::Error {
    io::Error::other(
        "NIRData of so many spikes could not be read again: write fewer images (--limit), or arrays (.npz)",
    )
}

/// The spikes of a node, image by image in their order.
struct Events {
    /// Of the image with the most.
    most: usize,
    /// Step and neuron.
    of_images: Vec<Vec<(u8, u32)>>,
}

impl Node {
    fn events(&self, images: usize, time_steps: usize) -> Events {
        let never = time_steps as u8;
        let spikes = |image: usize| {
            let times = self.times[image * self.neurons..][..self.neurons].iter().zip(0u32..);
            let mut spikes: Vec<(u8, u32)> = times.map(|(&time, neuron)| (time, neuron)).collect();
            spikes.retain(|(time, _)| *time < never);
            spikes.sort_unstable();
            spikes
        };
        let of_images: Vec<_> = (0..images).map(spikes).collect();
        Events { most: of_images.iter().map(Vec::len).max().unwrap_or(0), of_images }
    }

    fn group(&self, images: usize, time_steps: usize, events: Events) -> Group {
        let (mut indices, mut times) = (Vec::new(), Vec::new());
        for spikes in events.of_images {
            let none = events.most - spikes.len();
            indices.extend(spikes.iter().map(|(_, neuron)| i64::from(*neuron)).chain(vec![-1; none]));
            times.extend(spikes.iter().map(|(time, _)| f32::from(*time)).chain(vec![f32::INFINITY; none]));
        }
        let shape = vec![images, events.most];
        let spikes = Group::from([
            (TYPE.into(), Item::text("EventData")),
            (NEURONS.into(), Item::integers(&[], &[self.neurons])),
            (END.into(), Item::floats(&[], vec![time_steps as f32])),
            ("idx".into(), Item::Wide(Wide { shape: shape.clone(), values: indices })),
            ("time".into(), Item::floats(&shape, times)),
        ]);
        let observables = Group::from([("spikes".into(), Item::Group(spikes))]);
        Group::from([(TYPE.into(), Item::text("NIRNodeData")), ("observables".into(), Item::Group(observables))])
    }
}
