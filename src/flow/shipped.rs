//! The digits network that is part of the program.

use crate::error::Result;
use crate::model;
use crate::network::IntegerNetwork;

const MODEL_JSON: &[u8] = include_bytes!("../../models/digits/model.json");
const MODEL_WEIGHTS: &[u8] = include_bytes!("../../models/digits/model.safetensors");

/// The digits network in this program; its images are the data set `digits`.
///
/// # Errors
/// Those of [`model::decode_integer`]; none, as a test reads it.
pub fn shipped_network() -> Result<IntegerNetwork> {
    model::decode_integer("the shipped digits model", MODEL_JSON, MODEL_WEIGHTS)
}
