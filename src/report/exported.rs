//! A network as a file for the tools of others.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Report, Table};
use crate::export::Written;

/// A NIR file made of an integer network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ExportReport {
    /// The file.
    pub output: PathBuf,
    /// Name of the network.
    pub network: String,
    /// Identity of the network.
    pub network_hash: String,
    /// What its layers have become.
    pub layers: Vec<Written>,
    /// What NIR cannot say, for people.
    pub notes: Vec<String>,
}

impl Report for ExportReport {
    const NAME: &'static str = "export";

    fn text(&self) -> String {
        let mut table = Table::new();
        let hash = &self.network_hash[..self.network_hash.len().min(12)];
        table.group(format!("network {} ({hash})", self.network)).path("written to", self.output.display().to_string());
        table.group("layers and their nodes");
        for Written { layer, nodes, scale } in &self.layers {
            let times = if *scale > 1 { format!(", {scale} times as large") } else { String::new() };
            table.row(layer, format!("{}{times}", nodes.join(", ")));
        }
        table.group("notes");
        for (index, note) in self.notes.iter().enumerate() {
            table.row((index + 1).to_string(), note.clone());
        }
        table.to_string()
    }
}
