//! The command line: one file per subcommand. `cli` may import everything; nobody imports `cli`.

mod bits;
mod interrupt;
mod quantize;
mod train;

use clap::{Parser, Subcommand};

use crate::error::Result;

/// From a trained time-to-first-spike network to verified Verilog.
#[derive(Parser)]
#[command(version, about, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Train(train::TrainArgs),
    Quantize(quantize::QuantizeArgs),
}

/// How a command ended when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Success,
    /// The hardware differs from the golden model: exit code 1.
    Mismatch,
}

/// Runs the chosen subcommand.
pub fn run(cli: Cli) -> Result<Outcome> {
    match cli.command {
        Command::Train(args) => train::run(&args),
        Command::Quantize(args) => quantize::run(&args),
    }
}
