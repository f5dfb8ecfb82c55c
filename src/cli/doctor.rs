//! `firstspike doctor`: which external tools are there, and how to get the others.

use comfy_table::{Table, presets};

use super::{Outcome, Output};
use crate::error::{Error, Result, Stage};
use crate::tool::{Tool, ToolStatus, Tools};

/// List the external tools and how to get the missing ones.
#[derive(clap::Args)]
pub struct Args {}

/// Prints the list.
///
/// # Errors
/// `tool-missing` if a tool is missing that a simulation needs.
pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    let tools = Tools::locate();
    let statuses = Tool::ALL.map(|tool| tools.status(tool));
    output.result(&statuses, |statuses| rendered(statuses))?;
    verdict(&statuses)
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

fn verdict(statuses: &[ToolStatus]) -> Result<Outcome> {
    let missing: Vec<String> = Tool::ALL
        .iter()
        .zip(statuses)
        .filter(|(tool, status)| tool.simulates() && status.found.is_none())
        .map(|(_, status)| format!("{}: {}", status.name, status.how_to_get))
        .collect();
    if missing.is_empty() {
        return Ok(Outcome::Success);
    }
    let message = format!("{} tool(s) that a simulation needs are missing", missing.len());
    Err(Error::new(Stage::Tool, "tool-missing", message, "each line above says how to get the tool")
        .with_problems(missing))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn statuses(present: impl Fn(Tool) -> bool) -> Vec<ToolStatus> {
        let tools = Tools::default();
        let found = |tool| present(tool).then(|| "/bin/true".into());
        Tool::ALL.iter().map(|&tool| ToolStatus { found: found(tool), ..tools.status(tool) }).collect()
    }

    #[test]
    fn simulation_alone_decides() {
        assert_eq!(verdict(&statuses(Tool::simulates)).unwrap(), Outcome::Success);
        let error = verdict(&statuses(|tool| tool != Tool::Verilator)).unwrap_err();
        assert_eq!(error.code, "tool-missing");
        assert_eq!(error.problems.len(), 1);
    }

    #[test]
    fn the_table_names_what_is_missing() {
        let text = table(&statuses(|tool| tool == Tool::Compiler)).to_string();
        assert!(text.contains("nextpnr-ice40") && text.contains("missing"), "{text}");
    }
}
