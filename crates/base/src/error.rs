//! The one error of the crate: which stage failed, a stable code, what is wrong, what to do.

use std::fmt;
use std::path::Path;

use crate::codes;

/// Characters that a message shows of a quoted value.
const MAX_QUOTED: usize = 60;
/// Problems that are listed; the rest is only counted.
const MAX_PROBLEMS: usize = 40;

/// The stage of the data flow that reports the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The command line.
    Arguments,
    /// Data sets.
    Data,
    /// Other tools' files.
    Import,
    /// Files for other tools.
    Export,
    /// Model files.
    Model,
    /// Training.
    Train,
    /// Quantization.
    Quantize,
    /// The golden model.
    Golden,
    /// Planning of the hardware.
    Arch,
    /// Writing of the Verilog.
    Emit,
    /// External tools.
    Tool,
    /// The board's shell.
    Shell,
    /// The link to a board.
    Link,
    /// Simulation.
    Simulate,
    /// Synthesis, place and route.
    Synth,
    /// The comparison.
    Verify,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Arguments => "arguments",
            Stage::Data => "data",
            Stage::Import => "import",
            Stage::Export => "export",
            Stage::Model => "model",
            Stage::Train => "train",
            Stage::Quantize => "quantize",
            Stage::Golden => "golden",
            Stage::Arch => "arch",
            Stage::Emit => "generate",
            Stage::Tool => "tool",
            Stage::Shell => "shell",
            Stage::Link => "run",
            Stage::Simulate => "simulate",
            Stage::Synth => "synth",
            Stage::Verify => "compare",
        })
    }
}

/// An error as the user sees it.
///
/// `message` says what is wrong with actual and expected value; `problems` lists every mistake found in one file, so that
/// they can be mended together; `help` says what to do and is never empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    /// Who reports it.
    pub stage: Stage,
    /// Stable identifier such as `data-truncated`, one of [`codes::CODES`].
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Every mistake of a file.
    pub problems: Vec<String>,
    /// What to do.
    pub help: String,
}

/// What can fail.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    /// An error with its code of `codes`.
    pub fn new(stage: Stage, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        debug_assert!(codes::find(code).is_some(), "the error code {code} is missing in codes.rs");
        Error { stage, code, message: message.into(), problems: Vec::new(), help: help.into() }
    }

    /// Attaches the single mistakes that `message` sums up.
    pub fn with_problems(mut self, mut problems: Vec<String>) -> Self {
        if problems.len() > MAX_PROBLEMS {
            let more = problems.len() - MAX_PROBLEMS;
            problems.truncate(MAX_PROBLEMS);
            problems.push(format!("… and {more} more"));
        }
        self.problems = problems;
        self
    }

    /// The error as every output shows it: whatever its parts quote of a file is short, on one line, and without control characters.
    pub fn shown(&self) -> Error {
        let line = |text: &String| visible(&shortened(text)).replace('\n', "\\n");
        Error {
            message: line(&self.message),
            problems: self.problems.iter().map(line).collect(),
            // A command to copy stays whole.
            help: visible(&self.help),
            ..*self
        }
    }

    /// The error as text, which begins with `error[place/code]: `. A user knows the command that was typed, and no stage.
    pub fn told(&self, place: &str) -> String {
        let Error { code, message, problems, help, .. } = self.shown();
        let problems: String = problems.iter().map(|problem| format!("\n  - {problem}")).collect();
        format!("error[{place}/{code}]: {message}{problems}\n  help: {help}")
    }

    /// A failed read or write of `path`, with advice drawn from the kind of failure. The code is `not-a-file` for what is none,
    /// `interrupted` after Ctrl-C, else `io`.
    pub fn io(stage: Stage, action: &str, path: &Path, cause: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        if cause.get_ref().is_some_and(|inner| inner.is::<Stopped>()) {
            return Error::interrupted(stage, "run the command again to start over");
        }
        let is_file = !cause.get_ref().is_some_and(|inner| inner.is::<NotAFile>());
        let help = match cause.kind() {
            _ if !is_file => "name a file; copy what comes through a pipe into one first",
            ErrorKind::NotFound => "check the path",
            ErrorKind::PermissionDenied => "check the permissions, or choose another folder",
            ErrorKind::StorageFull | ErrorKind::QuotaExceeded => {
                "the disk is full: free some space and run the command again"
            }
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
                "a part of the path is a file: choose another folder"
            }
            ErrorKind::IsADirectory => "name a file, not a folder",
            _ => "check the path and the disk, then run the command again",
        };
        let code = if is_file { "io" } else { "not-a-file" };
        Error::new(stage, code, format!("cannot {action} {}: {cause}", path.display()), help)
    }

    /// The user pressed Ctrl-C; nothing half-written was left.
    pub fn interrupted(stage: Stage, help: impl Into<String>) -> Self {
        Error::new(stage, "interrupted", "interrupted", help)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.told(&self.stage.to_string()))
    }
}

