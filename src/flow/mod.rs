//! The flow as a library: from a network to a design folder, from images to both traces, and their comparison.
//!
//! In: an integer network or a folder, options, images. Out: a [`Hardware`], and result structs of `report`. Prints nothing and
//! knows no command line: a [`Caller`] hears what goes on. The command line, the benches and other programs share it.

mod board_run;
mod caller;
mod check;
mod compare;
mod drive;
mod emulate;
mod evaluate;
pub mod folder;
mod hardware;
mod place;
mod plan;
mod plants;
mod play;
mod quantize;
mod recording;
mod selftest;
mod shipped;
mod subject;
mod tally;
mod train;
mod trust;

pub use board_run::Port;
pub use caller::{Caller, Line, Silent};
pub use check::{check, check_network};
pub use compare::Compared;
pub use drive::{Drive, parts};
pub use emulate::Emulation;
pub use evaluate::{Executed, evaluate};
pub use hardware::{Hardware, recipient};
pub use place::{Placed, Placing};
pub use plan::{Target, plan, workload};
pub use plants::Plants;
pub use play::{check_input, chunk_length, golden, stimulus};
pub use quantize::{Quantized, quantize};
pub use recording::Arrays;
pub use selftest::selftest;
pub use shipped::shipped_network;
pub use subject::{Execution, Subject, SubjectLayer};
pub use tally::Tally;
pub use train::Training;
pub use trust::Trust;
