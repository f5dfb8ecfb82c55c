//! What every image gave, in a file: lines of JSON, or a recording as arrays or NIRData.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::cosim::Played;
use crate::data::{Images, UNLABELED};
use crate::emit::{MANIFEST_FILE, Manifest};
use crate::error::{Error, Result, Stage};
use crate::files::{self, Staged};
use crate::flow::{Compared, Executed, Hardware, Subject};
use crate::npz::Elements;
use crate::replay::{Entry, Recorder, Shape};
use crate::report::{ImageLine, Scores, spike_times};
use crate::verify::Divergence;
use crate::{model, nird};

/// Where the traces go.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Output")]
pub struct TraceArgs {
    /// Write class, scores and every spike time of each image: a line of JSON per image, arrays if the name ends in .npz, NIRData if in .nird
    #[arg(long = "trace", visible_alias = "per-image", value_name = "FILE")]
    file: Option<PathBuf>,
}

impl TraceArgs {
    pub fn file(&self) -> Option<&Path> {
        self.file.as_deref()
    }
}

/// The file while it is written; it appears when it is whole. Without `--trace`, nothing.
#[derive(Default)]
pub struct PerImage(Option<Unfinished>);

struct Unfinished {
    path: PathBuf,
    staged: Staged,
    sink: Sink,
}

enum Sink {
    Lines(BufWriter<File>),
    Arrays(BufWriter<File>, Box<Recorder>),
    Events(BufWriter<File>, Box<Events>),
}

/// NIRData while they are written.
struct Events {
    writer: nird::Writer,
    /// Neurons of the layers, nothing of those that do not fire.
    layers: Vec<Option<usize>>,
    never: u8,
}

/// What an image is called by its data, if by anything.
fn label(images: &Images, index: usize) -> Option<u32> {
    images.role.is_labeled().then(|| images.labels[index])
}

/// Refuses to write over what is read: the data, and the files of a model or design.
///
/// # Errors
/// `output-is-input`
pub fn check_output(path: Option<&Path>, subject: &Path, data: &str) -> Result<()> {
    let Some(path) = path.filter(|path| files::is_there(path)) else { return Ok(()) };
    let folder = if subject.is_dir() { subject } else { subject.parent().unwrap_or(subject) };
    let design = Manifest::read(folder).map_or(Vec::new(), |manifest| manifest.files);
    let listed = design.iter().map(|file| folder.join(&file.path));
    let named = model::FILES.into_iter().chain([MANIFEST_FILE]).map(|name| folder.join(name));
    let mut read = [PathBuf::from(data), subject.to_path_buf()].into_iter().chain(named).chain(listed);
    if !read.any(|read| files::is_same(path, &read)) {
        return Ok(());
    }
    let message = format!("{} is read, and was to be written over", path.display());
    Err(Error::new(Stage::Arguments, "output-is-input", message, "choose another file"))
}

impl PerImage {
    /// Of a network in software.
    ///
    /// # Errors
    /// `io`, `not-a-file`.
    pub fn of_subject(path: Option<&Path>, subject: &Subject) -> Result<PerImage> {
        let layers = subject.layers.iter().map(|layer| layer.fires.then(|| (layer.name.clone(), layer.neurons)));
        let (time_steps, input) = (subject.time_steps, subject.input_shape.clone());
        Self::create(path, Shape { time_steps, input, layers: layers.collect(), outputs: subject.classes() }, false)
    }

    /// Of a network in hardware.
    ///
    /// # Errors
    /// `io`, `not-a-file`.
    pub fn of_hardware(path: Option<&Path>, hardware: &Hardware) -> Result<PerImage> {
        let network = &hardware.network;
        let layers = network.layers().iter();
        let layers = layers.map(|layer| layer.neuron.fires().then(|| (layer.name.clone(), layer.outputs()))).collect();
        let (time_steps, input) = (network.time_steps(), network.input_shape().to_vec());
        Self::create(path, Shape { time_steps, input, layers, outputs: network.outputs() }, true)
    }

    fn create(path: Option<&Path>, shape: Shape, has_cycles: bool) -> Result<PerImage> {
        let Some(path) = path else { return Ok(PerImage(None)) };
        let staged = Staged::empty(Stage::Arguments, path)?;
        let failed = |cause| Error::io(Stage::Arguments, "write", path, &cause);
        let file = File::options().write(true).open(staged.path()).map(BufWriter::new).map_err(failed)?;
        let folder = staged.path().parent().unwrap_or(Path::new("."));
        let sink = if is_arrays(path) {
            Sink::Arrays(file, Box::new(Recorder::new(folder, shape, has_cycles).map_err(failed)?))
        } else if nird::is_named(path) {
            Sink::Events(file, Box::new(Events::new(&shape)))
        } else {
            Sink::Lines(file)
        };
        Ok(PerImage(Some(Unfinished { path: path.to_path_buf(), staged, sink })))
    }

    fn is_wanted(&self) -> bool {
        self.0.is_some()
    }

