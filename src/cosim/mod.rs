//! Co-simulation: build the Verilator model of a generated design, drive it, read its trace.
//!
//! In: a design folder and a stimulus. Out: one [`HardwareImage`] per image. Imports arch's
//! spacing of images, emit's manifest, the shell's board top, synth's netlist and `tool`.
//! `sim/driver.cpp`, compiled into this program, is the other half: it holds the clock, the handshakes and the monitors.
//!
//! An [`Emulator`] is a whole board instead: core and shell, with `sim/board.cpp` between its serial line and a pseudo-terminal.

mod build;
mod design;
mod emulator;
mod run;
mod stimulus;
mod trace;
mod waveform;

#[cfg(test)]
mod tests;

pub use build::{BuildOptions, Simulator};
pub use emulator::{EmulatedBoard, Emulator};
pub use run::{RunOptions, parts};
pub use stimulus::{BEAT_LAST, BEAT_MARK, ImageStimulus, Stimulus, beat_words};
pub use trace::{Fault, HardwareImage, Played, Rule, SecondSpike};
pub use waveform::WaveFormat;
