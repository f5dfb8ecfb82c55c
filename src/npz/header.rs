//! The header of an `.npy` file: type, order and shape of an array, as a Python dictionary of three keys.

use std::io::Read;

use super::value::ElementType;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// The longest header; numpy refuses longer ones, too.
const MAX_HEADER: usize = 10_000;
/// Dimensions of an array at most.
const MAX_DIMENSIONS: usize = 8;

/// What an array is. The first dimension counts its rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    pub element: ElementType,
    pub shape: Vec<u64>,
}

impl Header {
    /// Reads the header at the beginning of an `.npy` file, or says what is wrong with it.
    pub fn read(file: &mut impl Read) -> Result<Header, String> {
        let prefix: [u8; 8] = bytes(file)?;
        if !prefix.starts_with(MAGIC) {
            return Err("it is no array: it does not begin as .npy files do".into());
        }
        let length = match prefix[6..] {
            [1, 0] => usize::from(u16::from_le_bytes(bytes(file)?)),
            [2 | 3, 0] => u32::from_le_bytes(bytes(file)?) as usize,
            [major, minor] => return Err(format!("its version is {major}.{minor}, expected 1.0, 2.0 or 3.0")),
            _ => unreachable!("two bytes are left"),
        };
        if length > MAX_HEADER {
            return Err(format!("its header has {length} bytes, expected at most {MAX_HEADER}"));
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
                "descr" => fields.descr = Some(text.quoted()?),
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

    fn header(self) -> Result<Header, String> {
        let missing = |key: &str| format!("its header has no {key}");
        let descr = self.descr.ok_or_else(|| missing("descr"))?;
        let shape = self.shape.ok_or_else(|| missing("shape"))?;
        let element = ElementType::parse(descr)
            .ok_or_else(|| format!("its type is \"{descr}\", expected integers, or floats of 32 or 64 bits"))?;
        if shape.len() > MAX_DIMENSIONS {
            return Err(format!("it has {} dimensions, expected at most {MAX_DIMENSIONS}", shape.len()));
        }
        if self.fortran_order.ok_or_else(|| missing("fortran_order"))? && shape.len() > 1 {
            return Err("it is stored column by column (Fortran order), expected rows: numpy.ascontiguousarray".into());
        }
        Ok(Header { element, shape })
    }
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

    fn header(text: &str) -> Result<Header, String> {
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
        assert_eq!(header("{'descr': '<i8', 'fortran_order': False, 'shape': ()}").unwrap().shape, [0; 0]);
        assert_eq!(header("{'descr': '<i8', 'fortran_order': False, 'shape': (7L,)}").unwrap().shape, [7]);
    }

    #[test]
    fn wrong_headers_say_why() {
        let problem = |text: &str| header(text).unwrap_err();
        let with = |descr: &str, order: &str, shape: &str| {
            problem(&format!("{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}}}"))
        };
        assert!(with("'|O'", "False", "(1,)").contains("its type is \"|O\""));
        assert!(with("'<f4'", "True", "(2, 3)").contains("ascontiguousarray"));
        assert!(with("'<f4'", "False", "(1, 1, 1, 1, 1, 1, 1, 1, 1)").contains("9 dimensions"));
        for [descr, order, shape] in [
            ["[('a', '<f4')]", "False", "(1,)"],
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
        let read = |mut bytes: &[u8]| Header::read(&mut bytes).unwrap_err();
        assert!(read(b"").contains("ends in its header"));
        assert!(read(b"PK\x03\x04....").contains("no array"));
        assert!(read(b"\x93NUMPY\x09\x00\x00\x00").contains("version is 9.0"));
        assert!(read(b"\x93NUMPY\x02\x00\xff\xff\xff\xff").contains("4294967295 bytes"));
        assert!(read(b"\x93NUMPY\x01\x00\x10\x00abc").contains("ends in its header"));
    }
}
