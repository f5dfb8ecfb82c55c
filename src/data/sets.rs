//! The sets of a training, and the set that a trained network is measured on: the same columns, the same scale, the same classes, and
//! never a row that was trained on where others exist.

use std::collections::{BTreeSet, HashSet};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use super::label::LabelColumn;
use super::recipient::Recipient;
use super::role::Role;
use super::schema::{HeldOut, Schema, TableSchema};
use super::source;
use super::split::{Split, hold_out};
use super::table::{Scale, Table};
use super::{ImageSet, Images, csv, stream};
use crate::error::{Error, Result, Stage};

/// How data shall be read.
#[derive(Debug, Clone, Default)]
pub struct Reading<'a> {
    /// Where the labels of a table are; else it must be seen.
    pub label: Option<LabelColumn>,
    /// Of a table.
    pub scale: Option<Scale>,
    /// Only so many images or rows, the first.
    pub limit: Option<usize>,
    /// Ends the reading.
    pub interrupt: Option<&'a AtomicBool>,
}

/// Which rows of a table are for testing.
#[derive(Debug, Clone, Default)]
pub struct Testing {
    /// Those of another table.
    pub file: Option<String>,
    /// Some of its own.
    pub held_out: Option<HeldOut>,
}

/// What a network is trained on, and tested on if there are other rows.
#[derive(Debug, Clone)]
pub struct TrainingSets {
    /// What is trained on.
    pub training: Images,
    /// What is tested on.
    pub test: Option<Images>,
    /// How the rows were read.
    pub schema: Schema,
    /// What was found in a table, and what was guessed.
    pub notes: Vec<String>,
}

impl Reading<'_> {
    fn table(&self, path: &str, label: Option<&LabelColumn>) -> Result<Table> {
        csv::read(path, &mut stream::open(Path::new(path))?, label, &|| self.is_interrupted())
    }

    /// A table with the columns of another, and what was left out of it.
    fn table_like(&self, path: &str, label: Option<&LabelColumn>, columns: &[String]) -> Result<(Table, Vec<String>)> {
        let table = self.table(path, label)?;
        let found = table.columns;
        let table = table.arranged(columns)?;
        let rest = found - table.columns;
        let note = || format!("{path}: columns left out that the network does not know: {rest}");
        Ok((table, (rest > 0).then(note).into_iter().collect()))
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// Images have neither columns of labels nor scales.
    fn require_none(&self, source: &str) -> Result<()> {
        let given = [("--label", self.label.is_some()), ("--scale", self.scale.is_some())];
        given
            .iter()
            .try_for_each(|(option, is_given)| if *is_given { Err(only_tables(source, option)) } else { Ok(()) })
    }
}

fn only_tables(source: &str, option: &str) -> Error {
    let message = format!("{option} is for tables, \"{source}\" is none");
    Error::new(Stage::Arguments, "data-options", message, format!("leave out {option}"))
}

/// Loads what a network is trained on. In a table the training rows come in an order of chance, drawn by the seed of `testing`.
///
/// # Errors
/// Those of the formats; `data-options` if a set of images comes with what only tables have; `data-scale`; `data-label` and `data-shape` if
/// the test rows do not fit; `data-classes` if all labels are the same.
pub fn load_training(source: &str, reading: &Reading, testing: &Testing, seed: u64) -> Result<TrainingSets> {
    if source::is_table(source) {
        return load_training_table(source, reading, testing, seed);
    }
    reading.require_none(source)?;
    for (option, is_given) in [("--test", testing.file.is_some()), ("--split", testing.held_out.is_some())] {
        if is_given {
            return Err(only_tables(source, option));
        }
    }
    let (training, test) = (source::load(source, Split::Train)?, source::load(source, Split::Test)?);
    let labels: BTreeSet<u32> = training.labels.iter().chain(&test.labels).copied().collect();
    let names: Vec<String> = labels.iter().map(u32::to_string).collect();
    require_classes(source, &names)?;
    let test = test.fitted(source, &training.shape, &names)?;
    let training = training.with_classes(source, &names)?;
    Ok(TrainingSets { training, test: Some(test), schema: Schema::of(&names, None), notes: Vec::new() })
}

/// There is nothing to learn from one class.
fn require_classes(source: &str, names: &[String]) -> Result<()> {
    let [only] = names else { return Ok(()) };
    let message = format!("{source}: the data have one class, \"{only}\", expected two or more");
    let help = "give data with more classes; if another column of a table holds the labels, name it with --label";
    Err(Error::new(Stage::Data, "data-classes", message, help))
}

