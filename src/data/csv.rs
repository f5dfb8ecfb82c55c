//! A table of numbers as text: its separator, its header, its rows.
//!
//! One row per line, the label in one column. Commas, semicolons, tabs or spaces separate; fields may be quoted; the first line may
//! name the columns, or be scikit-learn's `rows,columns,class,class,…`. A line `# shape 28x28` or `# shape 3x32x32` before the rows says
//! that a row is an image.

use std::cmp::Ordering;
use std::io::{self, BufRead, Cursor, Read};

use csv::{ByteRecord, Reader, ReaderBuilder, Trim};

use super::label::{Candidate, Evidence, LabelColumn, MAX_CLASSES, named_by_itself};
use super::schema::is_class_name;
use super::stream::{MAX_PIXELS, read_error};
use super::table::{Table, Values, times};
use crate::error::{Error, Result, Stage};

/// Most bytes from one row to the next: a line without end, or nothing but blank lines, must not exhaust memory or patience.
const MAX_ROW: u64 = 1 << 24;
/// Mistakes after which reading stops.
const MAX_MISTAKES: usize = 1000;
/// Mistakes that are listed.
const MAX_LISTED: usize = 20;
/// So many columns called 0, 1, 2, … are a header without names, as pandas writes it.
const NUMBERED_HEADER: usize = 10;
const HELP: &str = "write one row per line: numbers, and its label in the first or last column";

/// Reads the table called `name` in messages, its labels in the column `wanted`, else in the one that looks like labels.
///
/// # Errors
/// `data-csv` with every mistake of the file, up to a thousand; `data-encoding` if it is not UTF-8; `data-label-column`, `data-empty`,
/// `data-size`, `data-gzip`, `interrupted`.
pub fn read(
    name: &str,
    reader: &mut dyn BufRead,
    wanted: Option<&LabelColumn>,
    is_interrupted: &dyn Fn() -> bool,
) -> Result<Table> {
    let head = Head::read(name, reader)?;
    let mut rows = Rows::new(name, head.separator, Cursor::new(head.text).chain(reader));
    let (first, second) = (rows.next()?, rows.next()?);
    let header = first.as_ref().and_then(|first| Header::of(first, second.as_ref()));
    let mut waiting = first.into_iter().chain(second).skip(usize::from(header.is_some())).peekable();
    let Some(columns) = waiting.peek().map(|row| row.fields.len()) else { return Err(empty(name, head.problem)) };
    let mut reading = Reading::new(name, header, columns, wanted)?;
    reading.problems.extend(head.problem);
    while let Some(row) = waiting.next().map_or_else(|| rows.next(), |row| Ok(Some(row)))? {
        reading.add(row)?;
        if is_interrupted() {
            return Err(Error::interrupted(Stage::Data, "run the command again to start over"));
        }
        if reading.problems.len() >= MAX_MISTAKES {
            break;
        }
    }
    reading.finish(head.shape)
}

fn empty(name: &str, problem: Option<String>) -> Error {
    match problem {
        Some(problem) => mistakes(name, vec![problem]),
        None => {
            Error::new(Stage::Data, "data-empty", format!("{name}: number of rows is 0, expected at least 1"), HELP)
        }
    }
}

/// What stands before the rows, and how they are separated.
struct Head {
    shape: Option<Vec<usize>>,
    problem: Option<String>,
    separator: u8,
    /// What was read to find that out, comments left empty.
    text: Vec<u8>,
}

impl Head {
    /// Reads on to the second line that is neither blank nor a comment.
    fn read(name: &str, reader: &mut dyn BufRead) -> Result<Head> {
        let mut head = Head { shape: None, problem: None, separator: b',', text: Vec::new() };
        let (mut lines, mut line) = (Vec::new(), Vec::new());
        while lines.len() < 2 {
            line.clear();
            let room = MAX_ROW.saturating_sub(head.text.len() as u64);
            reader.take(room).read_until(b'\n', &mut line).map_err(|cause| read_error(name, &cause))?;
            if line.len() as u64 == room {
                return Err(too_long(name));
            }
            if line.is_empty() {
                break;
            }
            if is_utf16(&line) {
                return Err(not_utf8(name, "is UTF-16"));
            }
            let content = line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&line).trim_ascii();
            if content.starts_with(b"#") {
                head.comment(content);
            } else if !content.is_empty() {
                lines.push(content.to_vec());
                head.text.extend(content);
            }
            head.text.push(b'\n');
        }
        head.separator = separator(&lines);
        Ok(head)
    }

    fn comment(&mut self, line: &[u8]) {
        let text = String::from_utf8_lossy(&line[1..]);
        let Some(shape) = text.trim().strip_prefix("shape") else { return };
        self.shape = parse_shape(shape);
        if self.shape.is_none() {
            self.problem = Some(format!("\"# {}\" gives no shape, expected \"# shape HEIGHTxWIDTH\"", shown(&text)));
        }
    }
}

