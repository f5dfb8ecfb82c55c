//! A recording: the spike times of a trainer's own simulation, in a file of arrays.

use std::path::Path;

use serde::{Deserialize, Serialize};

use super::layer::Network;
use crate::data::{TIMES, next_times};
use crate::error::{Error, Result, Stage};
use crate::npz::{Archive, Array, Value};

/// The array of the classes.
pub const CLASSES: &str = "classes";
/// The array of the scores.
pub const SCORES: &str = "scores";
/// The class of an image that has no result.
pub const NO_CLASS: i64 = -1;
/// Images whose scores are looked at in one go.
const ROWS: usize = 1024;

/// The array of a layer's spike times.
pub fn layer_array(layer: &str) -> String {
    format!("{TIMES}.{layer}")
}

/// A recording while it is read.
pub struct Recording {
    images: usize,
    time_steps: usize,
    input: Array,
    /// Of the layers that fire.
    layers: Vec<Option<Array>>,
    classes: Array,
    outputs: usize,
    scores: Option<Array>,
    score_use: ScoreUse,
}

/// What becomes of a recording's scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ScoreUse {
    /// They are compared.
    Compared,
    /// There are none.
    NotRecorded,
    /// They are not in the unit of the network: no whole numbers beside an integer network, whose unit is its LSB, or integers beside a
    /// float network of another unit.
    OtherUnit,
}

/// Some images of a recording, one after the other.
pub struct Recorded {
    /// How many images.
    pub images: usize,
    inputs: Vec<u8>,
    layers: Vec<Option<Vec<u8>>>,
    classes: Vec<Option<u32>>,
    scores: Option<Vec<f64>>,
}

impl Recording {
    /// Reads the headers. Scores in another unit than the network's say nothing of it.
    ///
    /// # Errors
    /// Those of [`Archive`]; `recording-arrays` with every array that is missing, has another shape or belongs to no layer.
    pub fn open(path: &Path, network: &Network) -> Result<Recording> {
        let archive = Archive::open(path)?;
        let expected = expected(network);
        let mut problems: Vec<String> = unknown(&archive, &expected);
        let mut images = None;
        let mut arrays = Vec::new();
        for Expected { name, columns, is_required } in &expected {
            let array = archive.array(name)?;
            if array.is_none() && *is_required {
                problems.push(format!("there is no array \"{name}\", expected {}", of_shape(*columns)));
            }
            if let Some(array) = &array {
                let rows = *images.get_or_insert(array.rows());
                problems.extend(shape_problem(name, array, rows, *columns));
            }
            arrays.push(array);
        }
        if !problems.is_empty() {
            let message =
                format!("{}: {} array(s) do not fit the network \"{}\"", path.display(), problems.len(), network.name);
            let help = "record again; docs/how-to/check-a-recording.md lists the arrays";
            return Err(Error::new(Stage::Model, "recording-arrays", message, help).with_problems(problems));
        }
        let (scores, score_use) = match arrays.pop().flatten() {
            None => (None, ScoreUse::NotRecorded),
            Some(scores) if is_of_other_unit(&scores, network, &archive)? => (None, ScoreUse::OtherUnit),
            Some(scores) => (Some(scores), ScoreUse::Compared),
        };
        let classes = arrays.pop().flatten().expect("it was required");
        let mut arrays = arrays.into_iter();
        let input = arrays.next().flatten().expect("it was required");
        let layers =
            network.layers.iter().map(|layer| if layer.fires() { arrays.next().flatten() } else { None }).collect();
        let (images, time_steps, outputs) = (images.unwrap_or(0), network.time_steps, network.outputs());
        Ok(Recording { images, time_steps, input, layers, classes, outputs, scores, score_use })
    }

    /// How many images.
    pub fn images(&self) -> usize {
        self.images
    }

    /// What becomes of its scores.
    pub fn score_use(&self) -> ScoreUse {
        self.score_use
    }

    /// Reads the next images, at most `count`.
    ///
    /// # Errors
    /// Those of [`Array::next`]; `data-time`; `recording-arrays` for a class that the network has not, and a score that is no finite
    /// number.
    pub fn next(&mut self, count: usize) -> Result<Recorded> {
        let steps = self.time_steps;
        let times = |array: &mut Array| next_times(array, count, steps);
        let inputs = times(&mut self.input)?;
        let layers =
            self.layers.iter_mut().map(|layer| layer.as_mut().map(times).transpose()).collect::<Result<_>>()?;
        let classes = next_classes(&mut self.classes, count, self.outputs)?;
        let scores = self.scores.as_mut().map(|scores| next_scores(scores, count)).transpose()?;
        Ok(Recorded { images: classes.len(), inputs, layers, classes, scores })
    }
}

