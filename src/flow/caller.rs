//! Who is told what goes on, and may stop it.

use std::any::Any;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::error::{Error, Result, Stage};

/// Whoever calls the flow. Everything has a default: to hear nothing, and never to stop.
pub trait Caller {
    /// Hears a line of text.
    fn note(&self, _text: &str) {}

    /// Hears that work of unknown length begins. What is returned is dropped at the end.
    fn stage(&self, label: &str) -> Box<dyn Any> {
        self.note(label);
        Box::new(())
    }

    /// Hears that work of `total` steps begins. What is returned is told how many of them are done, and dropped at the end.
    fn progress(&self, _label: &str, _total: usize) -> Box<dyn Fn(usize) + '_> {
        Box::new(|_| ())
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

/// Hears nothing and never stops.
#[derive(Debug, Clone, Copy, Default)]
pub struct Silent;

impl Caller for Silent {}
