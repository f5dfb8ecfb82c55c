//! Counts by two names, laid out for the terminal.

use std::fmt;

use super::text::columns;
use crate::error::visible;

/// Blank columns before every column of counts.
const GAP: usize = 2;

/// A square of counts, with names above and on the left.
///
/// Shown, no row is broken: where the columns do not all fit beside each other, what is left of them follows below.
#[derive(Debug)]
pub struct Matrix {
    corner: String,
    names: Vec<String>,
    /// Of every row.
    counts: Vec<Vec<String>>,
}

impl Matrix {
    /// `corner` says what stands on the left and what above.
    pub fn new(corner: &str, names: &[String], counts: &[Vec<u64>]) -> Self {
        Matrix {
            corner: corner.to_owned(),
            names: names.iter().map(|name| visible(name)).collect(),
            counts: counts.iter().map(|row| row.iter().map(u64::to_string).collect()).collect(),
        }
    }

    /// The matrix, at most `columns` wide unless a name is wider.
    pub fn fitted(&self, columns: usize) -> String {
        let left = widest(self.names.iter().chain([&self.corner]));
        let cell = widest(self.names.iter().chain(self.counts.iter().flatten()));
        let fitting = columns.saturating_sub(left) / (GAP + cell);
        let count = fitting.max(1);
        let starts = (0..self.names.len()).step_by(count);
        let pieces = starts.map(|start| self.piece(start..self.names.len().min(start + count), left, cell));
        pieces.collect::<Vec<_>>().join("\n\n")
    }

    fn piece(&self, range: std::ops::Range<usize>, left: usize, cell: usize) -> String {
        let line = |name: &String, cells: &[String]| {
            let cells: String = cells[range.clone()].iter().map(|text| format!("{:GAP$}{text:>cell$}", "")).collect();
            format!("{name:left$}{cells}")
        };
        let rows = self.names.iter().zip(&self.counts).map(|(name, row)| line(name, row));
        std::iter::once(line(&self.corner, &self.names)).chain(rows).collect::<Vec<_>>().join("\n")
    }
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fitted(columns()))
    }
}

fn widest<'a>(texts: impl Iterator<Item = &'a String>) -> usize {
    texts.map(|text| text.chars().count()).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matrix(classes: u64) -> Matrix {
        let names: Vec<String> = (0..classes).map(|class| format!("c{class}")).collect();
        let counts: Vec<Vec<u64>> =
            (0..classes).map(|label| (0..classes).map(|class| 10 * label + class).collect()).collect();
        Matrix::new("l\\c", &names, &counts)
    }

    #[test]
    fn columns_that_do_not_fit_follow_below() {
        let whole = "l\\c  c0  c1  c2\nc0    0   1   2\nc1   10  11  12\nc2   20  21  22";
        assert_eq!((matrix(3).fitted(80).as_str(), matrix(3).fitted(15).as_str()), (whole, whole));
        let cut = "l\\c  c0  c1\nc0    0   1\nc1   10  11\nc2   20  21\n\nl\\c  c2\nc0    2\nc1   12\nc2   22";
        assert_eq!(matrix(3).fitted(14), cut);
    }

    #[test]
    fn no_row_is_wider_than_the_terminal() {
        for (classes, columns) in [(10, 80), (10, 40), (100, 80), (100, 40), (1, 20)] {
            let text = matrix(classes).fitted(columns);
            assert!(text.lines().all(|line| line.chars().count() <= columns), "{text}");
            let cells = text.split_whitespace().count() as u64;
            let pieces = text.split("\n\n").count() as u64;
            assert_eq!(cells, classes * classes + classes + pieces * (classes + 1));
        }
    }
}
