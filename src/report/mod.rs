//! What commands find out: result structs, and how they are shown.
//!
//! In: results of any stage. Out: text for people, JSON for programs. Every command has one struct, in a file of its own, and every
//! struct is a [`Report`]. It is written as JSON and read back from it, so that a result can be kept and shown again.

mod check;
mod comparison;
mod evaluation;
mod image;
mod json;
mod layer;
mod matrix;
mod simulation;
mod spread;
mod table;
mod text;
mod words;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use check::CheckReport;
pub use comparison::ComparisonReport;
pub use evaluation::{Confusion, Evaluation, LayerActivity, Misclassified, NetworkKind};
pub use image::{ImageLine, Scores, spike_times};
pub use json::json;
pub use layer::LayerReport;
pub use matrix::Matrix;
pub use simulation::SimulationReport;
pub use spread::{Series, Spread};
pub use table::Table;
pub use text::{columns_of, folded, grouped, painted, whole};
pub use words::{describe, describe_fault, describe_rough, planted_text};

/// What a command found out.
pub trait Report: Serialize + DeserializeOwned {
    /// The command, as it is typed.
    const NAME: &'static str;

    /// The result for people. [`painted`] shows it on a terminal.
    fn text(&self) -> String;

    /// What follows the text where all of it is wanted (`--verbose`).
    fn details(&self) -> String {
        String::new()
    }
}