    /// Writes a line for each of these images.
    ///
    /// # Errors
    /// `io`
    pub fn write_executed(&mut self, executed: Executed, subject: &Subject) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let Executed { first, images, executions } = executed;
        for (index, execution) in executions.into_iter().enumerate() {
            let line = ImageLine {
                image: first + index,
                label: label(images, index),
                class: Some(execution.class as u32),
                scores: Some(execution.scores),
                spike_times: spike_times(&execution.spike_times, subject.time_steps),
                cycles: None,
                divergence: None,
            };
            self.write(&line, &subject.input_times(images, index))?;
        }
        Ok(())
    }

    /// The same for images that hardware and golden model were given.
    ///
    /// # Errors
    /// `io`
    pub fn write_compared(&mut self, compared: Compared, hardware: &Hardware) -> Result<()> {
        let Compared { first, images, played, divergences } = compared;
        self.write_hardware(first, images, played, divergences, hardware)
    }

    /// The same for images that need not be compared, the number of the first of which is `first`.
    ///
    /// # Errors
    /// `io`
    pub fn write_hardware(
        &mut self,
        first: usize,
        images: &Images,
        played: &Played,
        divergences: Vec<Option<Divergence>>,
        hardware: &Hardware,
    ) -> Result<()> {
        if !self.is_wanted() {
            return Ok(());
        }
        let time_steps = hardware.network.time_steps();
        for (index, (result, divergence)) in played.images.iter().zip(divergences).enumerate() {
            let result = result.as_ref();
            let line = ImageLine {
                image: first + index,
                label: label(images, index),
                class: result.map(|result| result.class),
                scores: result.map(|result| Scores::Integer(result.scores.clone())),
                spike_times: result.map_or(Vec::new(), |result| spike_times(&result.spike_times, time_steps)),
                cycles: result.map(|result| result.reported_cycles),
                divergence,
            };
            self.write(&line, &hardware.input_times(images, index))?;
        }
        Ok(())
    }

    fn write(&mut self, line: &ImageLine, input_times: &[u8]) -> Result<()> {
        let Some(Unfinished { path, sink, .. }) = &mut self.0 else { return Ok(()) };
        sink.write(line, input_times).map_err(|cause| Error::io(Stage::Arguments, "write", path, &cause))
    }

    /// Puts the file in its place.
    ///
    /// # Errors
    /// `io`
    pub fn finish(self) -> Result<()> {
        let Some(Unfinished { path, staged, sink }) = self.0 else { return Ok(()) };
        let written = match sink {
            Sink::Lines(mut file) => file.flush(),
            Sink::Arrays(file, recorder) => recorder.finish(file),
            Sink::Events(file, events) => events.writer.finish(file),
        };
        written.map_err(|cause| Error::io(Stage::Arguments, "write", &path, &cause))?;
        staged.commit()
    }
}

impl Sink {
    fn write(&mut self, line: &ImageLine, input_times: &[u8]) -> io::Result<()> {
        match self {
            Sink::Lines(file) => {
                serde_json::to_writer(&mut *file, line)?;
                file.write_all(b"\n")
            }
            Sink::Arrays(_, recorder) => {
                let scores = line.scores.as_ref().map(|scores| match scores {
                    Scores::Integer(scores) => Elements::I64(scores),
                    Scores::Float(scores) => Elements::F32(scores),
                });
                let (label, class) = (line.label.unwrap_or(UNLABELED), line.class);
                let (spike_times, cycles) = (&line.spike_times[..], line.cycles);
                recorder.push(&Entry { label, class, scores, input_times, spike_times, cycles })
            }
            Sink::Events(_, events) => events.push(line, input_times),
        }
    }
}

impl Events {
    fn new(shape: &Shape) -> Events {
        let layers = shape.layers.iter().flatten().cloned();
        let writer = nird::Writer::new(shape.time_steps, shape.input.iter().product(), layers, shape.outputs);
        let layers = shape.layers.iter().map(|layer| layer.as_ref().map(|(_, neurons)| *neurons)).collect();
        Events { writer, layers, never: shape.time_steps as u8 }
    }

    fn push(&mut self, line: &ImageLine, input_times: &[u8]) -> io::Result<()> {
        let of_layer = |(layer, neurons): (usize, &Option<usize>)| {
            let times = line.spike_times.get(layer).map(|times| times.iter().map(|time| time.unwrap_or(self.never)));
            neurons.map(|neurons| times.map_or(vec![self.never; neurons], Iterator::collect))
        };
        let times: Vec<Vec<u8>> = self.layers.iter().enumerate().filter_map(of_layer).collect();
        let times: Vec<&[u8]> = std::iter::once(input_times).chain(times.iter().map(Vec::as_slice)).collect();
        let scores = line.scores.as_ref().map(|scores| match scores {
            Scores::Integer(scores) => nird::Scores::Integer(scores),
            Scores::Float(scores) => nird::Scores::Float(scores),
        });
        self.writer.push(&nird::Entry { label: line.label, class: line.class, scores, times: &times })
    }
}

/// Whether a file is to hold arrays, by its name.
pub fn is_arrays(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("npz"))
}
