//! Runs the real binary. One file per concern.

mod bad_input;
mod command_line;
mod evaluate;
mod support;
