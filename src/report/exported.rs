//! A network as a file for the tools of others.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Report, Table, whole};
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

/// Golden vectors of a network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vectors {
    /// The file.
    pub output: PathBuf,
    /// Name of the network.
    pub network: String,
    /// Identity of an integer network.
    pub network_hash: Option<String>,
    /// What the images are of.
    pub data: String,
    /// How many images.
    pub images: usize,
}

impl Report for Vectors {
    const NAME: &'static str = "export";

    fn text(&self) -> String {
        let mut table = Table::new();
        let identity = self.network_hash.as_ref().map_or("float", |hash| &hash[..hash.len().min(12)]);
        table.group(format!("network {} ({identity})", self.network));
        table.path("written to", self.output.display().to_string()).row("data", &self.data);
        table.row("images", whole(self.images));
        table.to_string()
    }
}
