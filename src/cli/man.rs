//! `firstspike man`: manual pages.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;
use serde::Serialize;

use super::{Cli, Outcome, Output};
use crate::error::{Error, Result, Stage};
use crate::files;

/// Write manual pages: one of the program, one of each command
#[derive(clap::Args)]
pub struct Args {
    /// Output folder, such as ~/.local/share/man/man1; other files in it stay
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
}

/// What the command prints.
#[derive(Serialize)]
struct ManReport {
    output: PathBuf,
    pages: Vec<String>,
}

/// Runs `firstspike man`.
///
/// # Errors
/// `io`, `not-a-file`.
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let folder = &args.output;
    fs::create_dir_all(folder).map_err(|cause| Error::io(Stage::Arguments, "create", folder, &cause))?;
    let mut program = Cli::command().disable_help_subcommand(true);
    program.build();
    let pages = write(folder, program)?;
    let report = ManReport { output: folder.clone(), pages };
    output.result(&report, |report| {
        format!("wrote {} manual pages to {}", report.pages.len(), report.output.display())
    })?;
    Ok(Outcome::Success)
}

/// Writes the page of a command and those of the commands below it, and gives their names.
fn write(folder: &Path, command: Command) -> Result<Vec<String>> {
    let below: Vec<_> = command.get_subcommands().cloned().collect();
    let page = Man::new(command);
    let (name, mut text) = (page.get_filename(), Vec::new());
    page.render(&mut text).map_err(|cause| Error::io(Stage::Arguments, "write", Path::new(&name), &cause))?;
    files::write(Stage::Arguments, &folder.join(&name), &text)?;
    let mut names = vec![name];
    for command in below {
        names.extend(write(folder, command)?);
    }
    Ok(names)
}
