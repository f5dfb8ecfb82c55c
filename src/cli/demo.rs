//! `firstspike demo`: the shipped digits network, proved equal to its hardware.

use super::compare::compare;
use super::hardware::{DriveArgs, Hardware};
use super::{Outcome, Output};
use crate::arch;
use crate::data::{self, Split};
use crate::error::Result;
use crate::model;

/// Turn the shipped digits network into Verilog and compare it with the golden model on the shipped test images
///
/// Needs no file: network and images are part of the program.
#[derive(clap::Args)]
pub struct Args {}

const MODEL_JSON: &[u8] = include_bytes!("../../models/digits/model.json");
const MODEL_WEIGHTS: &[u8] = include_bytes!("../../models/digits/model.safetensors");

pub fn run(_args: &Args, output: &Output) -> Result<Outcome> {
    let network = model::decode_integer("the shipped digits model", MODEL_JSON, MODEL_WEIGHTS)?;
    let images = data::load("digits", Split::Test)?;
    let hardware = Hardware::cached(network, &arch::Options::default())?;
    compare(&hardware, &images, &DriveArgs::default(), output)
}