fn next_classes(array: &mut Array, count: usize, outputs: usize) -> Result<Vec<Option<u32>>> {
    let name = array.name().to_owned();
    array.next(count, |image, value| match value.whole() {
        Some(class) if class == NO_CLASS.into() => Ok(None),
        Some(class) if (0..outputs as i128).contains(&class) => Ok(Some(class as u32)),
        _ => {
            let message = format!(
                "{name}: the class of image {image} is {value}, expected 0 … {}, or {NO_CLASS} for none",
                outputs - 1
            );
            let help = "record the number of the output neuron that won, counted from 0";
            Err(Error::new(Stage::Model, "recording-arrays", message, help))
        }
    })
}

fn is_of_other_unit(scores: &Array, network: &Network, archive: &Archive) -> Result<bool> {
    match (network.is_integer, scores.is_of_floats()) {
        (true, true) => Ok(!are_whole(archive.required(SCORES)?)?),
        (false, false) => Ok(!network.counts_lsb()),
        _ => Ok(false),
    }
}

/// Whether all scores are whole numbers, as those of an integer network are. What is no finite number is refused when it is read.
fn are_whole(mut scores: Array) -> Result<bool> {
    let is_whole = |_, value| match value {
        Value::Float(number) => Ok(number.fract() == 0.0 || !number.is_finite()),
        Value::Integer(_) => Ok(true),
    };
    for _ in (0..scores.rows()).step_by(ROWS) {
        if scores.next(ROWS, is_whole)?.contains(&false) {
            return Ok(false);
        }
    }
    Ok(true)
}

fn next_scores(array: &mut Array, count: usize) -> Result<Vec<f64>> {
    let (name, columns) = (array.name().to_owned(), array.columns());
    array.next(count, |place, value| match value {
        Value::Integer(number) => Ok(number as f64),
        Value::Float(number) if number.is_finite() => Ok(number),
        Value::Float(number) => {
            let (image, class) = (place / columns, place % columns);
            let message = format!("{name}: the score [{image}, {class}] is {number}, expected a finite number");
            let help = "record the scores again, or leave them out";
            Err(Error::new(Stage::Model, "recording-arrays", message, help))
        }
    })
}

impl Recorded {
    /// What goes into the layer of this number.
    pub fn incoming(&self, layer: usize, image: usize) -> &[u8] {
        let times = match layer {
            0 => &self.inputs,
            _ => self.layers[layer - 1].as_ref().expect("only the last layer does not fire"),
        };
        row(times, image, self.images)
    }

    /// The spike times of the layer of this number, if it fires.
    pub fn times(&self, layer: usize, image: usize) -> Option<&[u8]> {
        self.layers[layer].as_ref().map(|times| row(times, image, self.images))
    }

    /// The recorded class of an image; none if it was recorded that there is none.
    pub fn class(&self, image: usize) -> Option<u32> {
        self.classes[image]
    }

    /// The recorded scores of an image, if there are some.
    pub fn scores(&self, image: usize) -> Option<&[f64]> {
        self.scores.as_ref().map(|scores| row(scores, image, self.images))
    }
}

fn row<T>(values: &[T], image: usize, images: usize) -> &[T] {
    let columns = values.len() / images;
    &values[image * columns..(image + 1) * columns]
}

/// An array that a recording has.
struct Expected {
    name: String,
    /// Elements of an image; none if it is a single one.
    columns: Option<usize>,
    is_required: bool,
}

fn expected(network: &Network) -> Vec<Expected> {
    let required = |name: String, columns| Expected { name, columns, is_required: true };
    let layers = network.layers.iter().filter(|layer| layer.fires());
    let mut expected = vec![required(TIMES.into(), Some(network.inputs))];
    expected.extend(layers.map(|layer| required(layer_array(layer.name()), Some(layer.neurons()))));
    expected.push(required(CLASSES.into(), None));
    expected.push(Expected { name: SCORES.into(), columns: Some(network.outputs()), is_required: false });
    expected
}

/// Times of layers that the network has not: most likely one is misspelt.
fn unknown(archive: &Archive, expected: &[Expected]) -> Vec<String> {
    let is_alien = |name: &&str| name.starts_with(&layer_array("")) && !expected.iter().any(|one| one.name == **name);
    archive.names().filter(is_alien).map(|name| format!("\"{name}\" is of no layer that fires")).collect()
}

fn of_shape(columns: Option<usize>) -> String {
    columns.map_or("one number per image".into(), |columns| format!("{columns} numbers per image"))
}

fn shape_problem(name: &str, array: &Array, rows: usize, columns: Option<usize>) -> Option<String> {
    let found = (!array.row_shape().is_empty()).then_some(array.columns());
    if found != columns {
        return Some(format!("\"{name}\" has {}, expected {}", of_shape(found), of_shape(columns)));
    }
    let found = array.rows();
    (found != rows || rows == 0).then(|| format!("\"{name}\" has {found} images, expected {}", rows.max(1)))
}
