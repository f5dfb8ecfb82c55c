//! What one image gave.

use serde::{Deserialize, Serialize};

use crate::verify::Divergence;

/// A line of `--trace`. An image without a result has neither class nor scores.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ImageLine {
    /// The number of the image, from 0 on.
    pub image: usize,
    /// The label, if there is one.
    pub label: Option<u32>,
    /// The class.
    pub class: Option<u32>,
    /// One score per class.
    pub scores: Option<Scores>,
    /// Per layer and neuron, in time steps; none for never.
    pub spike_times: Vec<Vec<Option<u8>>>,
    /// From the first beat to the class, as the hardware reports.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cycles: Option<u64>,
    /// Where hardware and golden model part.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub divergence: Option<Divergence>,
}

/// One score per class: whole numbers in LSB of an integer network, else those of a float network.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scores {
    /// Of an integer network, in LSB.
    Integer(Vec<i64>),
    /// Of a float network.
    Float(Vec<f32>),
}

impl Scores {
    /// The score of one class less that of another.
    pub fn margin(&self, class: usize, other: usize) -> f64 {
        match self {
            Scores::Integer(scores) => (scores[class] - scores[other]) as f64,
            Scores::Float(scores) => f64::from(scores[class]) - f64::from(scores[other]),
        }
    }
}

/// Spike times of which `time_steps` and more mean never.
pub fn spike_times(times: &[Vec<u8>], time_steps: usize) -> Vec<Vec<Option<u8>>> {
    let of_layer = |layer: &Vec<u8>| layer.iter().map(|&t| (usize::from(t) < time_steps).then_some(t)).collect();
    times.iter().map(of_layer).collect()
}
