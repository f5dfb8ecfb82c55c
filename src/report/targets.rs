//! The boards that a design can be built for.

use serde::{Deserialize, Serialize};

use super::{Report, Table};
use crate::board::Board;

/// A list of boards, by family.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Targets(pub Vec<Listed>);

/// A board of the list.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Listed {
    /// The board.
    #[serde(flatten)]
    pub board: Board,
    /// What synth does for it.
    pub synth: String,
}

impl Report for Targets {
    const NAME: &'static str = "targets";

    fn text(&self) -> String {
        self.table().to_string()
    }
}

impl Targets {
    /// The boards that are part of the program.
    pub fn all() -> Self {
        Targets(Board::all().into_iter().map(|board| Listed { synth: reach(&board).into(), board }).collect())
    }

    fn table(&self) -> Table {
        let mut table = Table::new();
        for boards in self.0.chunk_by(|one, next| one.synth == next.synth) {
            table.group(&boards[0].synth);
            for Listed { board, .. } in boards {
                table.row(&board.name, format!("{:6} {:3} MHz  {}", board.family.name(), board.clock_mhz, board.part));
            }
        }
        table
    }
}

fn reach(board: &Board) -> &'static str {
    if board.family.is_placed_here() { "placed and routed, bitstream" } else { "area only; Vivado places and routes" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_a_line_and_its_part_stays_whole() {
        let targets = Targets::all();
        let shown = targets.table().fitted(80);
        let row = |board: &Board| shown.lines().any(|line| line.contains(&board.name) && line.contains(&board.part));
        assert!(targets.0.iter().all(|listed| row(&listed.board)), "{shown}");
        let narrow = targets.table().fitted(40);
        assert!(targets.0.iter().all(|listed| narrow.contains(&listed.board.part)), "{narrow}");
        assert!(narrow.lines().all(|line| line.chars().count() <= 40), "{narrow}");
    }
}
