//! What the parts of a design tell the cost model of their time. The rule that binds them is in `cost`.

/// How fast a part takes beats, in cycles, and how far it may run ahead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pace {
    /// For an event.
    pub event: u64,
    /// For a mark that is captured, or a beat that is a whole step.
    pub mark: u64,
    /// For what it does by itself before it takes a mark, captured or not.
    pub before_mark: u64,
    /// Steps that may be under way behind it: a mark that is captured needs a credit. 0 in a flow: nothing waits there, as the part that
    /// lets steps into it has the credits.
    pub credits: usize,
}

/// What happens in a time step at one part.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// The first one of an image.
    pub first: bool,
    /// The last one of an image.
    pub last: bool,
    /// Places of the spikes that come in.
    pub events: &'a [u32],
    /// Places of those that leave.
    pub spikes: &'a [u32],
}

/// When the beats of a step can be offered at the earliest, in cycles; the stream adds that one follows the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrivals {
    /// None where a beat is a whole step.
    pub events: Vec<u64>,
    /// The mark, or the beat that is the step.
    pub mark: u64,
}

impl Arrivals {
    /// Beats that follow each other without a pause.
    pub fn all_at(earliest: u64, count: usize) -> Arrivals {
        Arrivals { events: vec![earliest; count], mark: earliest }
    }

    /// A beat that is the whole step.
    pub fn whole(earliest: u64) -> Arrivals {
        Arrivals::all_at(earliest, 0)
    }
}

/// What follows an accepted mark.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Departure {
    /// First cycle in which the next beat may start.
    pub open: u64,
    /// What is offered to the next part. To the readout: `mark` is the cycle in which a vector is complete.
    pub beats: Arrivals,
}

/// A part of the chain that spikes pass: a layer, or an adapter between two.
pub trait Station {
    fn pace(&self) -> Pace;

    /// What leaves if the step's mark was accepted in cycle `mark`.
    fn depart(&self, step: &Step, mark: u64) -> Departure;
}
