//! What a design takes of a part, or a part leaves to it.

use std::iter::Sum;
use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::board::Family;

/// Resources that a design takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Area {
    /// Look-up tables: in `ecp5` those of carry chains included (nextpnr's TRELLIS_COMB), in `ice40` logic cells.
    pub lut: u64,
    /// Flip-flops.
    pub ff: u64,
    /// Block RAMs; a RAMB36 of the family `xilinx` is two.
    pub bram: u64,
    /// Multipliers.
    pub dsp: u64,
}

impl Add for Area {
    type Output = Area;

    fn add(self, other: Area) -> Area {
        Area {
            lut: self.lut + other.lut,
            ff: self.ff + other.ff,
            bram: self.bram + other.bram,
            dsp: self.dsp + other.dsp,
        }
    }
}

impl Sum for Area {
    fn sum<I: Iterator<Item = Area>>(areas: I) -> Area {
        areas.fold(Area::default(), Area::add)
    }
}

/// What the area model knows of logic, for each kind of slices.
pub(super) struct BySlice<R> {
    pub ecp5: R,
    pub ice40: R,
    pub xilinx: R,
}

impl<R> BySlice<R> {
    /// Gowin's slices are like those of ECP5: LUT4, carry in place of a LUT, distributed RAM of 16 × 4 bits.
    pub fn of(&self, family: Family) -> &R {
        match family {
            Family::Ecp5 | Family::Gowin => &self.ecp5,
            Family::Ice40 => &self.ice40,
            Family::Xilinx => &self.xilinx,
        }
    }
}
