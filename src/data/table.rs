//! A table of numbers with a label per row, and how its values become pixels (`docs/tables.md`).

use std::collections::HashMap;
use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::str::FromStr;

use ndarray::Array2;
use sha2::{Digest, Sha256};

use super::Images;
use super::label::LabelColumn;
use crate::error::{Error, Result, Stage};
use crate::files;

/// A largest value below this is far from 255.
const BRIGHT: u8 = 128;
/// A table of at least so many columns, all pixels and as many as a square has, is a set of square images.
const LEAST_IMAGE: usize = 64;
const SCALES: &str = "columns, table, off, or LOW:HIGH";

/// Two values, of which the first becomes 0 and the second 255.
pub type Range = [f64; 2];

/// How values become pixels.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scale {
    /// They are pixels: whole numbers 0 … 255.
    Off,
    /// From the least to the largest value of the training rows.
    Table,
    /// The same in each column.
    Columns,
    /// From one given value to another.
    Given(Range),
}

impl FromStr for Scale {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        match text {
            "off" => return Ok(Scale::Off),
            "table" => return Ok(Scale::Table),
            "columns" => return Ok(Scale::Columns),
            _ => {}
        }
        let number = |text: &str| text.parse().ok().filter(|number: &f64| number.is_finite());
        let range = text.split_once(':').and_then(|(low, high)| Some([number(low)?, number(high)?]));
        let range = range.filter(|[low, high]| low < high && (high - low).is_finite());
        range.map(Scale::Given).ok_or_else(|| format!("\"{text}\": expected {SCALES} with LOW < HIGH"))
    }
}

/// Row by row. Bytes as long as all values are pixels.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    Pixels(Vec<u8>),
    Numbers(Vec<f64>),
}

impl Default for Values {
    fn default() -> Self {
        Values::Pixels(Vec::new())
    }
}

impl Values {
    pub fn push(&mut self, number: f64) {
        match self {
            Values::Numbers(numbers) => numbers.push(number),
            Values::Pixels(pixels) if is_pixel(number) => pixels.push(number as u8),
            Values::Pixels(pixels) => {
                *self = Values::Numbers(pixels.iter().map(|&pixel| f64::from(pixel)).chain([number]).collect());
            }
        }
    }

    fn len(&self) -> usize {
        match self {
            Values::Pixels(pixels) => pixels.len(),
            Values::Numbers(numbers) => numbers.len(),
        }
    }

    /// In memory.
    pub fn bytes(&self) -> usize {
        match self {
            Values::Pixels(pixels) => pixels.len(),
            Values::Numbers(numbers) => 8 * numbers.len(),
        }
    }

    pub fn get(&self, index: usize) -> f64 {
        match self {
            Values::Pixels(pixels) => f64::from(pixels[index]),
            Values::Numbers(numbers) => numbers[index],
        }
    }

    /// Of rows of `width` values those at `places`.
    fn chosen(&self, width: usize, places: &[usize]) -> Values {
        let mut chosen = Values::default();
        let rows = (0..self.len()).step_by(width);
        rows.for_each(|start| places.iter().for_each(|place| chosen.push(self.get(start + place))));
        chosen
    }

    /// Adds a value to every row, at its start or its end.
    pub fn insert_column(&mut self, at_end: bool, column: &[f64]) {
        let width = self.len() / column.len().max(1);
        let mut wider = Values::default();
        for (row, &number) in column.iter().enumerate() {
            let old = row * width..(row + 1) * width;
            if !at_end {
                wider.push(number);
            }
            old.for_each(|index| wider.push(self.get(index)));
            if at_end {
                wider.push(number);
            }
        }
        *self = wider;
    }
}

fn is_pixel(number: f64) -> bool {
    number.fract() == 0.0 && (0.0..=255.0).contains(&number)
}

/// A table as it was read.
///
/// # Shapes
/// `values` is rows × `columns`, without the label; `labels` has one class per row, `classes` one name per class.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub name: String,
    /// The shape that the file gives its rows.
    pub shape: Option<Vec<usize>>,
    pub columns: usize,
    /// Of the columns; none if the file does not name them.
    pub names: Vec<String>,
    pub values: Values,
    pub labels: Vec<u32>,
    pub classes: Vec<String>,
    pub label: LabelColumn,
    /// Whether nobody said which column holds the labels.
    pub guessed: bool,
    /// The first column that was left out, by its name.
    pub row_names: Option<String>,
}

impl Table {
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// The names of the columns if each has another; nothing is found by names that repeat.
    pub fn telling_names(&self) -> Vec<String> {
        if self.places().values().any(Option::is_none) { Vec::new() } else { self.names.clone() }
    }

