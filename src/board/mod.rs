//! The boards that a design can be built for. Each is a folder under `constraints/`, carried in the program.
//!
//! In: a name. Out: the [`Board`]: its part with what the part holds, its clock, LEDs and reset button, and its pins. The top module of
//! every board has the same ports: `clk_in`, `uart_rx` (into the FPGA), `uart_tx`, `led[N-1:0]`, and `rst_button` if there is one.
//! Imports no other room.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Stage};

/// `board.json` and the pin file of a folder, in the format of the family's tools.
type BoardFiles = (&'static str, &'static str);

macro_rules! board {
    ($name:literal, $pins:literal) => {
        (
            include_str!(concat!("../../constraints/", $name, "/board.json")),
            include_str!(concat!("../../constraints/", $name, "/", $pins)),
        )
    };
}

/// By family, the smallest part first.
const BOARDS: [BoardFiles; 10] = [
    board!("icebreaker", "board.pcf"),
    board!("tang-nano-9k", "board.cst"),
    board!("tang-nano-20k", "board.cst"),
    board!("colorlight-i5", "board.lpf"),
    board!("ulx3s-25f", "board.lpf"),
    board!("ulx3s-45f", "board.lpf"),
    board!("ulx3s-85f", "board.lpf"),
    board!("arty-a7-35t", "board.xdc"),
    board!("pynq-z2", "board.xdc"),
    board!("arty-a7-100t", "board.xdc"),
];

/// A board, as its `board.json` describes it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Board {
    /// Name of the folder, and value of `--target`.
    pub name: String,
    /// Its name, for people.
    #[serde(rename = "board")]
    pub title: String,
    /// The family of its part.
    pub family: Family,
    /// The part, as its vendor calls it.
    pub part: String,
    /// Selects the part in the family's tools, with `package` and `speed`.
    pub device: String,
    /// The package of the part.
    pub package: String,
    /// Speed grade; none where the family has only one.
    pub speed: Option<String>,
    /// Of the oscillator at `clk_in`.
    pub clock_mhz: f64,
    /// The lights that the shell drives.
    pub leds: Leds,
    /// The button that resets it.
    pub reset: ResetButton,
    /// What the part holds.
    pub resources: Resources,
    /// How to load a bitstream.
    pub flash: String,
    /// The published file that the names of the pins are from.
    pub pins_source: String,
    /// Content of the pin file.
    #[serde(skip)]
    pub pins: &'static str,
}

/// Parts that are built by the same tools.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// Lattice ECP5: yosys, nextpnr-ecp5, ecppack.
    Ecp5,
    /// Lattice iCE40: yosys, nextpnr-ice40, icepack.
    Ice40,
    /// Gowin: yosys, nextpnr-himbaechel, gowin_pack.
    Gowin,
    /// AMD 7 series: yosys for the area; Vivado does the rest.
    Xilinx,
}

/// The port `led`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Leds {
    /// How many there are.
    pub count: usize,
    /// Whether a 0 lights them.
    pub active_low: bool,
}

/// The port `rst_button`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ResetButton {
    /// The board has none.
    None,
    /// Pressed, it reads 0.
    ActiveLow,
    /// Pressed, it reads 1.
    ActiveHigh,
}

/// What the part holds, from the vendor's data sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// Look-up tables: of 4 inputs, 6 in the family `xilinx`.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block RAMs.
    pub bram: BlockRam,
    /// Multipliers of 18 × 18 bits, 16 × 16 in the family `ice40`, 25 × 18 in `xilinx`.
    pub dsp: u64,
}

/// Block RAMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BlockRam {
    /// How many there are.
    pub count: u64,
    /// Of one block.
    pub bits: u64,
}

impl Family {
    /// As in `board.json`.
    pub fn name(self) -> &'static str {
        match self {
            Family::Ecp5 => "ecp5",
            Family::Ice40 => "ice40",
            Family::Gowin => "gowin",
            Family::Xilinx => "xilinx",
        }
    }

    /// Name of the pin file in a board's folder.
    pub fn pin_file(self) -> &'static str {
        match self {
            Family::Ecp5 => "board.lpf",
            Family::Ice40 => "board.pcf",
            Family::Gowin => "board.cst",
            Family::Xilinx => "board.xdc",
        }
    }

    /// Whether the open tools place, route and write a bitstream. Otherwise they tell the area, and no more.
    pub fn is_placed_here(self) -> bool {
        self != Family::Xilinx
    }
}

impl Board {
    /// All boards, by family, the smallest part first.
    pub fn all() -> Vec<Board> {
        let read = |(json, pins)| Board { pins, ..serde_json::from_str(json).expect("a test reads every board") };
        BOARDS.map(read).into()
    }

