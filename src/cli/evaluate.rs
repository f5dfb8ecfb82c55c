//! `firstspike evaluate`: the golden model over a data set.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use rayon::prelude::*;
use serde::Serialize;

use super::images::ImageArgs;
use super::per_image::{self, ImageLine, PerImage, PerImageArgs};
use super::{Outcome, Output, Progress, interrupt};
use crate::data::{ImageSet, Images, Role, Schema, Split};
use crate::error::{Result, Stage};
use crate::float::FloatTrace;
use crate::golden::{Executor, Trace, encode};
use crate::model::{self, Model, network_hash};
use crate::report::{Matrix, Table, grouped, whole};

/// Images between two looks at Ctrl-C.
const CHUNK: usize = 64;
/// Images whose lines are in memory at once.
const LINES: usize = 1024;

/// Measure the accuracy and activity of a network in software
///
/// A quantized network runs in the golden model, a float network in the float executor.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json
    model: PathBuf,

    #[command(flatten)]
    images: ImageArgs,

    /// Also print how many images of each label got each class
    #[arg(long)]
    confusion: bool,

    #[command(flatten)]
    per_image: PerImageArgs,
}

/// What was measured. Events and spikes are means per image.
#[derive(Debug, Serialize)]
struct Evaluation {
    network: String,
    /// `integer` or `float`.
    kind: &'static str,
    /// Of an integer network.
    network_hash: Option<String>,
    data: String,
    split: String,
    images: usize,
    /// What the images are to the network.
    rows: Role,
    correct: usize,
    /// In percent.
    accuracy: f64,
    /// In software on this machine, all cores.
    images_per_second: f64,
    input_events: f64,
    spikes: f64,
    layers: Vec<LayerActivity>,
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion: Option<Confusion>,
}

/// Of the classes that are a label or a result.
#[derive(Debug, Serialize)]
struct Confusion {
    classes: Vec<String>,
    /// `counts[label][class]`.
    counts: Vec<Vec<u64>>,
}

#[derive(Debug, Serialize)]
struct LayerActivity {
    name: String,
    neurons: usize,
    /// None if its neurons have no threshold.
    spikes: Option<f64>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let subject = Subject::of(model::read(&args.model)?, model::read_schema(&args.model)?);
    let network = (&subject.schema, &subject.input_shape[..], subject.classes());
    let images = args.images.load_for(network, output)?;
    let mut per_image = args.per_image.create()?;
    let progress = output.progress("images", images.len());
    let (counts, time) = measure(&subject, &images, images.piece_length(), &mut per_image, &progress)?;
    drop(progress);
    per_image.finish()?;
    let evaluation = summarize(args, &subject, &counts, &images, time.as_secs_f64());
    output.result(&evaluation, rendered)?;
    Ok(Outcome::Success)
}

/// What is evaluated: a model of either kind, and what both kinds have.
struct Subject {
    model: Model,
    name: String,
    network_hash: Option<String>,
    input_shape: Vec<usize>,
    input_threshold: u8,
    time_steps: usize,
    schema: Schema,
    layers: Vec<SubjectLayer>,
}

struct SubjectLayer {
    name: String,
    neurons: usize,
    fires: bool,
}

/// What either kind makes of an image.
struct Execution {
    class: usize,
    scores: Scores,
    /// Of every layer.
    spike_times: Vec<Vec<u8>>,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Scores {
    Integer(Vec<i64>),
    Float(Vec<f32>),
}

type Execute<'a> = dyn FnMut(&[u8]) -> Execution + 'a;

impl Subject {
    fn of(model: Model, schema: Schema) -> Self {
        match &model {
            Model::Integer(network) => Subject {
                name: network.name().into(),
                network_hash: Some(network_hash(network)),
                input_shape: network.input_shape().to_vec(),
                input_threshold: network.input_threshold(),
                time_steps: network.time_steps(),
                schema,
                layers: network
                    .layers()
                    .iter()
                    .map(|layer| SubjectLayer {
                        name: layer.name.clone(),
                        neurons: layer.outputs(),
                        fires: layer.neuron.fires(),
                    })
                    .collect(),
                model,
            },
            Model::Float(network) => Subject {
                name: network.name.clone(),
                network_hash: None,
                input_shape: network.input_shape.clone(),
                input_threshold: network.input_threshold,
                time_steps: network.time_steps,
                schema,
                layers: network
                    .layers
                    .iter()
                    .map(|layer| SubjectLayer {
                        name: layer.name.clone(),
                        neurons: layer.output().neurons(),
                        fires: layer.neuron.fires(),
                    })
                    .collect(),
                // What training saw, and what quantization keeps.
                model: Model::Float(network.on_grid()),
            },
        }
    }

