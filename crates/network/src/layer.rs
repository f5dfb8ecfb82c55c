//! A synaptic layer: pooling of its input, weights, neurons (`docs/numerics.md` §3, §5, §9).

use ndarray::{Array2, Array4};

use firstspike_base::fixed::{Interval, WeightFormat};

use super::neuron::Neuron;
use super::step_rows::StepRows;

/// Largest side of a kernel (§9.1).
pub const MAX_KERNEL: usize = 7;

/// The shape of a feature map, `[C, H, W]`. A vector of `n` is `[n, 1, 1]`.
///
/// # Shapes
/// The flat index of `(c, y, x)` is `(c·H + y)·W + x`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Map {
    /// Channels.
    pub channels: usize,
    /// Rows.
    pub height: usize,
    /// Columns.
    pub width: usize,
}

impl Map {
    /// `[C, H, W]`.
    pub fn new(channels: usize, height: usize, width: usize) -> Map {
        Map { channels, height, width }
    }

    /// `[n, 1, 1]`.
    pub fn vector(size: usize) -> Map {
        Map::new(size, 1, 1)
    }

    /// The map of a network's input: `[H, W]` has one channel; a shape that is no map is a vector.
    pub fn of_shape(shape: &[usize]) -> Map {
        match *shape {
            [height, width] => Map::new(1, height, width),
            [channels, height, width] => Map::new(channels, height, width),
            _ => Map::vector(shape.iter().product()),
        }
    }

    /// How many places there are.
    pub fn size(self) -> usize {
        self.channels * self.height * self.width
    }

    /// The flat index of a place.
    pub fn index(self, channel: usize, y: usize, x: usize) -> usize {
        (channel * self.height + y) * self.width + x
    }

    /// `(c, y, x)` of a flat index.
    pub fn place(self, index: usize) -> (usize, usize, usize) {
        (index / (self.height * self.width), index / self.width % self.height, index % self.width)
    }

    /// After average pooling by `pool`, which divides both sides (§9.2).
    pub fn pooled(self, pool: usize) -> Map {
        Map::new(self.channels, self.height / pool, self.width / pool)
    }
}

impl std::fmt::Display for Map {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[{}, {}, {}]", self.channels, self.height, self.width)
    }
}

/// A layer of neurons with the synapses that lead to them.
///
/// # Shapes
/// `v0` and the neuron's parameters have one entry per output channel; the output of a dense layer has one neuron per channel.
///
/// # Units
/// Weights, `v0` and the neuron's parameters in LSB of the layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// The format of the weights.
    pub format: WeightFormat,
    /// What comes in, before pooling.
    pub input: Map,
    /// Average pooling of the input by `pool` × `pool` (§9.2); 1: none. Poolings that follow each other multiply.
    pub pool: usize,
    /// What leads to its neurons.
    pub synapses: Synapses,
    /// Potentials before the first step, in LSB.
    pub v0: Vec<i32>,
    /// What is added in every time step (§3.1), if anything is.
    pub step_rows: Option<StepRows>,
    /// When its neurons spike.
    pub neuron: Neuron,
}

/// From the pooled input to the neurons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Synapses {
    /// Inputs × outputs: the row of an input holds its weight to every neuron. The input is flattened, row-major.
    Dense(Array2<i32>),
    /// A convolution.
    Conv2d(Conv2d),
}

/// A convolution (§9.1).
///
/// # Shapes
/// `weights` is output channels × input channels per group × k × k.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conv2d {
    /// The weights, in LSB.
    pub weights: Array4<i32>,
    /// Places from one position of the kernel to the next.
    pub stride: usize,
    /// Rows and columns of zeros on each side of the map.
    pub padding: usize,
    /// Groups of channels that do not meet.
    pub groups: usize,
}

impl Layer {
    /// A fully connected layer on a vector; `weights` is inputs × outputs.
    pub fn dense(
        name: impl Into<String>,
        format: WeightFormat,
        weights: Array2<i32>,
        v0: Vec<i32>,
        neuron: Neuron,
    ) -> Layer {
        let input = Map::vector(weights.nrows());
        Layer {
            name: name.into(),
            format,
            input,
            pool: 1,
            synapses: Synapses::Dense(weights),
            v0,
            step_rows: None,
            neuron,
        }
    }

