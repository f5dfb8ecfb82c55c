//! What a command prints: its result on standard output, everything else on standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::json;

use super::Progress;
use crate::error::{Error, Result, Stage};

/// Where and how results are printed.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
}

impl Output {
    pub fn new(json: bool) -> Self {
        Output { json }
    }

    /// Prints a command's one result: as a JSON object with `--json`, else as the text that `text` makes of it.
    ///
    /// # Errors
    /// `io` if standard output cannot be written. A reader that closed the pipe has seen enough: that is no error.
    pub fn result<T: Serialize>(&self, result: &T, text: impl FnOnce(&T) -> String) -> Result<()> {
        let printed = if self.json {
            serde_json::to_string_pretty(result).expect("results have only text keys")
        } else {
            text(result)
        };
        print(&printed).map_err(|cause| {
            let help = "check where standard output goes: a full disk or a closed file";
            Error::new(Stage::Arguments, "io", format!("cannot write to standard output: {cause}"), help)
        })
    }

    /// Says on standard error what is going on.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{text}");
    }

    /// A progress bar over `total` steps; invisible unless standard error is a terminal.
    pub fn progress(&self, label: &str, total: usize) -> Progress {
        Progress::new(label, total)
    }

    /// Reports the error that ended the command: on standard error, and with `--json` as an object on standard output too.
    pub fn error(&self, error: &Error) {
        self.note(&error.to_string());
        if self.json {
            let object = json!({ "error": {
                "stage": error.stage.to_string(),
                "code": error.code,
                "message": error.message,
                "problems": error.problems,
                "help": error.help,
            }});
            let _ = print(&format!("{object:#}"));
        }
    }
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let done = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
    match done {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}
