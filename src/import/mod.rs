//! Networks that were trained elsewhere: foreign files in, float networks out.
//!
//! In: a file of another tool, and what it does not say (time steps, the comparison with the threshold, …). Out: a float
//! network whose spikes are those of the file's network, and notes on everything that was decided on the way. Imports `float`
//! and `network` (the kinds of neurons and readouts).

pub mod hdf5;
pub mod nir;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::coding::Coding;
use crate::error::{Error, Result, Stage};
use crate::files;
use crate::float::FloatNetwork;
use crate::network::ReadoutKind;

/// When a neuron spikes: the simulators differ.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fires {
    /// At the first `t` with `V[t] > θ`.
    Above,
    /// At the first `t` with `V[t] ≥ θ`.
    AtOrAbove,
}

/// When a bias is added.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bias {
    /// In every time step, as part of the current.
    Step,
    /// Once, before the first time step.
    Start,
}

/// What a file does not say.
#[derive(Debug, Clone)]
pub struct Options {
    /// The name of the network.
    pub name: String,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// How pixels become spike times.
    pub coding: Coding,
    /// Whether a neuron fires at its threshold or only above it.
    pub fires: Fires,
    /// When a bias acts.
    pub bias: Bias,
    /// Without one: the earliest spike if the last neurons fire, else the membrane potential.
    pub readout: Option<ReadoutKind>,
    /// The length of a time step in seconds, for neurons whose resistances differ.
    pub step: Option<f32>,
}

/// A network, and where it is from.
#[derive(Debug)]
pub struct Imported {
    /// The network.
    pub network: FloatNetwork,
    /// Where each layer is from.
    pub layers: Vec<Origin>,
    /// What was decided on the way, for people.
    pub notes: Vec<String>,
}

/// Where a layer is from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Origin {
    /// Name of the layer.
    pub layer: String,
    /// The node that holds its weights.
    pub weights: String,
    /// The node that holds its neurons, if there is one.
    pub neurons: Option<String>,
    /// The smallest weight format that holds the weights exactly, if there is one.
    pub format: Option<String>,
    /// The value of one LSB of that format.
    pub scale: Option<f32>,
}

/// The float network of the NIR file at `path`.
///
/// # Errors
/// `io`; `import-unreadable` for what is no HDF5 file, or too large; `import-unfinished` if its exporter stopped in the middle;
/// `import-refused` with every node that no time-to-first-spike network can have.
pub fn read_nir(path: &Path, options: &Options) -> Result<Imported> {
    let bytes =
        files::read_up_to(path, hdf5::MAX_FILE).map_err(|cause| Error::io(Stage::Import, "read", path, &cause))?;
    decode_nir(&path.display().to_string(), bytes, options)
}

/// The same for the bytes of a file, which messages call `name`.
///
/// # Errors
/// Those of [`read_nir`] but `io`.
pub fn decode_nir(name: &str, bytes: Vec<u8>, options: &Options) -> Result<Imported> {
    let tree = hdf5::decode(bytes).map_err(|problem| {
        let help = "check that this is the NIR file, and copy or export it again";
        Error::new(Stage::Import, "import-unreadable", format!("{name} {problem}"), help)
    })?;
    nir::import(tree, options).map_err(|fault| refused(name, fault))
}

fn refused(name: &str, fault: nir::Fault) -> Error {
    match fault {
        nir::Fault::Unfinished(absent) => Error::new(
            Stage::Import,
            "import-unfinished",
            format!("{name} was not written to its end: its exporter stopped with an error"),
            "export the network again, and look for the exporter's own message; it did not know one of the modules",
        )
        .with_problems(absent),
        nir::Fault::Refused(problems) => Error::new(
            Stage::Import,
            "import-refused",
            format!("{name} is no time-to-first-spike network: {} reason(s)", problems.len()),
            "docs/how-to/networks-trained-elsewhere.md says what a network must be like",
        )
        .with_problems(problems),
    }
}
