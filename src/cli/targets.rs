//! `firstspike targets`: the boards that a design can be built for.

use serde::Serialize;

use super::{Outcome, Output};
use crate::board::Board;
use crate::error::Result;

/// List the boards that a design can be built for
#[derive(clap::Args)]
pub struct Args {}

#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    board: Board,
    /// What synth does for it.
    synth: &'static str,
}

pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    let listed: Vec<_> = Board::all().into_iter().map(|board| Listed { synth: reach(&board), board }).collect();
    output.result(&listed, |listed| listed.iter().map(line).collect())?;
    Ok(Outcome::Success)
}

fn reach(board: &Board) -> &'static str {
    if board.family.is_placed_here() { "placed and routed, bitstream" } else { "area only; Vivado places and routes" }
}

fn line(listed: &Listed) -> String {
    let Listed { board, synth } = listed;
    format!("{:13}  {:6}  {:20}  {:3} MHz  {synth}\n", board.name, board.family.name(), board.part, board.clock_mhz)
}