    /// Where each name is; nowhere if it is there twice.
    fn places(&self) -> HashMap<&str, Option<usize>> {
        let mut places = HashMap::new();
        for (place, name) in self.names.iter().enumerate() {
            places.entry(&**name).and_modify(|place| *place = None).or_insert(Some(place));
        }
        places
    }

    /// The table with the columns `names` in their order; as it is if the columns of either are not named.
    ///
    /// # Errors
    /// `data-columns` if one of `names` is not there, or twice.
    pub fn arranged(mut self, names: &[String]) -> Result<Table> {
        if names.is_empty() || self.names.is_empty() {
            return Ok(self);
        }
        let known = self.places();
        let place = |name: &String| known.get(&**name).copied().flatten().ok_or_else(|| name.clone());
        let (places, missing): (Vec<_>, Vec<_>) = names.iter().map(place).partition(std::result::Result::is_ok);
        if !missing.is_empty() {
            let missing: Vec<String> = missing.into_iter().filter_map(std::result::Result::err).collect();
            return Err(self.other_columns(names, &missing));
        }
        let places: Vec<usize> = places.into_iter().flatten().collect();
        self.shape = self.shape.filter(|_| places.len() == self.columns);
        self.values = self.values.chosen(self.columns, &places);
        (self.columns, self.names) = (places.len(), names.to_vec());
        Ok(self)
    }

    fn other_columns(&self, expected: &[String], missing: &[String]) -> Error {
        let listed = |names: &[String]| listed_as(names, ["column", "columns"]);
        let message =
            format!("{}: of the network's columns are missing, or there twice: {}", self.name, first_names(missing));
        let help =
            "name the columns as the table of the training does; without a header they are taken by their places";
        Error::new(Stage::Data, "data-columns", message, help).with_problems(vec![
            format!("the table has {}", listed(&self.names)),
            format!("the network has {}", listed(expected)),
        ])
    }

    /// Tells the values and the label of a row from those of others.
    pub fn fingerprint(&self, row: usize) -> u64 {
        let mut hash = DefaultHasher::new();
        (0..self.columns).for_each(|column| self.values.get(row * self.columns + column).to_bits().hash(&mut hash));
        self.classes[self.labels[row] as usize].hash(&mut hash);
        hash.finish()
    }

