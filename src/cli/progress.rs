//! Progress bars on standard error.

use std::time::Duration;

use console::Term;
use indicatif::{ProgressBar, ProgressStyle};

use crate::report::columns_of;

/// How often a line without a known length moves.
const TICK: Duration = Duration::from_millis(120);

/// In a terminal of fewer columns the figures take the place of the bar.
const NARROW: usize = 70;

/// A bar that vanishes when dropped. Draws nothing unless standard error is a terminal. May be shared between threads.
pub struct Progress(ProgressBar);

impl Progress {
    /// A bar from nothing to `total`; none where standard error is no terminal.
    pub fn new(label: &str, total: usize) -> Self {
        let template = match columns_of(&Term::stderr()) {
            ..NARROW => "{wide_msg} {human_pos}/{human_len} {eta}",
            NARROW.. => "{wide_msg} {bar:20} {human_pos}/{human_len} {eta}",
        };
        Progress::styled(ProgressBar::new(total as u64), template, label)
    }

    /// For work of unknown length: a line that moves.
    pub fn spinner(label: &str) -> Self {
        let bar = ProgressBar::new_spinner();
        bar.enable_steady_tick(TICK);
        Progress::styled(bar, "{spinner} {wide_msg} {elapsed}", label)
    }

    /// Draws nothing.
    pub fn hidden() -> Self {
        Progress(ProgressBar::hidden())
    }

    fn styled(bar: ProgressBar, template: &str, label: &str) -> Self {
        let style = ProgressStyle::with_template(template).expect("the template is one of ours");
        Progress(bar.with_style(style).with_message(label.to_owned()))
    }

    /// Says that so many more are done.
    pub fn advance(&self, steps: usize) {
        self.0.inc(steps as u64);
    }

    /// Sets the number of steps in all.
    pub fn length(&self, total: usize) {
        self.0.set_length(total as u64);
    }

    /// Sets the steps done so far.
    pub fn set(&self, steps: usize) {
        self.0.set_position(steps as u64);
    }

    /// Replaces the label, for instance by the latest loss.
    pub fn label(&self, text: &str) {
        self.0.set_message(text.to_owned());
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
