//! The host's side of the link: sends images to a board and takes its answers (`docs/board.md`).
//!
//! In: a serial port and images. Out: one [`BoardResult`] per image. Imports the shell's format of the
//! link, cosim's beats and emit's manifest.
//!
//! One request is under way at a time, and every request is answered, so neither side can overrun the other. A frame that was damaged
//! on its way, in either direction, is sent again.

mod client;
mod frame;
mod port;

#[cfg(test)]
mod tests;

pub use client::{BoardResult, Client, Timing};
pub use frame::{Frame, Kind};
pub use port::open;
