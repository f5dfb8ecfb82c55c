//! Runs the real binary. One file per concern.

mod bad_input;
mod bad_maps;
mod board;
mod checkpoint;
mod command_line;
mod confusion;
mod convolution;
mod demo;
mod design;
mod equality;
mod evaluate;
mod faults;
mod fusesoc;
mod generate;
mod interrupt;
mod limits;
mod link;
mod netlist;
mod proofs;
mod rough;
mod selftest;
mod support;
mod synth;
mod synth_baselines;
mod training;
mod trust;
