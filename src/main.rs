//! Parses the arguments, runs the command, maps the result to the exit code: 0 equal, 1 mismatch, 2 error.

use std::process::ExitCode;

use clap::Parser;
use firstspike::cli::{self, Cli, Outcome};

fn main() -> ExitCode {
    match cli::run(Cli::parse()) {
        Ok(Outcome::Success) => ExitCode::SUCCESS,
        Ok(Outcome::Mismatch) => ExitCode::from(1),
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(2)
        }
    }
}