/// Whether a line is of a text in UTF-16: by its mark, or by the zeros that are every other byte of plain letters.
fn is_utf16(line: &[u8]) -> bool {
    let zeros = |first: usize| line.iter().skip(first).step_by(2).filter(|&&byte| byte == 0).count();
    let (even, odd) = (zeros(0), zeros(1));
    let alternates = even.min(odd) == 0 && even.max(odd) > 1 && 4 * even.max(odd) >= line.len();
    alternates || [b"\xff\xfe", b"\xfe\xff"].iter().any(|mark| line.starts_with(*mark))
}

fn not_utf8(name: &str, found: &str) -> Error {
    let help = "save it as UTF-8 (in a spreadsheet: \"CSV UTF-8\"), so that no letter is mistaken for another";
    Error::new(Stage::Data, "data-encoding", format!("{name}: {found}, expected UTF-8"), help)
}

/// `3x32x32`: one to three sides from 1 to 65,535.
fn parse_shape(text: &str) -> Option<Vec<usize>> {
    let side = |text: &str| text.trim().parse::<u16>().ok().filter(|&side| side > 0).map(usize::from);
    text.split('x').map(side).collect::<Option<Vec<_>>>().filter(|sides| sides.len() <= 3)
}

/// What separates the fields of the first lines. Spaces only if the lines have as many fields, since names hold spaces too; R's header
/// has one less.
fn separator(lines: &[Vec<u8>]) -> u8 {
    let has = |line: &Vec<u8>, byte: u8| {
        let mut quoted = false;
        line.iter().any(|&found| {
            quoted ^= found == b'"';
            found == byte && !quoted
        })
    };
    let words = |line: &Vec<u8>| line.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).count();
    let in_all = |byte: &u8| !lines.is_empty() && lines.iter().all(|line| has(line, *byte));
    let least = lines.first().map_or(0, words);
    let spaced = || least > 1 && lines.iter().all(|line| (least..=least + 1).contains(&words(line)));
    b"\t;,".iter().copied().find(|byte| in_all(byte)).unwrap_or(if spaced() { b' ' } else { b',' })
}

/// A row that is not blank.
struct Row {
    line: u64,
    fields: Vec<Field>,
}

struct Field {
    text: String,
    /// What it is as a finite number, if it is one.
    number: Option<f64>,
}

impl Field {
    /// Where a comma separates, or may group thousands, it is no decimal comma.
    fn new(text: String, separator: u8) -> Field {
        let with_point = || [b';', b'\t'].contains(&separator).then(|| text.replacen(',', ".", 1));
        let number = number(&text).or_else(|| number(&with_point()?));
        Field { text, number }
    }
}

/// The rows of the text.
struct Rows<'a, R> {
    name: &'a str,
    separator: u8,
    reader: Reader<Bounded<R>>,
    record: ByteRecord,
}

impl<'a, R: Read> Rows<'a, R> {
    fn new(name: &'a str, separator: u8, text: R) -> Self {
        let mut builder = ReaderBuilder::new();
        builder.delimiter(separator).has_headers(false).flexible(true).trim(Trim::All).comment(Some(b'#'));
        let reader = builder.from_reader(Bounded { text, left: MAX_ROW });
        Rows { name, separator, reader, record: ByteRecord::new() }
    }

    fn next(&mut self) -> Result<Option<Row>> {
        self.reader.get_mut().left = MAX_ROW;
        while self.reader.read_byte_record(&mut self.record).map_err(|cause| self.failed(cause))? {
            let line = self.record.position().map_or(0, csv::Position::line);
            let mut fields = self.fields(line)?;
            if self.separator == b' ' {
                fields.retain(|field| !field.text.is_empty());
            }
            if fields.iter().any(|field| !field.text.is_empty()) {
                return Ok(Some(Row { line, fields }));
            }
        }
        Ok(None)
    }

