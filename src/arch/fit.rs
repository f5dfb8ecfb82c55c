//! A design held against a part, as manifests keep it.

use serde::{Deserialize, Serialize};

use super::resources::Area;

/// What counts, among the designs that fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Optimize {
    /// Cycles from the first input to the class.
    Latency,
    /// The share of the part that is used.
    Area,
}

/// Where a workload comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum WorkloadSource {
    /// Images, each with its own spikes: the prediction is exact for them.
    Images,
    /// The mean activity on the training images, stored with the model.
    TrainingImages,
    /// A quarter of the inputs of every layer, evenly over the time steps: nothing is known.
    Nominal,
}

/// A design held against a part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fit {
    /// Name of the board.
    pub board: String,
    /// What was to be as good as possible.
    pub optimize: Optimize,
    /// By the area model.
    pub predicted: Area,
    /// What the part leaves to the design, beside the board shell.
    pub available: Area,
    /// Mean cycles from the first input to the class, by the cost model.
    pub latency_cycles: f64,
    /// For which activity.
    pub workload: WorkloadSource,
}
