//! Progress bars on standard error.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar that vanishes when dropped. Draws nothing unless standard error is a terminal. May be shared between threads.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(label: &str, total: usize) -> Self {
        let style = ProgressStyle::with_template("{msg} {wide_bar} {human_pos}/{human_len} {eta}");
        let bar = ProgressBar::new(total as u64).with_message(label.to_owned());
        Progress(bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())))
    }

    pub fn advance(&self, steps: usize) {
        self.0.inc(steps as u64);
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
