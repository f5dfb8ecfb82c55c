//! `firstspike completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::Shell;
use serde::Serialize;

use super::{Cli, Outcome, Output};
use crate::error::Result;

/// Print the completions of a shell
///
/// For bash: `firstspike completions bash > ~/.local/share/bash-completion/completions/firstspike`.
#[derive(clap::Args)]
pub struct Args {
    /// Shell that the completions are for
    shell: Shell,
}

/// What the command prints.
#[derive(Serialize)]
struct Completions {
    shell: String,
    script: String,
}

/// Runs `firstspike completions`.
///
/// # Errors
/// `io` if standard output cannot be written.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "firstspike", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    output.program(&Completions { shell: args.shell.to_string(), script }, |printed| &printed.script)?;
    Ok(Outcome::Success)
}
