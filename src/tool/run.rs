//! Run a tool, and make sure that it ends: by itself, on Ctrl-C, or with this process.

use std::fs::{self, File};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::watcher;
use crate::error::{Error, Result, Stage};

/// How often a running tool is looked at.
const POLL: Duration = Duration::from_millis(4);

/// How often the end of its log is shown.
const LOG_POLL: Duration = Duration::from_millis(250);
/// The last line lies in so many bytes of a log.
const LOG_TAIL: u64 = 4096;

/// Runs `command` with all its output appended to `log`; kills it when `interrupt` is set.
///
/// # Errors
/// `interrupted`, `io`, or `tool-failed` with the tail of the log.
pub fn run_logged(command: Command, what: &str, log: &Path, interrupt: Option<&AtomicBool>) -> Result<()> {
    run_watched(command, what, log, interrupt, &|_| ())
}

/// The same; now and then `watch` is told the last line of the log.
///
/// # Errors
/// As [`run_logged`].
pub fn run_watched(
    mut command: Command,
    what: &str,
    log: &Path,
    interrupt: Option<&AtomicBool>,
    watch: &dyn Fn(&str),
) -> Result<()> {
    let open = File::options().create(true).append(true).open(log);
    let output = open.map_err(|cause| Error::io(Stage::Tool, "write", log, &cause))?;
    let errors = output.try_clone().map_err(|cause| Error::io(Stage::Tool, "write", log, &cause))?;
    command.stdin(Stdio::null()).stdout(output).stderr(errors);
    // Half a log of a tool that was stopped tells nothing.
    let mut shown = Instant::now();
    let look = || {
        if shown.elapsed() >= LOG_POLL {
            shown = Instant::now();
            last_line(log).iter().for_each(|line| watch(line));
        }
    };
    let status = wait(&mut command, interrupt, look).inspect_err(|_| drop(fs::remove_file(log)))?;
    if status.success() {
        return Ok(());
    }
    let tail = tail(log, 20);
    Err(Error::new(
        Stage::Tool,
        "tool-failed",
        format!("{what} failed ({status})"),
        format!("the whole output is in {}", log.display()),
    )
    .with_problems(tail))
}

/// The last line of a log that still grows.
fn last_line(log: &Path) -> Option<String> {
    let mut file = File::open(log).ok()?;
    let length = file.metadata().ok()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(LOG_TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(LOG_TAIL).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    text.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// Waits for the end; `look` is called at every poll.
fn wait(command: &mut Command, interrupt: Option<&AtomicBool>, mut look: impl FnMut()) -> Result<ExitStatus> {
    let program = PathBuf::from(command.get_program());
    let failed = |cause| Error::io(Stage::Tool, "run", &program, &cause);
    let mut child = KillOnDrop::spawn(command).map_err(failed)?;
    loop {
        if is_set(interrupt) {
            return Err(Error::interrupted(Stage::Tool, "run the command again"));
        }
        if let Some(status) = child.try_wait().map_err(failed)? {
            // Ctrl-C in a terminal reaches the tool as well, and may end it first.
            return if is_set(interrupt) {
                Err(Error::interrupted(Stage::Tool, "run the command again"))
            } else {
                Ok(status)
            };
        }
        look();
        std::thread::sleep(POLL);
    }
}

/// Whether the user has asked to stop.
pub fn is_set(interrupt: Option<&AtomicBool>) -> bool {
    interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
}

/// Running child processes, by process id.
static RUNNING: Mutex<Vec<u32>> = Mutex::new(Vec::new());

fn running() -> MutexGuard<'static, Vec<u32>> {
    RUNNING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Kills every child process. For the handler that ends this one.
pub fn kill_running() {
    running().iter().for_each(|&process| kill_group(process));
}

/// A child process that does not outlive its owner, nor do its own children: a compiler driver starts the compiler.
#[derive(Debug)]
pub struct KillOnDrop(Child);

impl KillOnDrop {
    /// Starts `command` as a process group of its own.
    ///
    /// # Errors
    /// As [`Command::spawn`].
    pub fn spawn(command: &mut Command) -> std::io::Result<Self> {
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        let child = command.spawn()?;
        running().push(child.id());
        watcher::begins(child.id());
        Ok(KillOnDrop(child))
    }

    /// Its standard output, once.
    pub fn take_stdout(&mut self) -> Option<ChildStdout> {
        self.0.stdout.take()
    }

    /// How it ended; none while it runs.
    ///
    /// # Errors
    /// As [`Child::try_wait`].
    pub fn try_wait(&mut self) -> std::io::Result<Option<ExitStatus>> {
        let status = self.0.try_wait()?;
        if status.is_some() {
            self.unlist();
        }
        Ok(status)
    }

    fn unlist(&self) {
        watcher::ends(self.0.id());
        running().retain(|&process| process != self.0.id());
    }
}

impl Drop for KillOnDrop {
    fn drop(&mut self) {
        // Once waited for, its number may be that of another process.
        if matches!(self.try_wait(), Ok(None)) {
            kill_group(self.0.id());
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
        self.unlist();
    }
}

/// Fails only if the group is gone already.
#[cfg(unix)]
fn kill_group(leader: u32) {
    use rustix::process::{Pid, Signal, kill_process_group};
    if let Some(group) = i32::try_from(leader).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(group, Signal::KILL);
    }
}

#[cfg(not(unix))]
fn kill_group(_: u32) {}

/// The last `lines` lines of a text file; none if it cannot be read.
pub fn tail(path: &Path, lines: usize) -> Vec<String> {
    let text = fs::read(path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let all: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    all[all.len().saturating_sub(lines)..].iter().map(|line| (*line).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failing_tool_reports_the_tail_of_its_log() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("x.log");
        let mut command = Command::new("sh");
        command.args(["-c", "echo first; echo broken >&2; exit 3"]);
        let error = run_logged(command, "the shell", &log, None).unwrap_err();
        assert_eq!(error.code, "tool-failed");
        assert_eq!(error.problems, ["first", "broken"]);
        assert!(error.help.contains("x.log"));
    }

    #[test]
    fn an_interrupt_ends_a_running_tool() {
        let folder = tempfile::tempdir().unwrap();
        let mut command = Command::new("sleep");
        command.arg("600");
        let error = run_logged(command, "sleep", &folder.path().join("x.log"), Some(&AtomicBool::new(true)));
        assert_eq!(error.unwrap_err().code, "interrupted");
    }
}