    /// The fields of the record that was read, which begins in `line`.
    fn fields(&self, line: u64) -> Result<Vec<Field>> {
        let field = |(index, bytes): (usize, &[u8])| match std::str::from_utf8(bytes) {
            Ok(text) => Ok(Field::new(text.into(), self.separator)),
            Err(error) => {
                let (before, byte) =
                    (String::from_utf8_lossy(&bytes[..error.valid_up_to()]), bytes[error.valid_up_to()]);
                let place = format!("line {line} field {}", index + 1);
                Err(not_utf8(self.name, &format!("{place} has the byte 0x{byte:02X} after \"{}\"", shown(&before))))
            }
        };
        self.record.iter().enumerate().map(field).collect()
    }

    fn failed(&self, cause: csv::Error) -> Error {
        match cause.into_kind() {
            csv::ErrorKind::Io(cause) if cause.kind() == io::ErrorKind::FileTooLarge => too_long(self.name),
            csv::ErrorKind::Io(cause) => read_error(self.name, &cause),
            kind => unreachable!("bytes of any number per row are no mistake: {kind:?}"),
        }
    }
}

/// Ends with an error after so many bytes.
struct Bounded<R> {
    text: R,
    left: u64,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let count = self.text.read(buffer)?;
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

fn too_long(name: &str) -> Error {
    Error::new(
        Stage::Data,
        "data-size",
        format!("{name}: a row has not ended after {MAX_ROW} bytes, or as many are blank"),
        "check that the file is text with one row per line; a quote that is never closed may be to blame",
    )
}

/// What the first line says if it is no row.
#[derive(Default)]
struct Header {
    columns: Vec<String>,
    /// scikit-learn's own files: how many rows and columns there are, and what the classes 0, 1, … are called.
    classes: Option<Classes>,
}

struct Classes {
    rows: usize,
    columns: usize,
    names: Vec<String>,
}

impl Header {
    /// A first row is a header if it has a text where the second has a number.
    fn of(first: &Row, second: Option<&Row>) -> Option<Header> {
        let is_number = |field: &Field| field.number.is_some();
        let of_texts = || !first.fields.iter().any(is_number) && first.fields.len() > 1;
        let is_header = match second {
            None => of_texts(),
            Some(second) => first.fields.iter().zip(&second.fields).any(|(a, b)| !is_number(a) && is_number(b)),
        };
        let counts = |(index, field): (usize, &Field)| field.text == index.to_string();
        let is_numbered = first.fields.len() >= NUMBERED_HEADER && first.fields.iter().enumerate().all(counts);
        (is_header || is_numbered).then(|| Header::new(first.fields.iter().map(|field| field.text.clone()).collect()))
    }

    fn new(fields: Vec<String>) -> Header {
        let count = |field: Option<&String>| field.and_then(|field| field.parse::<usize>().ok());
        let names: Vec<_> = fields.iter().skip(2).cloned().collect();
        match (count(fields.first()), count(fields.get(1))) {
            (Some(rows), Some(columns)) if !names.is_empty() && names.iter().all(|name| number(name).is_none()) => {
                Header { columns: Vec::new(), classes: Some(Classes { rows, columns, names }) }
            }
            _ => Header { columns: fields, classes: None },
        }
    }
}

/// A finite number.
fn number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

/// Whether a comment stands behind the value of a field: `1 # tail`, `1#tail`, but not `C#`.
fn has_comment(text: &str) -> bool {
    let is_value = |before: &str| before.ends_with(char::is_whitespace) || number(before).is_some();
    text.split_once('#').is_some_and(|(before, _)| is_value(before))
}

/// Which column of a row is what.
struct Layout {
    header: Header,
    /// Fields of a row.
    columns: usize,
    /// Whether the first column only names the rows.
    has_row_names: bool,
    /// What the user calls the column of the labels.
    wanted: Option<LabelColumn>,
}

impl Layout {
    /// The layout, and the columns that may hold the labels: one if that is known, else the first and the last.
    fn new(
        name: &str,
        mut header: Header,
        columns: usize,
        wanted: Option<&LabelColumn>,
    ) -> Result<(Layout, Vec<usize>)> {
        // R leaves out the name of the column that names the rows.
        if header.columns.len() + 1 == columns && columns > 1 {
            header.columns.insert(0, String::new());
        }
        let is_unnamed = |name: &String| ["", "id", "index"].contains(&name.to_lowercase().as_str());
        let known = wanted.map(|wanted| position(name, wanted, &header.columns, columns)).transpose()?;
        let has_row_names = known != Some(0) && header.columns.first().is_some_and(is_unnamed);
        let last = columns - 1;
        let known = known.or_else(|| header.classes.as_ref().map(|_| last));
        let known = known.or_else(|| named_by_itself(&header.columns));
        let may_hold_labels = known.map_or_else(|| vec![usize::from(has_row_names), last], |column| vec![column]);
        Ok((Layout { header, columns, has_row_names, wanted: wanted.cloned() }, may_hold_labels))
    }

