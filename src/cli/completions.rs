//! `firstspike completions`: what a shell needs to complete commands and options.

use clap::CommandFactory;
use clap_complete::Shell;

use super::{Cli, Outcome, Output};
use crate::error::Result;
use crate::report::Completions;

/// Print the completions of a shell
///
/// For bash: `firstspike completions bash > ~/.local/share/bash-completion/completions/firstspike`.
#[derive(clap::Args)]
pub struct Args {
    /// Shell that the completions are for
    shell: Shell,
}

/// Runs `firstspike completions`.
///
/// # Errors
/// `io` if standard output cannot be written.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "firstspike", &mut script);
    let script = String::from_utf8_lossy(&script).into_owned();
    output.program(&Completions { shell: args.shell.to_string(), script })?;
    Ok(Outcome::Success)
}
