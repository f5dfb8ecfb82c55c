//! How the output layer becomes scores and a class (`docs/numerics.md` §7).

use std::fmt;
use std::str::FromStr;

/// The kinds of readouts, by the names that commands give them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReadoutKind {
    /// The potentials after the last step.
    Membrane,
    /// The earliest spike.
    FirstSpike,
    /// Temporal weighting of the output current.
    Current,
    /// Temporal weighting of the output spikes.
    Spikes,
}

impl ReadoutKind {
    /// Every kind.
    pub const ALL: [ReadoutKind; 4] =
        [ReadoutKind::Membrane, ReadoutKind::FirstSpike, ReadoutKind::Current, ReadoutKind::Spikes];

    /// The name that commands and files give it.
    pub fn name(self) -> &'static str {
        match self {
            ReadoutKind::Membrane => "membrane",
            ReadoutKind::FirstSpike => "first-spike",
            ReadoutKind::Current => "current",
            ReadoutKind::Spikes => "spikes",
        }
    }

    /// What decides the class, in a few words.
    pub fn summary(self) -> &'static str {
        match self {
            ReadoutKind::Membrane => "Largest membrane potential after the last step",
            ReadoutKind::FirstSpike => "Earliest output spike",
            ReadoutKind::Current => "Temporal weighting of the output current",
            ReadoutKind::Spikes => "Temporal weighting of the output spikes",
        }
    }

    /// Whether the output layer fires (§6).
    pub fn output_fires(self) -> bool {
        matches!(self, ReadoutKind::FirstSpike | ReadoutKind::Spikes)
    }

    /// What is weighted, if anything is.
    pub fn source(self) -> Option<WeightedSource> {
        match self {
            ReadoutKind::Current => Some(WeightedSource::Current),
            ReadoutKind::Spikes => Some(WeightedSource::Spikes),
            ReadoutKind::Membrane | ReadoutKind::FirstSpike => None,
        }
    }

    /// The readout of this kind; `alpha` is asked for only if there is something to weight.
    pub fn with_alpha<A>(self, alpha: impl FnOnce() -> Vec<A>) -> Readout<A> {
        match self {
            ReadoutKind::Membrane => Readout::Membrane,
            ReadoutKind::FirstSpike => Readout::FirstSpike,
            ReadoutKind::Current => Readout::TemporalWeighting { source: WeightedSource::Current, alpha: alpha() },
            ReadoutKind::Spikes => Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha: alpha() },
        }
    }
}

impl fmt::Display for ReadoutKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for ReadoutKind {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let found = ReadoutKind::ALL.into_iter().find(|kind| kind.name() == name);
        let names = ReadoutKind::ALL.map(ReadoutKind::name);
        found.ok_or_else(|| format!("{name:?} is no readout, expected one of {}", names.join(", ")))
    }
}

/// How the output layer becomes scores and a class (§7), with the weights of the time steps where there are some: whole numbers in an
/// integer network, `A = u16`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readout<A = u16> {
    /// The potentials after the last step.
    Membrane,
    /// The earliest spike.
    FirstSpike,
    /// α has one entry per time step, non-increasing.
    TemporalWeighting {
        /// What is weighed.
        source: WeightedSource,
        /// The weight of each time step.
        alpha: Vec<A>,
    },
}

/// What temporal weighting weighs (§7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightedSource {
    /// The current into each neuron.
    Current,
    /// The spikes.
    Spikes,
}

impl<A> Readout<A> {
    /// Which of them it is.
    pub fn kind(&self) -> ReadoutKind {
        match self {
            Readout::Membrane => ReadoutKind::Membrane,
            Readout::FirstSpike => ReadoutKind::FirstSpike,
            Readout::TemporalWeighting { source: WeightedSource::Current, .. } => ReadoutKind::Current,
            Readout::TemporalWeighting { source: WeightedSource::Spikes, .. } => ReadoutKind::Spikes,
        }
    }

    /// α; empty where nothing is weighted.
    pub fn alpha(&self) -> &[A] {
        match self {
            Readout::TemporalWeighting { alpha, .. } => alpha,
            Readout::Membrane | Readout::FirstSpike => &[],
        }
    }

    /// Whether the output layer fires (§6).
    pub fn output_fires(&self) -> bool {
        self.kind().output_fires()
    }

    /// The same readout with other weights, made of all of them together.
    pub fn map<B>(&self, alpha: impl FnOnce(&[A]) -> Vec<B>) -> Readout<B> {
        self.kind().with_alpha(|| alpha(self.alpha()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_their_kinds_and_back() {
        for kind in ReadoutKind::ALL {
            assert_eq!(kind.name().parse(), Ok(kind));
            let readout = kind.with_alpha(|| vec![3, 1]);
            assert_eq!((readout.kind(), readout.alpha().len()), (kind, if kind.source().is_some() { 2 } else { 0 }));
            assert_eq!(readout.map(|alpha| alpha.iter().map(|a| a * 2).collect()).kind(), kind);
        }
        let wrong = "loudest".parse::<ReadoutKind>().unwrap_err();
        assert_eq!(wrong, "\"loudest\" is no readout, expected one of membrane, first-spike, current, spikes");
    }
}
