//! What the replay of a layer, and of the readout, has shown.

use serde::{Deserialize, Serialize};

use super::convention::{Convention, Deviation};

/// What stands behind the equality of a layer's spike times, the strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Sums of 32-bit floats are exact in every order, so rounding plays no part, whatever the images.
    Proved,
    /// On these images no potential comes so near to its threshold that rounding could decide.
    Margin,
    /// The times are equal on these images; in some comparisons rounding decided, as it did in the recording.
    Recorded,
}

/// A layer, replayed on its recorded inputs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LayerOutcome {
    /// Name of the layer.
    pub layer: String,
    /// How many neurons it has.
    pub neurons: usize,
    /// Whether its neurons fire; those of an output layer may only integrate.
    pub fires: bool,
    /// Spike times that differ by more than rounding could do.
    pub differences: u64,
    /// Those of them that differ only where `V = θ`.
    pub at_threshold: u64,
    /// Spike times that differ where rounding decides.
    pub tie_differences: u64,
    /// Neurons, over all images, of which a comparison with the threshold is within rounding: `|V − θ| ≤ n·2⁻²⁴·Σ|w|`.
    pub ties: u64,
    /// The first difference; none if there is none.
    pub first_difference: Option<Difference>,
    /// The smallest `|V − θ|`.
    pub margin: Option<f64>,
    /// The largest `n·2⁻²⁴·Σ|w|`.
    pub rounding: f64,
    /// Whether the replay itself adds without rounding; otherwise with 53 bits.
    pub is_exact: bool,
    /// If the times are equal.
    pub tier: Option<Tier>,
    /// The conventions that give all that was recorded, without those that deviate more than another; an empty one is the network's own
    /// rule.
    pub fits: Vec<Convention>,
    /// Where the network's own rule fits: what these images do not rule out.
    pub undecided: Vec<Deviation>,
}

/// Where a spike time differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Difference {
    /// The number of the image, from 0 on.
    pub image: usize,
    /// The number of the neuron, from 0 on.
    pub neuron: usize,
    /// The earlier of both times.
    pub time_step: u8,
    /// None for never.
    pub recorded: Option<u8>,
    /// The replayed spike time in time steps; none for never.
    pub replayed: Option<u8>,
    /// In that step, in the unit of the network's weights.
    pub potential: f64,
    /// The threshold of the neuron.
    pub threshold: f64,
}

/// Classes and scores, read out of the recorded output spikes and the replayed potentials.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputOutcome {
    /// Images whose class differs by more than rounding or another way to break ties could do.
    pub differences: u64,
    /// Images whose class differs where classes tie.
    pub tie_differences: u64,
    /// Images that were recorded without a class: neither class nor scores are compared.
    pub without_class: u64,
    /// Scores that differ, if they were compared.
    pub score_differences: Option<u64>,
    /// The first difference; none if there is none.
    pub first_difference: Option<OutputDifference>,
}

/// Where a class or a score differs.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct OutputDifference {
    /// The number of the image, from 0 on.
    pub image: usize,
    /// As recorded and as replayed.
    pub classes: [u32; 2],
    /// The first score that differs: its class, as recorded, as replayed.
    pub score: Option<(usize, f64, f64)>,
}