    /// Tells one table from another, whatever its separators and quotes.
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(format!("{} {}\n", self.rows(), self.columns));
        (0..self.values.len()).for_each(|index| hash.update(self.values.get(index).to_le_bytes()));
        self.labels.iter().for_each(|&label| {
            hash.update(&self.classes[label as usize]);
            hash.update("\n");
        });
        files::hex(&hash.finalize())
    }

    /// What becomes 0 … 255: nothing is scaled if that is empty. Numbers that are no pixels are scaled by column unless the user says
    /// otherwise.
    ///
    /// # Errors
    /// `data-scale` if values that are no pixels shall not be scaled.
    pub fn ranges(&self, rows: &[usize], scale: Option<Scale>) -> Result<Vec<Range>> {
        let is_pixels = matches!(self.values, Values::Pixels(_));
        match scale.unwrap_or(if is_pixels { Scale::Off } else { Scale::Columns }) {
            Scale::Off => self.require_pixels().map(|()| Vec::new()),
            Scale::Given(range) => Ok(vec![range]),
            Scale::Columns => Ok((0..self.columns).map(|column| self.range(rows, column..column + 1)).collect()),
            Scale::Table => Ok(vec![self.range(rows, 0..self.columns)]),
        }
    }

    fn range(&self, rows: &[usize], columns: std::ops::Range<usize>) -> Range {
        let start = [f64::INFINITY, f64::NEG_INFINITY];
        let cells = rows.iter().flat_map(|row| columns.clone().map(move |column| row * self.columns + column));
        cells.map(|cell| self.values.get(cell)).fold(start, |[low, high], value| [low.min(value), high.max(value)])
    }

    fn require_pixels(&self) -> Result<()> {
        let Values::Numbers(numbers) = &self.values else { return Ok(()) };
        let index = numbers.iter().position(|&number| !is_pixel(number)).unwrap_or(0);
        let (row, column) = (index / self.columns + 1, index % self.columns + 1);
        let message = format!(
            "{}: row {row}, column {column} (without the label) is {}, expected a pixel 0 … 255",
            self.name, numbers[index]
        );
        let help = "train on the table, which stores its ranges in the model; or give the values that become 0 and 255: --scale LOW:HIGH";
        Err(Error::new(Stage::Data, "data-scale", message, help))
    }

    /// The rows as images, of values that become 0 … 255 by `ranges`.
    ///
    /// # Errors
    /// `data-scale` if there are no ranges, and the values are no pixels; `data-shape` if there are ranges of other columns.
    pub fn images(&self, rows: &[usize], ranges: &[Range]) -> Result<Images> {
        if ranges.is_empty() {
            self.require_pixels()?;
        } else if ranges.len() != 1 && ranges.len() != self.columns {
            let message =
                format!("{}: rows have {} values, the network expects {}", self.name, self.columns, ranges.len());
            return Err(Error::new(
                Stage::Data,
                "data-shape",
                message,
                "give a table with the columns it was trained on",
            ));
        }
        let range = |column: usize| if ranges.len() == 1 { ranges.first() } else { ranges.get(column) };
        let cell = |(row, column): (usize, usize)| {
            let value = self.values.get(rows[row] * self.columns + column);
            range(column).map_or(value as u8, |range| pixel(value, *range))
        };
        let pixels = Array2::from_shape_fn((rows.len(), self.columns), cell);
        let labels = rows.iter().map(|&row| self.labels[row]).collect();
        Ok(Images { classes: self.classes.clone(), ..Images::new(self.shape(ranges), pixels, labels) })
    }

    /// The given shape; else a flat row, unless all values are pixels, or have one range, and make a square that can be seen.
    fn shape(&self, ranges: &[Range]) -> Vec<usize> {
        let side = self.columns.isqrt();
        let is_square = side * side == self.columns && self.columns >= LEAST_IMAGE && ranges.len() <= 1;
        self.shape.clone().unwrap_or_else(|| if is_square { vec![side, side] } else { vec![self.columns] })
    }

    /// What was found, in one sentence, and what is odd about it.
    pub fn notes(&self, images: &Images, ranges: &[Range]) -> Vec<String> {
        let mut notes = vec![self.description(images, ranges)];
        let brightest = images.pixels.iter().max().copied().unwrap_or(0);
        if ranges.is_empty() && brightest < BRIGHT {
            notes.push(format!(
                "warning: the largest value of {} is {brightest}, far from 255: every input spikes late, or never; \
                 give --scale table, or --scale columns",
                self.name
            ));
        }
        notes
    }

    fn description(&self, images: &Images, ranges: &[Range]) -> String {
        let guess = if self.guessed { " (a guess; --label says otherwise)" } else { "" };
        let left_out = self.row_names.as_ref().map_or(String::new(), |name| format!(", column \"{name}\" left out"));
        let shape =
            if images.shape.len() == 1 { String::new() } else { format!(" as images of {}", times(&images.shape)) };
        let scale = match ranges {
            [] => String::new(),
            [[low, high]] => format!("; {low} … {high} become 0 … 255"),
            _ => "; least and largest value of each column become 0 and 255".into(),
        };
        format!(
            "{}: {} of {}{shape}{left_out}; label: {}{guess}; {}{scale}",
            self.name,
            counted(self.rows(), "row"),
            counted(self.columns, "column"),
            self.label,
            listed(&self.classes)
        )
    }
}

/// The pixel that a value becomes, `round(255·(x − low)/(high − low))` within 0 … 255; 0 if the range is a point.
fn pixel(value: f64, [low, high]: Range) -> u8 {
    let share = if high > low { (value - low) / (high - low) } else { 0.0 };
    (255.0 * share).round().clamp(0.0, 255.0) as u8
}

/// `28 × 28`.
pub fn times(sides: &[usize]) -> String {
    sides.iter().map(usize::to_string).collect::<Vec<_>>().join(" × ")
}

