//! The command line: one file per subcommand. `cli` may import everything; nobody imports `cli`.

mod bits;
mod check;
mod compare;
mod completions;
mod data;
mod demo;
mod doctor;
mod emulate;
mod evaluate;
mod export;
mod generate;
mod hardware;
mod images;
mod import;
pub mod interrupt;
mod man;
mod output;
mod per_image;
mod progress;
mod quantize;
mod run;
mod selftest;
mod simulate;
mod synth;
mod targets;
mod train;
mod trust;

use std::process::ExitCode;

use clap::{ArgAction, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::error::Result;

pub use output::Output;
pub use progress::Progress;

/// Above the options that every command has, at the end of its help.
const GLOBAL: &str = "Global options";

/// From a trained time-to-first-spike network to verified Verilog.
#[derive(Parser)]
#[command(version, about, max_term_width = 100, disable_help_flag = true)]
pub struct Cli {
    /// Print one JSON object on standard output instead of text
    #[arg(long, global = true, help_heading = GLOBAL)]
    json: bool,

    /// Print results and errors only: no progress, no hints
    #[arg(short, long, global = true, help_heading = GLOBAL)]
    quiet: bool,

    /// Print help; -h prints a summary
    // The built-in option would stand apart, at the beginning.
    #[arg(short, long, global = true, help_heading = GLOBAL, action = ArgAction::Help)]
    help: Option<bool>,

    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Data(data::Args),
    Train(train::Args),
    Import(import::Args),
    Export(export::Args),
    Quantize(quantize::Args),
    Generate(generate::Args),
    Check(check::Args),
    Evaluate(evaluate::Args),
    Simulate(simulate::Args),
    Compare(compare::Args),
    Selftest(selftest::Args),
    Synth(synth::Args),
    Targets(targets::Args),
    Run(run::Args),
    Emulate(emulate::Args),
    Demo(demo::Args),
    Doctor(doctor::Args),
    Completions(completions::Args),
    Man(man::Args),
}

/// How a command ended when nothing went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Exit code 0.
    Success,
    /// What was compared differs, the hardware from the golden model for one: exit code 1.
    Mismatch,
    /// The printed result itself says what is wrong: exit code 2.
    Failure,
}

/// Parses the arguments (clap exits with 2 if they are wrong), runs the chosen subcommand, reports an error, and gives the exit
/// code: 0 success, 1 mismatch, 2 error.
pub fn main() -> ExitCode {
    let matches = Cli::command().get_matches();
    let typed = matches.subcommand_name().unwrap_or_default();
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut Cli::command()).exit());
    interrupt::install();
    let output = Output::new(cli.json, cli.quiet);
    match run(cli.command, &output) {
        Ok(Outcome::Success) => ExitCode::SUCCESS,
        Ok(Outcome::Mismatch) => ExitCode::from(1),
        Ok(Outcome::Failure) => ExitCode::from(2),
        Err(error) => {
            output.error(typed, &error);
            ExitCode::from(2)
        }
    }
}

fn run(command: Command, output: &Output) -> Result<Outcome> {
    match command {
        Command::Data(args) => data::run(&args, output),
        Command::Train(args) => train::run(&args, output),
        Command::Import(args) => import::run(&args, output),
        Command::Export(args) => export::run(&args, output),
        Command::Quantize(args) => quantize::run(&args, output),
        Command::Generate(args) => generate::run(&args, output),
        Command::Check(args) => check::run(&args, output),
        Command::Evaluate(args) => evaluate::run(&args, output),
        Command::Simulate(args) => simulate::run(&args, output),
        Command::Compare(args) => compare::run(&args, output),
        Command::Selftest(args) => selftest::run(&args, output),
        Command::Synth(args) => synth::run(&args, output),
        Command::Targets(args) => targets::run(&args, output),
        Command::Run(args) => run::run(&args, output),
        Command::Emulate(args) => emulate::run(&args, output),
        Command::Demo(args) => demo::run(&args, output),
        Command::Doctor(args) => doctor::run(&args, output),
        Command::Completions(args) => completions::run(&args, output),
        Command::Man(args) => man::run(&args, output),
    }
}
