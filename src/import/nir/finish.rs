//! From drafts of layers to the float network: when neurons fire, what a bias is, which grid the weights lie on.

use std::collections::BTreeSet;

use ndarray::Array2;

use super::grid::{above, exact};
use crate::coding::Coding;
use crate::float::{FloatLayer, FloatNetwork, Grid, LayerShape, safe_name};
use crate::import::{Bias, Fires, Imported, Options, Origin};
use crate::network::{Neuron, Readout, ReadoutKind, StepRows};

/// A layer as its nodes say it.
pub struct Draft {
    pub weights_node: String,
    pub neuron_node: Option<String>,
    pub shape: LayerShape,
    pub weights: Array2<f32>,
    pub bias: Vec<f32>,
    /// None of neurons that never fire.
    pub threshold: Option<Vec<f32>>,
    pub resets: bool,
}

impl Draft {
    /// The node whose spikes or potentials the layer has.
    fn node(&self) -> &str {
        self.neuron_node.as_ref().unwrap_or(&self.weights_node)
    }
}

pub fn finish(
    options: &Options,
    input_shape: Vec<usize>,
    mut drafts: Vec<Draft>,
    mut notes: Vec<String>,
) -> Result<Imported, Vec<String>> {
    let readout = readout(options, &mut drafts, &mut notes).map_err(|problem| vec![problem])?;
    if drafts.iter().any(|draft| draft.resets) {
        notes.push("v_reset is not used: each neuron fires once, and nothing comes after".into());
    }
    notes.push(match options.coding {
        Coding::Latency { threshold } => {
            format!("pixels have latency coding, those below {threshold} never spike: NIR says nothing of it")
        }
        Coding::Table(_) => "each input value is its own spike time".into(),
    });
    let mut names = BTreeSet::new();
    let (mut layers, mut origins) = (Vec::new(), Vec::new());
    for draft in drafts {
        let name = unique(safe_name(draft.node()), &mut names);
        let (layer, origin) = layer(options, draft, name, &mut notes);
        layers.push(layer);
        origins.push(origin);
    }
    let Options { name, time_steps, coding, .. } = options.clone();
    let network = FloatNetwork { name, time_steps, input_shape, coding, layers, readout };
    Ok(Imported { network, layers: origins, notes })
}

/// The readout; takes the thresholds of an output layer that it reads by its potentials.
fn readout(options: &Options, drafts: &mut [Draft], notes: &mut Vec<String>) -> Result<Readout<f32>, String> {
    let last = drafts.last_mut().ok_or("the graph has no weights, expected a layer")?;
    let usual = if last.threshold.is_some() { ReadoutKind::FirstSpike } else { ReadoutKind::Membrane };
    let kind = options.readout.unwrap_or(usual);
    if kind.output_fires() && last.threshold.is_none() {
        return Err(format!("--readout {kind} reads spikes, but node {:?} at the end never fires", last.node()));
    }
    if options.readout.is_none() {
        notes.push(format!("the readout is {kind}: --readout chooses another"));
    }
    if !kind.output_fires() && last.threshold.take().is_some() {
        notes.push(format!("node {:?}: its thresholds are left out, as {kind} reads its potentials", last.node()));
    }
    let steps = options.time_steps;
    Ok(kind.with_alpha(|| (0..steps).map(|step| 1.0 - step as f32 / steps as f32).collect()))
}

fn layer(options: &Options, draft: Draft, name: String, notes: &mut Vec<String>) -> (FloatLayer, Origin) {
    let grid = draft.weights.as_slice().and_then(exact);
    let lattice = grid.map(|grid| f64::from(grid.scale) / draft.shape.pooling.share() as f64);
    let zeros = vec![0.0; draft.bias.len()];
    let adds = options.bias == Bias::Step && draft.bias.iter().any(|bias| *bias != 0.0);
    let (bias, step_rows) = match options.bias {
        Bias::Start => (draft.bias.clone(), None),
        Bias::Step => (zeros, adds.then(|| StepRows::constant(&draft.bias, options.time_steps))),
    };
    let is_scored = draft.threshold.is_none();
    let off = lattice.is_some_and(|step| draft.bias.iter().any(|bias| f64::from(*bias) / step % 1.0 != 0.0));
    match grid {
        None => notes.push(format!(
            "layer {name:?}: its weights lie on no grid of 16 bits or less; quantize needs --bits, and changes spikes"
        )),
        Some(_) if off && (adds || is_scored) => {
            notes.push(format!("layer {name:?}: its bias is off the grid of its weights; quantize rounds it"));
        }
        Some(_) => {}
    }
    let neuron = match &draft.threshold {
        None => Neuron::integrate(),
        Some(thresholds) => {
            let lattice = lattice.filter(|_| !(adds && off));
            Neuron::integrate_once(fired(options.fires, thresholds, &bias, lattice, &name, notes))
        }
    };
    let origin = origin(&draft, &name, grid);
    let LayerShape { pooling, connection, .. } = draft.shape;
    let (input, weights) = (draft.shape.kept_input(), draft.weights);
    (FloatLayer { name, input, pooling, connection, weights, bias, step_rows, neuron, grid }, origin)
}

/// The thresholds with which `V ≥ θ` is the test of the simulator.
fn fired(
    fires: Fires,
    thresholds: &[f32],
    bias: &[f32],
    lattice: Option<f64>,
    name: &str,
    notes: &mut Vec<String>,
) -> Vec<f32> {
    if fires == Fires::AtOrAbove {
        return thresholds.to_vec();
    }
    let where_to = if lattice.is_some() { "the next value that the potential can take" } else { "the next float" };
    notes.push(format!("layer {name:?}: fires above its threshold, which becomes {where_to}"));
    let lattice = |bias: f32| lattice.map(|step| (bias, step));
    thresholds.iter().zip(bias).map(|(&threshold, &bias)| above(threshold, lattice(bias))).collect()
}

fn origin(draft: &Draft, name: &str, grid: Option<Grid>) -> Origin {
    Origin {
        layer: name.into(),
        weights: draft.weights_node.clone(),
        neurons: draft.neuron_node.clone(),
        format: grid.map(|grid| grid.format.to_string()),
        scale: grid.map(|grid| grid.scale),
    }
}

/// The name, with a number if it is taken.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let candidates = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(candidates).find(|name| taken.insert(name.clone()));
    free.expect("there are more numbers than layers")
}
