//! The blocks of the board shell that have one size, described in rust-hdl, simulated in its simulator, and emitted as Verilog
//! into `hdl/shell`. `docs/adr/0005-blocks-in-rust-hdl.md` says which blocks these are, and why not all.
//!
//! The emitted files are checked in, so that nobody who builds firstspike builds rust-hdl. A test holds them against what is emitted
//! now; `FIRSTSPIKE_EMIT=1 cargo test -p firstspike-shell` writes them anew.

mod crc16;
mod power_on_reset;

pub use crc16::Crc16;
pub use power_on_reset::PowerOnReset;

#[cfg(test)]
mod emitted;
