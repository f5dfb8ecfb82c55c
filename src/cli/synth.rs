//! `firstspike synth`: a design folder and a board in, area and clock out.

use std::cell::RefCell;
use std::io::IsTerminal;
use std::path::PathBuf;

use serde::Serialize;

use super::hardware::parse_clock;
use super::images::OptionalImageArgs;
use super::trust::TrustArgs;
use super::{Outcome, Output, Progress, interrupt};
use crate::arch::{self, FrameCost, Spacing};
use crate::board::Board;
use crate::data::ImageSet;
use crate::emit::Manifest;
use crate::error::{Error, Result, Stage};
use crate::flow::{self, Hardware};
use crate::report::{Spread, Table, grouped, whole};
use crate::shell::{self, BoardTop, DEFAULT_BAUD, ShellOptions};
#[cfg(test)]
use crate::synth::ToolVersions;
use crate::synth::{Area, PathStep, Placement, Scope, Seconds, SeedResult, SynthOptions, place};

/// Synthesize, place and route a generated design: area, clock, critical path
///
/// The design is placed with the board's shell (clock, UART, LEDs) on the pins of the board, and a bitstream is made; with --core it is
/// placed alone, and there is none. With --data, latency and rate at the clock that is reached follow from the cost model over those
/// images. Logs and results stay in synth/ of the design folder. For a part of AMD, area is all: Vivado places and routes.
#[derive(clap::Args)]
pub struct Args {
    /// Folder that generate wrote
    design: PathBuf,
    /// Board; `firstspike targets` lists them
    #[arg(long, help_heading = "Board")]
    target: String,
    /// Clock of the core, in MHz; not to reach it is an error [default: the board's oscillator; with --core none]
    #[arg(long, value_name = "MHZ", value_parser = parse_clock, help_heading = "Board")]
    freq: Option<f64>,
    /// Place the core alone: no shell, no pins, no bitstream
    #[arg(long, help_heading = "Board")]
    core: bool,
    /// Of the board's serial line, in bits per second
    #[arg(long, default_value_t = DEFAULT_BAUD, value_parser = clap::value_parser!(u32).range(1..), conflicts_with = "core", help_heading = "Board")]
    baud: u32,
    /// Seed of the placer
    #[arg(long, default_value_t = 1, help_heading = "Placement")]
    seed: u32,
    /// Try so many seeds, from --seed on, and keep the fastest placement
    #[arg(long, value_name = "K", default_value_t = 1, value_parser = clap::value_parser!(u16).range(1..=1000), help_heading = "Placement")]
    seeds: u16,
    /// Print every step of the critical path
    #[arg(long, help_heading = "Output")]
    verbose: bool,
    #[command(flatten)]
    images: OptionalImageArgs,
    #[command(flatten)]
    trust: TrustArgs,
}

/// What synthesis gave, and how fast the network is with it.
#[derive(Serialize)]
pub struct SynthReport {
    #[serde(flatten)]
    placement: Placement,
    /// Whether it was placed by an earlier run, which took the seconds that are reported.
    is_from_cache: bool,
    /// Files of the design that are not what its network gives.
    edited: Vec<String>,
    /// By the cost model, back to back.
    latency_cycles: Option<Spread>,
    /// Mean, at the clock that was reached.
    latency_ns: Option<f64>,
    images_per_second: Option<f64>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let board = Board::find(&args.target)?;
    let hardware = Hardware::open(&args.design, args.trust.trust())?;
    let images = args.images.load(&hardware, output)?.map(ImageSet::into_images).transpose()?;
    let workload = flow::workload(&hardware.network, &hardware.schema, images.as_ref(), &hardware.design.options)?;
    let predicted = images.map(|images| {
        let golden = hardware.golden(&images);
        hardware.costs(&images, &golden, 0..images.len(), Spacing::BackToBack)
    });
    let stages = Stages::new(output);
    let seeds: Vec<u32> = (0..u32::from(args.seeds)).map(|number| args.seed.wrapping_add(number)).collect();
    let top = if args.core { None } else { Some(board_top(args, &board)?) };
    let clock_mhz = top.as_ref().map_or(args.freq, |top| Some(top.clock.mhz()));
    let options = SynthOptions {
        scope: top.as_ref().map_or(Scope::Core, |top| Scope::Board { module: &top.module, files: &top.files }),
        aim_mhz: args.freq,
        clock_mhz,
        seeds: &seeds,
        what_fits: &|needed| arch::what_fits_instead(&hardware.design, &board, needed, &workload),
        stage: &|stage| stages.begin(stage),
        log: &|line| stages.log(line),
        edited: hardware.is_edited(),
        interrupt: Some(interrupt::flag()),
    };
    let placement = place(&args.design, &board, &options)?;
    drop(stages);
    let report = SynthReport::new(placement, predicted.as_deref(), false, hardware.edited);
    output.result(&report, |report| report.text(args.verbose))?;
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
        "try more --seeds, fewer --lanes, or a lower --freq; --verbose shows the critical path, which limits it",
    )
}

