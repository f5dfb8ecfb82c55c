//! What a command prints: its result on standard output, everything else on standard error.

use std::io::{self, ErrorKind, Write};

use serde::Serialize;
use serde_json::json;

use super::Progress;
use crate::error::{Error, Result, Stage, is_visible, visible};

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
            json_text(&serde_json::to_string_pretty(result).expect("results have only text keys"))
        } else {
            visible(&text(result))
        };
        print(&printed).map_err(|cause| {
            let help = "check where standard output goes: a full disk or a closed file";
            Error::new(Stage::Arguments, "io", format!("cannot write to standard output: {cause}"), help)
        })
    }

    /// Says on standard error what is going on.
    pub fn note(&self, text: &str) {
        let _ = writeln!(io::stderr(), "{}", visible(text));
    }

    /// A progress bar over `total` steps; invisible unless standard error is a terminal.
    pub fn progress(&self, label: &str, total: usize) -> Progress {
        Progress::new(label, total)
    }

    /// Reports the error that ended the command: on standard error, and with `--json` as an object on standard output too.
    pub fn error(&self, error: &Error) {
        self.note(&error.to_string());
        if self.json {
            let error = error.shown();
            let object = json!({ "error": {
                "stage": error.stage.to_string(),
                "code": error.code,
                "message": error.message,
                "problems": error.problems,
                "help": error.help,
            }});
            let _ = print(&json_text(&format!("{object:#}")));
        }
    }
}

/// The same JSON with every character that a terminal does not show as an escape. Such a character only occurs within texts.
fn json_text(json: &str) -> String {
    let mut text = String::with_capacity(json.len());
    for c in json.chars() {
        if c == '\n' || is_visible(c) {
            text.push(c);
        } else {
            text.extend(c.encode_utf16(&mut [0; 2]).iter().map(|unit| format!("\\u{unit:04x}")));
        }
    }
    text
}

fn print(text: &str) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    let done = writeln!(stdout, "{}", text.trim_end()).and_then(|()| stdout.flush());
    match done {
        Err(cause) if cause.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn json_is_visible_and_says_the_same(text in any::<String>()) {
            let value = json!({ "text": text });
            let printed = json_text(&format!("{value:#}"));
            prop_assert!(printed.chars().all(|c| c == '\n' || is_visible(c)));
            prop_assert_eq!(serde_json::from_str::<serde_json::Value>(&printed).unwrap(), value);
        }
    }
}