    /// The board of that name.
    ///
    /// # Errors
    /// `target-unknown`, with the names nearest to it first.
    pub fn find(name: &str) -> Result<Board> {
        let mut all = Board::all();
        if let Some(index) = all.iter().position(|board| board.name == name) {
            return Ok(all.swap_remove(index));
        }
        let similarity = |board: &Board| (strsim::jaro_winkler(name, &board.name) * 1e6) as i64;
        all.sort_by_key(|board| -similarity(board));
        let names: Vec<_> = all.into_iter().map(|board| board.name).collect();
        Err(Error::new(
            Stage::Arguments,
            "target-unknown",
            format!("--target: \"{name}\" is not a known target, expected one of {}", names.join(", ")),
            "`firstspike targets` lists them",
        ))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;

    use super::*;

    const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/constraints");

    /// Ports in a pin file, each with its pin.
    fn pins(board: &Board) -> Vec<(String, String)> {
        let words = |line: &str| -> Vec<String> {
            line.split([' ', '"', ';', '{', '}', '[', ']']).filter(|word| !word.is_empty()).map(String::from).collect()
        };
        // Bits are written led[0]; splitting at brackets leaves led and 0.
        let port = |words: &[String]| words.iter().filter(|word| !word.starts_with('#')).cloned().collect::<Vec<_>>();
        let place = |line: &str| -> Option<(String, String)> {
            let all = words(line.split([';', '#']).next().unwrap().split("//").next().unwrap());
            let all = port(&all);
            let (from, pin) = match board.family {
                Family::Ecp5 if line.starts_with("LOCATE COMP") => (2, all.last()?),
                Family::Ice40 if line.starts_with("set_io") => (1, all.last()?),
                Family::Gowin if line.starts_with("IO_LOC") => (1, all.last()?),
                Family::Xilinx if line.starts_with("set_property") => {
                    (1 + all.iter().position(|word| word == "get_ports")?, &all[3])
                }
                _ => return None,
            };
            let index = all.get(from + 1).filter(|word| all[from] == "led" && word.parse::<usize>().is_ok());
            Some((index.map_or(all[from].clone(), |index| format!("led[{index}]")), pin.clone()))
        };
        board.pins.lines().filter_map(place).collect()
    }

    #[test]
    fn every_board_lies_in_the_folder_of_its_name() {
        let folders: BTreeSet<_> =
            fs::read_dir(FOLDER).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        assert_eq!(Board::all().into_iter().map(|board| board.name).collect::<BTreeSet<_>>(), folders);
        for (board, (json, pins)) in Board::all().iter().zip(BOARDS) {
            let read = |file: &str| fs::read_to_string(format!("{FOLDER}/{}/{file}", board.name)).unwrap();
            assert_eq!((read("board.json").as_str(), read(board.family.pin_file()).as_str()), (json, pins));
        }
    }

    #[test]
    fn every_pin_file_places_exactly_the_fixed_ports_on_pins_of_their_own() {
        for board in Board::all() {
            let mut expected: BTreeSet<String> = ["clk_in", "uart_rx", "uart_tx"].map(String::from).into();
            expected.extend((0..board.leds.count).map(|index| format!("led[{index}]")));
            expected.extend((board.reset != ResetButton::None).then(|| "rst_button".to_owned()));
            let pins = pins(&board);
            let ports: Vec<_> = pins.iter().map(|(port, _)| port.clone()).collect();
            assert_eq!(ports.len(), expected.len(), "{}: {pins:?}", board.name);
            assert_eq!(ports.into_iter().collect::<BTreeSet<_>>(), expected, "{}", board.name);
            let sites: BTreeSet<_> = pins.iter().map(|(_, pin)| pin).collect();
            assert_eq!(sites.len(), expected.len(), "{}: {pins:?}", board.name);
        }
    }

    #[test]
    fn every_board_names_its_sources_and_has_resources() {
        for board in Board::all() {
            let file = board.pins_source.split([' ', '/', ',']).rfind(|part| part.contains('.')).unwrap();
            assert!(board.pins.contains(file), "{}: the pin file does not name {file}", board.name);
            let Resources { lut, ff, bram, dsp } = board.resources;
            assert!([lut, ff, bram.count, bram.bits, dsp].iter().all(|&amount| amount > 0), "{}", board.name);
            assert!(board.leds.count > 0 && (1.0..=200.0).contains(&board.clock_mhz), "{}", board.name);
            assert!(board.part.to_lowercase().contains(&board.package.to_lowercase()[board.package.len() - 3..]));
        }
    }

    #[test]
    fn a_field_that_is_not_known_or_missing_is_refused() {
        let (json, _) = BOARDS[0];
        let without = |line: &str| json.lines().filter(|text| !text.contains(line)).collect::<String>();
        assert!(serde_json::from_str::<Board>(&without("\"clock_mhz\"")).is_err());
        assert!(serde_json::from_str::<Board>(&json.replace("clock_mhz", "clock_khz")).is_err());
        assert!(serde_json::from_str::<Board>(&json.replace("ice40", "ice65")).is_err());
    }

    #[test]
    fn an_unknown_board_is_offered_its_neighbors() {
        let error = Board::find("ulx3s-85").unwrap_err();
        assert!(error.message.contains("expected one of ulx3s-85f, "), "{}", error.message);
    }
}
