//! Leaves everything to `cli`.

use std::process::ExitCode;

use firstspike::cli;

fn main() -> ExitCode {
    cli::main()
}