    /// The first column after the row names.
    fn first(&self) -> usize {
        usize::from(self.has_row_names)
    }

    /// Values of a row, without label and row names.
    fn values(&self) -> usize {
        self.columns - 1 - self.first()
    }

    /// What the values of a row are called if the labels are in the column `label`; nothing if they are only counted.
    fn value_names(&self, label: usize) -> Vec<String> {
        let columns = self.header.columns.iter().enumerate().skip(self.first());
        let names: Vec<_> = columns.filter(|(column, _)| *column != label).map(|(_, name)| name.clone()).collect();
        if names.iter().all(|name| number(name).is_some()) { Vec::new() } else { names }
    }

    fn problems(&self) -> Vec<String> {
        let names = self.header.columns.len();
        let differs = names != 0 && names != self.columns;
        let header = differs.then(|| format!("the header has {names} names, the first row {} fields", self.columns));
        let classes = self.header.classes.as_ref().filter(|classes| classes.columns + 1 != self.columns);
        let announced = classes.map(|classes| {
            format!("line 1 announces {} columns and a label, the first row has {}", classes.columns, self.columns)
        });
        header.into_iter().chain(announced).collect()
    }

    /// How the column of the labels is called from now on.
    fn label(&self, column: usize) -> LabelColumn {
        let by_place = if column == self.first() { LabelColumn::First } else { LabelColumn::Last };
        let is_plain = |name: &&String| !["first", "last"].contains(&name.as_str());
        let name = self.header.columns.get(column).filter(is_plain);
        let by_name = || name.map(|name| LabelColumn::Named(name.clone()));
        self.wanted.clone().or_else(by_name).unwrap_or(by_place)
    }
}

/// The column that the user names.
fn position(name: &str, wanted: &LabelColumn, header: &[String], columns: usize) -> Result<usize> {
    let named = match wanted {
        LabelColumn::First => return Ok(0),
        LabelColumn::Last => return Ok(columns - 1),
        LabelColumn::Named(named) => named,
    };
    let number = || named.parse().ok().filter(|number| (1..=columns).contains(number)).map(|number: usize| number - 1);
    header.iter().position(|column| column == named).or_else(number).ok_or_else(|| {
        let message = format!("{name}: no column is called \"{}\"", shown(named));
        let help = format!("give --label first, last, a number 1 … {columns}, or a name of the header");
        let names = header.iter().take(MAX_LISTED).map(|column| format!("\"{}\"", shown(column)));
        Error::new(Stage::Data, "data-label-column", message, help).with_problems(names.collect())
    })
}

/// What was read so far.
struct Reading<'a> {
    name: &'a str,
    layout: Layout,
    candidates: Vec<Candidate>,
    values: Values,
    rows: usize,
    problems: Vec<String>,
}

impl<'a> Reading<'a> {
    fn new(name: &'a str, header: Option<Header>, columns: usize, wanted: Option<&LabelColumn>) -> Result<Self> {
        let (layout, may_hold_labels) = Layout::new(name, header.unwrap_or_default(), columns, wanted)?;
        let problems = layout.problems();
        let candidates = may_hold_labels.into_iter().map(Candidate::new).collect();
        Ok(Reading { name, layout, candidates, values: Values::default(), rows: 0, problems })
    }

