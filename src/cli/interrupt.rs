//! Ctrl-C as a request that long loops look at.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

static REQUESTED: AtomicBool = AtomicBool::new(false);
static HANDLER: OnceLock<()> = OnceLock::new();

/// From now on the first Ctrl-C only sets the request; a second one ends the process.
pub fn watch() {
    HANDLER.get_or_init(|| {
        // Without a handler Ctrl-C ends the process at once, which also leaves the last checkpoint whole.
        let _ = ctrlc::set_handler(|| {
            if REQUESTED.swap(true, Ordering::SeqCst) {
                std::process::exit(2);
            }
        });
    });
}

/// Whether Ctrl-C was pressed since `watch`.
pub fn requested() -> bool {
    REQUESTED.load(Ordering::SeqCst)
}