fn load_training_table(source: &str, reading: &Reading, testing: &Testing, seed: u64) -> Result<TrainingSets> {
    let table = reading.table(source, reading.label.as_ref())?;
    require_classes(source, &table.classes)?;
    let held_out = testing.held_out;
    let (rows, test_rows) = match &held_out {
        Some(held_out) => table.held_out(held_out)?,
        None => hold_out(&table.labels, 0, seed),
    };
    let ranges = table.ranges(&rows, reading.scale)?;
    let training = table.images(&rows, &ranges)?;
    let mut notes = table.notes(&training, &ranges);
    let (columns, mut test_sha256) = (table.telling_names(), None);
    let test = match &testing.file {
        Some(file) => {
            let (test, left_out) = reading.table_like(file, Some(&table.label), &columns)?;
            notes.extend(left_out.into_iter().chain(table.shared_with(&test)));
            test_sha256 = Some(test.sha256());
            Some(test.images(&test.all(), &ranges)?.fitted(file, &training.shape, &table.classes)?)
        }
        None => (!test_rows.is_empty()).then(|| table.images(&test_rows, &ranges)).transpose()?,
    };
    let (label, sha256) = (table.label.clone(), table.sha256());
    let stored = TableSchema { label, columns, ranges, sha256, test_sha256, held_out };
    Ok(TrainingSets { training, test, schema: Schema::of(&table.classes, Some(stored)), notes })
}

/// What a network is measured on: of the table that it was trained on the part `split`, of another table all rows. The
/// part is the test unless the user says otherwise. Returns with them what was found in the table of a network that remembers none, and
/// what was left out of another.
///
/// # Errors
/// Those of the formats; `data-shape` if images have not the shape of its input; `data-label` if a label is none of its classes;
/// `data-columns` if a column is missing; `data-scale`; `data-options`.
pub fn load_measured(
    source: &str,
    split: Option<Split>,
    reading: &Reading,
    network: &Recipient,
) -> Result<(ImageSet, Vec<String>)> {
    let limit = reading.limit.unwrap_or(usize::MAX);
    if !source::is_table(source) {
        reading.require_none(source)?;
        let set = if source::is_arrays(source) {
            ImageSet::open_arrays(Path::new(source), split, limit, network)?
        } else if source::is_nird(source) {
            ImageSet::open_nird(Path::new(source), split, limit, network)?
        } else {
            ImageSet::open(source, split.unwrap_or(Split::Test), limit, network)?
        };
        return Ok((set, Vec::new()));
    }
    let trained = network.schema.table.as_ref();
    let label = reading.label.as_ref().or(trained.map(|table| &table.label));
    let columns = trained.map_or(&[][..], |trained| &trained.columns);
    let (table, mut notes) = reading.table_like(source, label, columns)?;
    let ranges = match reading.scale {
        None => trained.map_or(Vec::new(), |trained| trained.ranges.clone()),
        Some(scale @ (Scale::Off | Scale::Given(_))) => table.ranges(&[], Some(scale))?,
        Some(scale) => return Err(scale_of_training(scale)),
    };
    let (rows, role) = table.part(split, trained)?;
    let images = table.images(&rows, &ranges)?;
    if trained.is_none() {
        notes.extend(table.notes(&images, &ranges));
    }
    let images = images.fitted(source, network.shape, &network.classes())?.take(limit);
    Ok((Images { role, ..images }.into(), notes))
}

fn scale_of_training(scale: Scale) -> Error {
    let message = format!("--scale {scale} takes its ranges from the rows of training, which are not read here");
    let help = "leave it out, as the model has stored them; or give the values that become 0 and 255: --scale LOW:HIGH";
    Error::new(Stage::Arguments, "data-scale", message, help)
}

impl Table {
    fn all(&self) -> Vec<usize> {
        (0..self.rows()).collect()
    }

    /// A warning if rows of a test are rows of this table, too.
    fn shared_with(&self, test: &Table) -> Option<String> {
        let own: HashSet<u64> = self.all().into_iter().map(|row| self.fingerprint(row)).collect();
        let shared = test.all().into_iter().filter(|&row| own.contains(&test.fingerprint(row))).count();
        let (name, rows) = (&test.name, test.rows());
        (shared > 0).then(|| format!("warning: {shared} of {rows} rows of {name} are rows of {}, too", self.name))
    }

    /// Training rows and test rows.
    fn held_out(&self, held_out: &HeldOut) -> Result<(Vec<usize>, Vec<usize>)> {
        let count = (held_out.share * self.rows() as f64).round() as usize;
        if (1..self.rows()).contains(&count) {
            return Ok(hold_out(&self.labels, count, held_out.seed));
        }
        let message = format!("{}: --split {} holds out {count} of {} rows", self.name, held_out.share, self.rows());
        Err(Error::new(Stage::Arguments, "data-split", message, "hold out at least one row, and not all"))
    }

    /// The rows of a part, and what they are to a network that was trained on the table `trained`.
    fn part(&self, split: Option<Split>, trained: Option<&TableSchema>) -> Result<(Vec<usize>, Role)> {
        let Some(trained) = trained else { return Ok((self.all(), Role::Unknown)) };
        if trained.sha256 != self.sha256() {
            let is_test = split == Some(Split::Test) || trained.test_sha256.as_ref() == Some(&self.sha256());
            return Ok((self.all(), if is_test { Role::Test } else { Role::Unknown }));
        }
        let Some(held_out) = &trained.held_out else { return Ok((self.all(), Role::Training)) };
        let (training, test) = self.held_out(held_out)?;
        Ok(if split == Some(Split::Train) { (training, Role::Training) } else { (test, Role::Test) })
    }
}