    fn add(&mut self, row: Row) -> Result<()> {
        let (line, found) = (row.line, row.fields.len());
        let expected = self.layout.columns.max(2 + self.layout.first());
        if found != expected {
            let values = if found == 1 { "value" } else { "values" };
            self.problems.push(format!("line {line} has {found} {values}, expected {expected} with the label"));
            return Ok(());
        }
        for (column, field) in row.fields.iter().enumerate().skip(self.layout.first()) {
            if let Some(expected) = self.add_field(line, column, field) {
                let place = format!("line {line} field {}", column + 1);
                self.problems.push(format!("{place} is \"{}\", expected {expected}", shown(&field.text)));
            }
        }
        self.rows += 1;
        let held = self.values.bytes() + 12 * self.rows * self.candidates.len();
        if held as u64 > MAX_PIXELS { Err(too_large(self.name, line)) } else { Ok(()) }
    }

    /// Takes up one field, or says what was expected of it.
    fn add_field(&mut self, line: u64, column: usize, field: &Field) -> Option<&'static str> {
        let Field { text, number } = field;
        match (self.candidates.iter_mut().find(|candidate| candidate.column == column), number) {
            (Some(_), _) if has_comment(text) => return Some("a label without #: a comment has a line of its own"),
            (Some(_), _) if !is_class_name(text) => return Some(self.expected(column)),
            (Some(candidate), _) => candidate.add(line, text, *number),
            (None, Some(number)) => self.values.push(*number),
            (None, None) => return Some("a number"),
        }
        None
    }

    /// What a column that may hold the labels should hold, as far as the rows before say which one does.
    fn expected(&self, column: usize) -> &'static str {
        let holds_text = |candidate: &&Candidate| candidate.first_text.is_some();
        let mut texts = self.candidates.iter().filter(holds_text).map(|candidate| candidate.column);
        match (self.candidates.len(), texts.next()) {
            (1, _) => "a label",
            (_, None) => "a number or a label",
            (_, Some(labels)) if labels == column => "a label",
            (_, Some(_)) => "a number",
        }
    }

    fn finish(mut self, shape: Option<Vec<usize>>) -> Result<Table> {
        self.check_problems()?;
        let guessed = self.candidates.len() > 1;
        let label = self.chosen()?;
        let column = label.column;
        if !label.has_classes() {
            return Err(too_many_classes(self.name, column));
        }
        let values = self.layout.values();
        if let Some(sides) = shape.as_ref().filter(|sides| sides.iter().product::<usize>() != values) {
            self.problems.push(format!("the shape {} does not fit rows of {values} values", times(sides)));
        }
        let names = self.layout.value_names(column);
        let (classes, labels) = self.named(label);
        self.check_problems()?;
        Ok(Table {
            name: self.name.into(),
            shape,
            columns: values,
            names,
            values: self.values,
            labels,
            classes,
            label: self.layout.label(column),
            guessed,
            row_names: self.layout.has_row_names.then(|| self.layout.header.columns[0].clone()),
        })
    }

    /// The candidate that looks more like labels; the other becomes values.
    fn chosen(&mut self) -> Result<Candidate> {
        let mut candidates = std::mem::take(&mut self.candidates).into_iter();
        let first = candidates.next().expect("there is a candidate");
        let Some(last) = candidates.next() else { return Ok(first) };
        let (chosen, other) = match first.evidence().cmp(&last.evidence()) {
            Ordering::Greater => (first, last),
            Ordering::Less => (last, first),
            Ordering::Equal => return Err(undecided(self.name, first.evidence())),
        };
        if let Some((line, text)) = other.first_text {
            let place = format!("line {line} field {}", other.column + 1);
            self.problems.push(format!("{place} is \"{}\", expected a number", shown(&text)));
        }
        self.values.insert_column(other.column > chosen.column, &other.numbers);
        Ok(chosen)
    }

    /// Names of the classes, and the class of every row.
    fn named(&mut self, label: Candidate) -> (Vec<String>, Vec<u32>) {
        let (found, labels) = label.classes();
        let Some(announced) = self.layout.header.classes.take() else { return (found, labels) };
        if announced.rows != self.rows {
            self.problems.push(format!("line 1 announces {} rows, found {}", announced.rows, self.rows));
        }
        let count = announced.names.len();
        let class = |name: &String| name.parse().ok().filter(|&class: &u32| (class as usize) < count);
        let classes: Option<Vec<u32>> = found.iter().map(class).collect();
        match classes {
            Some(classes) => (announced.names, labels.iter().map(|&label| classes[label as usize]).collect()),
            None => {
                self.problems.push(format!("line 1 names {count} classes, so labels are 0 … {}", count - 1));
                (found, labels)
            }
        }
    }

    fn check_problems(&mut self) -> Result<()> {
        if self.problems.is_empty() { Ok(()) } else { Err(mistakes(self.name, std::mem::take(&mut self.problems))) }
    }
}

