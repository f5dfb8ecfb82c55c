//! Runs the real binary. One file per concern.

mod bad_input;
mod command_line;
mod demo;
mod design;
mod equality;
mod evaluate;
mod faults;
mod generate;
mod support;
mod training;
