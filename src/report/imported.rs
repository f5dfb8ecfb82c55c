//! What became of another tool's network.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{CheckReport, Report, Table};
use crate::import::Origin;

/// A float model made of another tool's file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImportReport {
    /// The folder that was written.
    pub output: PathBuf,
    /// Name of the network.
    pub network: String,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Shape of an image: `[n]`, or `[C, H, W]`.
    pub input_shape: Vec<usize>,
    /// Name of the readout.
    pub readout: String,
    /// The layers, from the input on.
    pub layers: Vec<Origin>,
    /// What was decided on the way, for people.
    pub notes: Vec<String>,
    /// What a recording has shown, if one was given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<CheckReport>,
}

impl Report for ImportReport {
    const NAME: &'static str = "import";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group(format!("network {}", self.network)).path("written to", self.output.display().to_string());
        let shape: Vec<String> = self.input_shape.iter().map(ToString::to_string).collect();
        table.row("input", shape.join(" × ")).row("time steps", self.time_steps.to_string());
        table.row("readout", self.readout.clone());
        table.group("layers and the nodes they are made of");
        for Origin { layer, weights, neurons, format, scale } in &self.layers {
            let nodes = neurons.as_ref().map_or(weights.clone(), |neurons| format!("{weights}, {neurons}"));
            let grid = match (format, scale) {
                (Some(format), Some(scale)) => format!("exact as {format}, scale {scale}"),
                _ => "on no grid".into(),
            };
            table.row(layer, format!("{nodes}: {grid}"));
        }
        if !self.notes.is_empty() {
            table.group("notes");
            for (index, note) in self.notes.iter().enumerate() {
                table.row((index + 1).to_string(), note.clone());
            }
        }
        let check = self.check.as_ref().map(|check| format!("\n\n{}", check.text()));
        format!("{table}{}", check.unwrap_or_default())
    }
}
