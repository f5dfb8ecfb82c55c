//! From the oscillator of a board to the clock of the core: the dividers of the family's PLL.
//!
//! # Source
//! Limits: those of Project Trellis' ecppll, of Project IceStorm's icepll and of Apicula's gowin_pll (the narrower of GW1NR-9 and GW2A-18);
//! AMD DS181 for Artix-7, speed grade −1.

use std::ops::RangeInclusive;

use crate::board::{Board, Family};
use crate::error::{Error, Result, Stage};

/// Two frequencies that differ by less than this part are the same.
const SAME: f64 = 1e-9;

/// Where the clock of the core comes from.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Clock {
    /// The oscillator itself.
    Direct {
        /// Its frequency, in MHz.
        mhz: f64,
    },
    /// A PLL behind the oscillator.
    Pll(Pll),
}

impl Clock {
    /// The fastest clock of at most `wanted_mhz` that the board can make, by way of the PLL if needed.
    ///
    /// # Units
    /// MHz.
    ///
    /// # Errors
    /// `clock-range` if the PLL makes no clock in the upper half of what is wanted.
    pub fn for_board(board: &Board, wanted_mhz: f64) -> Result<Clock> {
        if (wanted_mhz / board.clock_mhz - 1.0).abs() < SAME {
            return Ok(Clock::Direct { mhz: board.clock_mhz });
        }
        let limits = Limits::of(board.family);
        match limits.best(board.family, board.clock_mhz, wanted_mhz) {
            Some(pll) if pll.mhz() > wanted_mhz / 2.0 => Ok(Clock::Pll(pll)),
            _ => Err(Error::new(
                Stage::Shell,
                "clock-range",
                format!(
                    "--freq: {} cannot make {wanted_mhz} MHz from its {} MHz oscillator; its PLL gives {} to {} MHz",
                    board.name,
                    board.clock_mhz,
                    limits.output.start(),
                    limits.output.end()
                ),
                format!("choose a frequency in that range, or --freq {} for the oscillator itself", board.clock_mhz),
            )),
        }
    }

    /// Frequency of the core's clock.
    pub fn mhz(&self) -> f64 {
        match self {
            Clock::Direct { mhz } => *mhz,
            Clock::Pll(pll) => pll.mhz(),
        }
    }
}

/// Dividers of a PLL: `output = input / input_divider · multiplier` where the feedback is the output, and that over
/// `output_divider` where it is the VCO.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pll {
    /// The family whose PLL it is.
    pub family: Family,
    /// Frequency of the oscillator, in MHz.
    pub input_mhz: f64,
    /// Divides the input.
    pub input_divider: u32,
    /// Multiplies it.
    pub multiplier: u32,
    /// Divides the VCO.
    pub output_divider: u32,
}

impl Pll {
    /// Of the phase detector.
    pub fn detector_mhz(&self) -> f64 {
        self.input_mhz / f64::from(self.input_divider)
    }

    /// Frequency of the VCO, in MHz.
    pub fn vco_mhz(&self) -> f64 {
        let product = self.detector_mhz() * f64::from(self.multiplier);
        if feedback_is_output(self.family) { product * f64::from(self.output_divider) } else { product }
    }

    /// Of the output.
    pub fn mhz(&self) -> f64 {
        self.vco_mhz() / f64::from(self.output_divider)
    }

    /// FILTER_RANGE of an iCE40, by the frequency of the phase detector.
    pub fn ice40_filter_range(&self) -> u32 {
        let bounds = [17.0, 26.0, 44.0, 66.0, 101.0];
        1 + bounds.iter().filter(|&&bound| self.detector_mhz() >= bound).count() as u32
    }
}

fn feedback_is_output(family: Family) -> bool {
    matches!(family, Family::Ecp5 | Family::Gowin)
}

/// What a PLL can do; frequencies in MHz.
struct Limits {
    detector: RangeInclusive<f64>,
    vco: RangeInclusive<f64>,
    output: RangeInclusive<f64>,
    input_dividers: RangeInclusive<u32>,
    multipliers: RangeInclusive<u32>,
    output_dividers: Vec<u32>,
}