    /// The addresses that the synapses see.
    pub fn pooled(&self) -> Map {
        self.input.pooled(self.pool)
    }

    /// Number of inputs, before pooling.
    pub fn inputs(&self) -> usize {
        self.input.size()
    }

    /// The neurons, as a map.
    pub fn output(&self) -> Map {
        match &self.synapses {
            Synapses::Dense(weights) => Map::vector(weights.ncols()),
            Synapses::Conv2d(conv) => conv.output(self.pooled()),
        }
    }

    /// Number of neurons.
    pub fn outputs(&self) -> usize {
        self.output().size()
    }

    /// Number of weights that are stored.
    pub fn weight_count(&self) -> usize {
        match &self.synapses {
            Synapses::Dense(weights) => weights.len(),
            Synapses::Conv2d(conv) => conv.weights.len(),
        }
    }

    /// The proved interval of the potential of every neuron of an output channel over all images and moments (§5), in LSB.
    ///
    /// Of a convolution it is that of a neuron that sees the whole kernel; one at the border sees fewer weights, so it holds for it too.
    pub fn membrane_interval(&self, channel: usize) -> Interval {
        let v0 = i64::from(self.v0[channel]);
        // An address receives a spike of each of the neurons that are pooled into it.
        let spikes = (self.pool * self.pool) as i64;
        let widen = |interval: Interval, &weight: &i32| {
            let weight = i64::from(weight) * spikes;
            Interval { lo: interval.lo + weight.min(0), hi: interval.hi + weight.max(0) }
        };
        let rows = self.step_rows.as_ref().map_or(Interval { lo: 0, hi: 0 }, |rows| rows.sums(channel));
        let start = rows.shifted(v0);
        match &self.synapses {
            Synapses::Dense(weights) => weights.column(channel).iter().fold(start, widen),
            Synapses::Conv2d(conv) => conv.weights.outer_iter().nth(channel).iter().flatten().fold(start, widen),
        }
    }

    /// What is wrong with the shapes and numbers of the layer of a network of so many time steps; `here` names it. Empty if nothing is.
    pub(crate) fn problems(&self, here: &str, time_steps: usize) -> Vec<String> {
        let mut problems = self.shape_problems(here);
        if !problems.is_empty() {
            return problems;
        }
        problems.extend(self.weight_problem(here));
        let channels = self.output().channels;
        if self.v0.len() != channels {
            problems.push(format!("{here} has {} v0 values, expected {channels}", self.v0.len()));
        }
        problems.extend(self.step_rows_problem(here, time_steps));
        let wrong = |(_, values): &(&str, &Vec<i32>)| values.len() != channels;
        problems.extend(
            self.neuron
                .parameters()
                .into_iter()
                .filter(wrong)
                .map(|(name, values)| format!("{here} has {} {name} values, expected {channels}", values.len())),
        );
        if problems.is_empty() {
            problems.extend(self.interval_problem(here));
        }
        problems
    }

    fn step_rows_problem(&self, here: &str, time_steps: usize) -> Option<String> {
        let rows = self.step_rows.as_ref()?;
        let (found, expected) = ((rows.time_steps(), rows.channels()), (time_steps, self.output().channels));
        (found != expected).then(|| {
            format!("{here} has step rows of {} × {}, expected {} × {}", found.0, found.1, expected.0, expected.1)
        })
    }

    fn shape_problems(&self, here: &str) -> Vec<String> {
        let Map { height, width, .. } = self.input;
        if self.pool == 0 || height % self.pool != 0 || width % self.pool != 0 {
            let (pool, input) = (self.pool, self.input);
            return vec![format!("{here} pools its input {input} by {pool}, which does not divide {height} × {width}")];
        }
        match &self.synapses {
            Synapses::Conv2d(conv) => conv.problems(here, self.pooled()),
            Synapses::Dense(weights) if weights.is_empty() => {
                vec![format!("{here} is {} × {}, expected at least 1 × 1", weights.nrows(), weights.ncols())]
            }
            Synapses::Dense(weights) if weights.nrows() != self.pooled().size() => {
                let expected = self.pooled().size();
                vec![format!("{here} has weights of {} inputs, expected {expected}", weights.nrows())]
            }
            Synapses::Dense(_) => Vec::new(),
        }
    }

