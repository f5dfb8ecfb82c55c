//! Ends the tools of a process that was killed.
//!
//! A process that gets SIGKILL can clear nothing away. So a shell is started beside it, whose standard input ends with the process; it
//! then kills the process groups that it was told of. A signal at the parent's death (Linux has one) would reach the compiler
//! driver, but not the compiler that the driver started.

use std::io::Write;
use std::process::{ChildStdin, Command, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};

/// Reads "+ GROUP" and "- GROUP", and outlives the signals of the terminal.
const SCRIPT: &str = r#"
trap '' INT TERM HUP QUIT
groups=
while read -r sign group; do
  if [ "$sign" = + ]; then
    groups="$groups $group"
  else
    left=
    for one in $groups; do [ "$one" = "$group" ] || left="$left $one"; done
    groups=$left
  fi
done
for one in $groups; do kill -KILL -"$one"; done
"#;

/// A process group was started.
pub fn begins(group: u32) {
    tell('+', group);
}

/// A process group has ended.
pub fn ends(group: u32) {
    tell('-', group);
}

fn tell(sign: char, group: u32) {
    static WATCHER: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();
    // Without a shell everything works, but for what a SIGKILL leaves.
    if let Some(input) = WATCHER.get_or_init(start) {
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(input, "{sign} {group}");
    }
}

#[cfg(unix)]
fn start() -> Option<Mutex<ChildStdin>> {
    use std::os::unix::process::CommandExt;
    let mut command = Command::new("/bin/sh");
    command.args(["-c", SCRIPT]).current_dir("/").process_group(0);
    command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().ok()?.stdin.take().map(Mutex::new)
}

#[cfg(not(unix))]
fn start() -> Option<Mutex<ChildStdin>> {
    None
}
