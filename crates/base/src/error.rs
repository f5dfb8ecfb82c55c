//! The one error of the crate: which stage failed, a stable code, what is wrong, what to do.

use std::fmt;
use std::path::Path;

/// The stage of the data flow that reports the error.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    Arguments,
    Data,
    Model,
    Train,
    Quantise,
    Golden,
    Arch,
    Emit,
    Tool,
    Shell,
    Link,
    Simulate,
    Synth,
    Verify,
}

impl fmt::Display for Stage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Stage::Arguments => "arguments",
            Stage::Data => "data",
            Stage::Model => "model",
            Stage::Train => "train",
            Stage::Quantise => "quantize",
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
    pub stage: Stage,
    /// Stable identifier such as `data-truncated`.
    pub code: &'static str,
    pub message: String,
    pub problems: Vec<String>,
    pub help: String,
}

pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub fn new(stage: Stage, code: &'static str, message: impl Into<String>, help: impl Into<String>) -> Self {
        Error { stage, code, message: message.into(), problems: Vec::new(), help: help.into() }
    }

    /// Attaches the single mistakes that `message` sums up.
    pub fn with_problems(mut self, problems: Vec<String>) -> Self {
        self.problems = problems;
        self
    }

    /// A failed read or write of `path`, with advice drawn from the kind of failure.
    pub fn io(stage: Stage, action: &str, path: &Path, cause: &std::io::Error) -> Self {
        use std::io::ErrorKind;
        let help = match cause.kind() {
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
        Error::new(stage, "io", format!("cannot {action} {}: {cause}", path.display()), help)
    }

    /// The user pressed Ctrl-C; nothing half-written was left.
    pub fn interrupted(stage: Stage, help: impl Into<String>) -> Self {
        Error::new(stage, "interrupted", "interrupted by Ctrl-C", help)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "error[{}/{}]: {}", self.stage, self.code, self.message)?;
        for problem in &self.problems {
            write!(f, "\n  - {problem}")?;
        }
        write!(f, "\n  help: {}", self.help)
    }
}

impl std::error::Error for Error {}