    fn weight_problem(&self, here: &str) -> Option<String> {
        let wrong = |weight: &i32| !self.format.holds(*weight);
        let (count, place, weight) = match &self.synapses {
            Synapses::Dense(weights) => {
                let ((input, neuron), weight) = weights.indexed_iter().find(|(_, weight)| wrong(weight))?;
                let count = weights.iter().filter(|weight| wrong(weight)).count();
                (count, format!("input {input} to neuron {neuron}"), *weight)
            }
            Synapses::Conv2d(Conv2d { weights, .. }) => {
                let ((o, i, dy, dx), weight) = weights.indexed_iter().find(|(_, weight)| wrong(weight))?;
                let count = weights.iter().filter(|weight| wrong(weight)).count();
                (count, format!("at [{o}, {i}, {dy}, {dx}]"), *weight)
            }
        };
        Some(format!("{here} has {count} weight(s) outside {}; the first, {place}, is {weight}", self.format))
    }

    /// §5: the membrane, and what the neuron compares of it, stay within 32 bits.
    fn interval_problem(&self, here: &str) -> Option<String> {
        let unit = if matches!(self.synapses, Synapses::Dense(_)) { "neuron" } else { "channel" };
        (0..self.v0.len()).find_map(|channel| {
            let membrane = self.membrane_interval(channel);
            let bits = membrane.signed_bits().max(self.neuron.compared(channel, membrane).signed_bits());
            (bits > 32).then(|| {
                format!(
                    "{here} {unit} {channel} needs a membrane of {bits} bits ({} … {}), expected at most 32",
                    membrane.lo, membrane.hi
                )
            })
        })
    }
}

impl Conv2d {
    /// Side of the kernel.
    pub fn kernel(&self) -> usize {
        self.weights.dim().2
    }

    /// The map of neurons over a (pooled) input map (§9.1).
    pub fn output(&self, input: Map) -> Map {
        let side = |size: usize| (size + 2 * self.padding - self.kernel()) / self.stride + 1;
        Map::new(self.weights.dim().0, side(input.height), side(input.width))
    }

    fn problems(&self, here: &str, input: Map) -> Vec<String> {
        let (outputs, inputs, kernel, columns) = self.weights.dim();
        let mut problems = Vec::new();
        if kernel != columns || !(1..=MAX_KERNEL).contains(&kernel) {
            let expected = format!("a square of 1 … {MAX_KERNEL}");
            problems.push(format!("{here} has a kernel of {kernel} × {columns}, expected {expected}"));
        } else if kernel > input.height.min(input.width) + 2 * self.padding {
            let (height, width) = (input.height + 2 * self.padding, input.width + 2 * self.padding);
            problems.push(format!(
                "{here} has a kernel of {kernel} × {kernel}, larger than its padded input of {height} × {width}"
            ));
        }
        if self.stride == 0 {
            problems.push(format!("{here} has the stride 0, expected at least 1"));
        }
        if self.padding >= kernel.max(1) {
            problems.push(format!("{here} has a padding of {}, expected less than its kernel {kernel}", self.padding));
        }
        let divides = |count: usize| self.groups > 0 && count.is_multiple_of(self.groups);
        if outputs == 0 || !divides(outputs) || !divides(input.channels) {
            problems.push(format!(
                "{here} has {} groups, expected a divisor of its {} input and {outputs} output channels",
                self.groups, input.channels
            ));
        } else if inputs * self.groups != input.channels {
            problems.push(format!(
                "{here} has kernels over {inputs} input channels, expected {} ({} in {} groups)",
                input.channels / self.groups,
                input.channels,
                self.groups
            ));
        }
        problems
    }
}