fn mistakes(name: &str, mut problems: Vec<String>) -> Error {
    let count = problems.len();
    problems.truncate(MAX_LISTED);
    if count > MAX_LISTED {
        problems.push(format!("… and {} more", count - MAX_LISTED));
    }
    let stopped = if count >= MAX_MISTAKES { ", and was read no further" } else { "" };
    let message = format!("{name}: {count} mistake(s){stopped}");
    Error::new(Stage::Data, "data-csv", message, HELP).with_problems(problems)
}

fn undecided(name: &str, evidence: Evidence) -> Error {
    let looks = match evidence {
        Evidence::None => "neither the first nor the last column looks like labels",
        _ => "both the first and the last column look like labels",
    };
    let help = "say where the labels are: --label first, --label last, or --label and the name or number of the column";
    Error::new(Stage::Data, "data-label-column", format!("{name}: {looks}"), help)
}

fn too_many_classes(name: &str, column: usize) -> Error {
    let message = format!("{name}: column {} has more than {MAX_CLASSES} different labels", column + 1);
    let help = "say where the labels are, --label and the name or number of the column, or join classes";
    Error::new(Stage::Data, "data-label-column", message, help)
}

fn too_large(name: &str, line: u64) -> Error {
    let message = format!("{name}: line {line} exceeds the limit of {MAX_PIXELS} bytes for all values");
    Error::new(Stage::Data, "data-size", message, "split the table, or take fewer rows")
}

