//! The flow as a library: from a network to a design folder, from images to both traces, and their comparison.
//!
//! In: an integer network or a folder, options, images. Out: a [`Hardware`], and result structs of `report`. Prints nothing and
//! knows no command line: a [`Caller`] hears what goes on. The command line, the benches and other programs share it.

mod caller;
mod check;
mod compare;
mod drive;
mod evaluate;
mod hardware;
mod plan;
mod plants;
mod play;
mod subject;
mod tally;
mod trust;

pub use caller::{Caller, Silent};
pub use check::check;
pub use compare::Compared;
pub use drive::{Drive, parts};
pub use evaluate::{Executed, evaluate};
pub use hardware::{Hardware, recipient};
pub use plan::{Target, plan, workload};
pub use plants::Plants;
pub use play::{chunk_length, golden, stimulus};
pub use subject::{Execution, Subject, SubjectLayer};
pub use tally::Tally;
pub use trust::Trust;
