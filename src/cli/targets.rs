//! `firstspike targets`: the boards that synth knows.

use super::{Outcome, Output};
use crate::error::Result;
use crate::synth::Target;

/// List the boards that synth knows
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    output.result(&Target::all(), |targets| {
        let line = |target: &Target| {
            format!("{:10} {:24} {}, {} MHz oscillator\n", target.name, target.board, target.part, target.clock_mhz)
        };
        targets.iter().map(line).collect()
    })?;
    Ok(Outcome::Success)
}
