//! A recording while it is written: the traces of a network, in the form in which a trainer's are read.

use std::io::{self, Seek, Write};
use std::path::Path;

use super::recording::{CLASSES, NO_CLASS, SCORES, layer_array};
use crate::data::{LABELS, TIMES};
use crate::npz::{Elements, Writer};

const CYCLES: &str = "cycles";

/// What is recorded of a network.
#[derive(Debug, Clone)]
pub struct Shape {
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Shape of the input.
    pub input: Vec<usize>,
    /// Names and neurons of the layers, nothing for those that do not fire.
    pub layers: Vec<Option<(String, usize)>>,
    /// How many outputs it has.
    pub outputs: usize,
}

/// What one image gave.
pub struct Entry<'a> {
    /// The label.
    pub label: u32,
    /// The class; none if there is no result.
    pub class: Option<u32>,
    /// One score per class.
    pub scores: Option<Elements<'a>>,
    /// Spike time of each input, in time steps.
    pub input_times: &'a [u8],
    /// Of every layer; none if the image has no result.
    pub spike_times: &'a [Vec<Option<u8>>],
    /// Of hardware.
    pub cycles: Option<u64>,
}

/// The arrays, of which each image is a row.
pub struct Recorder {
    shape: Shape,
    writer: Writer,
    has_cycles: bool,
}

impl Recorder {
    /// Arrays without rows, which grow in unnamed files in `folder`.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn new(folder: &Path, shape: Shape, has_cycles: bool) -> io::Result<Recorder> {
        let mut arrays = vec![(TIMES.to_owned(), shape.input.clone()), (LABELS.to_owned(), Vec::new())];
        arrays.extend([(CLASSES.to_owned(), Vec::new()), (SCORES.to_owned(), vec![shape.outputs])]);
        arrays.extend(has_cycles.then(|| (CYCLES.to_owned(), Vec::new())));
        let layers = shape.layers.iter().flatten();
        arrays.extend(layers.map(|(name, neurons)| (layer_array(name), vec![*neurons])));
        Ok(Recorder { writer: Writer::new(folder, arrays)?, shape, has_cycles })
    }

    /// Adds an image.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn push(&mut self, entry: &Entry) -> io::Result<()> {
        self.writer.push(0, Elements::U8(entry.input_times))?;
        self.writer.push(1, Elements::U32(&[entry.label]))?;
        self.writer.push(2, Elements::I64(&[entry.class.map_or(NO_CLASS, i64::from)]))?;
        self.writer.push(3, entry.scores.unwrap_or(Elements::I64(&vec![0; self.shape.outputs])))?;
        if self.has_cycles {
            self.writer.push(4, Elements::U64(&[entry.cycles.unwrap_or(0)]))?;
        }
        let never = self.shape.time_steps as u8;
        let firing = self.shape.layers.iter().enumerate().filter_map(|(layer, named)| Some((layer, named.as_ref()?.1)));
        for (number, (layer, neurons)) in (4 + usize::from(self.has_cycles)..).zip(firing) {
            let times =
                entry.spike_times.get(layer).map(|times| times.iter().map(|time| time.unwrap_or(never)).collect());
            self.writer.push(number, Elements::U8(&times.unwrap_or_else(|| vec![never; neurons])))?;
        }
        Ok(())
    }

    /// Writes the file of arrays.
    ///
    /// # Errors
    /// Whatever the system says.
    pub fn finish(self, file: impl Write + Seek) -> io::Result<()> {
        self.writer.finish(file)
    }
}