impl Limits {
    fn of(family: Family) -> Limits {
        match family {
            Family::Ecp5 => Limits {
                detector: 3.125..=400.0,
                vco: 400.0..=800.0,
                output: 10.0..=400.0,
                input_dividers: 1..=128,
                multipliers: 1..=80,
                output_dividers: (1..=128).collect(),
            },
            Family::Ice40 => Limits {
                detector: 10.0..=133.0,
                vco: 533.0..=1066.0,
                output: 16.0..=275.0,
                input_dividers: 1..=16,
                multipliers: 1..=128,
                output_dividers: (1..=6).map(|power| 1 << power).collect(),
            },
            Family::Gowin => Limits {
                detector: 3.0..=400.0,
                vco: 500.0..=1200.0,
                output: 3.91..=600.0,
                input_dividers: 1..=64,
                multipliers: 1..=64,
                output_dividers: vec![2, 4, 8, 16, 32, 48, 64, 80, 96, 112, 128],
            },
            Family::Xilinx => Limits {
                detector: 19.0..=450.0,
                vco: 800.0..=1600.0,
                output: 6.25..=464.0,
                input_dividers: 1..=56,
                multipliers: 2..=64,
                output_dividers: (1..=128).collect(),
            },
        }
    }

    fn allow(&self, pll: &Pll) -> bool {
        self.detector.contains(&pll.detector_mhz())
            && self.vco.contains(&pll.vco_mhz())
            && self.output.contains(&pll.mhz())
    }

    /// The fastest output of at most `wanted`; among equals the fastest phase detector, then the fastest VCO: least jitter.
    fn best(&self, family: Family, input_mhz: f64, wanted: f64) -> Option<Pll> {
        let dividers = self.input_dividers.clone().flat_map(|input_divider| {
            self.multipliers.clone().flat_map(move |multiplier| {
                let pll =
                    move |&output_divider: &u32| Pll { family, input_mhz, input_divider, multiplier, output_divider };
                self.output_dividers.iter().map(pll)
            })
        });
        let fitting = dividers.filter(|pll| self.allow(pll) && pll.mhz() <= wanted * (1.0 + SAME));
        fitting.reduce(|best, pll| {
            let faster = pll.mhz() > best.mhz() * (1.0 + SAME);
            let as_fast = !faster && pll.mhz() >= best.mhz() * (1.0 - SAME);
            let calmer = (pll.detector_mhz(), pll.vco_mhz()) > (best.detector_mhz(), best.vco_mhz());
            if faster || (as_fast && calmer) { pll } else { best }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pll(family: Family, input: f64, wanted: f64) -> Option<Pll> {
        Limits::of(family).best(family, input, wanted)
    }

    #[test]
    fn dividers_by_hand() {
        let dividers = |pll: Option<Pll>| pll.map(|pll| (pll.input_divider, pll.multiplier, pll.output_divider));
        // 25 MHz · 4 = 100 MHz; the VCO at 8 · 100 MHz.
        assert_eq!(dividers(pll(Family::Ecp5, 25.0, 100.0)), Some((1, 4, 8)));
        // 12 MHz · 64 = 768 MHz, over 32.
        assert_eq!(dividers(pll(Family::Ice40, 12.0, 24.0)), Some((1, 64, 32)));
        // 27 MHz · 2; the VCO at 16 · 54 MHz = 864 MHz.
        assert_eq!(dividers(pll(Family::Gowin, 27.0, 54.0)), Some((1, 2, 16)));
        // 100 MHz · 15 = 1500 MHz, over 10.
        assert_eq!(dividers(pll(Family::Xilinx, 100.0, 150.0)), Some((1, 15, 10)));
    }

    #[test]
    fn every_board_keeps_to_its_limits_and_below_what_is_wanted() {
        for board in Board::all() {
            let limits = Limits::of(board.family);
            for wanted in (20..=150).step_by(10).map(f64::from) {
                let clock = Clock::for_board(&board, wanted).unwrap();
                assert!(clock.mhz() <= wanted * 1.000_001 && clock.mhz() > 0.9 * wanted, "{} {wanted}", board.name);
                if let Clock::Pll(pll) = clock {
                    assert!(limits.allow(&pll), "{pll:?}");
                }
            }
        }
    }

    #[test]
    fn a_clock_that_no_pll_makes_is_refused() {
        let board = Board::find("icebreaker").unwrap();
        assert_eq!(Clock::for_board(&board, 12.0), Ok(Clock::Direct { mhz: 12.0 }));
        let error = Clock::for_board(&board, 10.0).unwrap_err();
        assert_eq!(error.code, "clock-range");
        assert!(error.message.contains("16 to 275 MHz"), "{}", error.message);
        assert_eq!(Clock::for_board(&board, 1000.0).unwrap_err().code, "clock-range");
    }

    #[test]
    fn the_filter_range_follows_the_phase_detector() {
        let range = |input_mhz| {
            let pll = Pll { family: Family::Ice40, input_mhz, input_divider: 1, multiplier: 1, output_divider: 2 };
            pll.ice40_filter_range()
        };
        assert_eq!((range(12.0), range(17.0), range(48.0), range(120.0)), (1, 2, 4, 6));
    }
}
