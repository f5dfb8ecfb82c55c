//! The ablation of convolutional time-to-first-spike networks on Fashion-MNIST: each means of training switched on in turn.
//!
//! `make ablation` runs it and puts table and plot into `docs/`. Every run leaves its result, and every epoch a checkpoint, in
//! `out/ablation/`, so that an interrupted ablation goes on where it stopped.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use firstspike::data::{self, Images, Split};
use firstspike::network::ReadoutKind;
use firstspike::train::{Augment, Init, Normalize, Recipe, Trainer, parse_layers, synaptic_layers};
use plotters::prelude::*;
use serde::{Deserialize, Serialize};

type Outcome<T> = Result<T, Box<dyn std::error::Error>>;

#[derive(Parser)]
struct Args {
    /// Training images of a run; as many as there are, less those held out, by default
    #[arg(long)]
    images: Option<usize>,
    /// Training images held out to measure the accuracy
    #[arg(long, default_value_t = 10_000)]
    validation: usize,
    #[arg(long, default_value_t = 12)]
    epochs: usize,
    /// Hidden layers, with average pooling; the steps without it take maximum pooling
    #[arg(long, default_value = "16C5-P2-32C5-P2-128")]
    layers: String,
    #[arg(long, default_value_t = 4)]
    time_steps: usize,
    #[arg(long, default_value_t = 3)]
    seeds: u64,
}

/// One row of the table.
struct Step {
    name: &'static str,
    pooling: &'static str,
    init: Init,
    normalize: Normalize,
    affine: bool,
    readout: ReadoutKind,
}

/// From plain training to everything; each step has what the one before it has.
fn steps() -> Vec<Step> {
    let plain = || Step {
        name: "default initialization, maximum pooling, earliest spike",
        pooling: "MP",
        init: Init::Lecun,
        normalize: Normalize::None,
        affine: false,
        readout: ReadoutKind::FirstSpike,
    };
    let ettfs = || Step { name: "+ ETTFS initialization", init: Init::Ettfs, ..plain() };
    let average = || Step { name: "+ average pooling", pooling: "P", ..ettfs() };
    let weights = || Step { name: "+ weight standardization", normalize: Normalize::Weights, ..average() };
    let affine = || Step { name: "+ affine", affine: true, ..weights() };
    let decoder = || Step { name: "+ temporal weighting of the current", readout: ReadoutKind::Current, ..affine() };
    let batch = Step { name: "the same with batch for weight normalization", normalize: Normalize::Batch, ..decoder() };
    vec![plain(), ettfs(), average(), weights(), affine(), decoder(), batch]
}

/// What is kept of a run.
#[derive(Serialize, Deserialize)]
struct Record {
    recipe: Recipe,
    images: usize,
    accuracy: f64,
    spikes: f64,
}

fn main() -> Outcome<()> {
    let args = Args::parse();
    let images = data::load("fashion-mnist", Split::Train)?;
    let folder = PathBuf::from("out/ablation");
    fs::create_dir_all(&folder)?;
    let mut rows = Vec::new();
    for (index, step) in steps().iter().enumerate() {
        let mut records = Vec::new();
        for seed in 1..=args.seeds {
            let record = run(&args, step, seed, &images, &folder.join(format!("{index}-{seed}")))?;
            eprintln!("{}, seed {seed}: {:.2} %", step.name, 100.0 * record.accuracy);
            records.push(record);
        }
        rows.push((step.name, records));
    }
    plot(&rows)?;
    write_table(&args, &rows)
}

fn recipe(args: &Args, step: &Step, seed: u64) -> Outcome<Recipe> {
    let hidden = parse_layers(&args.layers.replace('P', step.pooling))?;
    Ok(Recipe {
        name: "ablation".into(),
        formats: vec![None; synaptic_layers(&hidden)],
        hidden,
        time_steps: args.time_steps,
        readout: step.readout,
        init: step.init,
        normalize: step.normalize,
        affine: step.affine,
        epochs: args.epochs,
        batch: 100,
        augment: Augment { shift: 1.0, flip: true, ..Augment::NONE },
        validation: args.validation,
        seed,
        ..Recipe::default()
    })
}