fn counted(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

/// A few names of classes, and how many more there are.
pub fn listed(classes: &[String]) -> String {
    listed_as(classes, ["class", "classes"])
}

/// A few names, and how many more there are, of what is called so if it is one, or many.
fn listed_as(names: &[String], [one, many]: [&str; 2]) -> String {
    let noun = if names.len() == 1 { one } else { many };
    format!("{} {noun}: {}", names.len(), first_names(names))
}

/// A few names, and how many more there are.
fn first_names(names: &[String]) -> String {
    let shown = names.iter().take(10).cloned().collect::<Vec<_>>().join(", ");
    let more = names.len().saturating_sub(10);
    if more > 0 { format!("{shown}, and {more} more") } else { shown }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Scale::Off => f.write_str("off"),
            Scale::Table => f.write_str("table"),
            Scale::Columns => f.write_str("columns"),
            Scale::Given([low, high]) => write!(f, "{low}:{high}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(columns: usize, numbers: &[f64]) -> Table {
        let mut values = Values::default();
        numbers.iter().for_each(|&number| values.push(number));
        let rows = numbers.len() / columns;
        Table {
            name: "x".into(),
            shape: None,
            columns,
            names: Vec::new(),
            values,
            labels: vec![0; rows],
            classes: vec!["only".into()],
            label: LabelColumn::Last,
            guessed: false,
            row_names: None,
        }
    }

    #[test]
    fn a_range_becomes_0_to_255() {
        let pixels = |range| [-9.0, 1.0, 2.0, 3.0, 9.0].map(|value| pixel(value, range));
        assert_eq!(pixels([1.0, 3.0]), [0, 0, 128, 255, 255]);
        assert_eq!(pixels([2.0, 2.0]), [0; 5]);
        assert_eq!(pixel(f64::MAX, [-f64::MAX, f64::MAX]), 0);
    }

    #[test]
    fn ranges_are_those_of_the_training_rows() {
        let table = table(2, &[0.0, 10.0, 4.0, 10.5, 100.0, -1.0]);
        let ranges = |scale| table.ranges(&[0, 1], scale).unwrap();
        assert_eq!(ranges(None), [[0.0, 4.0], [10.0, 10.5]]);
        assert_eq!(ranges(Some(Scale::Table)), [[0.0, 10.5]]);
        assert_eq!(table.ranges(&[0], Some(Scale::Off)).unwrap_err().code, "data-scale");
        assert_eq!(table.images(&[0], &[]).unwrap_err().code, "data-scale");
        assert_eq!(table.images(&[0], &[[0.0, 1.0]; 3]).unwrap_err().code, "data-shape");
        let images = table.images(&[2, 1], &ranges(None)).unwrap();
        assert_eq!(
            (images.pixels.iter().copied().collect::<Vec<_>>(), images.shape),
            (vec![255, 0, 255, 255], vec![2])
        );
    }

    #[test]
    fn pixels_stay_as_they_are_and_may_be_an_image() {
        let table = table(64, &[7.0; 128]);
        assert!(table.ranges(&[0, 1], None).unwrap().is_empty());
        assert_eq!(table.images(&[1], &[]).unwrap().shape, [8, 8]);
        assert_eq!(table.images(&[1], &[[0.0, 16.0]]).unwrap().pixels[[0, 63]], 112);
        assert_eq!(table.images(&[1], &[[0.0, 16.0]; 64]).unwrap().shape, [64]);
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let names = |text: &str| text.chars().map(String::from).collect::<Vec<_>>();
        let named = |columns: &str| Table { names: names(columns), ..table(3, &[1.0, 2.5, 3.0, 4.0, 5.0, 6.0]) };
        let arranged = named("abc").arranged(&names("ca")).unwrap();
        assert_eq!((arranged.columns, arranged.names), (2, names("ca")));
        assert_eq!(arranged.values, Values::Pixels(vec![3, 1, 6, 4]));
        for (columns, expected) in [("", "cab"), ("abc", ""), ("abc", "abc")] {
            assert_eq!(named(columns).arranged(&names(expected)), Ok(named(columns)), "{columns} {expected}");
        }
        let error = named("aba").arranged(&names("bda")).unwrap_err();
        assert_eq!(error.code, "data-columns");
        assert!(error.message.ends_with("there twice: d, a"), "{error}");
        assert_eq!(error.problems, ["the table has 3 columns: a, b, a", "the network has 3 columns: b, d, a"]);
        assert_eq!((named("abc").telling_names(), named("aba").telling_names()), (names("abc"), Vec::new()));
    }

    #[test]
    fn a_column_is_added_at_either_end() {
        let mut values = table(1, &[1.0, 2.0]).values;
        values.insert_column(false, &[0.5, 9.0]);
        values.insert_column(true, &[7.0, 8.0]);
        assert_eq!(values, Values::Numbers(vec![0.5, 1.0, 7.0, 9.0, 2.0, 8.0]));
    }

    #[test]
    fn scales_are_typed_as_words_or_two_numbers() {
        assert_eq!("-1.5:3".parse(), Ok(Scale::Given([-1.5, 3.0])));
        for scale in ["off", "table", "columns", "0:16"] {
            assert_eq!(scale.parse::<Scale>().unwrap().to_string(), scale);
        }
        for wrong in ["", "3", "3:1", "1:1", "a:b", "0:inf", "nan:1", "on"] {
            assert!(wrong.parse::<Scale>().is_err(), "{wrong}");
        }
    }
}
