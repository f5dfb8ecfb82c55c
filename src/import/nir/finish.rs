//! From drafts of layers to the float network: when neurons fire, what a bias is, which grid the weights lie on.

use std::collections::BTreeSet;

use ndarray::Array2;

use super::grid::{above, exact, holds};
use crate::coding::Coding;
use crate::export::metadata::LayerMetadata;
use crate::float::{FloatLayer, FloatNetwork, Grid, LayerShape, safe_name, verilog_name};
use crate::import::terms::Terms;
use crate::import::{Bias, Fires, Imported, Origin};
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
    /// How many times as large as in the file the weights are, as `average-pool` takes the mean.
    pub sum: f32,
    /// What the file's metadata say of the layer.
    pub said: Option<LayerMetadata>,
}

impl Draft {
    /// The node whose spikes or potentials the layer has.
    fn node(&self) -> &str {
        self.neuron_node.as_ref().unwrap_or(&self.weights_node)
    }
}

pub fn finish(
    terms: &Terms,
    input_shape: Vec<usize>,
    mut drafts: Vec<Draft>,
    mut notes: Vec<String>,
) -> Result<Imported, Vec<String>> {
    let readout = readout(terms, &mut drafts, &mut notes).map_err(|problem| vec![problem])?;
    let input_shape = said_shape(terms, &input_shape).map_err(|problem| vec![problem])?;
    if drafts.iter().any(|draft| draft.resets) {
        notes.push("v_reset is not used: each neuron fires once, and nothing comes after".into());
    }
    if terms.said.is_none() {
        notes.push(match terms.coding {
            Coding::Latency { threshold } => {
                format!("pixels have latency coding, those below {threshold} never spike: NIR says nothing of it")
            }
            Coding::Table(_) => "each input value is its own spike time".into(),
        });
    }
    notes.extend(bias_note(terms, &drafts));
    let mut names = BTreeSet::new();
    let (mut layers, mut origins) = (Vec::new(), Vec::new());
    for draft in drafts {
        let name = unique(safe_name(draft.node()), &mut names);
        let (layer, origin) = layer(terms, draft, name, &mut notes);
        layers.push(layer);
        origins.push(origin);
    }
    let Terms { name, time_steps, coding, .. } = terms.clone();
    let network = FloatNetwork { name, time_steps, input_shape, coding, layers, readout };
    Ok(Imported { network, layers: origins, notes })
}

/// How the biases are taken, if there are some; and where what was given is not what the file's metadata say.
fn bias_note(terms: &Terms, drafts: &[Draft]) -> Option<String> {
    let has_start = drafts.iter().filter_map(|draft| draft.said.as_ref()).any(|said| !said.v0.is_empty());
    let has_bias = drafts.iter().any(|draft| draft.bias.iter().any(|bias| *bias != 0.0));
    match (terms.bias, terms.bias_is_open) {
        (_, true) if terms.said.is_some() => None,
        (Bias::Start, false) if terms.said.is_some() && (has_start || has_bias) => {
            Some("--bias start counts; the file's metadata say that biases are of every time step".into())
        }
        (Bias::Step, false) if has_start => {
            Some("--bias step counts; the file's metadata say initial potentials, which are not used".into())
        }
        (Bias::Step, true) if has_bias => {
            Some("biases are added in every time step: --bias start adds them once".into())
        }
        (Bias::Step, false) if has_bias => Some("biases are added in every time step, as --bias step says".into()),
        (Bias::Start, _) if has_bias => Some("biases are added once, before the first time step: --bias start".into()),
        _ => None,
    }
}

/// The shape of the input, as the file's metadata have it if they say anything: a row may be an image.
fn said_shape(terms: &Terms, found: &[usize]) -> Result<Vec<usize>, String> {
    let Some(said) = &terms.said else { return Ok(found.to_vec()) };
    let size = |shape: &[usize]| shape.iter().fold(1usize, |size, &side| size.saturating_mul(side));
    if size(&said.input_shape) == size(found) {
        return Ok(said.input_shape.clone());
    }
    Err(format!("metadata: input_shape is {:?}, but the Input is {found:?}", said.input_shape))
}

/// The readout; takes the thresholds of an output layer that it reads by its potentials.
fn readout(terms: &Terms, drafts: &mut [Draft], notes: &mut Vec<String>) -> Result<Readout<f32>, String> {
    let last = drafts.last_mut().ok_or("the graph has no weights, expected a layer")?;
    let usual = if last.threshold.is_some() { ReadoutKind::FirstSpike } else { ReadoutKind::Membrane };
    let kind = terms.readout.unwrap_or(usual);
    if kind.output_fires() && last.threshold.is_none() {
        return Err(format!("--readout {kind} reads spikes, but node {:?} at the end never fires", last.node()));
    }
    if terms.readout.is_none() {
        notes.push(format!("the readout is {kind}: --readout chooses another"));
    }
    if !kind.output_fires() && last.threshold.take().is_some() {
        notes.push(format!("node {:?}: its thresholds are left out, as {kind} reads its potentials", last.node()));
    }
    let steps = terms.time_steps;
    let falling = || (0..steps).map(|step| 1.0 - step as f32 / steps as f32).collect();
    if kind.source().is_some() && terms.alpha.is_empty() {
        notes.push(format!("the readout {kind} weights time step t by 1 − t/{steps}: the file does not say by what"));
    }
    let said = || terms.alpha.iter().map(|&alpha| f32::from(alpha)).collect();
    Ok(kind.with_alpha(|| if terms.alpha.is_empty() { falling() } else { said() }))
}