impl SynthReport {
    /// `costs` are those of images that follow each other.
    pub fn new(placement: Placement, costs: Option<&[FrameCost]>, is_from_cache: bool, edited: Vec<String>) -> Self {
        let reached = placement.fmax_mhz;
        let latency = costs.and_then(|costs| Spread::of(costs.iter().map(FrameCost::latency)));
        let intervals =
            |costs: &[FrameCost]| Spread::of(costs.windows(2).map(|pair| pair[1].class_word - pair[0].class_word));
        SynthReport {
            placement,
            is_from_cache,
            edited,
            latency_cycles: latency,
            latency_ns: latency.zip(reached).map(|(latency, reached)| latency.mean * 1e3 / reached),
            images_per_second: costs
                .and_then(intervals)
                .zip(reached)
                .map(|(spread, reached)| reached * 1e6 / spread.mean),
        }
    }

    /// The placement as a table; with `verbose`, every step of the critical path.
    pub fn text(&self, verbose: bool) -> String {
        let mut table = Table::new();
        self.add_board(&mut table);
        table.row("counted", &self.placement.scope);
        self.add_machine(table.group("this machine"));
        let path = if verbose { self.whole_path() } else { String::new() };
        format!("{table}{path}")
    }

    /// Figures of the chip.
    pub fn add_board(&self, table: &mut Table) {
        let placement = &self.placement;
        table.group(format!("{}, {}", placement.target, placement.part)).edited(&self.edited);
        table.row("area", cells(&placement.area));
        if placement.core != placement.area {
            table.row("of it the core", cells(&placement.core));
        }
        let none = "– (no place and route)".to_owned();
        table.row("clock", placement.fmax_mhz.map_or(none, |mhz| format!("{mhz:.1} MHz, seed {}", placement.seed)));
        if placement.seeds.len() > 1 {
            let mhz = |seed: &SeedResult| seed.fmax_mhz.map_or("failed".to_owned(), |mhz| format!("{mhz:.1}"));
            let seeds = placement.seeds.iter().map(|seed| format!("{}: {}", seed.seed, mhz(seed)));
            table.row("seeds, MHz", seeds.collect::<Vec<_>>().join(", "));
        }
        if let Some(line) = path_line(&placement.critical_path) {
            table.row("critical path", line);
        }
        let speed = self.latency_ns.zip(self.images_per_second);
        let no_speed = if placement.fmax_mhz.is_some() { "– (give --data)" } else { "– (no clock)" };
        let speed = speed.map_or(no_speed.to_owned(), |(ns, rate)| {
            format!("{} ns mean latency, {} images/s", grouped(ns, 0), grouped(rate, 0))
        });
        table.row("speed", speed);
        if let Some(path) = &placement.bitstream {
            table.path("bitstream", path);
        }
    }

    /// What it took to find out.
    pub fn add_machine(&self, table: &mut Table) {
        let Seconds { synthesis, place_and_route } = self.placement.seconds;
        let from = if self.is_from_cache { "from the cache; took " } else { "" };
        let placing = place_and_route.map_or(String::new(), |s| format!(", place and route {} s", grouped(s, 0)));
        table.row("synthesis", format!("{from}{} s{placing}", grouped(synthesis, 0)));
    }

    /// Every step of the critical path.
    pub fn whole_path(&self) -> String {
        let steps = self.placement.critical_path.iter();
        let lines =
            steps.map(|step| format!("\n  {:5.2} ns  {:8}  {}", step.delay_ns, step.kind, unit_text(&step.unit)));
        let lines: String = lines.collect();
        if lines.is_empty() { lines } else { format!("\ncritical path: delay, kind, where it ends{lines}") }
    }
}

fn cells(area: &Area) -> String {
    let Area { lut4, carry, ff, bram, dsp } = *area;
    let [lut4, carry, ff, bram, dsp] = [lut4, carry, ff, bram, dsp].map(whole);
    format!("{lut4} LUTs, {carry} carry bits, {ff} FFs, {bram} BRAMs, {dsp} DSPs")
}

/// The critical path in a line: so much logic, so much routing, and the unit with the largest share of it.
fn path_line(path: &[PathStep]) -> Option<String> {
    let sum = |steps: &dyn Fn(&&PathStep) -> bool| path.iter().filter(steps).fold(0.0, |sum, step| sum + step.delay_ns);
    let (routing, all) = (sum(&|step| step.kind == "routing"), sum(&|_| true));
    let share = |step: &PathStep| sum(&|other| other.unit == step.unit);
    let longest = path.iter().max_by(|one, other| share(one).total_cmp(&share(other)))?;
    let is_alone = path.iter().all(|step| step.unit == longest.unit);
    let mostly = if is_alone { "in" } else { "mostly" };
    let unit = unit_text(&longest.unit);
    Some(format!("{all:.1} ns: {:.1} logic, {routing:.1} routing, {mostly} {unit}", all - routing))
}

