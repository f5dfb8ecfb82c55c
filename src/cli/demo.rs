//! `firstspike demo`: the shipped digits network, proved equal to its hardware and placed on a board.

use serde::Serialize;

use super::compare::{compare, outcome};
use super::hardware::{DriveArgs, Hardware};
use super::per_image::PerImage;
use super::synth::{Stages, SynthReport};
use super::{Outcome, Output, interrupt};
use crate::arch::{self, Spacing};
use crate::board::Board;
use crate::data::{self, Images, Split};
use crate::emit::Manifest;
use crate::error::Result;
use crate::golden::{IntegerNetwork, Trace};
use crate::model;
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
    let comparison = compare(&hardware, &images, &DriveArgs::default(), false, &mut PerImage::default(), output)?;
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

/// What a person wants to know, on one screen.
fn text(report: &DemoReport, verbose: bool) -> String {
    let mut table = Table::new();
    report.comparison.add_figures(&mut table);
    if let Some(board) = &report.board {
        board.add_board(&mut table);
    }
    report.comparison.add_machine(&mut table);
    if let Some(board) = &report.board {
        board.add_machine(&mut table);
    }
    let path = report.board.as_ref().filter(|_| verbose).map_or(String::new(), SynthReport::whole_path);
    format!("{table}{path}{}", report.comparison.divergence_text())
}
