//! The board shell: what stands between the core and a board's clock, button, LEDs and serial line.
//!
//! In: a design's manifest, a board, a clock and a baud rate. Out: a [`BoardTop`], the Verilog of the board's top module, and the
//! [`LinkFormat`] by which the host talks to it. Imports `arch` (the kind of input), `board` and emit's manifest.

mod clock;
mod format;
mod leaves;
mod top;

pub use clock::{Clock, Pll};
pub use format::{IDENTITY_BYTES, LINK_VERSION, LinkFormat, NETWORK_END};
pub use top::{BoardTop, DEFAULT_BAUD, ShellOptions, board_top, simulated_top};
