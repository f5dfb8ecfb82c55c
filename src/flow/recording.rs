//! A recording as a file of arrays, in whatever form it came.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::data::TIMES;
use crate::error::{Error, Result, Stage};
use crate::float::{safe_name, verilog_name};
use crate::nird;
use crate::npz::{Elements, Writer};
use crate::replay::{CLASSES, Layer, NO_CLASS, Network, SCORES, layer_array};

/// A recording's arrays.
pub struct Arrays {
    /// As it was given.
    given: PathBuf,
    /// With the arrays, if they are not there.
    made: Option<(TempDir, PathBuf)>,
}

impl Arrays {
    /// The arrays of the recording at `path`. Those of NIRData are made: every layer that fires has the node of its name, or of the name
    /// that `import` made it of.
    ///
    /// # Errors
    /// `io`; `data-nird`.
    pub fn of(path: &Path, network: &Network) -> Result<Arrays> {
        let given = path.to_path_buf();
        if !nird::is_named(path) {
            return Ok(Arrays { given, made: None });
        }
        let recording = nird::Recording::read(path)?;
        let failed = |cause| Error::io(Stage::Model, "write", &std::env::temp_dir(), &cause);
        let folder = tempfile::tempdir().map_err(failed)?;
        let file = folder.path().join("recording.npz");
        let columns = Columns::of(&recording, network)?;
        columns.write(folder.path(), &file).map_err(failed)?;
        Ok(Arrays { given, made: Some((folder, file)) })
    }

    /// The file of arrays.
    pub fn path(&self) -> &Path {
        self.made.as_ref().map_or(&self.given, |(_, file)| file)
    }

    /// What was found in the arrays, with the name of the file that was given in place of theirs.
    ///
    /// # Errors
    /// That of `found`.
    pub fn named<T>(&self, found: Result<T>) -> Result<T> {
        found.map_err(|error| {
            let (made, given) = (self.path().display().to_string(), self.given.display().to_string());
            let problems = error.problems.iter().map(|problem| problem.replace(&made, &given)).collect();
            Error { message: error.message.replace(&made, &given), problems, ..error }
        })
    }
}

/// What NIRData hold of a network: for each array its name, the shape of a row, and all rows.
struct Columns {
    bytes: Vec<(String, Vec<usize>, Vec<u8>)>,
    classes: Vec<i64>,
    /// How many outputs, and whether these are integers.
    scores: Option<(usize, bool, Vec<f32>)>,
}

impl Columns {
    fn of(recording: &nird::Recording, network: &Network) -> Result<Columns> {
        let (images, input) = recording.input_times(network.inputs, network.time_steps)?;
        let mut bytes = vec![(TIMES.to_owned(), vec![network.inputs], input)];
        for layer in network.layers.iter().filter(|layer| layer.fires()) {
            let (_, times) = recording.times(&node(recording, network, layer), layer.neurons(), network.time_steps)?;
            bytes.push((layer_array(layer.name()), vec![layer.neurons()], times));
        }
        let classes = recording.classes(images)?.unwrap_or_else(|| vec![NO_CLASS; images]);
        let outputs = network.outputs();
        let are_integers = recording.has_integer_scores();
        let scores = recording.scores(images, outputs)?.map(|scores| (outputs, are_integers, scores.to_vec()));
        Ok(Columns { bytes, classes, scores })
    }

    fn write(&self, folder: &Path, file: &Path) -> io::Result<()> {
        let shapes = self.bytes.iter().map(|(name, shape, _)| (name.clone(), shape.clone()));
        let scores = self.scores.iter().map(|(outputs, ..)| (SCORES.to_owned(), vec![*outputs]));
        let mut writer = Writer::new(folder, shapes.chain([(CLASSES.to_owned(), Vec::new())]).chain(scores))?;
        for (number, (_, _, times)) in self.bytes.iter().enumerate() {
            writer.push(number, Elements::U8(times))?;
        }
        writer.push(self.bytes.len(), Elements::I64(&self.classes))?;
        match &self.scores {
            // In LSB, which a check tells from the unit of a float network by their type.
            Some((_, true, scores)) => {
                let scores: Vec<i64> = scores.iter().map(|&score| score as i64).collect();
                writer.push(self.bytes.len() + 1, Elements::I64(&scores))?;
            }
            Some((_, false, scores)) => writer.push(self.bytes.len() + 1, Elements::F32(scores))?,
            None => {}
        }
        writer.finish(File::create(file)?)
    }
}

/// The node of a layer; its own name if there is none, so that the message has it. `import` has put a number behind a name that another
/// layer has in Verilog.
fn node(recording: &nird::Recording, network: &Network, layer: &Layer) -> String {
    let is_called = |node: &str, name: &str| node == name || safe_name(node) == name;
    let of_layer = recording.nodes().find(|node| is_called(node, layer.name()));
    let is_free = |node: &&str| !network.layers.iter().any(|layer| is_called(node, layer.name()));
    let is_numbered = |node: &str| {
        let name = verilog_name(layer.name());
        let number = name.strip_prefix(&verilog_name(&safe_name(node))).and_then(|rest| rest.strip_prefix('_'));
        number.is_some_and(|number| number.parse::<usize>().is_ok())
    };
    let numbered = || recording.nodes().filter(is_free).find(|node| is_numbered(node));
    of_layer.or_else(numbered).unwrap_or(layer.name()).to_owned()
}