/// A unit in words: `layer0 weight_memory` is layer0's weight memory.
fn unit_text(unit: &str) -> String {
    unit.replace('_', " ")
}

/// Tells what the tools of synthesis are at: on a terminal in one moving line, elsewhere a line per stage.
pub struct Stages<'a> {
    output: &'a Output,
    line: Progress,
    stage: RefCell<String>,
}

impl<'a> Stages<'a> {
    pub fn new(output: &'a Output) -> Self {
        Stages { output, line: output.activity("synthesis"), stage: RefCell::default() }
    }

    pub fn begin(&self, stage: &str) {
        if !std::io::stderr().is_terminal() {
            self.output.note(stage);
        }
        self.line.label(stage);
        self.stage.replace(stage.to_owned());
    }

    /// Shows the latest line of a tool's log.
    pub fn log(&self, line: &str) {
        self.line.label(&format!("{}: {line}", self.stage.borrow()));
    }
}

/// What a placement of the digits network gave, with numbers as long as a part of this size can give.
#[cfg(test)]
pub fn placed_digits(is_from_cache: bool) -> SynthReport {
    let area = Area { lut4: 24_055, carry: 10_918, ff: 22_392, bram: 56, dsp: 28 };
    let step =
        |kind: &str, delay_ns: f64| PathStep { kind: kind.into(), delay_ns, unit: "layer0 weight_memory".into() };
    let mut critical_path = vec![step("clk-to-q", 5.5), step("routing", 12.25)];
    critical_path.push(PathStep { unit: "result_stream".into(), ..step("setup", 0.0) });
    let placement = Placement {
        target: "ulx3s-25f".into(),
        part: "LFE5U-25F-6BG381C".into(),
        scope: "the whole board: core, shell and clock generator".into(),
        area,
        core: Area { dsp: 0, ..area },
        fmax_mhz: Some(120.0),
        critical_path,
        seed: 1,
        seeds: vec![SeedResult { seed: 1, fmax_mhz: Some(120.0), seconds: 87.4 }],
        bitstream: Some("/home/somebody/.cache/firstspike/designs/digits-b3e42d60a5afa0cc/digits_board.bit".into()),
        tools: ToolVersions { yosys: None, nextpnr: None, packer: None },
        seconds: Seconds { synthesis: 19.3, place_and_route: Some(1187.4) },
    };
    let spread = Spread { min: 63.0, mean: 69.3, max: 78.0 };
    SynthReport {
        placement,
        is_from_cache,
        edited: Vec::new(),
        latency_cycles: Some(spread),
        latency_ns: Some(578.0),
        images_per_second: Some(2_846_308.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::painted;

    #[test]
    fn seconds_of_an_earlier_run_are_told_as_such() {
        let row = |is_from_cache: bool| {
            let mut table = Table::new();
            placed_digits(is_from_cache).add_machine(&mut table);
            painted(&table.fitted(80))
        };
        assert_eq!(row(false), "  synthesis  19 s, place and route 1,187 s");
        assert_eq!(row(true), "  synthesis  from the cache; took 19 s, place and route 1,187 s");
        let report = placed_digits(true);
        let placement =
            Placement { seconds: Seconds { place_and_route: None, ..report.placement.seconds }, ..report.placement };
        let mut table = Table::new();
        SynthReport { placement, ..report }.add_machine(&mut table);
        assert_eq!(painted(&table.fitted(80)), "  synthesis  from the cache; took 19 s");
    }

    fn step(kind: &str, delay_ns: f64, unit: &str) -> PathStep {
        PathStep { kind: kind.into(), delay_ns, unit: unit.into() }
    }

    #[test]
    fn a_critical_path_fits_a_line() {
        let weights = "layer0 weight_memory";
        let steps = [
            step("clk-to-q", 0.5, weights),
            step("routing", 1.25, "layer0 neuron_lane"),
            step("logic", 0.25, weights),
            step("routing", 1.5, weights),
            step("setup", 0.0, "layer0 neuron_lane"),
        ];
        let expected = "3.5 ns: 0.8 logic, 2.8 routing, mostly layer0 weight memory";
        assert_eq!(path_line(&steps).as_deref(), Some(expected));
        assert_eq!(path_line(&steps[..1]).as_deref(), Some("0.5 ns: 0.5 logic, 0.0 routing, in layer0 weight memory"));
        assert_eq!(path_line(&[]), None);
        assert_eq!(unit_text("result_stream"), "result stream");
    }
}
