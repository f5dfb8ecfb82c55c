//! Names and values in titled groups, laid out for the terminal.

use std::fmt;

use super::text::{Tone, columns, options, wrapped};
use crate::error::visible;

/// Blank columns between a name and its value.
const GAP: usize = 2;
/// Blank columns in front of every row.
const INDENT: usize = 2;
/// A value that would have to break into fewer columns than this beside its name goes below it.
const FEWEST_VALUE_COLUMNS: usize = 16;

/// Names on the left, values on the right, in groups with a title each: the network's figures, the chip's, this machine's.
///
/// Shown, no line is wider than the terminal unless a single word is.
#[derive(Debug, Clone, Default)]
pub struct Table {
    groups: Vec<Group>,
}

#[derive(Debug, Clone)]
struct Group {
    title: String,
    rows: Vec<Row>,
}

#[derive(Debug, Clone)]
struct Row {
    name: String,
    value: String,
    tone: Option<Tone>,
    /// Below its name, if it does not fit beside it.
    is_path: bool,
}

impl Table {
    /// An empty table.
    pub fn new() -> Self {
        Table::default()
    }

    /// Begins a group. One without rows is not shown.
    pub fn group(&mut self, title: impl Into<String>) -> &mut Self {
        self.groups.push(Group { title: visible(&title.into()), rows: Vec::new() });
        self
    }

    /// Adds a row to the group that was begun last.
    pub fn row(&mut self, name: impl Into<String>, value: impl Into<String>) -> &mut Self {
        self.add(Row { name: name.into(), value: value.into(), tone: None, is_path: false })
    }

    /// A row whose value is green if all is well, red if not.
    pub fn verdict(&mut self, name: impl Into<String>, value: impl Into<String>, is_good: bool) -> &mut Self {
        let tone = Some(if is_good { Tone::Good } else { Tone::Bad });
        self.add(Row { name: name.into(), value: value.into(), tone, is_path: false })
    }

    /// A row that says that files of the hardware are not what its network gives; none if they are.
    pub fn edited(&mut self, files: &[String]) -> &mut Self {
        if files.is_empty() { self } else { self.verdict("edited by hand", files.join(", "), false) }
    }

    /// A row with a path, which gets a line of its own where it is long.
    pub fn path(&mut self, name: impl Into<String>, path: impl Into<String>) -> &mut Self {
        self.add(Row { name: name.into(), value: path.into(), tone: None, is_path: true })
    }

    fn add(&mut self, row: Row) -> &mut Self {
        if self.groups.is_empty() {
            self.group("");
        }
        self.groups.last_mut().expect("a group was begun").rows.push(Row {
            name: visible(&row.name),
            value: visible(&row.value),
            ..row
        });
        self
    }

    /// The table, at most `columns` wide.
    pub fn fitted(&self, columns: usize) -> String {
        let rows = self.groups.iter().flat_map(|group| &group.rows);
        let names = rows.map(|row| row.name.chars().count()).max().unwrap_or(0);
        let mut lines = Vec::new();
        for group in self.groups.iter().filter(|group| !group.rows.is_empty()) {
            let title = textwrap::wrap(&group.title, options(columns));
            lines.extend(title.iter().filter(|line| !line.is_empty()).map(|line| Tone::Title.marked(line)));
            lines.extend(group.rows.iter().flat_map(|row| row.lines(names, columns)));
        }
        lines.join("\n")
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.fitted(columns()))
    }
}

impl Row {
    fn lines(&self, names: usize, columns: usize) -> Vec<String> {
        let beside = columns.saturating_sub(INDENT + names + GAP);
        let fits = self.value.chars().count() <= beside;
        let may_break = !self.is_path && beside >= FEWEST_VALUE_COLUMNS;
        if !fits && !may_break {
            let below = columns.saturating_sub(2 * INDENT);
            let name = format!("{:INDENT$}{}", "", self.name);
            let values = self.values(below).into_iter().map(|value| format!("{:1$}{value}", "", 2 * INDENT));
            return std::iter::once(name).chain(values).collect();
        }
        let lines = self.values(beside).into_iter().enumerate();
        let name = |line: usize| if line == 0 { self.name.as_str() } else { "" };
        lines.map(|(line, value)| format!("{:INDENT$}{:names$}{:GAP$}{value}", "", name(line), "")).collect()
    }

    /// The value in lines of at most so many columns, colored.
    fn values(&self, columns: usize) -> Vec<String> {
        let colored = |line: String| match self.tone {
            Some(tone) => tone.marked(&line),
            None => line,
        };
        wrapped(&self.value, columns).into_iter().map(colored).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::text::painted;
    use super::*;

    fn table() -> Table {
        let mut table = Table::new();
        table.group("network").row("layers", "784-256-10, T = 4").row("weights", "4 + 4 bits, membranes 13 + 12 bits");
        table.group("nothing here");
        table.group("this machine").path("bitstream", "/home/somebody/designs/one/synth/board/top.bit");
        table
    }

    #[test]
    fn values_break_between_words_beside_their_name() {
        let expected = "network\n  layers     784-256-10, T = 4\n  weights    4 + 4 bits, membranes 13 +\n             12 bits\n\
                        this machine\n  bitstream\n    /home/somebody/designs/one/synth/board/top.bit";
        assert_eq!(painted(&table().fitted(40)), expected);
    }

    #[test]
    fn in_a_narrow_terminal_values_stand_below_their_name() {
        let text = painted(&table().fitted(24));
        assert!(text.starts_with("network\n  layers\n    784-256-10, T = 4\n  weights\n    4 + 4 bits,\n"), "{text}");
        let mut table = table();
        let text = painted(&table.row("tool", "missing").fitted(24));
        assert!(text.ends_with("\n  tool       missing"), "{text}");
    }

    #[test]
    fn a_wide_terminal_takes_a_line_per_row() {
        assert_eq!(table().fitted(200).lines().count(), 5);
    }
}
