//! What a board answered.

use serde::{Deserialize, Serialize};

use super::words::describe;
use super::{LayerReport, Report, Spread, Table, grouped, whole};
use crate::data::Role;
use crate::verify::Divergence;

/// The answers of a board against the golden model.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunReport {
    /// Name of the network.
    pub network: String,
    /// Hash of the network, as `IntegerNetwork::hash` gives it.
    pub network_hash: String,
    /// The serial port.
    pub port: String,
    /// Bits per second of the link.
    pub baud: u32,
    /// How many images.
    pub images: usize,
    /// Files of the design that are not what its network gives.
    pub edited: Vec<String>,
    /// What the images are to the network.
    pub rows: Role,
    /// In percent.
    pub accuracy: f64,
    /// Images that differ.
    pub mismatches: usize,
    /// The first place where the two differ; none if they are equal.
    pub first_divergence: Option<Divergence>,
    /// From the first beat to the class, as the board counted.
    pub latency_cycles: Option<Spread>,
    /// Frames that were sent again, as they or their answers were damaged.
    pub resent: usize,
    /// Over the link.
    pub images_per_second: f64,
    /// Of the design, for the words on a divergence; not kept.
    #[serde(skip)]
    pub layers: Vec<LayerReport>,
}

impl Report for RunReport {
    const NAME: &'static str = "run";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group("board against golden model").row("network", &self.network).edited(&self.edited);
        let mismatches = format!("{} of {} images", whole(self.mismatches), whole(self.images));
        let accuracy = format!("{:.2} %{}", self.accuracy, self.rows.caution());
        table
            .verdict("mismatches", mismatches, self.mismatches == 0)
            .row(self.rows.accuracy(), self.rows.told(accuracy));
        table.group("chip (min / mean / max)");
        if let Some(cycles) = self.latency_cycles {
            table.row("latency", format!("{} cycles", cycles.whole_text()));
        }
        table.group("link").path("port", &self.port).row("baud rate", whole(self.baud));
        table.row("frames sent again", whole(self.resent));
        table.row("rate", format!("{} images/s", grouped(self.images_per_second, 0)));
        let divergence =
            self.first_divergence.as_ref().map(|divergence| format!("\n{}", describe(divergence, &self.layers)));
        format!("{table}{}", divergence.unwrap_or_default())
    }
}

impl RunReport {
    /// Whether board and golden model agree in everything.
    pub fn is_equal(&self) -> bool {
        self.mismatches == 0
    }
}
