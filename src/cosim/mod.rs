//! Co-simulation: build the Verilator model of a generated design, drive it, read its trace.
//!
//! In: a design folder and a stimulus. Out: one [`HardwareImage`] per image. Imports emit's manifest and `tool`.
//! `sim/driver.cpp`, compiled into this program, is the other half: it holds the clock, the handshakes and the monitors.

mod build;
mod design;
mod run;
mod stimulus;
mod trace;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, Simulator};
pub use run::{RunOptions, Spacing, parts};
pub use stimulus::{BEAT_LAST, BEAT_MARK, ImageStimulus, Stimulus};
pub use trace::{HardwareImage, SecondSpike};
