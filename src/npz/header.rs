//! The header of an `.npy` file: type, order and shape of an array, as a Python dictionary of three keys.

use std::io::Read;

use super::value::ElementType;

pub(super) const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The longest header; numpy refuses longer ones, too.
const MAX_HEADER: usize = 10_000;
/// Dimensions of an array at most.
const MAX_DIMENSIONS: usize = 8;

/// Why an array is not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Problem {
    /// The header is no header.
    Damaged(String),
    /// It is an array of another kind: what is wrong, and what to do.
    Unfit(String, &'static str),
}

impl From<String> for Problem {
    fn from(message: String) -> Self {
        Problem::Damaged(message)
    }
}

impl From<&str> for Problem {
    fn from(message: &str) -> Self {
        Problem::Damaged(message.into())
    }
}

/// What an array is. The first dimension counts its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub element: ElementType,
    pub shape: Vec<u64>,
}

impl Header {
    /// Reads the header at the beginning of an `.npy` file, or says what is wrong with it.
    pub fn read(file: &mut impl Read) -> Result<Header, Problem> {
        let prefix: [u8; 8] = bytes(file)?;
        if !prefix.starts_with(MAGIC) {
            return Err("it is no array: it does not begin as .npy files do".into());
        }
        let length = match prefix[6..] {
            [1, 0] => usize::from(u16::from_le_bytes(bytes(file)?)),
            [2 | 3, 0] => u32::from_le_bytes(bytes(file)?) as usize,
            [major, minor] => return Err(format!("its version is {major}.{minor}, expected 1.0, 2.0 or 3.0").into()),
            _ => unreachable!("two bytes are left"),
        };
        if length > MAX_HEADER {
            return Err(format!("its header has {length} bytes, expected at most {MAX_HEADER}").into());
        }
        let mut text = vec![0; length];
        file.read_exact(&mut text).map_err(|_| "it ends in its header".to_owned())?;
        let text = std::str::from_utf8(&text).map_err(|_| "its header is no text".to_owned())?;
        Fields::parse(text).ok_or("its header is no dictionary of descr, fortran_order and shape")?.header()
    }
}

fn bytes<const N: usize>(file: &mut impl Read) -> Result<[u8; N], String> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes).map_err(|cause| match cause.kind() {
        std::io::ErrorKind::UnexpectedEof => "it ends in its header".to_owned(),
        _ => format!("it cannot be read ({cause})"),
    })?;
    Ok(bytes)
}

/// The values of the three keys.
#[derive(Debug, Default, PartialEq, Eq)]
struct Fields<'a> {
    descr: Option<&'a str>,
    fortran_order: Option<bool>,
    shape: Option<Vec<u64>>,
}

impl<'a> Fields<'a> {
    /// Parses `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`.
    fn parse(text: &'a str) -> Option<Fields<'a>> {
        let mut text = Text(text);
        let mut fields = Fields::default();
        text.expect("{")?;
        while text.expect("}").is_none() {
            let key = text.quoted()?;
            text.expect(":")?;
            match key {
                "descr" => fields.descr = Some(text.quoted().or_else(|| text.bracketed())?),
                "fortran_order" => fields.fortran_order = Some(text.boolean()?),
                "shape" => fields.shape = Some(text.tuple()?),
                _ => return None,
            }
            if text.expect(",").is_none() {
                text.expect("}")?;
                break;
            }
        }
        text.0.trim_ascii().is_empty().then_some(fields)
    }

    fn header(self) -> Result<Header, Problem> {
        let missing = |key: &str| format!("its header has no {key}");
        let descr = self.descr.ok_or_else(|| missing("descr"))?;
        let shape = self.shape.ok_or_else(|| missing("shape"))?;
        let element = ElementType::parse(descr).ok_or_else(|| other_type(descr))?;
        if shape.len() > MAX_DIMENSIONS {
            return Err(format!("it has {} dimensions, expected at most {MAX_DIMENSIONS}", shape.len()).into());
        }
        if shape.is_empty() {
            let message = "its shape is (), a single number, expected an array with an entry per image";
            return Err(Problem::Unfit(message.into(), "save an array; numpy.atleast_1d(x) makes one of a number"));
        }
        if self.fortran_order.ok_or_else(|| missing("fortran_order"))? && shape.len() > 1 {
            let message = "it is stored column by column (Fortran order), expected rows";
            return Err(Problem::Unfit(message.into(), "save numpy.ascontiguousarray(x)"));
        }
        Ok(Header { element, shape })
    }
}

/// What is wrong with a type of elements that are not read, by the letter of its kind.
fn other_type(descr: &str) -> Problem {
    let kind = descr.trim_start_matches(['<', '>', '|', '=']).chars().next();
    let (what, help) = match kind {
        Some('f') => ("floats of another width", "save x.astype(numpy.float32)"),
        Some('U' | 'S' | 'a' | 'T') => ("texts", "save numbers: of labels the number of each class, from 0 on"),
        Some('O') => ("objects", "save numbers: numpy.asarray(x, dtype=numpy.int64), with as many in every row"),
        Some('[') => ("records", "save each of their fields as an array of its own"),
        _ => ("no real numbers", "save numbers: x.astype(numpy.int64) or numpy.float32"),
    };
    Problem::Unfit(format!("its type is \"{descr}\" ({what}), expected integers, or floats of 32 or 64 bits"), help)
}

/// What is left of a header's text.
struct Text<'a>(&'a str);

