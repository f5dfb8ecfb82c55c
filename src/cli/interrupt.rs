//! Ctrl-C, SIGTERM and SIGHUP: the first asks the command to stop at its next safe point, the second ends the process at once.

use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::files;
use crate::tool;

/// What a shell reports for a program that Ctrl-C ended.
pub const EXIT_CODE: u8 = 130;

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Installs the handler. Where that is impossible Ctrl-C ends the process as it always does.
pub fn install() {
    let _ = ctrlc::set_handler(|| {
        if INTERRUPTED.swap(true, Ordering::Relaxed) {
            tool::kill_running();
            files::remove_unfinished();
            std::process::exit(i32::from(EXIT_CODE));
        }
        files::stop_reading();
        let _ = writeln!(std::io::stderr(), "stopping; press Ctrl-C again to stop at once");
    });
}

/// The flag itself, for those who wait for other processes.
pub fn flag() -> &'static AtomicBool {
    &INTERRUPTED
}

/// Whether Ctrl-C was pressed. Long loops ask once per step.
pub fn interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}
