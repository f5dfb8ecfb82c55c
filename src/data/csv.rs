//! Images as comma separated values: one image per line, its pixels 0 … 255, then its label.
//!
//! A first line `# shape HEIGHTxWIDTH` gives the shape. Without it a square number of pixels is a square image, and any
//! other number one row of values.

use std::io::{BufRead, Read};

use ndarray::Array2;

use super::Images;
use super::stream::{MAX_PIXELS, read_error};
use crate::error::{Error, Result, Stage};

/// Longest line that is read, in bytes: a file without line ends must not exhaust the memory.
const MAX_LINE: u64 = 1 << 24;
/// Mistakes listed before the rest is only counted.
const MAX_PROBLEMS: usize = 20;
const HELP: &str = "write one image per line: its pixels 0 … 255, then its label, separated by commas, no header line";

/// Reads the set called `name` in messages.
///
/// # Errors
/// `data-csv` with every mistake of the file, `data-empty`, `data-size`, `data-gzip`.
pub fn read(name: &str, reader: &mut dyn BufRead) -> Result<Images> {
    let mut table = Table::default();
    let mut line = Vec::new();
    for number in 1.. {
        line.clear();
        reader.take(MAX_LINE).read_until(b'\n', &mut line).map_err(|cause| read_error(name, &cause))?;
        if line.is_empty() {
            break;
        }
        if line.len() as u64 == MAX_LINE || (table.values.len() as u64) > MAX_PIXELS {
            return Err(too_large(name, number));
        }
        table.add_line(number, trimmed(&line, number));
    }
    table.finish(name)
}

fn too_large(name: &str, line: usize) -> Error {
    Error::new(
        Stage::Data,
        "data-size",
        format!(
            "{name}: line {line} exceeds the limits, expected lines under {MAX_LINE} bytes and at most {MAX_PIXELS} pixels in all"
        ),
        "check that the file is text with one image per line, or split it",
    )
}

/// The line without its end and without the byte order mark some editors put first.
fn trimmed(line: &[u8], number: usize) -> &[u8] {
    let line = if number == 1 { line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line) } else { line };
    line.trim_ascii()
}

/// What was read so far. `pixels` and `values` count per image and over all images.
#[derive(Default)]
struct Table {
    shape: Option<Vec<usize>>,
    pixels: Option<usize>,
    values: Vec<u8>,
    labels: Vec<u8>,
    problems: Vec<String>,
    problem_count: usize,
}

impl Table {
    fn add_line(&mut self, number: usize, line: &[u8]) {
        if line.is_empty() {
            return;
        }
        if number == 1 && line.starts_with(b"#") {
            match parse_shape(line) {
                Some(shape) => {
                    self.pixels = Some(shape.iter().product());
                    self.shape = Some(shape);
                }
                None => self.problem(format!("line 1 is \"{}\", expected \"# shape HEIGHTxWIDTH\"", shown(line))),
            }
            return;
        }
        match parse_values(line) {
            Err(problem) => self.problem(format!("line {number} {problem}")),
            Ok(values) => self.add_image(number, &values),
        }
    }

    fn add_image(&mut self, number: usize, values: &[u8]) {
        let Some((&label, pixels)) = values.split_last().filter(|(_, pixels)| !pixels.is_empty()) else {
            return self.problem(format!("line {number} has 1 value, expected pixels and a label"));
        };
        let expected = *self.pixels.get_or_insert(pixels.len());
        if pixels.len() != expected {
            return self.problem(format!(
                "line {number} has {} values, expected {} ({expected} pixels and a label)",
                values.len(),
                expected + 1
            ));
        }
        self.values.extend(pixels);
        self.labels.push(label);
    }

    fn problem(&mut self, problem: String) {
        self.problem_count += 1;
        if self.problems.len() < MAX_PROBLEMS {
            self.problems.push(problem);
        }
    }

    fn finish(mut self, name: &str) -> Result<Images> {
        if self.problem_count > 0 {
            if self.problem_count > self.problems.len() {
                self.problems.push(format!("… and {} more", self.problem_count - self.problems.len()));
            }
            let message = format!("{name}: {} line(s) are not images", self.problem_count);
            return Err(Error::new(Stage::Data, "data-csv", message, HELP).with_problems(self.problems));
        }
        let Some(pixels) = self.pixels.filter(|_| !self.labels.is_empty()) else {
            let message = format!("{name}: number of images is 0, expected at least 1");
            return Err(Error::new(Stage::Data, "data-empty", message, HELP));
        };
        let shape = self.shape.unwrap_or_else(|| natural_shape(pixels));
        let pixels = Array2::from_shape_vec((self.labels.len(), pixels), self.values).expect("lines have one length");
        Ok(Images { shape, pixels, labels: self.labels })
    }
}

fn natural_shape(pixels: usize) -> Vec<usize> {
    let side = pixels.isqrt();
    if side * side == pixels { vec![side, side] } else { vec![pixels] }
}

/// `# shape 8x8`, with sides from 1 to 65,535.
fn parse_shape(line: &[u8]) -> Option<Vec<usize>> {
    let text = std::str::from_utf8(line).ok()?.strip_prefix('#')?.trim().strip_prefix("shape")?;
    let (height, width) = text.trim().split_once('x')?;
    let side = |text: &str| text.trim().parse::<u16>().ok().filter(|&side| side > 0).map(usize::from);
    Some(vec![side(height)?, side(width)?])
}

fn parse_values(line: &[u8]) -> std::result::Result<Vec<u8>, String> {
    let fields = line.split(|&byte| byte == b',').enumerate();
    fields
        .map(|(index, field)| {
            let text = std::str::from_utf8(field).unwrap_or("").trim();
            text.parse().map_err(|_| format!("field {} is \"{}\", expected 0 … 255", index + 1, shown(field)))
        })
        .collect()
}

/// `bytes` as text for a message: short, and without control characters.
fn shown(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(40)]).trim().escape_debug().to_string();
    if bytes.len() > 40 { text + "…" } else { text }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &[u8]) -> Result<Images> {
        read("x.csv", &mut &*text)
    }

    #[test]
    fn shape_is_square_flat_or_given() {
        assert_eq!(parse(b"1,2,3,4,0\n").unwrap().shape, [2, 2]);
        assert_eq!(parse(b"1,2,3,0\n").unwrap().shape, [3]);
        assert_eq!(parse(b"# shape 1x4\r\n1,2, 3,4,0\r\n\r\n").unwrap().shape, [1, 4]);
        assert_eq!(parse(b"\xef\xbb\xbf1,2,3,4,0").unwrap().labels, [0]);
    }

    #[test]
    fn all_mistakes_are_listed() {
        let error = parse(b"a,b,label\n1,2,3\n1,2,3,4\n7\n1,300,0\n").unwrap_err();
        assert_eq!(error.code, "data-csv");
        assert_eq!(error.problems.len(), 4, "{error}");
        assert!(error.problems[0].contains("line 1 field 1 is \"a\""), "{error}");
    }

    #[test]
    fn empty_files_are_refused() {
        assert_eq!(parse(b"").unwrap_err().code, "data-empty");
        assert_eq!(parse(b"# shape 2x2\n").unwrap_err().code, "data-empty");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(# shape 2x2\n)?([0-9,\n\r x#-]|\\PC){0,60}") {
            let _ = parse(text.as_bytes());
        }

        #[test]
        fn no_bytes_panic(bytes in prop::collection::vec(any::<u8>(), 0..80)) {
            let _ = parse(&bytes);
        }
    }
}
