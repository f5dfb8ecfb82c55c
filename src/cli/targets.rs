//! `firstspike targets`: the boards that a design can be built for.

use super::{Outcome, Output};
use crate::error::Result;
use crate::report::Targets;

/// List the boards that a design can be built for
#[derive(clap::Args)]
pub struct Args {}

pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    output.report(&Targets::all())?;
    Ok(Outcome::Success)
}
