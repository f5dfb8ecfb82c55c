//! What commands find out: result structs, and how they are shown.
//!
//! In: results of any stage. Out: text for people, JSON for programs. Every command has one struct, in a file of its own, and every
//! struct is a [`Report`]. It is written as JSON and read back from it, so that a result can be kept and shown again.

mod board_run;
mod check;
mod comparison;
mod demo;
mod emulated;
mod evaluation;
mod exported;
mod fetched;
mod generated;
mod image;
mod imported;
mod json;
mod layer;
mod matrix;
mod program;
mod quantization;
mod selftest;
mod simulation;
mod spread;
mod synthesis;
mod table;
mod targets;
mod text;
mod tools;
mod training;
mod words;

#[cfg(test)]
mod samples;
#[cfg(test)]
mod tests;

use serde::Serialize;
use serde::de::DeserializeOwned;

pub use board_run::RunReport;
pub use check::CheckReport;
pub use comparison::ComparisonReport;
pub use demo::DemoReport;
pub use emulated::Emulated;
pub use evaluation::{Confusion, Evaluation, LayerActivity, Misclassified, NetworkKind};
pub use exported::{ExportReport, Vectors};
pub use fetched::{Fetched, FetchedFile};
pub use generated::{Built, Generated};
pub use image::{ImageLine, Scores, spike_times};
pub use imported::ImportReport;
pub use json::json;
pub use layer::LayerReport;
pub use matrix::Matrix;
pub use program::{Completions, Manual};
pub use quantization::{Agreement, QuantizeReport};
pub use selftest::{FaultReport, Found, SelftestReport, Verdict};
pub use simulation::SimulationReport;
pub use spread::{Series, Spread};
pub use synthesis::SynthReport;
pub use table::Table;
pub use targets::{Listed, Targets};
pub use text::{columns_of, folded, grouped, painted, whole};
pub use tools::ToolReport;
pub use training::TrainReport;

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
