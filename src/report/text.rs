//! How numbers and lines look.

use std::fmt::Display;

use console::{Style, Term};

use crate::error::visible;

/// Columns of what goes into a pipe or a file.
const PIPED_COLUMNS: usize = 100;
/// A terminal narrower than this is not worth fitting into.
const FEWEST_COLUMNS: usize = 20;

/// A number with so many decimals, its thousands grouped: `1,553.5`.
pub fn grouped(number: f64, decimals: usize) -> String {
    let text = format!("{number:.decimals$}");
    let (integer, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    whole(integer) + rest
}

/// A whole number, its thousands grouped: `10,000`.
pub fn whole(number: impl Display) -> String {
    let text = number.to_string();
    let (sign, digits) = text.split_at(usize::from(text.starts_with('-')));
    // From the right, three by three.
    let groups = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy);
    sign.to_owned() + &groups.collect::<Vec<_>>().join(",")
}

/// Columns of standard output.
pub fn columns() -> usize {
    columns_of(&Term::stdout())
}

/// Columns of a terminal, or of a pipe in its place.
pub fn columns_of(term: &Term) -> usize {
    term.size_checked().map_or(PIPED_COLUMNS, |(_, columns)| usize::from(columns).max(FEWEST_COLUMNS))
}

/// Breaks every line between words so that it has at most `columns` columns; what follows is indented by two more than the line.
/// A longer word, such as a path, stays whole on a line of its own.
pub fn folded(text: &str, columns: usize) -> String {
    let lines = text.lines().map(|line| {
        let indent = &line[..line.len() - line.trim_start().len()];
        let further = format!("{indent}  ");
        textwrap::fill(line.trim_start(), options(columns).initial_indent(indent).subsequent_indent(&further))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// What a piece of text is, and so how it is colored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Title,
    Good,
    Bad,
}

/// Stands for a blank at which no line is broken. `visible` shows one of a file as an escape.
const GLUE: char = '\u{a0}';

/// Ends a piece. Like the marks that begin one it is no character: `visible` would show it as an escape.
const END: char = '\u{fdd0}';

impl Tone {
    const ALL: [Tone; 3] = [Tone::Title, Tone::Good, Tone::Bad];

    fn mark(self) -> char {
        ['\u{fdd1}', '\u{fdd2}', '\u{fdd3}'][self as usize]
    }

    /// Marks a piece, for [`painted`]. The text has passed `visible`, so that it holds no marks of its own.
    pub fn marked(self, text: &str) -> String {
        format!("{}{text}{END}", self.mark())
    }

    fn style(self) -> Style {
        match self {
            Tone::Title => Style::new().bold(),
            Tone::Good => Style::new().green(),
            Tone::Bad => Style::new().red().bold(),
        }
    }
}

/// The text as a terminal shows it: pieces in their colors, if standard output has any, and all else visible.
pub fn painted(text: &str) -> String {
    let mut pieces = text.split(END);
    let last = pieces.next_back().map(visible).unwrap_or_default();
    let piece = |piece: &str| {
        let begun = Tone::ALL.iter().find_map(|&tone| Some((tone, piece.split_once(tone.mark())?)));
        begun.map_or_else(
            || visible(piece),
            |(tone, (before, text))| format!("{}{}", visible(before), tone.style().apply_to(visible(text))),
        )
    };
    pieces.map(piece).collect::<String>() + &last
}

/// Text in lines of at most so many columns, in which no number is parted from its unit.
pub(super) fn wrapped(text: &str, columns: usize) -> Vec<String> {
    let glued = glued(text, columns);
    textwrap::wrap(&glued, options(columns)).iter().map(|line| line.replace(GLUE, " ")).collect()
}

/// The text with [`GLUE`] between numbers and units, where both fit a line.
fn glued(text: &str, columns: usize) -> String {
    let mut words = text.split(' ').peekable();
    let mut glued = String::new();
    while let Some(word) = words.next() {
        glued += word;
        if let Some(next) = words.peek() {
            let is_number = word.ends_with(|c: char| c.is_ascii_digit());
            let is_unit = next.starts_with(|c: char| c == '%' || c.is_alphabetic());
            let fits = word.chars().count() + 1 + next.chars().count() <= columns;
            glued.push(if is_number && is_unit && fits { GLUE } else { ' ' });
        }
    }
    glued
}

/// How lines are broken: words, and with them paths, can still be copied.
pub(super) fn options<'a>(columns: usize) -> textwrap::Options<'a> {
    textwrap::Options::new(columns).break_words(false).word_splitter(textwrap::WordSplitter::NoHyphenation)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_grouped() {
        let cases =
            [(0.0, 0, "0"), (999.0, 0, "999"), (1000.0, 0, "1,000"), (1_553.46, 1, "1,553.5"), (-1e6, 0, "-1,000,000")];
        for (number, decimals, expected) in cases {
            assert_eq!(grouped(number, decimals), expected);
        }
        assert_eq!((grouped(-123.0, 0).as_str(), grouped(0.1234, 2).as_str()), ("-123", "0.12"));
        assert_eq!(whole(2_371_489), "2,371,489");
    }

    #[test]
    fn numbers_stay_with_their_units() {
        let text = "0 of 60; stalls ≤ 95 %, 12 resets 1 2 3 4 5";
        for columns in 9..60 {
            let lines = wrapped(text, columns);
            assert_eq!(lines.join(" "), text);
            assert!(lines.iter().all(|line| line.chars().count() <= columns), "{lines:?}");
            for pair in ["0 of", "95 %,", "12 resets"] {
                assert!(lines.iter().any(|line| line.contains(pair)), "{pair}: {lines:?}");
            }
        }
        // Where they do not fit a line together, they part.
        assert!(wrapped(text, 8).contains(&"12".to_string()));
    }

    #[test]
    fn lines_break_between_words_and_paths_stay_whole() {
        let text = "error: cannot read it\n  help: look at /a/very/long/path/to/the/file then";
        let expected = "error: cannot\n  read it\n  help: look at\n    /a/very/long/path/to/the/file\n    then";
        assert_eq!(folded(text, 16), expected);
        assert_eq!(folded(text, 100), text);
    }
}
