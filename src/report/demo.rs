//! What the demonstration showed.

use serde::{Deserialize, Serialize};

use super::{ComparisonReport, Report, SynthReport, Table};

/// The comparison of the shipped network with its hardware, and its placement.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct DemoReport {
    /// The comparison.
    #[serde(flatten)]
    pub comparison: ComparisonReport,
    /// On the board; none if hardware and golden model differ, or if it was left out.
    pub board: Option<SynthReport>,
}

impl Report for DemoReport {
    const NAME: &'static str = "demo";

    fn text(&self) -> String {
        format!("{}{}", self.table(), self.comparison.divergence_text())
    }

    fn details(&self) -> String {
        self.board.as_ref().map_or(String::new(), SynthReport::whole_path)
    }
}

impl DemoReport {
    /// What a person wants to know, on one screen.
    fn table(&self) -> Table {
        let mut table = Table::new();
        self.comparison.add_figures(&mut table);
        if let Some(board) = &self.board {
            board.add_board(&mut table);
        }
        self.comparison.add_machine(&mut table);
        if let Some(board) = &self.board {
            board.add_machine(&mut table);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::super::painted;
    use super::super::samples::{comparison, placed_digits};
    use super::*;

    /// Rows and columns of a small terminal; a row of it is the prompt's.
    const SCREEN: (usize, usize) = (24, 80);

    #[test]
    fn all_of_it_is_on_one_screen() {
        for board in [None, Some(placed_digits(true))] {
            let (rows, is_placed) = (if board.is_some() { 22 } else { 13 }, board.is_some());
            let shown = painted(&DemoReport { comparison: comparison(), board }.table().fitted(SCREEN.1));
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
