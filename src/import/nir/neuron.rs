//! Nodes with neurons: IF, LIF without a leak, I.

use super::fields::problem;
use super::graph::{Kind, Node};
use crate::float::Map;

/// What a neuron node says of each channel.
pub struct Neurons {
    /// None of an integrator, which never fires.
    pub threshold: Option<Vec<f32>>,
    /// What the weights of a time step count, `r·dt`.
    pub factor: Vec<f32>,
    /// Whether it has a reset, which is not needed where neurons fire once.
    pub resets: bool,
}

/// Reads an IF, LIF or I node on `map`. `step` is the length of a time step in seconds, if it was given.
pub fn neurons(node: &Node, map: Map, step: Option<f32>) -> Result<Neurons, Vec<String>> {
    let mut problems = Vec::new();
    let mut keep = |found: Result<Vec<f32>, String>| found.map_err(|problem| problems.push(problem)).ok();
    let threshold = match node.kind {
        Kind::Integrator => Some(None),
        _ => keep(node.by_channel("v_threshold", map).and_then(|values| finite(node, values))).map(Some),
    };
    let factor = keep(resistance(node, map, step));
    if node.kind == Kind::LeakyIntegrateAndFire {
        problems.extend(leaks(node));
    }
    match (threshold, factor) {
        (Some(threshold), Some(factor)) if problems.is_empty() => {
            let resets = node.finite("v_reset").is_ok();
            Ok(Neurons { threshold, factor, resets })
        }
        _ => Err(problems),
    }
}

fn finite(node: &Node, values: Vec<f32>) -> Result<Vec<f32>, String> {
    match values.iter().find(|value| value.is_infinite()) {
        Some(value) => Err(problem(node, &format!("v_threshold is {value}, expected finite numbers"))),
        None => Ok(values),
    }
}

/// What the input of one time step adds to the potential. Frameworks write 1 or 1/dt where a step adds the weights as they are.
fn resistance(node: &Node, map: Map, step: Option<f32>) -> Result<Vec<f32>, String> {
    if !node.has("r") {
        return Ok(vec![1.0; map.channels]);
    }
    let values = node.numbers("r")?;
    if let Some(value) = values.values.iter().find(|value| **value <= 0.0) {
        return Err(problem(node, &format!("r is {value}, expected more than 0")));
    }
    let is_uniform = values.values.iter().all(|value| *value == values.values[0]);
    match step {
        Some(step) if values.values.iter().all(|value| value.is_finite()) => {
            Ok(node.by_channel("r", map)?.into_iter().map(|r| r * step).collect())
        }
        _ if is_uniform => node.by_channel("r", map).map(|values| vec![1.0; values.len()]),
        _ => {
            let help = "give --dt, the length of a time step in seconds, which says what they add in one step";
            Err(problem(node, &format!("r differs between its neurons: {help}")))
        }
    }
}

/// Everything about a LIF that leaks.
pub fn leaks(node: &Node) -> Vec<String> {
    let mut problems = Vec::new();
    match node.numbers("tau") {
        Err(problem) => problems.push(problem),
        Ok(tau) => {
            if let Some(value) = tau.values.iter().find(|value| **value != f32::INFINITY) {
                problems.push(problem(
                    node,
                    &format!("tau is {value}, expected inf: the neuron leaks; train it without (beta = 1), or with IF"),
                ));
            }
        }
    }
    if let Some(value) = node.numbers("v_leak").ok().and_then(|leak| leak.values.iter().find(|value| **value != 0.0)) {
        problems.push(problem(node, &format!("v_leak is {value}, expected 0")));
    }
    problems
}
