//! The kinds of faults.

use clap::ValueEnum;
use serde::{Deserialize, Serialize};

/// A kind of fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A potential that equals the threshold does not spike
    Threshold,
    /// One bit of one weight is flipped in its memory image
    WeightBit,
    /// The events of one input are lost
    LostEvent,
    /// A neuron forgets that it has spiked
    SecondSpike,
    /// Two neurons send each other's spikes
    SwappedIndex,
    /// The lowest bit of one score is flipped on its way out
    Score,
    /// Of equal scores, the last one wins
    TieBreak,
    /// The reported latency is a cycle short
    CycleCount,
    /// A result word is replaced although it was not taken
    BackPressure,
    /// A reset does not clear the membranes
    MissingReset,
    /// No fault at all: it cannot be caught
    Nothing,
}

impl Kind {
    /// Every kind that is a fault.
    pub const FAULTS: [Kind; 10] = [
        Kind::Threshold,
        Kind::WeightBit,
        Kind::LostEvent,
        Kind::SecondSpike,
        Kind::SwappedIndex,
        Kind::Score,
        Kind::TieBreak,
        Kind::CycleCount,
        Kind::BackPressure,
        Kind::MissingReset,
    ];

    /// As it is written on the command line.
    pub fn name(self) -> String {
        self.value().get_name().to_owned()
    }

    /// What is wrong, in words.
    pub fn change(self) -> String {
        let text = self.value().get_help().expect("every kind has its sentence").to_string();
        let mut letters = text.chars();
        letters.next().map_or(String::new(), |first| first.to_lowercase().chain(letters).collect())
    }

    fn value(self) -> clap::builder::PossibleValue {
        self.to_possible_value().expect("no kind is skipped")
    }
}
