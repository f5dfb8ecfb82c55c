//! A recording of a trainer's own simulation, held against a network: layer by layer, each fed with the recorded spike times of the
//! layer before, under the network's own rule and under the conventions that simulations commonly have in its place.
//!
//! In: a network of either kind, a recording. Out: for every layer what differs, and the conventions that fit. Imports `data` (how
//! spike times are read), `float`, `network` and `npz`.

mod comparison;
mod convention;
mod drive;
mod history;
mod layer;
mod outcome;
mod output;
mod recorder;
mod recording;
mod search;

pub use convention::{Convention, Deviation};
pub use layer::{Layer, Network};
pub use outcome::{Difference, LayerOutcome, OutputDifference, OutputOutcome, Tier};
pub use recorder::{Entry, Recorder, Shape};
pub use recording::{CLASSES, NO_CLASS, Recorded, Recording, SCORES, ScoreUse, layer_array};
pub use search::Search;