    fn classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.neurons)
    }

    /// Executes one image after the other; one per thread.
    fn executor(&self) -> Box<Execute<'_>> {
        match &self.model {
            Model::Integer(network) => {
                let mut executor = Executor::new(network);
                Box::new(move |pixels| {
                    let Trace { class, scores, spike_times, .. } = executor.run(pixels.into());
                    Execution { class: class as usize, scores: Scores::Integer(scores), spike_times }
                })
            }
            Model::Float(network) => Box::new(|pixels| {
                let FloatTrace { class, scores, spike_times } = network.run(pixels);
                Execution { class, scores: Scores::Float(scores), spike_times }
            }),
        }
    }

    fn input_events(&self, pixels: &[u8]) -> usize {
        let times = encode(pixels, self.input_threshold, self.time_steps);
        times.into_iter().filter(|&time| usize::from(time) < self.time_steps).count()
    }
}

/// Sums over images.
struct Counts {
    input_events: u64,
    /// Per layer.
    spikes: Vec<u64>,
    /// Images by label and class, of those that exist.
    confusion: BTreeMap<(u32, u32), u64>,
}

impl Counts {
    fn new(subject: &Subject) -> Self {
        Counts { input_events: 0, spikes: vec![0; subject.layers.len()], confusion: BTreeMap::new() }
    }

    fn add(&mut self, label: u32, class: usize, input_events: usize, spikes: impl Iterator<Item = usize>) {
        self.input_events += input_events as u64;
        self.spikes.iter_mut().zip(spikes).for_each(|(sum, count)| *sum += count as u64);
        *self.confusion.entry((label, class as u32)).or_default() += 1;
    }

    fn merged(mut self, other: Counts) -> Counts {
        self.input_events += other.input_events;
        self.spikes.iter_mut().zip(other.spikes).for_each(|(sum, more)| *sum += more);
        other.confusion.into_iter().for_each(|(pair, more)| *self.confusion.entry(pair).or_default() += more);
        self
    }

    fn correct(&self) -> usize {
        self.confusion.iter().filter(|((label, class), _)| label == class).map(|(_, &count)| count as usize).sum()
    }

    fn confusion(&self, names: &[String]) -> Confusion {
        let classes: BTreeSet<u32> = self.confusion.keys().flat_map(|&(label, class)| [label, class]).collect();
        let count = |label, class| self.confusion.get(&(label, class)).copied().unwrap_or(0);
        let row = |&label: &u32| classes.iter().map(|&class| count(label, class)).collect();
        Confusion {
            classes: classes.iter().map(|&class| names[class as usize].clone()).collect(),
            counts: classes.iter().map(row).collect(),
        }
    }
}

/// Executes the network on every image, a piece of the set at a time, and tells of each. Returns too how long the networks ran.
fn measure(
    subject: &Subject,
    images: &ImageSet,
    length: usize,
    per_image: &mut PerImage,
    progress: &Progress,
) -> Result<(Counts, Duration)> {
    let (mut counts, mut time) = (Counts::new(subject), Duration::ZERO);
    for (piece, first) in images.pieces(length)?.zip((0..).step_by(length)) {
        let piece = piece?;
        let start = Instant::now();
        counts = counts.merged(count(subject, &piece, progress)?);
        time += start.elapsed();
        write_lines(subject, first, &piece, per_image)?;
    }
    Ok((counts, time))
}

/// Executes the network on the images of a piece, on all cores.
fn count(subject: &Subject, images: &Images, progress: &Progress) -> Result<Counts> {
    let chunks: Vec<_> = (0..images.len()).step_by(CHUNK).collect();
    let counted = chunks.into_par_iter().map(|start| {
        interrupt::check(Stage::Golden)?;
        let end = images.len().min(start + CHUNK);
        let counts = count_range(subject, images, start..end);
        progress.advance(end - start);
        Ok(counts)
    });
    counted.try_reduce(|| Counts::new(subject), |a, b| Ok(a.merged(b)))
}

/// Tells of every image of a piece, the number of the first of which is `first`, in their order; some at a time are executed on all
/// cores.
fn write_lines(subject: &Subject, first: usize, images: &Images, per_image: &mut PerImage) -> Result<()> {
    if !per_image.is_wanted() {
        return Ok(());
    }
    for start in (0..images.len()).step_by(LINES) {
        interrupt::check(Stage::Golden)?;
        let some = (start..images.len().min(start + LINES)).into_par_iter();
        let line = |execute: &mut Box<Execute>, index| line(subject, (first, images), execute, index);
        let lines: Vec<_> = some.map_init(|| subject.executor(), line).collect();
        lines.iter().try_for_each(|line| per_image.write(line))?;
    }
    Ok(())
}

