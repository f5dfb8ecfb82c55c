//! What a model remembers of the data it was trained on, so that other data are read the same way.

use super::activity::MeanActivity;
use super::label::LabelColumn;
use super::table::Range;

/// Longest name of a class, in characters.
const MAX_NAME: usize = 60;

/// Names of the classes, how a table became pixels, and what the network does on average.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Schema {
    /// One name per class; empty if the classes are called 0, 1, ….
    pub classes: Vec<String>,
    /// Absent if the network was trained on images.
    pub table: Option<TableSchema>,
    /// What the training images make happen in the network, if it was measured.
    pub activity: Option<MeanActivity>,
}

/// How a table is read.
#[derive(Debug, Clone, PartialEq)]
pub struct TableSchema {
    /// The column of the labels.
    pub label: LabelColumn,
    /// What the columns of the values are called; none if the table did not say.
    pub columns: Vec<String>,
    /// What becomes 0 … 255: one range for all columns or one for each, of the training rows; none if the values are pixels.
    pub ranges: Vec<Range>,
    /// The SHA-256 of the table's values and labels.
    pub sha256: String,
    /// The SHA-256 of another table, whose rows were the test.
    pub test_sha256: Option<String>,
    /// The rows of that table that training has not seen.
    pub held_out: Option<HeldOut>,
}

/// Rows drawn from a table by chance.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeldOut {
    /// Of all rows, above 0 and below 1.
    pub share: f64,
    /// Seed of the random numbers.
    pub seed: u64,
}

impl Schema {
    /// Of a network with the classes `names`, trained on `table` if on one.
    pub fn of(names: &[String], table: Option<TableSchema>) -> Schema {
        let are_numbers = names.iter().enumerate().all(|(class, name)| *name == class.to_string());
        Schema { classes: if are_numbers { Vec::new() } else { names.to_vec() }, table, activity: None }
    }

    /// The name of every class of a network with so many outputs.
    pub fn names(&self, outputs: usize) -> Vec<String> {
        if self.classes.is_empty() {
            (0..outputs).map(|class| class.to_string()).collect()
        } else {
            self.classes.clone()
        }
    }
}

/// Whether a text can be the name of a class: short, and harmless on a terminal.
pub fn is_class_name(text: &str) -> bool {
    let is_shown = |c: char| c.escape_debug().len() == 1 || "'\"\\".contains(c);
    (1..=MAX_NAME).contains(&text.chars().count()) && text.chars().all(is_shown)
}
