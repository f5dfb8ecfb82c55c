//! The readouts: from the captures of the output layer to one score per class. A file each holds all that is known of one kind.
//!
//! In: the output layer of the integer network and its readout. Out: the [`Readout`] as planned, and what cost model and emission ask of it.
//! `docs/how-to/add-a-readout.md` adds one.

mod first_spike;
mod membrane;
mod membrane_vector;
mod netlist;
mod weighted_current;
mod weighted_spikes;

use super::design::{Design, file_of};
use super::membrane::register_interval;
use super::memory::MemoryImage;
use super::one_of::one_of;
use super::options::ResultKind;
use crate::fixed::{Interval, index_bits};
use crate::netlist::Module;
use crate::network::{Layer as NetworkLayer, Readout as NetworkReadout};

one_of! {
    /// A kind of readout with its numbers.
    ReadoutKind: Scoring {
        MembraneVector(membrane_vector::MembraneVector),
        Membrane(membrane::Membrane),
        FirstSpike(first_spike::FirstSpike),
        WeightedCurrent(weighted_current::WeightedCurrent),
        WeightedSpikes(weighted_spikes::WeightedSpikes),
    }
}

/// The readout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readout {
    /// How many classes there are.
    pub classes: usize,
    /// Width of a score, in bits.
    pub score_bits: u32,
    /// Which of the readouts it is.
    pub kind: ReadoutKind,
    /// The images of its memories.
    pub memories: Vec<MemoryImage>,
}

/// The output layer as the network has it, and how wide its weights are stored.
pub struct Output<'a> {
    pub layer: &'a NetworkLayer,
    pub weight_bits: u32,
    /// How results leave.
    pub result: ResultKind,
}

impl Output<'_> {
    /// The interval of the potential over all classes.
    fn potential(&self) -> Interval {
        let intervals = (0..self.layer.output().channels).map(|channel| self.layer.membrane_interval(channel));
        intervals.reduce(Interval::hull).expect("at least one class")
    }

    /// Width of a membrane register, in bits: that of a potential which is a score.
    fn membrane_bits(&self) -> u32 {
        register_interval(self.layer).signed_bits().max(self.weight_bits)
    }

    fn readout(&self, score_bits: u32, kind: impl Into<ReadoutKind>, memories: Vec<MemoryImage>) -> Readout {
        let classes = self.layer.outputs();
        Readout { classes, score_bits, kind: kind.into(), memories }
    }
}

/// A step whose capture is complete.
pub struct Decision {
    pub last_step: bool,
    /// The golden model says that the class is known after this step.
    pub deciding: bool,
}

/// What follows a capture, in cycles.
pub struct Timing {
    /// The credit of the capture may be used.
    pub free: u64,
    /// The class is first seen, if scores follow.
    pub class_word: u64,
}

/// How captures become scores: what is decided, then what others ask of the result.
pub trait Scoring {
    /// Plans this kind for an output layer; none if the network has another readout.
    fn plan(readout: &NetworkReadout, output: &Output) -> Option<Readout>
    where
        Self: Sized;

    /// Whether it looks at every time step, not only at the last one.
    fn every_step(&self) -> bool;

    /// Name in manifests and reports.
    fn name(&self) -> &'static str;

    /// Whether the output neurons have thresholds.
    fn output_fires(&self) -> bool;

    /// Cycles from a complete capture to all scores, if it decides.
    fn cycles_to_scores(&self, classes: u64) -> u64;

    /// Cycles from a complete capture that decides nothing until it is used up.
    fn cycles_undecided(&self, _classes: u64) -> u64 {
        0
    }

    /// Whether the captured potentials are the scores.
    fn scores_are_captured(&self) -> bool {
        false
    }

    /// Whether scores follow the capture.
    fn decides(&self, decision: &Decision) -> bool;

    /// How results leave.
    fn result(&self) -> ResultKind {
        ResultKind::Words
    }

    /// Captures that may be under way or wait, if the output layer has none of its own to count them.
    fn places(&self) -> usize {
        1
    }

    /// When what follows a capture that is complete in cycle `vector`: if it `decides`, the class, a level of its tree per cycle, then the
    /// latency and the scores, a word per cycle.
    fn timing(&self, vector: u64, classes: u64, decides: bool) -> Timing {
        let levels = u64::from(index_bits(classes as usize));
        let class_word = vector + self.cycles_to_scores(classes) + levels + 1;
        let done = if decides { class_word + classes } else { vector + self.cycles_undecided(classes) };
        Timing { free: done + 1, class_word }
    }

    /// Gathers what it needs of the captures, and scores them.
    fn instantiate(&self, design: &Design, module: &mut Module);
}

/// A kind of readout before it is planned.
struct Kind {
    plan: fn(&NetworkReadout, &Output) -> Option<Readout>,
}

impl Kind {
    const fn of<S: Scoring>() -> Kind {
        Kind { plan: S::plan }
    }
}

impl Readout {
    /// Plans the readout of a network.
    pub(super) fn plan(readout: &NetworkReadout, output: &Output) -> Readout {
        KINDS.iter().find_map(|kind| (kind.plan)(readout, output)).expect("there is a kind for every readout")
    }

    /// Instantiates it behind the output layer.
    pub fn instantiate(&self, design: &Design, module: &mut Module) {
        netlist::instantiate(self, design, module);
    }

    /// The file of one of its memory images, as a parameter.
    fn file(&self, design: &Design) -> String {
        file_of(design, &self.memories, &self.memories[0].file)
    }
}