/// `bytes` as text for a message: short, and without control characters.
fn shown(text: &str) -> String {
    let short: String = text.trim().chars().take(40).collect::<String>().escape_debug().to_string();
    if text.trim().chars().count() > 40 { short + "…" } else { short }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &[u8], label: &str) -> Result<Table> {
        let wanted = (!label.is_empty()).then(|| label.parse().unwrap());
        read("x.csv", &mut &*text, wanted.as_ref(), &|| false)
    }

    /// Values row by row, classes, label of every row.
    fn content(text: &str, label: &str) -> (Vec<f64>, Vec<String>, Vec<u32>) {
        let table = parse(text.as_bytes(), label).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        let values = (0..table.rows() * table.columns).map(|index| table.values.get(index)).collect();
        (values, table.classes, table.labels)
    }

    fn names(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| name.to_string()).collect()
    }

    #[test]
    fn separators_quotes_headers_and_marks_are_recognized() {
        let expected = (vec![1.5, 2.0, 3.0, 4.0], names(&["no", "yes"]), vec![1, 0]);
        for text in [
            "1.5,2,yes\n3,4,no\n",
            "a,b,answer\n1.5,2,yes\n3,4,no\n",
            "\u{feff}\"a\",\"b, c\",\"answer\"\r\n\"1.5\",\"2\",\"yes\"\r\n\r\n3,4,\"no\"\r\n",
            "a;b;answer\n1,5;2;yes\n3;4;no\n",
            "a\tb\tanswer\n1.5\t2\tyes\n3\t4\tno",
            "1.5  2 yes\n 3 4  no\n",
            "# from somewhere\n1.5, 2, yes\n# more\n3e0, 04, no\n",
            ",a,b,answer\n0,1.5,2,yes\n1,3,4,no\n",
            "Id,a,b,species\n17,1.5,2,yes\n23,3,4,no\n",
            "\"a\" \"b\" \"answer\"\n\"1\" 1.5 2 \"yes\"\n\"2\" 3 4 \"no\"\n",
            "2,2,no,yes\n1.5,2,1\n3,4,0\n",
        ] {
            assert_eq!(content(text, ""), expected, "{text:?}");
        }
    }

    #[test]
    fn the_label_is_where_the_user_says_or_where_it_shows() {
        let first = (vec![9.0, 8.0, 7.0, 6.0], names(&["0", "1"]), vec![0, 1]);
        for (text, label) in [
            ("0,9,8\n1,7,6\n", "first"),
            ("9,8,0\n7,6,1\n", "last"),
            ("9,0,8\n7,1,6\n", "2"),
            ("a,b,c\n9,0,8\n7,1,6\n", "b"),
            ("a,class,c\n9,0,8\n7,1,6\n", ""),
        ] {
            assert_eq!(content(text, label), first, "{text:?}");
        }
        let seen = |text: &str| parse(text.as_bytes(), "").map(|table| (table.label, table.guessed));
        assert_eq!(seen("0,9\n1,8\n0,7\n1,6\n"), Ok((LabelColumn::First, true)));
        assert_eq!(seen("9,1\n8,2\n7,1\n6,2\n"), Ok((LabelColumn::Last, true)));
        assert_eq!(seen("a,b\n9,x\n8,y\n"), Ok((LabelColumn::Named("b".into()), true)));
        for undecided in ["0,9,1\n1,8,0\n0,7,1\n1,6,0\n", "0,1,2,3,4\n1,5,6,7,8\n", "x,1,y\ny,2,x\n"] {
            assert_eq!(seen(undecided).unwrap_err().code, "data-label-column", "{undecided:?}");
        }
        assert_eq!(parse(b"a,b\n1,2\n", "c").unwrap_err().code, "data-label-column");
        assert_eq!(parse(b"1,2\n", "3").unwrap_err().code, "data-label-column");
    }

    #[test]
    fn labels_become_classes_by_their_order() {
        assert_eq!(content("5,1\n6,2\n", "last").1, ["1", "2"]);
        assert_eq!(
            content("5,900\n6,40\n7,900.0\n", "last"),
            (vec![5.0, 6.0, 7.0], names(&["40", "900"]), vec![1, 0, 1])
        );
        let many: String = (0..300).map(|label| format!("{},{label}\n", label % 7)).collect();
        assert_eq!(content(&many, "last").2[299], 299);
    }

    #[test]
    fn the_shape_is_given_or_flat() {
        let shape = |text: &str| parse(text.as_bytes(), "last").map(|table| table.shape);
        assert_eq!(shape("1,2,3,4,0\n"), Ok(None));
        assert_eq!(shape("# shape 1x4\r\n1,2, 3,4,0\r\n\r\n"), Ok(Some(vec![1, 4])));
        assert_eq!(shape("# shape 2x1x2\n1,2,3,4,0\n"), Ok(Some(vec![2, 1, 2])));
        for wrong in
            ["# shape 2x1\n1,2,3,4,0\n", "# shape 0x4\n1,2,3,4,0\n", "# shape\n", "# shape 1x1x1x4\n1,2,3,4,0\n"]
        {
            assert_eq!(shape(wrong).unwrap_err().code, "data-csv", "{wrong:?}");
        }
    }

    #[test]
    fn all_mistakes_are_listed_up_to_a_thousand() {
        let error = parse(b"1,2,3\n1,2\n1,x,3\n7\n1,300,\n", "last").unwrap_err();
        assert_eq!((error.code, error.problems.len()), ("data-csv", 4), "{error}");
        assert_eq!(error.problems[1], "line 3 field 2 is \"x\", expected a number");
        let error = parse("x\n".repeat(5000).as_bytes(), "").unwrap_err();
        assert!(error.message.contains("1000 mistake(s), and was read no further"), "{error}");
        let error = parse(b"5,2,a,b\n1,2,0\n3,4,2\n", "").unwrap_err();
        assert_eq!(error.problems.len(), 2, "{error}");
    }

    fn refusal(text: &[u8], label: &str) -> Error {
        parse(text, label).unwrap_err()
    }

    #[test]
    fn texts_that_are_not_utf8_are_refused_where_they_show() {
        let latin = refusal(b"a,b,kind\n1,2,klein\n3,4,gr\xf6\xdfe\n5,6,gr\xe4\xdfe\n", "");
        assert_eq!(latin.code, "data-encoding");
        assert_eq!(latin.message, "x.csv: line 3 field 3 has the byte 0xF6 after \"gr\", expected UTF-8");
        assert!(latin.help.contains("save it as UTF-8"), "{latin}");
        assert!(refusal(b"gr\xf6\xdfe,label\n1,2\n", "").message.contains("line 1 field 1"));
        let text = "größe,kind\n1,a\n2,b\n";
        let wide = |bytes: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(bytes).collect::<Vec<u8>>();
        let (little, big) = (wide(u16::to_le_bytes), wide(u16::to_be_bytes));
        for bytes in [&little, &big, &[&b"\xff\xfe"[..], &little].concat(), &[&b"\xfe\xff"[..], &big].concat()] {
            assert_eq!(refusal(bytes, "").message, "x.csv: is UTF-16, expected UTF-8");
        }
        assert_eq!(content(text, "").1, ["a", "b"]);
    }

    #[test]
    fn a_decimal_comma_is_one_only_where_semicolons_or_tabs_separate() {
        let values = |text: &str| content(text, "last").0;
        assert_eq!(values("1,5;2\n3;4\n5,25;1\n"), [1.5, 3.0, 5.25]);
        assert_eq!(values("1,5\t2\n3\t4\n"), [1.5, 3.0]);
        let error = refusal(b"5,7,0\n\"1,000\",8,1\n", "last");
        assert_eq!(error.problems, ["line 2 field 1 is \"1,000\", expected a number"]);
    }

    #[test]
    fn more_labels_than_classes_are_refused() {
        let table: String = (0..70_000).map(|row| format!("{row},1,kind{row}\n")).collect();
        for label in ["", "last"] {
            let error = refusal(table.as_bytes(), label);
            assert_eq!(error.code, "data-label-column");
            assert_eq!(error.message, "x.csv: column 3 has more than 65536 different labels");
        }
        let most: String = (0..MAX_CLASSES).map(|row| format!("{row},1,kind{row}\n")).collect();
        assert_eq!(content(&most, "last").1.len(), MAX_CLASSES);
    }

    #[test]
    fn messages_name_what_is_wrong() {
        let problems = |text: &str, label: &str| refusal(text.as_bytes(), label).problems;
        assert_eq!(problems("1,2,a\n,2,b\n", ""), ["line 2 field 1 is \"\", expected a number"]);
        assert_eq!(problems("1,2,a\n3,2,\n", ""), ["line 2 field 3 is \"\", expected a label"]);
        assert_eq!(problems("1,2,3\n,2,3\n", ""), ["line 2 field 1 is \"\", expected a number or a label"]);
        assert_eq!(problems("1,2,3\n1,2,\n", "last"), ["line 2 field 3 is \"\", expected a label"]);
        for tail in ["1 # tail", "1# tail", "one\t#"] {
            let error = refusal(format!("5,6,0\n7,8,{tail}\n").as_bytes(), "last");
            assert!(error.problems[0].ends_with("a comment has a line of its own"), "{error}");
        }
        assert_eq!(content("5,6,C#\n7,8,#1\n", "last").1, ["#1", "C#"]);
    }

    #[test]
    fn no_text_exhausts_memory_or_patience() {
        let endless = |byte: u8, count: u64| io::BufReader::new(io::repeat(byte).take(count));
        let code = |byte| read("x.csv", &mut endless(byte, 1 << 40), None, &|| false).unwrap_err().code;
        assert_eq!([code(b'\n'), code(b' '), code(b'1'), code(b'"')], ["data-size"; 4]);
        let mut late = Cursor::new(b"1,2\n3,4\n").chain(endless(b'\n', 1 << 40));
        assert_eq!(read("x.csv", &mut late, None, &|| false).unwrap_err().code, "data-size");
        assert_eq!(read("x.csv", &mut &b"1,2\n"[..], None, &|| true).unwrap_err().code, "interrupted");
    }

    #[test]
    fn empty_files_are_refused() {
        for empty in ["", "\n\n", "# shape 2x2\n", "a,b,label\n"] {
            assert_eq!(parse(empty.as_bytes(), "").unwrap_err().code, "data-empty", "{empty:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(# shape 2x2\n)?([0-9,;\"a\n\r x#-]|\\PC){0,60}", label in "(|first|last|2|a)") {
            let _ = parse(text.as_bytes(), &label);
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&bytes, "");
        }
    }
}
