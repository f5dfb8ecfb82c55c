//! `firstspike targets`: the boards that a design can be built for.

use serde::Serialize;

use super::{Outcome, Output};
use crate::board::Board;
use crate::error::Result;
use crate::report::Table;

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
    output.result(&listed, |listed| table(listed).to_string())?;
    Ok(Outcome::Success)
}

fn reach(board: &Board) -> &'static str {
    if board.family.is_placed_here() { "placed and routed, bitstream" } else { "area only; Vivado places and routes" }
}

fn table(listed: &[Listed]) -> Table {
    let mut table = Table::new();
    for boards in listed.chunk_by(|one, next| one.synth == next.synth) {
        table.group(boards[0].synth);
        for Listed { board, .. } in boards {
            table.row(&board.name, format!("{:6} {:3} MHz  {}", board.family.name(), board.clock_mhz, board.part));
        }
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_a_line_and_its_part_stays_whole() {
        let listed: Vec<_> = Board::all().into_iter().map(|board| Listed { synth: reach(&board), board }).collect();
        let shown = table(&listed).fitted(80);
        let row = |board: &Board| shown.lines().any(|line| line.contains(&board.name) && line.contains(&board.part));
        assert!(listed.iter().all(|listed| row(&listed.board)), "{shown}");
        let narrow = table(&listed).fitted(40);
        assert!(listed.iter().all(|listed| narrow.contains(&listed.board.part)), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    }
}
