//! Networks that were trained elsewhere: foreign files in, float networks out.
//!
//! In: a file of another tool, and what it does not say (time steps, the comparison with the threshold, …). Out: a float
//! network whose spikes are those of the file's network, and notes on everything that was decided on the way. Imports `export` (the
//! metadata that it writes), `float`, `hdf5` and `network` (the kinds of neurons and readouts).

pub mod nir;
mod terms;

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result, Stage};
use crate::float::FloatNetwork;
use crate::network::ReadoutKind;
use crate::{files, hdf5};

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

/// How input values become spikes, if a file does not say it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InputCode {
    /// Pixels, bright ones earlier; those below the threshold never spike.
    Latency {
        /// In gray levels; 1 if none is given.
        threshold: Option<u8>,
    },
    /// Each value is its own spike time.
    Times,
}

/// What a file does not say, unless `export` wrote it. What is given here counts, whatever the file says.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The name of the network.
    pub name: Option<String>,
    /// Its name if nobody gives one.
    pub usual_name: String,
    /// Time steps `T` of an inference.
    pub time_steps: Option<usize>,
    /// Whether only the first spike of each neuron counts: no other network is right.
    pub fire_once: bool,
    /// Without it, latency coding from 1 on.
    pub input_code: Option<InputCode>,
    /// Without it, `V > θ`.
    pub fires: Option<Fires>,
    /// Without it, every time step.
    pub bias: Option<Bias>,
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
/// `fire-once` and `import-steps` if neither the options nor the file say it; `import-name`; `import-refused` with every node that no
/// time-to-first-spike network can have.
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
        nir::Fault::Unsaid(error) => error,
        nir::Fault::Refused(problems) => Error::new(
            Stage::Import,
            "import-refused",
            format!("{name} is no time-to-first-spike network: {} reason(s)", problems.len()),
            "docs/how-to/networks-trained-elsewhere.md says what a network must be like",
        )
        .with_problems(problems),
    }
}