fn line(
    subject: &Subject,
    (first, images): (usize, &Images),
    execute: &mut Execute,
    index: usize,
) -> ImageLine<Scores> {
    let Execution { class, scores, spike_times } = execute(images.image(index));
    ImageLine {
        image: first + index,
        label: images.labels[index],
        class: Some(class as u32),
        scores: Some(scores),
        spike_times: per_image::spike_times(&spike_times, subject.time_steps),
        cycles: None,
        divergence: None,
    }
}

fn count_range(subject: &Subject, images: &Images, range: std::ops::Range<usize>) -> Counts {
    let never = subject.time_steps as u8;
    let mut execute = subject.executor();
    let mut counts = Counts::new(subject);
    for index in range {
        let pixels = images.image(index);
        let Execution { class, spike_times, .. } = execute(pixels);
        let spikes = spike_times.iter().map(|times| times.iter().filter(|&&time| time != never).count());
        counts.add(images.labels[index], class, subject.input_events(pixels), spikes);
    }
    counts
}

fn summarize(args: &Args, subject: &Subject, counts: &Counts, images: &ImageSet, seconds: f64) -> Evaluation {
    let mean = |sum: u64| sum as f64 / images.len() as f64;
    let layers = subject.layers.iter().zip(&counts.spikes).map(|(layer, &spikes)| LayerActivity {
        name: layer.name.clone(),
        neurons: layer.neurons,
        spikes: layer.fires.then(|| mean(spikes)),
    });
    Evaluation {
        network: subject.name.clone(),
        kind: if subject.network_hash.is_some() { "integer" } else { "float" },
        network_hash: subject.network_hash.clone(),
        data: args.images.data.clone(),
        split: format!("{:?}", args.images.split.unwrap_or(Split::Test)).to_lowercase(),
        images: images.len(),
        rows: images.role(),
        correct: counts.correct(),
        accuracy: 100.0 * mean(counts.correct() as u64),
        images_per_second: images.len() as f64 / seconds,
        input_events: mean(counts.input_events),
        spikes: mean(counts.spikes.iter().sum()),
        layers: layers.collect(),
        confusion: args.confusion.then(|| counts.confusion(images.classes())),
    }
}

fn rendered(e: &Evaluation) -> String {
    let per_image = |events: f64| format!("{} per image", grouped(events, 1));
    let identity = e.network_hash.as_ref().map_or("float", |hash| &hash[..12]);
    let mut table = Table::new();
    table.group(format!("network {} ({identity})", e.network)).row("data", format!("{}{}", e.data, e.rows.part()));
    let [correct, images] = [e.correct, e.images].map(whole);
    table.row(e.rows.accuracy(), format!("{:.2} % ({correct} of {images} images{})", e.accuracy, e.rows.caution()));
    table.row("input events", per_image(e.input_events)).row("spikes", per_image(e.spikes));
    for layer in &e.layers {
        // A layer without thresholds integrates only: it has no spikes to count.
        if let Some(spikes) = layer.spikes {
            let (spikes, neurons) = (grouped(spikes, 1), whole(layer.neurons));
            table.row(format!("  {}", layer.name), format!("{spikes} of {neurons} neurons"));
        }
    }
    table.group("this machine").row("golden model", format!("{} images/s", grouped(e.images_per_second, 0)));
    let matrix = |confusion: &Confusion| Matrix::new("label \\ class", &confusion.classes, &confusion.counts);
    e.confusion.as_ref().map_or_else(|| table.to_string(), |confusion| format!("{table}\n\n{}", matrix(confusion)))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::data::{self, Split};

    #[test]
    fn pieces_count_like_the_whole() {
        let path = Path::new("models/digits");
        let subject = Subject::of(model::read(path).unwrap(), model::read_schema(path).unwrap());
        let images = ImageSet::from(data::load("digits", Split::Test).unwrap().take(30));
        let output = Output::new(false, true);
        let measured = |length| {
            let progress = output.progress("images", images.len());
            let (counts, _) = measure(&subject, &images, length, &mut PerImage::default(), &progress).unwrap();
            (counts.input_events, counts.spikes, counts.confusion)
        };
        let whole = measured(usize::MAX);
        assert_eq!(whole.2.values().sum::<u64>(), 30);
        assert!([1, 7].into_iter().all(|length| measured(length) == whole));
    }
}
