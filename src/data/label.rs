//! Which column of a table holds the labels, and what they are called.

use std::collections::HashMap;
use std::convert::Infallible;
use std::fmt;
use std::str::FromStr;

/// Most classes of a table; a column with more different values is none of labels.
pub const MAX_CLASSES: usize = 1 << 16;
/// Column names that say "label" without being asked.
const NAMES: [&str; 9] =
    ["label", "labels", "class", "target", "species", "variety", "diagnosis", "category", "class_label"];

/// Where a table has its labels.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LabelColumn {
    /// In the first column.
    First,
    /// In the last column.
    Last,
    /// The name of a column in the header, or its number from 1 on.
    Named(String),
}

impl FromStr for LabelColumn {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "first" => LabelColumn::First,
            "last" => LabelColumn::Last,
            name => LabelColumn::Named(name.into()),
        })
    }
}

impl fmt::Display for LabelColumn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            LabelColumn::First => "first",
            LabelColumn::Last => "last",
            LabelColumn::Named(name) => name,
        })
    }
}

/// The column of the header whose name says that it holds the labels, if there is one such.
pub fn named_by_itself(header: &[String]) -> Option<usize> {
    let is_label = |name: &String| NAMES.contains(&name.to_lowercase().as_str());
    let mut found = header.iter().enumerate().filter(|(_, name)| is_label(name));
    found.next().filter(|_| found.next().is_none()).map(|(column, _)| column)
}

/// How far a column looks like labels; more is surer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// Fractions, a constant, or values that hardly repeat.
    None,
    /// Whole numbers that repeat.
    Repeating,
    /// 0 … n − 1 or 1 … n, which repeat.
    Counting,
    Text,
}

/// A column that may hold the labels: as names and, should it be none, as numbers.
pub struct Candidate {
    pub column: usize,
    /// Per row the index into `names`; meaningless once there are more than [`MAX_CLASSES`].
    pub ids: Vec<u32>,
    pub names: Vec<String>,
    index: HashMap<String, u32>,
    /// Per row; 0 for a text.
    pub numbers: Vec<f64>,
    /// Line and content of the first field that is no number.
    pub first_text: Option<(u64, String)>,
}

impl Candidate {
    pub fn new(column: usize) -> Self {
        Candidate {
            column,
            ids: Vec::new(),
            names: Vec::new(),
            index: HashMap::new(),
            numbers: Vec::new(),
            first_text: None,
        }
    }

    /// Adds the field of a row, which is `number` if it is one.
    pub fn add(&mut self, line: u64, text: &str, number: Option<f64>) {
        if number.is_none() && self.first_text.is_none() {
            self.first_text = Some((line, text.into()));
        }
        self.numbers.push(number.unwrap_or(0.0));
        let name = canonical(text, number);
        let id = self.index.get(&name).copied().unwrap_or_else(|| self.intern(name));
        self.ids.push(id);
    }

    fn intern(&mut self, name: String) -> u32 {
        let id = self.names.len() as u32;
        if self.has_classes() {
            self.names.push(name.clone());
            self.index.insert(name, id);
        }
        id
    }

    /// Whether the values are few enough to be classes.
    pub fn has_classes(&self) -> bool {
        self.names.len() <= MAX_CLASSES
    }

    pub fn evidence(&self) -> Evidence {
        let values = self.names.len();
        if self.first_text.is_some() {
            return Evidence::Text;
        }
        let Some(numbers) = whole_numbers(&self.names) else { return Evidence::None };
        if values < 2 || 2 * values > self.ids.len() || !self.has_classes() {
            return Evidence::None;
        }
        let (least, most) = (numbers.iter().min(), numbers.iter().max());
        let counts =
            least.zip(most).is_some_and(|(&least, &most)| [0, 1].contains(&least) && most - least + 1 == values as i64);
        if counts { Evidence::Counting } else { Evidence::Repeating }
    }

    /// The names in the order of their classes: numbers by size, else by the alphabet; and each row's class.
    pub fn classes(self) -> (Vec<String>, Vec<u32>) {
        let mut order: Vec<usize> = (0..self.names.len()).collect();
        match whole_numbers(&self.names) {
            Some(numbers) => order.sort_by_key(|&id| numbers[id]),
            None => order.sort_by_key(|&id| &self.names[id]),
        }
        let mut class_of = vec![0; order.len()];
        order.iter().enumerate().for_each(|(class, &id)| class_of[id] = class as u32);
        let names = order.iter().map(|&id| self.names[id].clone()).collect();
        (names, self.ids.iter().map(|&id| class_of[id as usize]).collect())
    }
}

/// The same name for `1`, `1.0` and `1.00e+00`.
fn canonical(text: &str, number: Option<f64>) -> String {
    match number.filter(|number| number.fract() == 0.0 && number.abs() < 1e15) {
        Some(whole) => format!("{}", whole as i64),
        None => text.into(),
    }
}

/// The names as whole numbers, if all are.
fn whole_numbers(names: &[String]) -> Option<Vec<i64>> {
    names.iter().map(|name| name.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence(fields: &[&str]) -> Evidence {
        candidate(fields).evidence()
    }

    fn candidate(fields: &[&str]) -> Candidate {
        let mut candidate = Candidate::new(0);
        fields.iter().for_each(|text| candidate.add(1, text, text.parse().ok()));
        candidate
    }

    #[test]
    fn labels_repeat_and_count() {
        assert_eq!(evidence(&["0", "1.0", "0", "1"]), Evidence::Counting);
        assert_eq!(evidence(&["3", "8", "3", "8"]), Evidence::Repeating);
        assert_eq!(evidence(&["a", "b"]), Evidence::Text);
        assert_eq!(evidence(&["-1", "1", "-1", "1"]), Evidence::Repeating);
        for none in [["0", "1", "2", "3"], ["7", "7", "7", "7"], ["0.5", "1", "0.5", "1"]] {
            assert_eq!(evidence(&none), Evidence::None, "{none:?}");
        }
    }

    #[test]
    fn numbers_are_ordered_by_size_and_texts_by_the_alphabet() {
        assert_eq!(candidate(&["10", "9", "1e1"]).classes(), (vec!["9".into(), "10".into()], vec![1, 0, 1]));
        assert_eq!(candidate(&["b", "a"]).classes(), (vec!["a".into(), "b".into()], vec![1, 0]));
    }

    #[test]
    fn only_one_name_says_label() {
        let header = |names: [&str; 3]| names.map(String::from);
        assert_eq!(named_by_itself(&header(["id", "Species", "x"])), Some(1));
        assert_eq!(named_by_itself(&header(["label", "class", "x"])), None);
    }
}
