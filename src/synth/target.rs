//! The boards that a design can be placed for. Each is a folder under `constraints/`.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Stage};

const BOARDS: [&str; 3] = [
    include_str!("../../constraints/ulx3s-25f/board.json"),
    include_str!("../../constraints/ulx3s-45f/board.json"),
    include_str!("../../constraints/ulx3s-85f/board.json"),
];

/// A board with an ECP5 part.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Target {
    pub name: String,
    pub board: String,
    pub part: String,
    /// The option that selects the part in nextpnr.
    pub device: String,
    pub package: String,
    pub speed: String,
    /// Of the oscillator on the board.
    pub clock_mhz: f64,
    /// How to load a bitstream.
    pub flash: String,
}

impl Target {
    /// All targets, the smallest part first.
    pub fn all() -> Vec<Target> {
        BOARDS.map(|text| serde_json::from_str(text).expect("the boards are checked by a test")).into()
    }

    /// The target of that name.
    ///
    /// # Errors
    /// `target-unknown`, with the names nearest to it first.
    pub fn find(name: &str) -> Result<Target> {
        let mut all = Target::all();
        if let Some(index) = all.iter().position(|target| target.name == name) {
            return Ok(all.swap_remove(index));
        }
        let similarity = |target: &Target| (strsim::jaro_winkler(name, &target.name) * 1e6) as i64;
        all.sort_by_key(|target| -similarity(target));
        let names: Vec<_> = all.into_iter().map(|target| target.name).collect();
        Err(Error::new(
            Stage::Synth,
            "target-unknown",
            format!("--target: \"{name}\" is not a known target, expected one of {}", names.join(", ")),
            "`firstspike targets` lists them",
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_board_is_readable_and_lies_in_the_folder_of_its_name() {
        for (target, text) in Target::all().iter().zip(BOARDS) {
            let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/constraints");
            assert_eq!(std::fs::read_to_string(format!("{folder}/{}/board.json", target.name)).unwrap(), text);
        }
    }

    #[test]
    fn an_unknown_board_is_offered_its_neighbours() {
        let error = Target::find("ulx3s-85").unwrap_err();
        assert!(error.message.contains("expected one of ulx3s-85f, "), "{}", error.message);
    }
}
