//! `firstspike synth`: a design folder and a board in, area and clock out.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::{Hardware, parse_clock};
use super::images::OptionalImageArgs;
use super::{Outcome, Output, interrupt};
use crate::arch::{self, FrameCost, Spacing};
use crate::board::Board;
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::report::{Spread, table};
use crate::shell::{self, BoardTop, DEFAULT_BAUD, ShellOptions};
use crate::synth::{Placement, Scope, SynthOptions, place};

/// Synthesise, place and route a generated design: area, clock, critical path
///
/// The design is placed with the board's shell (clock, UART, LEDs) on the pins of the board, and a bitstream is made; with --core it is
/// placed alone, and there is none. With --data, latency and rate at the clock that is reached follow from the cost model over those
/// images. Logs and results stay in synth/ of the design folder. For a part of AMD, area is all: Vivado places and routes.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Board; `firstspike targets` lists them
    #[arg(long)]
    target: String,
    /// Clock of the core, in MHz; not to reach it is an error [default: the board's oscillator; with --core none]
    #[arg(long, value_name = "MHZ", value_parser = parse_clock)]
    freq: Option<f64>,
    /// Place the core alone: no shell, no pins, no bitstream
    #[arg(long)]
    core: bool,
    /// Of the board's serial line, in bits per second
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "core")]
    baud: u32,
    /// Seed of the placer
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Try so many seeds, from --seed on, and keep the fastest placement
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000))]
    seeds: u16,
    #[command(flatten)]
    images: OptionalImageArgs,
}

/// What synthesis gave, and how fast the network is with it.
#[derive(Serialize)]
pub struct SynthReport {
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
    let seeds: Vec<u32> = (0..u32::from(args.seeds)).map(|number| args.seed.wrapping_add(number)).collect();
    let top = if args.core { None } else { Some(board_top(args, &board)?) };
    let clock_mhz = top.as_ref().map_or(args.freq, |top| Some(top.clock.mhz()));
    let options = SynthOptions {
        scope: top.as_ref().map_or(Scope::Core, |top| Scope::Board { module: &top.module, files: &top.files }),
        aim_mhz: args.freq,
        clock_mhz,
        seeds: &seeds,
        what_fits: &|needed| arch::what_fits_instead(&hardware.design, &board, needed),
        stage: &stage,
        interrupt: Some(interrupt::flag()),
    };
    let placement = place(&args.design, &board, &options)?;
    let report = SynthReport::new(placement, predicted.as_deref());
    output.result(&report, SynthReport::text)?;
    match clock_mhz.zip(report.placement.fmax_mhz) {
        Some((clock, reached)) if reached < clock => {
            // The report has been printed: a second object on standard output would spoil it.
            output.note(&not_reached(clock, reached, &report.placement).to_string());
            Ok(Outcome::Failure)
        }
        _ => Ok(Outcome::Success),
    }
}

fn board_top(args: &Args, board: &Board) -> Result<BoardTop> {
    let clock_mhz = args.freq.unwrap_or(board.clock_mhz);
    shell::board_top(&Manifest::read(&args.design)?, board, &ShellOptions { clock_mhz, baud: args.baud })
}

fn not_reached(clock: f64, reached: f64, placement: &Placement) -> Error {
    Error::new(
        Stage::Synth,
        "freq-not-reached",
        format!("{} reaches {reached:.1} MHz, expected {clock:.3} MHz", placement.part),
        "try more --seeds, fewer --lanes, or a lower --freq; the critical path above says what limits it",
    )
}

impl SynthReport {
    /// `costs` are those of images that follow each other.
    pub fn new(placement: Placement, costs: Option<&[FrameCost]>) -> Self {
        let reached = placement.fmax_mhz;
        let latency = costs.and_then(|costs| Spread::of(costs.iter().map(FrameCost::latency)));
        let intervals =
            |costs: &[FrameCost]| Spread::of(costs.windows(2).map(|pair| pair[1].class_word - pair[0].class_word));
        SynthReport {
            placement,
            latency_cycles: latency,
            latency_ns: latency.zip(reached).map(|(latency, reached)| latency.mean * 1e3 / reached),
            images_per_second: costs
                .and_then(intervals)
                .zip(reached)
                .map(|(spread, reached)| reached * 1e6 / spread.mean),
        }
    }

    /// The report as a table, and the critical path below it.
    pub fn text(&self) -> String {
        let Placement { area, core, seconds, .. } = &self.placement;
        let placement = &self.placement;
        let path = placement.critical_path.iter();
        let path = path.map(|step| format!("  {:5.2} ns  {:9} to {}\n", step.delay_ns, step.kind, step.unit));
        let of_core =
            |whole: u64, core: u64| if whole == core { whole.to_string() } else { format!("{whole}, core {core}") };
        let none = |why: &str| format!("– ({why})");
        let clock = placement
            .fmax_mhz
            .map_or(none("no place and route"), |mhz| format!("{mhz:.1} MHz, seed {}", placement.seed));
        let no_latency = || if placement.fmax_mhz.is_some() { none("give --data") } else { none("no clock") };
        let mut rows = vec![
            ("target", format!("{}, {}", placement.target, placement.part)),
            ("counted", placement.scope.to_owned()),
            ("LUTs", of_core(area.lut4, core.lut4)),
            ("carry bits", of_core(area.carry, core.carry)),
            ("flip-flops", of_core(area.ff, core.ff)),
            ("block RAMs", of_core(area.bram, core.bram)),
            ("DSPs", of_core(area.dsp, core.dsp)),
            ("clock", clock),
            ("mean latency", self.latency_ns.map_or_else(no_latency, |ns| format!("{ns:.0} ns"))),
            ("images/s", self.images_per_second.map_or_else(no_latency, |rate| format!("{rate:.0}"))),
        ];
        if placement.seeds.len() > 1 {
            let seeds = placement.seeds.iter().map(|result| {
                let reached = result.fmax_mhz.map_or("failed".to_owned(), |mhz| format!("{mhz:.1}"));
                format!("{}: {reached}", result.seed)
            });
            rows.push(("seeds, MHz", seeds.collect::<Vec<_>>().join(", ")));
        }
        rows.extend(placement.bitstream.clone().map(|path| ("bitstream", path)));
        let place = seconds.place_and_route.map_or(String::new(), |seconds| format!(" + {seconds:.0} s"));
        rows.push(("took", format!("{:.0} s{place}", seconds.synthesis)));
        let path: String = path.collect();
        let title = if path.is_empty() { "" } else { "\ncritical path\n" };
        format!("{}{title}{path}", table(&rows))
    }
}
