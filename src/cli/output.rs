//! What a command prints: its result on standard output, everything else on standard error.

use std::io::{self, ErrorKind, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use console::{Term, style};
use serde_json::json;

use super::{Progress, interrupt};
use crate::error::{Error, Result, Stage, visible};
use crate::files;
use crate::flow::{Caller, Line};
use crate::model::RECORDING;
use crate::report::{self, Report, columns_of, folded, painted};

/// Where and how results are printed.
#[derive(Debug, Clone, Copy)]
pub struct Output {
    json: bool,
    quiet: bool,
}

impl Output {
    /// `quiet`: results and errors only.
    pub fn new(json: bool, quiet: bool) -> Self {
        Output { json, quiet }
    }

    /// Prints a command's one result: as a JSON object with `--json`, else as text.
    ///
    /// # Errors
    /// `io` if standard output cannot be written. A reader that closed the pipe has seen enough: that is no error.
    pub fn report<R: Report>(&self, report: &R) -> Result<()> {
        self.shown(report, R::text)
    }

    /// The same, with all details of the text if they are wanted.
    ///
    /// # Errors
    /// As [`Output::report`].
    pub fn detailed<R: Report>(&self, report: &R, details: bool) -> Result<()> {
        self.shown(report, |report| if details { report.text() + &report.details() } else { report.text() })
    }

    /// The same for a result that is a program: its text goes to a terminal as it is, too.
    ///
    /// # Errors
    /// As [`Output::report`].
    pub fn program<R: Report>(&self, report: &R) -> Result<()> {
        self.printed(report, R::text)
    }

    fn shown<R: Report>(&self, report: &R, text: impl FnOnce(&R) -> String) -> Result<()> {
        let for_people =
            |report: &R| for_terminal(&painted(text(report).trim_end()), &Term::stdout(), io::stdout().is_terminal());
        self.printed(report, for_people)
    }

    fn printed<R: Report>(&self, result: &R, text: impl FnOnce(&R) -> String) -> Result<()> {
        let printed = if self.json { report::json(result) } else { text(result) };
        print(&printed).map_err(|cause| {
            let help = "check where standard output goes: a full disk or a closed file";
            Error::new(Stage::Arguments, "io", format!("cannot write to standard output: {cause}"), help)
        })
    }

    /// Says on standard error what is going on.
    pub fn note(&self, text: &str) {
        if !self.quiet {
            to_stderr(&visible(text));
        }
    }

    /// The recording in an output folder, which goes with the model that is replaced.
    pub fn recording_in(&self, folder: &Path) -> OldRecording<'_> {
        let path = folder.join(RECORDING);
        OldRecording { output: self, path: files::is_there(&path).then_some(path) }
    }

    /// Says which command may come next, so that it can be pasted into a shell.
    pub fn next(&self, words: &[&str]) {
        // Not folded: a pasted line must not fall apart.
        if !self.quiet {
            let _ = writeln!(io::stderr(), "next: {}", visible(&command(words)));
        }
    }

    /// Reports the error that ended `command`: on standard error, and with `--json` as an object on standard output too.
    pub fn error(&self, command: &str, error: &Error) {
        let text = error.told(command);
        // The first word is the command and the code.
        let (head, rest) = text.split_once(": ").unwrap_or((&text, ""));
        to_stderr(&format!("{}: {rest}", style(head).for_stderr().red().bold()));
        if self.json {
            let error = error.shown();
            let object = json!({ "error": {
                "command": command,
                "code": error.code,
                "message": error.message,
                "problems": error.problems,
                "help": error.help,
            }});
            let _ = print(&report::json(&object));
        }
    }
}

impl Caller for Output {
    fn note(&self, text: &str) {
        Output::note(self, text);
    }

    /// On a terminal a line that moves and vanishes, elsewhere one that stays.
    fn stage(&self, label: &str) -> Box<dyn Line + '_> {
        if !io::stderr().is_terminal() {
            self.note(label);
        }
        Box::new(self.told(|| Progress::spinner(label)))
    }

    fn progress(&self, label: &str, total: usize) -> Box<dyn Line + '_> {
        Box::new(self.told(|| Progress::new(label, total)))
    }

    fn interrupt(&self) -> Option<&AtomicBool> {
        Some(interrupt::flag())
    }
}

impl Output {
    fn told(&self, line: impl FnOnce() -> Progress) -> Told<'_> {
        Told { output: self, line: if self.quiet { Progress::hidden() } else { line() } }
    }
}

/// A recording that was there before a model was written.
pub struct OldRecording<'a> {
    output: &'a Output,
    path: Option<PathBuf>,
}

impl OldRecording<'_> {
    /// Says that it is removed, if it is.
    pub fn note_removal(&self) {
        if let Some(path) = self.path.as_ref().filter(|path| !files::is_there(path)) {
            self.output.note(&format!("{} is removed: it was of the model that was there", path.display()));
        }
    }
}

/// A line on a terminal, or elsewhere what is worth a line of its own.
struct Told<'a> {
    output: &'a Output,
    line: Progress,
}

impl Line for Told<'_> {
    fn done(&self, steps: usize) {
        self.line.set(steps);
    }

    fn length(&self, steps: usize) {
        self.line.length(steps);
    }

    fn now(&self, text: &str) {
        self.line.label(text);
    }

    /// On a terminal the line tells the same, in place.
    fn reached(&self, text: &str) {
        if !io::stderr().is_terminal() {
            self.output.note(text);
        }
    }
}

/// What goes to a terminal breaks between words; what goes to a program stays as it is.
fn for_terminal(text: &str, term: &Term, is_terminal: bool) -> String {
    if is_terminal { folded(text, columns_of(term)) } else { text.to_owned() }
}

fn to_stderr(text: &str) {
    let _ = writeln!(io::stderr(), "{}", for_terminal(text, &Term::stderr(), io::stderr().is_terminal()));
}

/// A command line for a POSIX shell.
fn command(words: &[&str]) -> String {
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn quoted(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "_-./,:=@%+".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
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
    use super::*;

    #[test]
    fn a_command_can_be_pasted() {
        let words = ["firstspike", "compare", "my design", "--data", "it's; $HOME", ""];
        assert_eq!(command(&words), r"firstspike compare 'my design' --data 'it'\''s; $HOME' ''");
        assert_eq!(command(&["out/design", "img=17"]), "out/design img=17");
    }
}
