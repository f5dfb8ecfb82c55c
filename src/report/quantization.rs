//! What quantization did to a network.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Report, Table, whole};
use crate::data::Role;
use crate::quantize::LayerLoss;

/// An integer network, and what it lost.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct QuantizeReport {
    /// The folder that was written.
    pub output: PathBuf,
    /// Name of the network.
    pub network: String,
    /// What each layer lost.
    pub layers: Vec<LayerLoss>,
    /// How both networks do, where images were given.
    pub accuracy: Option<Agreement>,
}

/// The float network, as it was trained, beside the integer network, on the same images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// How many images.
    pub images: usize,
    /// What the images are to the network.
    pub rows: Role,
    /// Images that the float network gets right.
    pub float_correct: usize,
    /// Images that the integer network gets right.
    pub integer_correct: usize,
    /// Images to which both give the same class.
    pub agreeing: usize,
}

impl Report for QuantizeReport {
    const NAME: &'static str = "quantize";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group(format!("network {}", self.network)).path("written to", self.output.display().to_string());
        if let Some(accuracy) = &self.accuracy {
            add_accuracy(&mut table, accuracy);
        }
        table.group("weights of every layer");
        for layer in &self.layers {
            table.row(&layer.name, loss_text(layer));
        }
        table.to_string()
    }
}

fn add_accuracy(table: &mut Table, accuracy: &Agreement) {
    let (images, rows) = (whole(accuracy.images), accuracy.rows);
    let line = |correct: usize| {
        let share = 100.0 * correct as f64 / accuracy.images as f64;
        format!("{share:.2} % {} ({} of {images}{})", rows.accuracy(), whole(correct), rows.caution())
    };
    table.row("as trained", line(accuracy.float_correct)).row("integer", line(accuracy.integer_correct));
    table.row("same class", format!("{} of {images} images", whole(accuracy.agreeing)));
}

fn loss_text(loss: &LayerLoss) -> String {
    let LayerLoss { format, scale, .. } = loss;
    let [error, clamped, zeros] = [loss.relative_error, loss.clamped, loss.zeros].map(|share| 100.0 * share);
    format!("{format}, scale {scale:.3e}, error {error:.1} %, clamped {clamped:.2} %, zeros {zeros:.1} %")
}
