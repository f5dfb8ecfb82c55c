//! `firstspike import`: a network of another tool in, a float model out.

use std::fs;
use std::path::{Path, PathBuf};

use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum};

use super::{Outcome, Output};
use crate::data::Schema;
use crate::error::{Error, Result, Stage};
use crate::files::Staged;
use crate::float::{FloatNetwork, safe_name};
use crate::flow::{self, Arrays, folder};
use crate::import::{self, Bias, Fires, Imported, InputCode, Options, Origin};
use crate::model::{self, RECORDING};
use crate::network::{MAX_TIME_STEPS, ReadoutKind};
use crate::replay::Network;
use crate::report::{CheckReport, ImportReport};

/// The weight format that is suggested for a layer on no grid.
const USUAL_FORMAT: &str = "8";

/// Take over a network that was trained elsewhere.
#[derive(clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a float model of a NIR file
    ///
    /// NIR (Neuromorphic Intermediate Representation) is what snnTorch, Norse, SpikingJelly, sinabs and others export. The graph
    /// must be a chain: weights (Linear, Affine, Conv2d), each with neurons behind it (IF, or LIF without a leak), pooling and
    /// Flatten between. Weights that lie on a grid keep it, so that `quantize` loses nothing. A file that `firstspike export nir` wrote says
    /// itself what NIR does not: time steps, coding, readout, and that neurons fire once. What is given here counts all the same.
    Nir(NirArgs),
}

#[derive(clap::Args)]
struct NirArgs {
    /// The file, as `nir.write` makes it
    file: PathBuf,
    /// Output folder
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    output: PathBuf,
    /// Write into the output folder even if it holds something that is no model
    #[arg(long, help_heading = "Output")]
    force: bool,
    /// A recording of the simulation that the network was trained in (.npz or .nird): it is replayed, and kept beside the model as
    /// recording.npz. Where it differs, nothing is written: exit code 1, and what `firstspike check` says
    #[arg(long, value_name = "RECORDING")]
    check: Option<PathBuf>,
    /// The network's name; default: the output folder's name
    #[arg(long, help_heading = "Output")]
    name: Option<String>,
    /// Time steps of an inference; needed unless the file says it
    #[arg(long, value_name = "T", allow_negative_numbers = true, value_parser = clap::value_parser!(u8).range(1..=MAX_TIME_STEPS as i64))]
    steps: Option<u8>,
    /// The network was trained so that only the first spike of each neuron counts. NIR cannot say it, and no other network is right
    #[arg(long)]
    fire_once: bool,
    /// When a neuron fires: its potential is above the threshold, or at or above it [default: >]
    #[arg(long, value_name = "TEST")]
    fires: Option<Test>,
    /// When a bias is added: in every time step, or once at the start [default: step]
    #[arg(long, value_name = "WHEN")]
    bias: Option<When>,
    /// What decides the class; default: first-spike if the last neurons fire, else membrane
    #[arg(long, value_parser = PossibleValuesParser::new(ReadoutKind::ALL.map(ReadoutKind::name)))]
    readout: Option<String>,
    /// Length of a time step in seconds: the weights of a neuron count r·S in a step. Needed if r differs within a node
    #[arg(long, value_name = "S", allow_negative_numbers = true)]
    dt: Option<f32>,
    /// How input values become spikes: bright pixels earlier (latency), or each value is its own spike time (times) [default: latency]
    #[arg(long, value_name = "CODING")]
    coding: Option<Code>,
    /// Of latency coding: pixels below this value never spike [default: 1]
    #[arg(long, value_name = "GREY", allow_negative_numbers = true)]
    input_threshold: Option<u8>,
}

#[derive(Clone, Copy, ValueEnum)]
enum Test {
    #[value(name = ">")]
    Above,
    #[value(name = ">=")]
    AtOrAbove,
}

#[derive(Clone, Copy, ValueEnum)]
enum When {
    Step,
    Start,
}

#[derive(Clone, Copy, ValueEnum)]
enum Code {
    Latency,
    Times,
}

