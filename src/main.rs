//! Parses the arguments (clap exits with 2 if they are wrong) and leaves the rest to `cli`.

use std::process::ExitCode;

use clap::Parser;
use firstspike::cli::{self, Cli};

fn main() -> ExitCode {
    cli::main(Cli::parse())
}