fn layer(terms: &Terms, draft: Draft, name: String, notes: &mut Vec<String>) -> (FloatLayer, Origin) {
    let grid = grid(&draft, &name, notes);
    let lattice = grid.map(|grid| f64::from(grid.scale) / draft.shape.pooling.share() as f64);
    let Start { bias: start, thresholds, row } = Start::of(terms, &draft);
    let adds = terms.bias == Bias::Step && row.iter().any(|bias| *bias != 0.0);
    let (bias, step_rows) = match terms.bias {
        Bias::Start => (row.clone(), None),
        Bias::Step => (start, adds.then(|| StepRows::constant(&row, terms.time_steps))),
    };
    let is_scored = thresholds.is_none();
    let off = lattice.is_some_and(|step| row.iter().any(|bias| f64::from(*bias) / step % 1.0 != 0.0));
    match grid {
        None => notes.push(format!(
            "layer {name:?}: its weights lie on no grid of 16 bits or less; quantize needs --bits, and changes spikes"
        )),
        Some(_) if off && (adds || is_scored) => {
            notes.push(format!("layer {name:?}: its bias is off the grid of its weights; quantize rounds it"));
        }
        Some(_) => {}
    }
    let neuron = match &thresholds {
        None => Neuron::integrate(),
        Some(thresholds) => {
            let lattice = lattice.filter(|_| !(adds && off));
            Neuron::integrate_once(fired(terms, thresholds, &bias, lattice, &name, notes))
        }
    };
    let origin = origin(&draft, &name, grid);
    let LayerShape { pooling, connection, .. } = draft.shape;
    let (input, weights) = (draft.shape.kept_input(), draft.weights);
    (FloatLayer { name, input, pooling, connection, weights, bias, step_rows, neuron, grid }, origin)
}

/// The grid of the weights: what the file's metadata say, if the weights lie on it, else the coarsest.
fn grid(draft: &Draft, name: &str, notes: &mut Vec<String>) -> Option<Grid> {
    let weights = draft.weights.as_slice()?;
    if let Some(said) = &draft.said {
        let grid = Grid { format: said.format, scale: said.scale as f32 * draft.sum };
        if holds(grid, weights) {
            return Some(grid);
        }
        notes.push(format!("layer {name:?}: its weights are no longer on the grid that the file's metadata say"));
    }
    exact(weights)
}

/// What a layer's potentials start with, and what is left of its bias and thresholds without that.
struct Start {
    bias: Vec<f32>,
    thresholds: Option<Vec<f32>>,
    /// Of every step.
    row: Vec<f32>,
}

impl Start {
    /// Takes the initial potentials that the metadata say out of bias or thresholds, where `export` has put them.
    fn of(terms: &Terms, draft: &Draft) -> Start {
        let (bias, thresholds, row) = (vec![0.0; draft.bias.len()], draft.threshold.clone(), draft.bias.clone());
        let start = draft.said.as_ref().filter(|said| !said.v0.is_empty() && terms.bias_is_said());
        let (Some(layer), Some(graph)) = (start, &terms.said) else { return Start { bias, thresholds, row } };
        let bias: Vec<f32> = layer.v0.iter().map(|&v0| (f64::from(v0) * f64::from(layer.scale)) as f32).collect();
        let moved = |values: &[f32], by: &dyn Fn(f64) -> f64| -> Vec<f32> {
            values.iter().zip(&bias).map(|(&value, &bias)| (f64::from(value) + by(f64::from(bias))) as f32).collect()
        };
        let row = match graph.readout {
            ReadoutKind::Membrane => moved(&row, &|bias| -bias / graph.time_steps as f64),
            _ => row,
        };
        let thresholds = thresholds.map(|thresholds| moved(&thresholds, &|bias| bias));
        Start { bias, thresholds, row }
    }
}

/// The thresholds with which `V ≥ θ` is the test of the simulator.
fn fired(
    terms: &Terms,
    thresholds: &[f32],
    bias: &[f32],
    lattice: Option<f64>,
    name: &str,
    notes: &mut Vec<String>,
) -> Vec<f32> {
    if terms.fires == Fires::AtOrAbove {
        return thresholds.to_vec();
    }
    let where_to = if lattice.is_some() { "the next value that the potential can take" } else { "the next float" };
    // Thresholds of our own files lie between two potentials.
    if terms.said.is_none() {
        notes.push(format!("layer {name:?}: fires above its threshold, which becomes {where_to}"));
    }
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

/// The name, with a number if Verilog sees a name that is taken.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let candidates = (2..).map(|number| format!("{name}_{number}"));
    let free = std::iter::once(name.clone()).chain(candidates).find(|name| taken.insert(verilog_name(name)));
    free.expect("there are more numbers than layers")
}