impl std::error::Error for Error {}

/// Why a read ends early: the user pressed Ctrl-C.
#[derive(Debug)]
pub struct Stopped;

impl fmt::Display for Stopped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Stopped {}

/// Why something that can be opened is not read.
#[derive(Debug)]
pub struct NotAFile(pub &'static str);

impl fmt::Display for NotAFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it is {}, expected a file", self.0)
    }
}

impl std::error::Error for NotAFile {}

/// `text` without what steers a terminal or hides in it: control and format characters become escapes such as `\u{1b}`, tabs
/// become spaces. Ends of lines stay.
pub fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => shown.push(' '),
            '\n' => shown.push(c),
            _ if is_visible(c) => shown.push(c),
            _ => shown.extend(c.escape_unicode()),
        }
    }
    shown
}

/// Whether a terminal shows the character, and nothing else happens.
pub fn is_visible(c: char) -> bool {
    // The standard library knows what can be printed. So can a mark that joins the letter before it, if there is one.
    if c.is_ascii() { !c.is_ascii_control() } else { format!("a{c}").escape_debug().eq(['a', c]) }
}

/// The beginning of a value from a file, for a message.
pub fn beginning(value: &str) -> String {
    let short: String = value.chars().take(MAX_QUOTED).collect::<String>().escape_debug().to_string();
    if value.chars().nth(MAX_QUOTED).is_some() { short + "…" } else { short }
}

/// Cuts what stands in `text` between quotation marks.
fn shortened(text: &str) -> String {
    let mut short = String::with_capacity(text.len().min(1 << 12));
    let mut rest = text;
    while let Some((before, quoted, mark, after)) = first_quoted(rest) {
        short.push_str(before);
        let end = quoted.char_indices().nth(MAX_QUOTED).map_or(quoted.len(), |(end, _)| end);
        short.push_str(&quoted[..end]);
        short.push_str(if end < quoted.len() { "…" } else { "" });
        short.push_str(mark);
        rest = after;
    }
    short + rest
}

/// Text up to and with an opening mark, what follows up to the closing one, that mark, and the rest.
fn first_quoted(text: &str) -> Option<(&str, &str, &str, &str)> {
    let open = text.find(['"', '`'])?;
    let mark = text.as_bytes()[open];
    let (before, inside) = text.split_at(open + 1);
    let mut escaped = false;
    let close = inside.bytes().position(|byte| {
        let closes = byte == mark && !escaped;
        escaped = byte == b'\\' && !escaped;
        closes
    })?;
    Some((before, &inside[..close], &inside[close..=close], &inside[close + 1..]))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(message: &str) -> String {
        Error::new(Stage::Model, "io", message, "none").to_string()
    }

    #[test]
    fn nothing_of_a_file_steers_the_terminal() {
        let text = shown("name is \u{1b}[2J\0\r\n\u{202e}\u{9b}31m\u{200b}, expected é\u{301} 日本 \"x\\y\" don't");
        let expected = r#"name is \u{1b}[2J\u{0}\u{d}\n\u{202e}\u{9b}31m\u{200b}, expected é"#.to_owned()
            + "\u{301} 日本 \"x\\y\" don't";
        assert_eq!(text, format!("error[model/io]: {expected}\n  help: none"));
    }

    #[test]
    fn quoted_values_are_cut() {
        let (long, cut) = ("a".repeat(61), "a".repeat(60) + "…");
        assert_eq!(
            shortened(&format!("x is \"{long}\", expected `{long}`")),
            format!("x is \"{cut}\", expected `{cut}`")
        );
        assert_eq!(shortened(&format!("\"{}\"", "ä".repeat(60))), format!("\"{}\"", "ä".repeat(60)));
        // A mark inside the value is escaped, one without a partner is none.
        let value = format!("{:?}", "\"".repeat(61));
        assert_eq!(shortened(&value), format!("\"{}…\"", "\\\"".repeat(30)));
        assert_eq!(shortened(&format!("a 24\" screen {long}")), format!("a 24\" screen {long}"));
    }

    #[test]
    fn long_lists_are_counted() {
        let error = Error::new(Stage::Model, "io", "many", "none").with_problems(vec!["x".into(); 50]);
        assert_eq!((error.problems.len(), error.problems[40].as_str()), (41, "… and 10 more"));
    }

    proptest! {
        #[test]
        fn every_shown_character_is_visible(text in any::<String>()) {
            prop_assert!(shown(&text).chars().all(|c| c == '\n' || is_visible(c)));
            prop_assert_eq!(shown(&text).lines().count(), 2);
        }
    }
}
