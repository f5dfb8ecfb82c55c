//! `firstspike evaluate`: the golden model over a data set.

use std::path::PathBuf;
use std::time::Instant;

use clap::builder::RangedU64ValueParser;
use comfy_table::{Table, presets};
use rayon::prelude::*;
use serde::Serialize;

use super::{Outcome, Output, Progress, interrupt};
use crate::data::{self, Images, Split};
use crate::error::{Error, Result, Stage};
use crate::golden::{Executor, IntegerNetwork, Trace, latency};
use crate::model::{self, Model, network_hash};

/// Images between two looks at Ctrl-C.
const CHUNK: usize = 64;

/// Measure the accuracy and activity of a quantised network in the golden model.
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
    model: String,
    network_hash: String,
    data: String,
    split: String,
    images: usize,
    correct: usize,
    accuracy_percent: f64,
    /// In the golden model on this machine, all cores.
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
    let network = match model::read(&args.model)? {
        Model::Integer(network) => network,
        Model::Float(network) => return Err(float_model(args, &network.name)),
    };
    let images = data::load(&args.data, args.split)?;
    let images = match args.limit {
        Some(limit) => images.take(limit),
        None => images,
    };
    images.require(&args.data, network.input_shape(), network.outputs())?;
    let start = Instant::now();
    let counts = count(&network, &images, &output.progress("images", images.len()))?;
    let evaluation = summarise(args, &network, counts, images.len(), start.elapsed().as_secs_f64());
    output.result(&evaluation, rendered)?;
    Ok(Outcome::Success)
}

fn float_model(args: &Args, name: &str) -> Error {
    Error::new(
        Stage::Model,
        "model-float",
        format!("{}: kind is \"float\" (network \"{name}\"), expected \"integer\"", args.model.display()),
        format!("quantize it first: firstspike quantize {} …", args.model.display()),
    )
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
    fn new(network: &IntegerNetwork) -> Self {
        let classes = network.outputs();
        Counts { input_events: 0, spikes: vec![0; network.layers().len()], confusion: vec![vec![0; classes]; classes] }
    }

    fn add(&mut self, label: u8, input_events: usize, trace: &Trace, never: u8) {
        self.input_events += input_events as u64;
        for (sum, times) in self.spikes.iter_mut().zip(&trace.spike_times) {
            *sum += times.iter().filter(|&&time| time != never).count() as u64;
        }
        self.confusion[usize::from(label)][trace.class as usize] += 1;
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
fn count(network: &IntegerNetwork, images: &Images, progress: &Progress) -> Result<Counts> {
    let chunks: Vec<_> = (0..images.len()).step_by(CHUNK).collect();
    let counted = chunks.into_par_iter().map(|start| {
        interrupt::check(Stage::Golden)?;
        let end = images.len().min(start + CHUNK);
        let counts = count_range(network, images, start..end);
        progress.advance(end - start);
        Ok(counts)
    });
    counted.try_reduce(|| Counts::new(network), |a, b| Ok(a.merged(b)))
}

fn count_range(network: &IntegerNetwork, images: &Images, range: std::ops::Range<usize>) -> Counts {
    let never = network.time_steps() as u8;
    let mut executor = Executor::new(network);
    let mut counts = Counts::new(network);
    for index in range {
        let pixels = images.pixels.row(index);
        let times: Vec<u8> =
            pixels.iter().map(|&x| latency(x, network.input_threshold(), network.time_steps())).collect();
        let events = times.iter().filter(|&&time| time != never).count();
        counts.add(images.labels[index], events, &executor.run_events(&times), never);
    }
    counts
}

fn summarise(args: &Args, network: &IntegerNetwork, counts: Counts, images: usize, seconds: f64) -> Evaluation {
    let mean = |sum: u64| sum as f64 / images as f64;
    let layers = network.layers().iter().zip(&counts.spikes).map(|(layer, &spikes)| LayerActivity {
        name: layer.name.clone(),
        neurons: layer.outputs(),
        spikes_mean: mean(spikes),
    });
    Evaluation {
        model: network.name().into(),
        network_hash: network_hash(network),
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
    row("network".into(), format!("{} ({})", e.model, &e.network_hash[..12]));
    row("data".into(), format!("{}, {} split", e.data, e.split));
    row("accuracy".into(), format!("{:.2} % ({} of {} images)", e.accuracy_percent, e.correct, e.images));
    row("golden model".into(), format!("{:.0} images/s", e.images_per_second));
    row("input events".into(), format!("{:.1} per image", e.input_events_mean));
    row("spikes".into(), format!("{:.1} per image", e.spikes_mean));
    for layer in &e.layers {
        row(format!("  {}", layer.name), format!("{:.1} of {} neurons", layer.spikes_mean, layer.neurons));
    }
    let confusion = e.confusion.as_ref().map(|matrix| confusion_table(matrix)).unwrap_or_default();
    let lines: Vec<_> = table.lines().map(|line| line.trim_end().to_owned()).collect();
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
