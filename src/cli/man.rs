//! `firstspike man`: manual pages.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Command, CommandFactory};
use clap_mangen::Man;

use super::{Cli, Outcome, Output};
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::report::Manual;

/// Write manual pages: one of the program, one of each command
#[derive(clap::Args)]
pub struct Args {
    /// Output folder, such as ~/.local/share/man/man1; other files in it stay
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
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
    output.report(&Manual { output: folder.clone(), pages })?;
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
