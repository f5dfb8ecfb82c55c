//! What the integer network may have and the hardware does not.

use super::engine::spatial_problem;
use super::options::{EngineKind, Options, ResultKind};
use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::network::{IntegerNetwork, Layer, Readout};

/// Width of the widest entry of a step row, in bits: it lies among the weights.
pub(super) const MAX_ROW_BITS: u32 = 16;
/// Classes of which all pairs are compared at once.
const MAX_PAIRED: usize = 16;

/// That the hardware has everything that the neurons do.
///
/// # Errors
/// `step-rows`, with every layer whose rows it cannot add.
pub(super) fn check_neurons(network: &IntegerNetwork) -> Result<()> {
    let layers = network.layers().iter().enumerate();
    let problem = |(index, layer): (usize, &Layer)| {
        let reason = step_rows_problem(layer)?;
        Some(format!("layers[{index}] \"{}\" {reason}", layer.name))
    };
    let problems: Vec<_> = layers.filter_map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("the hardware cannot add the step rows of {} layer(s)", problems.len());
    let help = "evaluate executes such a network; for hardware, make it without these rows";
    Err(Error::new(Stage::Arch, "step-rows", message, help).with_problems(problems))
}

/// That the engines for which the options ask can build their layers.
///
/// # Errors
/// `engine-unsuited`, with every layer that is not for its engine.
pub(super) fn check_engines(network: &IntegerNetwork, options: &Options) -> Result<()> {
    let layers = network.layers().iter().enumerate();
    let spatial = layers.filter(|(index, _)| options.engine(*index) == EngineKind::Spatial);
    let problem = |(index, layer): (usize, &Layer)| {
        Some(format!("layers[{index}] \"{}\" {}", layer.name, spatial_problem(layer)?))
    };
    let problems: Vec<_> = spatial.filter_map(problem).collect();
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("the spatial engine cannot build {} layer(s)", problems.len());
    let help = "choose --engine event for these layers: one engine per layer, as in --engine event,spatial";
    Err(Error::new(Stage::Arch, "engine-unsuited", message, help).with_problems(problems))
}

/// That results can leave as the options ask for.
///
/// # Errors
/// `result-unsuited`, with everything that stands against results of one beat.
pub(super) fn check_result(network: &IntegerNetwork, options: &Options) -> Result<()> {
    if options.result == ResultKind::Words {
        return Ok(());
    }
    let is_spatial = options.engine(network.layers().len() - 1) == EngineKind::Spatial;
    let classes = network.outputs();
    let problems: Vec<_> = [
        (*network.readout() != Readout::Membrane).then(|| "the readout is not membrane".to_owned()),
        (!is_spatial).then(|| "the last layer is not built by the spatial engine".to_owned()),
        (classes > MAX_PAIRED).then(|| format!("there are {classes} classes, expected at most {MAX_PAIRED}")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let message = "the results cannot leave in one beat";
    let help = "leave out --result: results then leave word by word";
    Err(Error::new(Stage::Arch, "result-unsuited", message, help).with_problems(problems))
}

fn step_rows_problem(layer: &Layer) -> Option<String> {
    let rows = layer.step_rows.as_ref()?;
    let wide = rows.iter().find(|entry| !WeightFormat::Int(MAX_ROW_BITS).holds(**entry))?;
    let largest = WeightFormat::Int(MAX_ROW_BITS).max();
    Some(format!("has the entry {wide} in a step row, expected at most {largest} either way"))
}
