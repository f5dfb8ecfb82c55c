//! `firstspike demo`: the shipped digits network, proved equal to its hardware and placed on a board.

use super::compare::outcome;
use super::{Outcome, Output};
use crate::arch;
use crate::board::Board;
use crate::data::{self, ImageSet, Images, Role, Split};
use crate::error::Result;
use crate::flow::{Drive, Hardware, Placing, shipped_network};
use crate::report::{DemoReport, SynthReport};

/// A part with room to spare is placed in the shortest time.
const BOARD: &str = "ulx3s-25f";

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

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let images: ImageSet = Images { role: Role::Test, ..data::load("digits", Split::Test)? }.into();
    let hardware = Hardware::cached(shipped_network()?, &arch::Options::default(), output)?;
    let comparison = hardware.compare(&images, &Drive::default(), false, output, |_| Ok(()))?;
    let outcome = outcome(&comparison);
    let is_placed = outcome == Outcome::Success && !args.no_place;
    let board = is_placed.then(|| place(&hardware, &images, output)).transpose()?;
    output.detailed(&DemoReport { comparison, board }, args.verbose)?;
    Ok(outcome)
}

fn place(hardware: &Hardware, images: &ImageSet, output: &Output) -> Result<SynthReport> {
    let board = Board::find(BOARD)?;
    let place = || Ok(hardware.place(&board, &Placing::default(), Some(images), output)?.report);
    hardware.placed(&board, images)?.map_or_else(place, Ok)
}