/// Runs `firstspike import`.
///
/// # Errors
/// `time-step`, `input-threshold`; those of [`import::read_nir`], [`flow::check_network`] and [`model::write_float`].
pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let Command::Nir(args) = &args.command;
    folder::check(Stage::Import, &args.output, args.force)?;
    let Imported { network, layers, notes } = import::read_nir(&args.file, &args.options()?)?;
    let check = args.check.as_ref().map(|recording| check(recording, &network, output)).transpose()?;
    if let Some(report) = check.as_ref().filter(|report| !report.is_equal) {
        output.report(report)?;
        output.note("the recording differs: nothing is written");
        return Ok(Outcome::Mismatch);
    }
    // Copied before, as the recording of the model that is replaced goes with it.
    let recording = args.check.as_ref().map(|recording| copied(recording, &network, &args.output)).transpose()?;
    let before = output.recording_in(&args.output);
    model::write_float(&args.output, &network)?;
    match recording {
        Some(recording) => recording.commit()?,
        None => before.note_removal(),
    }
    output.report(&ImportReport {
        output: args.output.clone(),
        network: network.name,
        time_steps: network.time_steps,
        input_shape: network.input_shape,
        readout: network.readout.kind().name().into(),
        layers: layers.clone(),
        notes,
        check,
    })?;
    suggest_quantize(&args.output, &layers, output);
    Ok(Outcome::Success)
}

/// The command that comes next. Layers on no grid need a format; those on one keep theirs.
fn suggest_quantize(folder: &Path, layers: &[Origin], output: &Output) {
    let (model, integer) = (folder.display().to_string(), format!("{}-int", folder.display()));
    let formats: Vec<&str> = layers.iter().map(|layer| layer.format.as_deref().unwrap_or(USUAL_FORMAT)).collect();
    let mut words = vec!["firstspike", "quantize", &model, "-o", &integer];
    let formats = formats.join(",");
    if layers.iter().any(|layer| layer.format.is_none()) {
        words.extend(["--bits", &formats]);
    }
    output.next(&words);
}

fn check(recording: &Path, network: &FloatNetwork, output: &Output) -> Result<CheckReport> {
    flow::check_network(Network::of_float(network), recording, usize::MAX, output)
}

/// The arrays of a recording, ready to be put beside the model, which can be written.
fn copied(recording: &Path, network: &FloatNetwork, folder: &Path) -> Result<Staged> {
    model::check_float(folder, network, &Schema::default())?;
    let (arrays, target) = (Arrays::of(recording, &Network::of_float(network))?, folder.join(RECORDING));
    let failed = |cause| Error::io(Stage::Import, "write", &target, &cause);
    fs::create_dir_all(folder).map_err(failed)?;
    let staged = Staged::empty(Stage::Import, &target)?;
    fs::copy(arrays.path(), staged.path()).map_err(failed)?;
    Ok(staged)
}

impl NirArgs {
    fn options(&self) -> Result<Options> {
        if let Some(step) = self.dt.filter(|step| !(step.is_finite() && *step > 0.0)) {
            let message = format!("--dt is {step}, expected the length of a time step in seconds");
            return Err(Error::new(Stage::Import, "time-step", message, "give, for example, --dt 0.0001"));
        }
        let folder = self.output.file_name().map(|name| name.to_string_lossy().into_owned());
        Ok(Options {
            name: self.name.clone(),
            usual_name: safe_name(&folder.unwrap_or_default()),
            time_steps: self.steps.map(usize::from),
            fire_once: self.fire_once,
            input_code: self.input_code()?,
            fires: self.fires.map(|test| match test {
                Test::Above => Fires::Above,
                Test::AtOrAbove => Fires::AtOrAbove,
            }),
            bias: self.bias.map(|when| match when {
                When::Step => Bias::Step,
                When::Start => Bias::Start,
            }),
            readout: self.readout.as_ref().map(|name| name.parse().expect("clap knows the names")),
            step: self.dt,
        })
    }

    /// The coding, if any part of it is given.
    fn input_code(&self) -> Result<Option<InputCode>> {
        let latency = InputCode::Latency { threshold: self.input_threshold };
        match (self.coding, self.input_threshold) {
            (Some(Code::Latency), _) | (None, Some(_)) => Ok(Some(latency)),
            (None, None) => Ok(None),
            (Some(Code::Times), None) => Ok(Some(InputCode::Times)),
            (Some(Code::Times), Some(threshold)) => {
                let message =
                    format!("--input-threshold {threshold} is for pixels, and with --coding times there are none");
                let help = "leave out --input-threshold; or give --coding latency, if the inputs are pixels";
                Err(Error::new(Stage::Import, "input-threshold", message, help))
            }
        }
    }
}
