//! The learning curve: what every epoch of a training showed, in a file beside the model.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Result, Stage};
use crate::files;

/// Name of the file in the output folder.
pub const CURVE: &str = "curve.json";
/// By which the file is known as ours.
const FORMAT: &str = "firstspike-curve";
const VERSION: u32 = 1;

/// What one epoch showed. Accuracies are shares of the images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Epoch {
    /// From 1.
    pub epoch: usize,
    /// Mean over the training images, while the network was trained on them.
    pub loss: f64,
    /// Of the training images, as the loss.
    pub training_accuracy: f64,
    /// Of the images held out, after the epoch; none if there are none.
    pub validation_accuracy: Option<f64>,
    /// Of the last optimizer step.
    pub learning_rate: f32,
    /// Wall time of the training alone, in seconds.
    pub seconds: f64,
}

#[derive(Serialize)]
struct File<'a> {
    format: &'static str,
    version: u32,
    network: &'a str,
    epochs: &'a [Epoch],
}

/// Writes the curve, replacing an older one only once the new one is complete.
///
/// # Errors
/// `io`.
pub fn save(path: &Path, network: &str, epochs: &[Epoch]) -> Result<()> {
    let file = File { format: FORMAT, version: VERSION, network, epochs };
    let json = serde_json::to_string_pretty(&file).expect("a curve has only text and numbers");
    files::write(Stage::Train, path, (json + "\n").as_bytes())
}
