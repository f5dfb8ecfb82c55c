//! One file per family of parts: what its tools are told, and how its cells are counted.

mod ecp5;
mod gowin;
mod ice40;
mod toolchain;
mod xilinx;

use crate::board::Family;

pub(super) use toolchain::{Attempt, CellModels, Job, Step, Toolchain};

/// The tools of a family.
pub(super) fn toolchain(family: Family) -> &'static dyn Toolchain {
    match family {
        Family::Ecp5 => &ecp5::Ecp5,
        Family::Ice40 => &ice40::Ice40,
        Family::Gowin => &gowin::Gowin,
        Family::Xilinx => &xilinx::Xilinx,
    }
}
