//! Versions: how tools tell them, and the oldest of each that is taken.

use std::fmt;

/// The first two numbers of a version; what follows makes no difference here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version(pub u32, pub u32);

impl Version {
    /// The first "N.M" of a text: of "5.48.0", "Verilator 5.048 2026-04-26" or "nextpnr-ecp5 … (Version 0.11-3)".
    pub fn find(text: &str) -> Option<Version> {
        let words = text.split(|c: char| !c.is_ascii_digit() && c != '.');
        words.into_iter().find_map(|word| {
            let mut numbers = word.split('.').map(str::parse);
            Some(Version(numbers.next()?.ok()?, numbers.next()?.ok()?))
        })
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.0, self.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_as_tools_print_them() {
        for (text, version) in [
            ("5.48.0", Version(5, 48)),
            ("Verilator 5.006 2023-01-22 rev (Debian 5.006-3)", Version(5, 6)),
            ("#define VERILATOR_VERSION \"5.49\"", Version(5, 49)),
            ("Yosys 0.23 (git sha1 7ce5011c24b)", Version(0, 23)),
            ("Yosys 0.62+107 (git sha1 ac427a79b-dirty)", Version(0, 62)),
            ("\"nextpnr-ecp5\" -- Next Generation Place and Route (Version 0.7-1)", Version(0, 7)),
            ("nextpnr-ice40 -- Next Generation Place and Route (Version nextpnr-0.8-12-g1)", Version(0, 8)),
            ("g++ (Debian 12.2.0-14+deb12u1) 12.2.0", Version(12, 2)),
            ("0.70.0.0.post1259", Version(0, 70)),
        ] {
            assert_eq!(Version::find(text), Some(version), "{text}");
        }
        for text in ["", " rev vUNKNOWN-built20260516-4e853d8", "fake 1", "verilator."] {
            assert_eq!(Version::find(text), None, "{text}");
        }
        assert!(Version(5, 6) < Version(5, 48) && Version(5, 48) < Version(6, 0));
    }
}
