//! Who is told what goes on, and may stop it.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result, Stage};

/// Whoever calls the flow. Everything has a default: to hear nothing, and never to stop.
pub trait Caller {
    /// Hears a line of text.
    fn note(&self, _text: &str) {}

    /// Hears that work of unknown length begins. What is returned hears of it, and is dropped at the end.
    fn stage(&self, label: &str) -> Box<dyn Line + '_> {
        self.note(label);
        Box::new(())
    }

    /// Hears that work of `total` steps begins. What is returned hears of it, and is dropped at the end.
    fn progress(&self, _label: &str, _total: usize) -> Box<dyn Line + '_> {
        Box::new(())
    }

    /// A flag that, once set, ends what is going on with the error `interrupted`.
    fn interrupt(&self) -> Option<&AtomicBool> {
        None
    }

    /// Ends what has nothing worth keeping. Long loops ask once per step.
    ///
    /// # Errors
    /// `interrupted` once the flag is set.
    fn check(&self, stage: Stage) -> Result<()> {
        check(self.interrupt(), stage)
    }
}

/// [`Caller::check`] for threads, which share the flag and not its owner.
pub(super) fn check(interrupt: Option<&AtomicBool>, stage: Stage) -> Result<()> {
    match interrupt {
        Some(flag) if flag.load(Ordering::Relaxed) => {
            Err(Error::interrupted(stage, "run the command again to start over"))
        }
        _ => Ok(()),
    }
}

/// Hears of one piece of work for as long as it takes. On a terminal it is a line that moves.
pub trait Line {
    /// So many steps are done.
    fn done(&self, _steps: usize) {}

    /// There are so many steps, as it turns out.
    fn length(&self, _steps: usize) {}

    /// What goes on right now.
    fn now(&self, _text: &str) {}

    /// Something is reached that is worth a line of its own where no line moves.
    fn reached(&self, _text: &str) {}
}

impl Line for () {}

/// Hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Caller for Silent {}
