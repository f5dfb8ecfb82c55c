//! `firstspike doctor`: which external tools are there, and how to get the others.

use comfy_table::{Table, presets};
use serde::Serialize;

use super::{Outcome, Output};
use crate::error::Result;
use crate::tool::{Tool, ToolStatus, Tools};

/// List the external tools and how to get the missing ones.
#[derive(clap::Args)]
pub struct Args {}

/// What the command prints.
#[derive(Serialize)]
struct Report {
    /// Whether all that a simulation needs is there.
    can_simulate: bool,
    tools: Vec<ToolStatus>,
}

/// Prints the list; a failure if a tool is missing that a simulation needs.
///
/// # Errors
/// `io` if standard output cannot be written.
pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    let located = Tools::locate();
    let tools: Vec<_> = Tool::ALL.iter().map(|&tool| located.status(tool)).collect();
    let can_simulate = Tool::ALL.iter().zip(&tools).all(|(tool, status)| !tool.simulates() || status.found.is_some());
    let report = Report { can_simulate, tools };
    output.result(&report, |report| rendered(&report.tools))?;
    if !report.can_simulate {
        output.note("a tool that a simulation needs is missing; the lines above say how to get it");
    }
    Ok(if report.can_simulate { Outcome::Success } else { Outcome::Failure })
}

fn rendered(statuses: &[ToolStatus]) -> String {
    let missing = statuses.iter().filter(|status| status.found.is_none());
    let advice = missing.map(|status| format!("\n{} is missing: {}", status.name, status.how_to_get));
    format!("{}{}", table(statuses), advice.collect::<String>())
}

fn table(statuses: &[ToolStatus]) -> Table {
    let mut table = Table::new();
    table.load_style(presets::UTF8_FULL_CONDENSED).set_header(["tool", "version", "needed for", "found"]);
    for status in statuses {
        let found = status.found.as_ref().map_or("missing".into(), |path| path.display().to_string());
        let version = status.version.as_deref().unwrap_or("-");
        table.add_row([status.name, version, status.needed_for, &found]);
    }
    table
}
