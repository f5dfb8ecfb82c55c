//! `firstspike evaluate`: the golden model, or the float network, over a data set.

use std::ops::Range;
use std::path::PathBuf;
use std::time::Instant;

use clap::builder::RangedU64ValueParser;
use comfy_table::{Table, presets};
use ndarray::ArrayView1;
use rayon::prelude::*;
use serde::Serialize;

use super::{Outcome, Output, Progress, interrupt};
use crate::data::{self, Images, Split};
use crate::error::{Result, Stage};
use crate::golden::Executor;
use crate::model::{self, Model, network_hash};

/// Images between two looks at Ctrl-C.
const CHUNK: usize = 64;

/// Measure the accuracy and activity of a network: quantised in the golden model, or in float.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json.
    model: PathBuf,

    /// Data set: digits, mnist, fashion-mnist, a folder of IDX files, or a CSV file.
    #[arg(long, value_name = "SOURCE")]
    data: String,

    /// Which part of the data set.
    #[arg(long, default_value = "test")]
    split: Split,

    /// Use only the first N images.
    #[arg(long, value_name = "N", value_parser = RangedU64ValueParser::<usize>::new().range(1..))]
    limit: Option<usize>,

    /// Also print the confusion matrix.
    #[arg(long)]
    confusion: bool,
}

/// What was measured. Means are per image.
#[derive(Debug, Serialize)]
struct Evaluation {
    network: String,
    /// "integer": executed by the golden model; "float": by the float reference, which no hardware has to equal.
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    network_hash: Option<String>,
    data: String,
    split: String,
    images: usize,
    correct: usize,
    accuracy_percent: f64,
    /// On this machine, all cores.
    images_per_second: f64,
    input_events_mean: f64,
    spikes_mean: f64,
    layers: Vec<LayerActivity>,
    /// `confusion[label][class]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    confusion: Option<Vec<Vec<u64>>>,
}

#[derive(Debug, Serialize)]
struct LayerActivity {
    name: String,
    neurons: usize,
    spikes_mean: f64,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let subject = Subject(model::read(&args.model)?);
    let images = data::load(&args.data, args.split)?;
    let images = match args.limit {
        Some(limit) => images.take(limit),
        None => images,
    };
    images.require(&args.data, subject.input_shape(), subject.classes())?;
    let start = Instant::now();
    let counts = count(&subject, &images, &output.progress("images", images.len()))?;
    let evaluation = summarise(args, &subject, counts, images.len(), start.elapsed().as_secs_f64());
    output.result(&evaluation, rendered)?;
    Ok(Outcome::Success)
}

/// The network under evaluation, of either kind.
struct Subject(Model);

/// The class of an image and the spike times of every layer.
type Answer = (usize, Vec<Vec<u8>>);

/// Executes the network on the pixels of one image.
type Execute<'a> = Box<dyn FnMut(ArrayView1<u8>) -> Answer + 'a>;

impl Subject {
    fn name(&self) -> &str {
        match &self.0 {
            Model::Float(network) => &network.name,
            Model::Integer(network) => network.name(),
        }
    }

    fn input_shape(&self) -> &[usize] {
        match &self.0 {
            Model::Float(network) => &network.input_shape,
            Model::Integer(network) => network.input_shape(),
        }
    }

    fn time_steps(&self) -> usize {
        match &self.0 {
            Model::Float(network) => network.time_steps,
            Model::Integer(network) => network.time_steps(),
        }
    }

    fn input_threshold(&self) -> u8 {
        match &self.0 {
            Model::Float(network) => network.input_threshold,
            Model::Integer(network) => network.input_threshold(),
        }
    }

    /// Name and number of neurons of each layer.
    fn layers(&self) -> Vec<(&str, usize)> {
        match &self.0 {
            Model::Float(network) => network.layers.iter().map(|l| (l.name.as_str(), l.weights.ncols())).collect(),
            Model::Integer(network) => network.layers().iter().map(|l| (l.name.as_str(), l.outputs())).collect(),
        }
    }

    fn classes(&self) -> usize {
        self.layers().last().map_or(0, |(_, neurons)| *neurons)
    }

    /// What executes one image after another. One per thread, as it keeps buffers.
    fn executor(&self) -> Execute<'_> {
        match &self.0 {
            Model::Float(network) => Box::new(|pixels| {
                let trace = network.run(&pixels.to_vec());
                (trace.class, trace.spike_times)
            }),
            Model::Integer(network) => {
                let mut executor = Executor::new(network);
                Box::new(move |pixels| {
                    let trace = executor.run(pixels);
                    (trace.class as usize, trace.spike_times)
                })
            }
        }
    }
}

