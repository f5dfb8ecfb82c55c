//! `firstspike demo`: the shipped digits network, proved equal to its hardware and placed on a board.

use serde::Serialize;

use super::compare::outcome;
use super::synth::{Stages, SynthReport};
use super::{Outcome, Output, interrupt};
use crate::arch::{self, Spacing};
use crate::board::Board;
use crate::data::{self, Images, Split};
use crate::emit::Manifest;
use crate::error::Result;
use crate::flow::{Drive, Hardware};
use crate::golden::Trace;
use crate::model;
use crate::network::IntegerNetwork;
use crate::report::{ComparisonReport, Table};
use crate::shell::{self, DEFAULT_BAUD, ShellOptions};
use crate::synth::{self, Scope, SynthOptions};

/// Turn the shipped digits network into Verilog, compare it with the golden model on the shipped test images, and place it on a board
///
/// Needs no file: network and images are part of the program. A second run finds design and placement in the cache.
#[derive(clap::Args)]
pub struct Args {
    /// Stop after the comparison: no synthesis, no place and route
    #[arg(long)]
    no_place: bool,
    /// Print every step of the critical path
    #[arg(long)]
    verbose: bool,
}

const MODEL_JSON: &[u8] = include_bytes!("../../models/digits/model.json");
const MODEL_WEIGHTS: &[u8] = include_bytes!("../../models/digits/model.safetensors");
/// A part with room to spare is placed in the shortest time.
const BOARD: &str = "ulx3s-25f";

#[derive(Serialize)]
struct DemoReport {
    #[serde(flatten)]
    comparison: ComparisonReport,
    /// On the board; none if hardware and golden model differ.
    board: Option<SynthReport>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let network = shipped_network()?;
    let images = data::load("digits", Split::Test)?;
    let hardware = Hardware::cached(network, &arch::Options::default(), output)?;
    let golden = hardware.golden(&images);
    let comparison = hardware.compare(&images.clone().into(), &Drive::default(), false, output, |_| Ok(()))?;
    let outcome = outcome(&comparison);
    let is_placed = outcome == Outcome::Success && !args.no_place;
    let board = is_placed.then(|| place(&hardware, &images, &golden, output)).transpose()?;
    output.result(&DemoReport { comparison, board }, |report| text(report, args.verbose))?;
    Ok(outcome)
}

/// The digits network in this program.
pub fn shipped_network() -> Result<IntegerNetwork> {
    model::decode_integer("the shipped digits model", MODEL_JSON, MODEL_WEIGHTS)
}

fn place(hardware: &Hardware, images: &Images, golden: &[Trace], output: &Output) -> Result<SynthReport> {
    let board = Board::find(BOARD)?;
    let manifest = Manifest::read(&hardware.folder)?;
    let shell = ShellOptions { clock_mhz: board.clock_mhz, baud: DEFAULT_BAUD };
    let top = shell::board_top(&manifest, &board, &shell)?;
    let stages = Stages::new(output);
    let options = SynthOptions {
        scope: Scope::Board { module: &top.module, files: &top.files },
        aim_mhz: None,
        clock_mhz: Some(top.clock.mhz()),
        seeds: &[1],
        what_fits: &|_| Vec::new(),
        stage: &|stage| stages.begin(stage),
        log: &|line| stages.log(line),
        edited: false,
        interrupt: Some(interrupt::flag()),
    };
    let found = synth::placed(&hardware.folder, &board);
    let is_from_cache = found.is_some();
    let placement = found.map_or_else(|| synth::place(&hardware.folder, &board, &options), Ok)?;
    let costs = hardware.costs(images, golden, 0..images.len(), Spacing::BackToBack);
    Ok(SynthReport::new(placement, Some(&costs), is_from_cache, Vec::new()))
}

fn text(report: &DemoReport, verbose: bool) -> String {
    let path = report.board.as_ref().filter(|_| verbose).map_or(String::new(), SynthReport::whole_path);
    format!("{}{path}{}", table(report), report.comparison.divergence_text())
}

/// What a person wants to know, on one screen.
fn table(report: &DemoReport) -> Table {
    let mut table = Table::new();
    report.comparison.add_figures(&mut table);
    if let Some(board) = &report.board {
        board.add_board(&mut table);
    }
    report.comparison.add_machine(&mut table);
    if let Some(board) = &report.board {
        board.add_machine(&mut table);
    }
    table
}

#[cfg(test)]
mod tests {
    use super::super::synth::placed_digits;
    use super::*;
    use crate::data::Role;
    use crate::report::{LayerReport, SimulationReport, Spread, painted};
    use crate::verify::RoughReport;

    /// Rows and columns of a small terminal; a row of it is the prompt's.
    const SCREEN: (usize, usize) = (24, 80);

    fn layer(name: &str, inputs: usize, outputs: usize) -> LayerReport {
        LayerReport { name: name.into(), inputs, outputs, lanes: outputs, weight_bits: 4, membrane_bits: 13 }
    }

    fn comparison() -> ComparisonReport {
        let spread = |mean| Some(Spread { min: mean * 0.9, mean, max: mean * 1.1 });
        let simulation = SimulationReport {
            network: "digits".into(),
            network_hash: "b3e42d60a5afa0cc".into(),
            layers: vec![layer("hidden1", 64, 64), layer("readout", 64, 10)],
            time_steps: 8,
            input: "events".into(),
            images: 360,
            edited: Vec::new(),
            rows: Role::Test,
            accuracy: 98.33,
            input_events: 32.6,
            latency_cycles: spread(169.3),
            interval_cycles: spread(142.2),
            clock_mhz: 100.0,
            latency_us: spread(1.69),
            hardware_images_per_second: Some(2_371_489.0),
            images_per_second: 13_453.0,
            fault: None,
        };
        let rough = RoughReport {
            images: 60,
            ties: 9,
            resets: 12,
            power_ups: 6,
            wrong_frames: 12,
            idle_percent: 95,
            stall_percent: 95,
            mismatches: 0,
            first_difference: None,
        };
        ComparisonReport {
            simulation,
            planted: None,
            mismatches: 0,
            first_divergence: None,
            waveform: None,
            quick: false,
            rough: Some(rough),
        }
    }

    #[test]
    fn all_of_it_is_on_one_screen() {
        for board in [None, Some(placed_digits(true))] {
            let (rows, is_placed) = (if board.is_some() { 22 } else { 13 }, board.is_some());
            let shown = painted(&table(&DemoReport { comparison: comparison(), board }).fitted(SCREEN.1));
            assert_eq!((shown.lines().count(), shown.contains("critical path")), (rows, is_placed), "{shown}");
            // A path is not broken, so that it can be copied; the terminal may.
            let wrapped = |line: &str| line.chars().count().div_ceil(SCREEN.1);
            assert!(shown.lines().map(wrapped).sum::<usize>() < SCREEN.0, "{shown}");
            // Nothing else is longer than a line: all begin with a title or a name.
            let is_name = |line: &str| !line.starts_with("   ");
            assert!(shown.lines().all(|line| is_name(line) || line.contains("/digits_board.bit")), "{shown}");
        }
    }
}
