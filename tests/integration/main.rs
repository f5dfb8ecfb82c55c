//! Runs the real binary. One file per concern.

mod bad_input;
mod command_line;
mod design;
mod equality;
mod evaluate;
mod faults;
mod interrupt;
mod support;
