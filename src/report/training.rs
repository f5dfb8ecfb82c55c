//! What a training gave.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::{Report, Table, grouped, whole};

/// A trained network. Accuracies are shares of the images.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct TrainReport {
    /// The folder that was written.
    pub output: PathBuf,
    /// Name of the network.
    pub network: String,
    /// The data set.
    pub data: String,
    /// Images that were trained on.
    pub training_images: usize,
    /// Images of the test, if there was one.
    pub test_images: Option<usize>,
    /// Passes through the training images.
    pub epochs: usize,
    /// Images per step of the optimizer.
    pub batch: usize,
    /// Why the network may have learned little.
    pub warnings: Vec<String>,
    /// Of this run, without evaluation; absent if the checkpoint was already complete.
    pub seconds_per_epoch: Option<f64>,
    /// Where there is no test: of the trained network; else while it was trained in the last epoch.
    pub training_accuracy: Option<f64>,
    /// On the training images that were held out.
    pub validation_accuracy: Option<f64>,
    /// On the test images.
    pub test_accuracy: Option<f64>,
    /// Test images with the right class.
    pub test_correct: Option<usize>,
    /// Input spikes, in the mean.
    pub input_events_per_image: f64,
    /// By hidden layer and time step.
    pub hidden_spikes_per_image: Vec<Vec<f64>>,
}

impl Report for TrainReport {
    const NAME: &'static str = "train";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group(format!("network {}", self.network)).path("written to", self.output.display().to_string());
        add_accuracy(&mut table, self);
        if let Some(share) = self.validation_accuracy {
            table.row("validation accuracy", percent(share));
        }
        table.row("input events", format!("{} per image", grouped(self.input_events_per_image, 1)));
        for (index, steps) in self.hidden_spikes_per_image.iter().enumerate() {
            let list: Vec<String> = steps.iter().map(|&count| grouped(count, 1)).collect();
            let total = grouped(steps.iter().sum(), 1);
            table.row(
                format!("spikes of layer {}", index + 1),
                format!("{total} per image; by step {}", list.join(" ")),
            );
        }
        if let Some(seconds) = self.seconds_per_epoch {
            table.group("this machine").row("training", format!("{seconds:.2} s per epoch"));
        }
        table.to_string()
    }
}

fn percent(share: f64) -> String {
    format!("{:.2} %", 100.0 * share)
}

/// Adds the figure of the trained network, on rows that it has not seen if there are such.
fn add_accuracy(table: &mut Table, report: &TrainReport) {
    match (report.test_accuracy, report.test_correct, report.test_images) {
        (Some(share), Some(correct), Some(images)) => {
            table.row("test accuracy", format!("{} ({} of {})", percent(share), whole(correct), whole(images)))
        }
        _ => table
            .row("training accuracy", report.training_accuracy.map_or_else(String::new, percent))
            .row("", "no row is left for a test: give --split 0.2 or --test FILE"),
    };
}
