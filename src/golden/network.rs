//! The integer network, validated at construction (`docs/numerics.md` §3, §5, §6, §7).

use ndarray::Array2;

use crate::error::{Error, Result, Stage};
use crate::fixed::{Interval, WeightFormat};

/// Largest number of time steps (§1): a spike time, *never* included, fits 8 bits.
pub const MAX_TIME_STEPS: usize = 255;

/// A fully connected integrate-and-fire layer.
///
/// # Shapes
/// `weights` is inputs × outputs (the row of an input holds its weight to every neuron); `v0` and `threshold` have one entry per neuron.
///
/// # Units
/// Everything in LSB of the layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dense {
    pub name: String,
    pub format: WeightFormat,
    pub weights: Array2<i32>,
    pub v0: Vec<i32>,
    /// Absent if the layer only integrates (§6).
    pub threshold: Option<Vec<i32>>,
}

impl Dense {
    pub fn inputs(&self) -> usize {
        self.weights.nrows()
    }

    pub fn outputs(&self) -> usize {
        self.weights.ncols()
    }

    /// The weights of one input to every neuron.
    pub fn row(&self, input: usize) -> &[i32] {
        self.weights.row(input).to_slice().expect("a validated network stores its weights row by row")
    }

    /// The proved interval of `V_j` over all images and moments (§5), in LSB.
    pub fn membrane_interval(&self, neuron: usize) -> Interval {
        let v0 = i64::from(self.v0[neuron]);
        self.weights.column(neuron).iter().fold(Interval { lo: v0, hi: v0 }, |interval, &weight| {
            let weight = i64::from(weight);
            Interval { lo: interval.lo + weight.min(0), hi: interval.hi + weight.max(0) }
        })
    }
}

/// How the output layer becomes scores and a class (§7).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readout {
    Membrane,
    FirstSpike,
    /// α has one entry per time step, non-increasing.
    TemporalWeighting {
        source: WeightedSource,
        alpha: Vec<u16>,
    },
}

/// What temporal weighting weighs (§7.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WeightedSource {
    Current,
    Spikes,
}

impl Readout {
    /// Whether the output layer has thresholds (§6).
    pub fn output_fires(&self) -> bool {
        match self {
            Readout::Membrane => false,
            Readout::FirstSpike => true,
            Readout::TemporalWeighting { source, .. } => *source == WeightedSource::Spikes,
        }
    }
}

/// A network of integers: what the golden model executes and the hardware must equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerNetwork {
    name: String,
    time_steps: usize,
    input_shape: Vec<usize>,
    input_threshold: u8,
    layers: Vec<Dense>,
    readout: Readout,
}

impl IntegerNetwork {
    /// Checks everything that `docs/numerics.md` demands and reports every violation at once.
    ///
    /// # Errors
    /// `invalid-network`, with one problem line per violation.
    pub fn new(
        name: impl Into<String>,
        time_steps: usize,
        input_shape: Vec<usize>,
        input_threshold: u8,
        mut layers: Vec<Dense>,
        readout: Readout,
    ) -> Result<Self> {
        // The weights of an input lie side by side: that is how they are added.
        for layer in &mut layers {
            layer.weights = layer.weights.as_standard_layout().into_owned();
        }
        let network = IntegerNetwork { name: name.into(), time_steps, input_shape, input_threshold, layers, readout };
        let problems = network.problems();
        if problems.is_empty() {
            return Ok(network);
        }
        Err(Error::new(
            Stage::Model,
            "invalid-network",
            format!("the integer network \"{}\" breaks {} rule(s)", network.name, problems.len()),
            "mend the listed fields; docs/numerics.md gives the rules",
        )
        .with_problems(problems))
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub fn time_steps(&self) -> usize {
        self.time_steps
    }

    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// Number of inputs of the first layer.
    pub fn inputs(&self) -> usize {
        self.input_shape.iter().product()
    }

    /// Pixels below this value never spike (§2).
    pub fn input_threshold(&self) -> u8 {
        self.input_threshold
    }

    pub fn layers(&self) -> &[Dense] {
        &self.layers
    }

    /// Number of classes.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Dense::outputs)
    }

