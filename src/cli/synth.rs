//! `firstspike synth`: a design folder and a board in, area and clock out.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::{Hardware, parse_clock};
use super::images::OptionalImageArgs;
use super::{Outcome, Output, interrupt};
use crate::arch::{FrameCost, Spacing};
use crate::board::Board;
use crate::error::{Error, Result, Stage};
use crate::report::{Spread, table};
use crate::synth::{Placement, SynthOptions, place};

/// Aimed at if the user does not say.
const DEFAULT_FREQ: f64 = 120.0;

/// Synthesise, place and route a generated core: area, clock, critical path
///
/// The core is placed out of context, without pins. With --data, latency and rate at that clock follow from the cost model over
/// those images. Logs and results stay in synth/ of the design folder.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Board; `firstspike targets` lists them
    #[arg(long)]
    target: String,
    /// Clock to aim at, in MHz; not to reach it is an error [default: 120, and no error]
    #[arg(long, value_name = "MHZ", value_parser = parse_clock)]
    freq: Option<f64>,
    /// Seed of the placer
    #[arg(long, default_value_t = 1)]
    seed: u32,
    #[command(flatten)]
    images: OptionalImageArgs,
}

#[derive(Serialize)]
struct SynthReport {
    #[serde(flatten)]
    placement: Placement,
    /// By the cost model, back to back.
    latency_cycles: Option<Spread>,
    /// Mean, at the clock that was reached.
    latency_ns: Option<f64>,
    images_per_second: Option<f64>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let board = Board::find(&args.target)?;
    let hardware = Hardware::open(&args.design)?;
    let predicted = args.images.load(&hardware.network)?.map(|images| {
        let golden = hardware.golden(&images);
        hardware.costs(&images, &golden, 0..images.len(), Spacing::BackToBack)
    });
    let stage = |name: &str| output.note(name);
    let freq_mhz = args.freq.unwrap_or(DEFAULT_FREQ);
    let options = SynthOptions { freq_mhz, seed: args.seed, stage: &stage, interrupt: Some(interrupt::flag()) };
    let placement = place(&args.design, &board, &options)?;
    let reached = placement.fmax_mhz;
    let latency = predicted.as_ref().and_then(|costs| Spread::of(costs.iter().map(FrameCost::latency)));
    let interval = predicted
        .as_ref()
        .and_then(|costs| Spread::of(costs.windows(2).map(|pair| pair[1].class_word - pair[0].class_word)));
    let report = SynthReport {
        placement,
        latency_cycles: latency,
        latency_ns: latency.map(|latency| latency.mean * 1e3 / reached),
        images_per_second: interval.map(|interval| reached * 1e6 / interval.mean),
    };
    output.result(&report, rendered)?;
    match args.freq {
        Some(freq) if reached < freq => {
            // The report has been printed: a second object on standard output would spoil it.
            output.note(&not_reached(freq, &report.placement).to_string());
            Ok(Outcome::Failure)
        }
        _ => Ok(Outcome::Success),
    }
}

fn not_reached(freq: f64, placement: &Placement) -> Error {
    Error::new(
        Stage::Synth,
        "freq-not-reached",
        format!("{} reaches {:.1} MHz, expected {freq} MHz", placement.part, placement.fmax_mhz),
        "try other --seed values, fewer --lanes, or a lower --freq; the critical path above says what limits it",
    )
}

fn rendered(report: &SynthReport) -> String {
    let placement = &report.placement;
    let path = placement.critical_path.iter();
    let path = path.map(|step| format!("  {:5.2} ns  {:9} to {}\n", step.delay_ns, step.kind, step.unit));
    let rows = [
        ("target", format!("{}, {}", placement.target, placement.part)),
        ("counted", placement.scope.to_owned()),
        ("LUT4", format!("{} ({} carry cells among them)", placement.lut4, placement.carry)),
        ("flip-flops", placement.ff.to_string()),
        ("block RAMs", placement.bram.to_string()),
        ("DSPs", placement.dsp.to_string()),
        ("clock", format!("{:.1} MHz, seed {}", placement.fmax_mhz, placement.seed)),
        ("mean latency", report.latency_ns.map_or("– (give --data)".into(), |ns| format!("{ns:.0} ns"))),
        ("images/s", report.images_per_second.map_or("– (give --data)".into(), |rate| format!("{rate:.0}"))),
        ("took", format!("{:.0} s + {:.0} s", placement.seconds.synthesis, placement.seconds.place_and_route)),
    ];
    format!("{}\ncritical path\n{}", table(&rows), path.collect::<String>())
}