/// Sums over images.
struct Counts {
    input_events: u64,
    /// Per layer.
    spikes: Vec<u64>,
    /// `confusion[label][class]`.
    confusion: Vec<Vec<u64>>,
}

impl Counts {
    fn new(subject: &Subject) -> Self {
        let (layers, classes) = (subject.layers().len(), subject.classes());
        Counts { input_events: 0, spikes: vec![0; layers], confusion: vec![vec![0; classes]; classes] }
    }

    fn merged(mut self, other: Counts) -> Counts {
        self.input_events += other.input_events;
        self.spikes.iter_mut().zip(other.spikes).for_each(|(sum, more)| *sum += more);
        for (row, more) in self.confusion.iter_mut().zip(other.confusion) {
            row.iter_mut().zip(more).for_each(|(sum, more)| *sum += more);
        }
        self
    }

    fn correct(&self) -> usize {
        self.confusion.iter().enumerate().map(|(class, row)| row[class] as usize).sum()
    }
}

/// Executes the network on every image, on all cores.
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

fn count_range(subject: &Subject, images: &Images, range: Range<usize>) -> Counts {
    let never = subject.time_steps() as u8;
    let mut execute = subject.executor();
    let mut counts = Counts::new(subject);
    for index in range {
        let pixels = images.pixels.row(index);
        let (class, spike_times) = execute(pixels);
        // Every pixel that reaches the input threshold is one event (docs/numerics.md §2).
        counts.input_events += pixels.iter().filter(|&&pixel| pixel >= subject.input_threshold()).count() as u64;
        for (sum, times) in counts.spikes.iter_mut().zip(&spike_times) {
            *sum += times.iter().filter(|&&time| time != never).count() as u64;
        }
        counts.confusion[usize::from(images.labels[index])][class] += 1;
    }
    counts
}

fn summarise(args: &Args, subject: &Subject, counts: Counts, images: usize, seconds: f64) -> Evaluation {
    let mean = |sum: u64| sum as f64 / images as f64;
    let layers = subject.layers().into_iter().zip(&counts.spikes).map(|((name, neurons), &spikes)| LayerActivity {
        name: name.into(),
        neurons,
        spikes_mean: mean(spikes),
    });
    let (kind, hash) = match &subject.0 {
        Model::Float(_) => ("float", None),
        Model::Integer(network) => ("integer", Some(network_hash(network))),
    };
    Evaluation {
        network: subject.name().into(),
        kind,
        network_hash: hash,
        data: args.data.clone(),
        split: format!("{:?}", args.split).to_lowercase(),
        images,
        correct: counts.correct(),
        accuracy_percent: 100.0 * mean(counts.correct() as u64),
        images_per_second: images as f64 / seconds,
        input_events_mean: mean(counts.input_events),
        spikes_mean: mean(counts.spikes.iter().sum()),
        layers: layers.collect(),
        confusion: args.confusion.then_some(counts.confusion),
    }
}

fn rendered(e: &Evaluation) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    let mut row = |name: String, value: String| {
        table.add_row([name, value]);
    };
    let identity = e.network_hash.as_ref().map_or(String::new(), |hash| format!(", {}", &hash[..12]));
    row("network".into(), format!("{} ({}{identity})", e.network, e.kind));
    row("data".into(), format!("{}, {} split", e.data, e.split));
    row("accuracy".into(), format!("{:.2} % ({} of {} images)", e.accuracy_percent, e.correct, e.images));
    row("speed".into(), format!("{:.0} images/s", e.images_per_second));
    row("input events".into(), format!("{:.1} per image", e.input_events_mean));
    row("spikes".into(), format!("{:.1} per image", e.spikes_mean));
    for layer in &e.layers {
        row(format!("  {}", layer.name), format!("{:.1} of {} neurons", layer.spikes_mean, layer.neurons));
    }
    let confusion = e.confusion.as_ref().map(|matrix| confusion_table(matrix)).unwrap_or_default();
    let text = table.to_string();
    // The table pads each line on both sides.
    let lines: Vec<_> = text.lines().map(|line| line.strip_prefix(' ').unwrap_or(line).trim_end()).collect();
    format!("{}\n{confusion}", lines.join("\n"))
}

fn confusion_table(matrix: &[Vec<u64>]) -> String {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header(std::iter::once("label \\ class".into()).chain((0..matrix.len()).map(|class| class.to_string())));
    for (label, row) in matrix.iter().enumerate() {
        table.add_row(std::iter::once(label.to_string()).chain(row.iter().map(u64::to_string)));
    }
    format!("\n{table}")
}
