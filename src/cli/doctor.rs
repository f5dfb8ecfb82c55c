//! `firstspike doctor`: which external tools are there, and how to get the others.

use serde::Serialize;

use super::{Outcome, Output};
use crate::error::Result;
use crate::report::Table;
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
    let can_simulate = Tool::ALL.iter().zip(&tools).all(|(tool, status)| !tool.simulates() || status.is_usable());
    let report = Report { can_simulate, tools };
    output.result(&report, |report| rendered(&report.tools))?;
    if !report.can_simulate {
        output.note("a tool that a simulation needs is missing or too old; the lines above say how to get it");
    }
    Ok(if report.can_simulate { Outcome::Success } else { Outcome::Failure })
}

fn rendered(statuses: &[ToolStatus]) -> String {
    let mut table = Table::new();
    let mut needed_for = "";
    for status in statuses {
        if status.needed_for != needed_for {
            needed_for = status.needed_for;
            table.group(needed_for);
        }
        add_tool(&mut table, status);
    }
    let unusable = statuses.iter().filter(|status| !status.is_usable());
    let advice = unusable.map(|status| match &status.problem {
        Some(problem) => format!("\n{problem}: {}", status.how_to_get),
        None => format!("\n{} is missing: {}", status.name, status.how_to_get),
    });
    format!("{table}{}", advice.collect::<String>())
}

fn add_tool(table: &mut Table, status: &ToolStatus) {
    let Some(path) = &status.found else {
        table.verdict(status.name, "missing", false);
        return;
    };
    let version = status.version.as_deref().unwrap_or("tells no version");
    let oldest = status.oldest.as_ref().map_or(String::new(), |oldest| format!(" ({oldest} or newer is needed)"));
    table.verdict(status.name, format!("{version}{oldest}"), status.problem.is_none());
    table.path("  at", path.display().to_string());
}