/// One training run, or what is left of it, or its record.
fn run(args: &Args, step: &Step, seed: u64, images: &Images, path: &Path) -> Outcome<Record> {
    let fitted = images.len() - args.validation;
    let count = args.images.unwrap_or(fitted).min(fitted);
    let recipe = recipe(args, step, seed)?;
    let (kept, checkpoint) = (path.with_extension("json"), path.with_extension("safetensors"));
    let record = fs::read(&kept).ok().and_then(|bytes| serde_json::from_slice::<Record>(&bytes).ok());
    if let Some(record) = record.filter(|record| record.recipe == recipe && record.images == count) {
        return Ok(record);
    }
    let mut trainer = Trainer::new(recipe.clone(), &images.shape, 10)?;
    let identity = format!("fashion-mnist, the first {count}");
    if checkpoint.exists() {
        // That of another budget is of no use.
        let _ = trainer.resume(&checkpoint, &identity, count);
    }
    let members: Vec<usize> = (0..count).collect();
    while trainer.epoch() < recipe.epochs {
        trainer.train_epoch(images, &members, |_| true)?;
        trainer.save(&checkpoint, &identity)?;
    }
    let held_out: Vec<usize> = (fitted..images.len()).collect();
    let score = trainer.evaluate(images, &held_out);
    let spikes = score.hidden_spikes.iter().flatten().sum::<usize>() as f64 / score.images as f64;
    let record = Record { recipe, images: count, accuracy: score.accuracy(), spikes };
    fs::write(&kept, serde_json::to_vec_pretty(&record)?)?;
    let _ = fs::remove_file(&checkpoint);
    Ok(record)
}

fn mean(records: &[Record], of: impl Fn(&Record) -> f64) -> f64 {
    records.iter().map(of).sum::<f64>() / records.len() as f64
}

/// Replaces what lies between the two marks of `docs/results.md`.
fn write_table(args: &Args, rows: &[(&str, Vec<Record>)]) -> Outcome<()> {
    const MARK: &str = "<!-- ablation -->";
    let mut lines = vec![
        format!(
            "Fashion-MNIST, {} with T = {} in float, {} training images, {} epochs, shifts of one pixel and flips; {} training images held out.",
            args.layers, args.time_steps, rows[0].1[0].images, args.epochs, args.validation
        ),
        String::new(),
        "| training | held-out accuracy %, mean | by seed | hidden spikes |".into(),
        "|---|---|---|---|".into(),
    ];
    for (name, records) in rows {
        let seeds: Vec<String> = records.iter().map(|record| format!("{:.2}", 100.0 * record.accuracy)).collect();
        let (accuracy, spikes) = (100.0 * mean(records, |r| r.accuracy), mean(records, |r| r.spikes));
        lines.push(format!("| {name} | {accuracy:.2} | {} | {spikes:.0} |", seeds.join(", ")));
    }
    lines.extend([String::new(), "![Accuracy of each step, by seed and mean](ablation.svg)".into()]);
    let path = "docs/results.md";
    let text = fs::read_to_string(path)?;
    let parts: Vec<&str> = text.split(MARK).collect();
    let [before, _, after] = parts[..] else { return Err(format!("{path} does not hold two marks {MARK}").into()) };
    fs::write(path, format!("{before}{MARK}\n{}\n{MARK}{after}", lines.join("\n")))?;
    Ok(())
}

/// One line per step: a dot per seed, a bar for the mean.
fn plot(rows: &[(&str, Vec<Record>)]) -> Outcome<()> {
    let area = SVGBackend::new("docs/ablation.svg", (820, 60 + 36 * rows.len() as u32)).into_drawing_area();
    area.fill(&WHITE)?;
    let accuracies = || rows.iter().flat_map(|(_, records)| records).map(|record| 100.0 * record.accuracy);
    let low = accuracies().fold(100.0, f64::min).floor() - 1.0;
    let high = accuracies().fold(0.0, f64::max).ceil();
    let mut chart = ChartBuilder::on(&area)
        .margin_left(330)
        .margin_right(20)
        .margin_top(10)
        .x_label_area_size(40)
        .build_cartesian_2d(low..high, rows.len() as f64 - 0.5..-0.5)?;
    chart.configure_mesh().disable_y_mesh().disable_y_axis().x_desc("held-out accuracy, %").draw()?;
    let style = ("sans-serif", 13).into_font().color(&BLACK);
    for (line, (name, records)) in rows.iter().enumerate() {
        let y = line as f64;
        let average = 100.0 * mean(records, |record| record.accuracy);
        chart.draw_series([Rectangle::new([(low, y - 0.25), (average, y + 0.25)], BLUE.mix(0.3).filled())])?;
        let dot = |record: &Record| Circle::new((100.0 * record.accuracy, y), 3, BLUE.filled());
        chart.draw_series(records.iter().map(dot))?;
        area.draw(&Text::new(*name, (10, 10 + (36.0 * (y + 0.36)) as i32), style.clone()))?;
    }
    area.present()?;
    Ok(())
}