impl<'a> Text<'a> {
    /// Takes `token`, if it comes next.
    fn expect(&mut self, token: &str) -> Option<()> {
        self.0 = self.0.trim_ascii_start().strip_prefix(token)?;
        Some(())
    }

    fn quoted(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_ascii_start();
        let mark = rest.chars().next().filter(|mark| ['\'', '"'].contains(mark))?;
        let (text, rest) = rest[1..].split_once(mark)?;
        self.0 = rest;
        Some(text)
    }

    /// A list, up to its own end.
    fn bracketed(&mut self) -> Option<&'a str> {
        let rest = self.0.trim_ascii_start();
        let mut depth = 0;
        let end = rest.find(|c: char| {
            depth += i32::from(c == '[') - i32::from(c == ']');
            depth <= 0
        })?;
        let (text, rest) = rest.split_at(end + 1);
        self.0 = rest;
        (end > 0).then_some(text)
    }

    fn boolean(&mut self) -> Option<bool> {
        self.expect("True").map(|()| true).or_else(|| self.expect("False").map(|()| false))
    }

    fn tuple(&mut self) -> Option<Vec<u64>> {
        let mut numbers = Vec::new();
        self.expect("(")?;
        while self.expect(")").is_none() {
            numbers.push(self.number()?);
            if self.expect(",").is_none() {
                self.expect(")")?;
                break;
            }
        }
        Some(numbers)
    }

    fn number(&mut self) -> Option<u64> {
        let rest = self.0.trim_ascii_start();
        let (digits, rest) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        // Python 2 wrote 3L.
        self.0 = rest.strip_prefix('L').unwrap_or(rest);
        digits.parse().ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(text: &str) -> Result<Header, Problem> {
        let mut file = [&MAGIC[..], &[1, 0], &(text.len() as u16).to_le_bytes(), text.as_bytes()].concat();
        file.extend([9, 9]);
        let mut rest = &file[..];
        let header = Header::read(&mut rest)?;
        assert_eq!(rest, [9, 9]);
        Ok(header)
    }

    #[test]
    fn headers_are_read() {
        let plain = header("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }           \n").unwrap();
        assert_eq!((plain.element.name(), &plain.shape[..]), ("<f4", &[3, 4][..]));
        let other = header(r#"{"shape":(5,),"fortran_order":True,"descr":"|u1"}"#).unwrap();
        assert_eq!((other.element.is_byte(), &other.shape[..]), (true, &[5][..]));
        assert_eq!(header("{'descr': '<i8', 'fortran_order': False, 'shape': (7L,)}").unwrap().shape, [7]);
    }

    #[test]
    fn wrong_headers_say_why() {
        let problem = |text: &str| match header(text).unwrap_err() {
            Problem::Damaged(message) | Problem::Unfit(message, _) => message,
        };
        let with = |descr: &str, order: &str, shape: &str| {
            problem(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"))
        };
        for (descr, what) in [
            ("'|O'", "objects"),
            ("'<f2'", "another width"),
            ("'<U3'", "texts"),
            ("'<c8'", "no real"),
            ("[('a', '<f4')]", "records"),
        ] {
            let message = with(descr, "False", "(1,)");
            assert!(message.contains(&descr.replace('\'', "")) || message.contains("('a', '<f4')"), "{message}");
            assert!(message.contains(what), "{message}");
        }
        assert!(with("'<i8'", "False", "()").contains("its shape is ()"));
        assert!(with("'<f4'", "True", "(2, 3)").contains("column by column"));
        assert!(with("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)").contains("9 dimensions"));
        for [descr, order, shape] in [
            ["[('a', '<f4'", "False", "(1,)"],
            ["]", "False", "(1,)"],
            ["'<f4'", "0", "(1,)"],
            ["'<f4'", "False", "(-1,)"],
            ["'<f4'", "False", "(18446744073709551616,)"],
            ["'<f4'", "False", "(((((("],
        ] {
            assert!(with(descr, order, shape).contains("no dictionary"), "{descr} {order} {shape}");
        }
        for text in ["", "{", "{'descr': '<f4'} x", "{'x': 1}", "{'descr': '<f4'", "{'descr': 'ä"] {
            assert!(problem(text).contains("no dictionary"), "{text}");
        }
        assert!(problem("{}").contains("no descr") && problem("{'descr': '<f4'}").contains("no shape"));
    }

    #[test]
    fn what_is_no_array_is_refused() {
        let read = |mut bytes: &[u8]| match Header::read(&mut bytes).unwrap_err() {
            Problem::Damaged(message) => message,
            problem => panic!("{problem:?}"),
        };
        assert!(read(b"").contains("ends in its header"));
        assert!(read(b"PK\x03\x04....").contains("no array"));
        assert!(read(b"\x93NUMPY\x09\x00\x00\x00").contains("version is 9.0"));
        assert!(read(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("4294967295 bytes"));
        assert!(read(b"\x93NUMPY\x01\x00\x10\x00abc").contains("ends in its header"));
    }
}