    pub fn readout(&self) -> &Readout {
        &self.readout
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MAX_TIME_STEPS).contains(&self.time_steps) {
            problems.push(format!("time_steps is {}, expected 1 … {MAX_TIME_STEPS}", self.time_steps));
        }
        if self.layers.is_empty() {
            problems.push("layers is empty, expected at least one layer".into());
        }
        let mut expected = self.inputs();
        let mut source = format!("input.shape {:?}", self.input_shape);
        for (index, layer) in self.layers.iter().enumerate() {
            if layer.inputs() != expected {
                problems.push(format!(
                    "layers[{index}] \"{}\" has {} inputs, expected {expected} ({source})",
                    layer.name,
                    layer.inputs(),
                ));
            }
            let fires = index + 1 < self.layers.len() || self.readout.output_fires();
            problems.extend(layer_problems(index, layer, fires));
            expected = layer.outputs();
            source = format!("the outputs of layer \"{}\"", layer.name);
        }
        if let Readout::TemporalWeighting { alpha, .. } = &self.readout {
            problems.extend(alpha_problems(alpha, self.time_steps));
        }
        problems
    }
}

fn layer_problems(index: usize, layer: &Dense, fires: bool) -> Vec<String> {
    let mut problems = Vec::new();
    let here = format!("layers[{index}] \"{}\"", layer.name);
    if layer.inputs() == 0 || layer.outputs() == 0 {
        problems.push(format!("{here} is {} × {}, expected at least 1 × 1", layer.inputs(), layer.outputs()));
        return problems;
    }
    let outside: Vec<_> = layer.weights.indexed_iter().filter(|(_, w)| !layer.format.holds(**w)).collect();
    if let Some(((input, output), weight)) = outside.first() {
        problems.push(format!(
            "{here} has {} weight(s) outside {}; the first, input {input} to neuron {output}, is {weight}",
            outside.len(),
            layer.format,
        ));
    }
    if layer.v0.len() != layer.outputs() {
        problems.push(format!("{here} has {} v0 values, expected {}", layer.v0.len(), layer.outputs()));
    }
    match &layer.threshold {
        Some(_) if !fires => {
            problems.push(format!("{here} has thresholds, but with this readout the output layer only integrates"));
        }
        None if fires => problems.push(format!("{here} has no thresholds, but it must fire")),
        Some(threshold) if threshold.len() != layer.outputs() => {
            problems.push(format!("{here} has {} thresholds, expected {}", threshold.len(), layer.outputs()));
        }
        _ => {}
    }
    if problems.is_empty() {
        problems.extend(interval_problem(&here, layer));
    }
    problems
}

/// §5: the membrane, and the membrane less its threshold, stay within 32 bits.
fn interval_problem(here: &str, layer: &Dense) -> Option<String> {
    (0..layer.outputs()).find_map(|neuron| {
        let membrane = layer.membrane_interval(neuron);
        let threshold = layer.threshold.as_ref().map_or(0, |t| i64::from(t[neuron]));
        let bits = membrane.signed_bits().max(membrane.shifted(-threshold).signed_bits());
        (bits > 32).then(|| {
            format!(
                "{here} neuron {neuron} needs a membrane of {bits} bits ({} … {}), expected at most 32",
                membrane.lo, membrane.hi
            )
        })
    })
}

fn alpha_problems(alpha: &[u16], time_steps: usize) -> Vec<String> {
    let mut problems = Vec::new();
    if alpha.len() != time_steps {
        problems.push(format!("readout.alpha has {} values, expected one per time step: {time_steps}", alpha.len()));
    }
    if let Some(step) = alpha.windows(2).position(|pair| pair[0] < pair[1]) {
        problems.push(format!(
            "readout.alpha rises from {} to {} at step {}, expected a non-increasing sequence",
            alpha[step],
            alpha[step + 1],
            step + 1
        ));
    }
    problems
}
