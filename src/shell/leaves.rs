//! The hand-written modules of `hdl/shell`, carried in the program.

use super::clock::Clock;
use crate::board::Family;

/// A module's path, and its text.
type Leaf = (&'static str, &'static str);

macro_rules! leaf {
    ($name:literal) => {
        (concat!("shell/fs_", $name, ".v"), include_str!(concat!("../../hdl/shell/fs_", $name, ".v")))
    };
}

const SHELL: [Leaf; 8] = [
    leaf!("shell"),
    leaf!("power_on_reset"),
    leaf!("uart_rx"),
    leaf!("uart_tx"),
    leaf!("link_control"),
    leaf!("crc16"),
    leaf!("image_buffer"),
    leaf!("result_buffer"),
];
/// After both that use it.
const BUFFER_MEMORY: Leaf = leaf!("buffer_memory");
/// Of the core's leaves; most designs bring it along.
const SKID_QUEUE: &str = include_str!("../../hdl/lib/fs_skid_queue.v");

/// The leaves of a board top, each after those that use it, without those among the `core`'s sources.
pub(super) fn used_by(clock: &Clock, core: &[String]) -> impl Iterator<Item = Leaf> {
    let clock = match clock {
        Clock::Direct { .. } => leaf!("clock_direct"),
        Clock::Pll(pll) => match pll.family {
            Family::Ecp5 => leaf!("clock_ecp5"),
            Family::Ice40 => leaf!("clock_ice40"),
            Family::Gowin => leaf!("clock_gowin"),
            Family::Xilinx => leaf!("clock_xilinx"),
        },
    };
    let skids = core.iter().any(|source| source == "rtl/fs_skid_queue.v");
    let skid_queue = (!skids).then_some(("shell/fs_skid_queue.v", SKID_QUEUE));
    [clock].into_iter().chain(SHELL).chain([BUFFER_MEMORY]).chain(skid_queue)
}
