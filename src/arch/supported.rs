//! What the integer network may have and the hardware does not.

use super::engine::spatial_problem;
use super::options::{EngineKind, InputKind, Options, ResultKind};
use crate::error::{Error, Result, Stage};
use crate::fixed::WeightFormat;
use crate::network::{IntegerNetwork, Layer, Readout, Synapses};

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

/// That the first layer can take as many events per cycle as the options ask for.
///
/// # Errors
/// `events-per-cycle`, with everything that stands against it.
pub(super) fn check_bundles(network: &IntegerNetwork, options: &Options) -> Result<()> {
    let events = options.events_per_cycle;
    if events == 1 {
        return Ok(());
    }
    let wrong = |message: String, help, problems| {
        Err(Error::new(Stage::Arch, "events-per-cycle", message, help).with_problems(problems))
    };
    if ![2, 4].contains(&events) {
        let message = format!("events per cycle is {events}, expected 1, 2 or 4");
        return wrong(message, "choose --events-per-cycle 1, 2 or 4", Vec::new());
    }
    let (first, neurons) = (&network.layers()[0], network.layers()[0].outputs());
    let lanes = options.lanes.of(0, neurons);
    let problems: Vec<_> = [
        (options.input != InputKind::Events).then(|| format!("the input is {}, not events", options.input.name())),
        (options.engine(0) != EngineKind::Event).then(|| "the first layer is not built by the event engine".to_owned()),
        (!matches!(first.synapses, Synapses::Dense(_))).then(|| "the first layer is a convolution".to_owned()),
        (first.pool > 1).then(|| "the first layer pools".to_owned()),
        first.step_rows.is_some().then(|| "the first layer has step rows".to_owned()),
        (lanes < neurons)
            .then(|| format!("the first layer has {lanes} lanes, expected one for each of its {neurons} neurons")),
    ]
    .into_iter()
    .flatten()
    .collect();
    if problems.is_empty() {
        return Ok(());
    }
    let message = format!("the first layer cannot take {events} events per cycle");
    wrong(message, "leave out --events-per-cycle: one event then comes per cycle", problems)
}

fn step_rows_problem(layer: &Layer) -> Option<String> {
    let rows = layer.step_rows.as_ref()?;
    let wide = rows.iter().find(|entry| !WeightFormat::Int(MAX_ROW_BITS).holds(**entry))?;
    let largest = WeightFormat::Int(MAX_ROW_BITS).max();
    Some(format!("has the entry {wide} in a step row, expected at most {largest} either way"))
}
