//! `firstspike doctor`: which external tools are there, and how to get the others.

use super::{Outcome, Output};
use crate::error::Result;
use crate::report::ToolReport;
use crate::tool::{Tool, Tools};

/// List the external tools and how to get the missing ones.
#[derive(clap::Args)]
pub struct Args {}

/// Prints the list; a failure if a tool is missing that a simulation needs.
///
/// # Errors
/// `io` if standard output cannot be written.
pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    let located = Tools::locate();
    let tools: Vec<_> = Tool::ALL.iter().map(|&tool| located.status(tool)).collect();
    let can_simulate = Tool::ALL.iter().zip(&tools).all(|(tool, status)| !tool.simulates() || status.is_usable());
    output.report(&ToolReport { can_simulate, tools })?;
    if !can_simulate {
        output.note("a tool that a simulation needs is missing or too old; the lines above say how to get it");
    }
    Ok(if can_simulate { Outcome::Success } else { Outcome::Failure })
}
