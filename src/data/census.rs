//! Which labels a set has: how many of each, and where the first is.

use std::collections::{BTreeMap, HashMap};

use super::table::listed;
use crate::error::{Error, Result, Stage};

/// The labels that were counted.
#[derive(Default)]
pub struct Census {
    labels: BTreeMap<u32, Found>,
    total: usize,
}

struct Found {
    count: usize,
    /// Number of the first image that has it.
    first: usize,
}

impl Census {
    /// Counts the labels of the next images.
    pub fn add(&mut self, labels: &[u32]) {
        for (&label, number) in labels.iter().zip(self.total..) {
            self.labels.entry(label).or_insert(Found { count: 0, first: number }).count += 1;
        }
        self.total += labels.len();
    }

    /// The places in `classes` of all labels, found by what they are called.
    ///
    /// # Errors
    /// `data-label` if a label is none of `classes`. `source` names the data in the message.
    pub fn places(
        &self,
        source: &str,
        classes: &[String],
        called: impl Fn(u32) -> String,
    ) -> Result<HashMap<u32, u32>> {
        let places: HashMap<&str, u32> =
            classes.iter().enumerate().map(|(place, name)| (&**name, place as u32)).collect();
        let place = |&label: &u32| places.get(&*called(label)).map(|&place| (label, place));
        let found: HashMap<u32, u32> = self.labels.keys().filter_map(place).collect();
        if found.len() == self.labels.len() {
            return Ok(found);
        }
        Err(self.unknown(source, classes, called, |label| !found.contains_key(label)))
    }

    fn unknown(
        &self,
        source: &str,
        classes: &[String],
        called: impl Fn(u32) -> String,
        is_unknown: impl Fn(&u32) -> bool,
    ) -> Error {
        let unknown = || self.labels.iter().filter(|(label, _)| is_unknown(label));
        let count: usize = unknown().map(|(_, found)| found.count).sum();
        let first = unknown().min_by_key(|(_, found)| found.first).map_or(String::new(), |(&label, found)| {
            format!("; the first, of number {}, is \"{}\"", found.first, called(label))
        });
        let names: Vec<String> = self.labels.keys().map(|&label| called(label)).collect();
        Error::new(
            Stage::Data,
            "data-label",
            format!("{source}: {count} of {} labels are none of the network's classes{first}", self.total),
            "use a network with these classes, or remove the rows or images of the others",
        )
        .with_problems(vec![
            format!("the data have {}", listed(&names)),
            format!("the network has {}", listed(classes)),
        ])
    }
}
