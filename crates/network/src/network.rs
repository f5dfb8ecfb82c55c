//! The integer network, validated at construction (`docs/numerics.md` §5, §6, §7, §9).

use super::layer::{Layer, Map, Synapses};
use super::readout::Readout;
use firstspike_base::coding::Coding;
use firstspike_base::error::{Error, Result, Stage};

/// Largest number of time steps (§1): a spike time, *never* included, fits 8 bits.
pub const MAX_TIME_STEPS: usize = 255;

/// A network of integers: what the golden model executes and the hardware must equal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegerNetwork {
    name: String,
    time_steps: usize,
    input_shape: Vec<usize>,
    coding: Coding,
    layers: Vec<Layer>,
    readout: Readout,
}

impl IntegerNetwork {
    /// Checks everything that `docs/numerics.md` demands and reports every violation at once. A number in place of a coding is the
    /// threshold of latency coding.
    ///
    /// # Errors
    /// `invalid-network`, with one problem line per violation.
    ///
    /// # Examples
    /// ```
    /// use firstspike_base::fixed::WeightFormat;
    /// use firstspike_network::{IntegerNetwork, Layer, Neuron, Readout};
    /// use ndarray::array;
    ///
    /// let neurons = Neuron::integrate_once(vec![4, 4]);
    /// let hidden = Layer::dense("hidden", WeightFormat::Int(4), array![[3, -1], [2, 4]], vec![0, 0], neurons);
    /// let output = Layer::dense("output", WeightFormat::Int(4), array![[1, -9], [-1, 1]], vec![0, 0], Neuron::integrate());
    /// let error = IntegerNetwork::new("small", 4, vec![2], 1, vec![hidden, output], Readout::Membrane).unwrap_err();
    /// assert_eq!(error.code, "invalid-network");
    /// assert!(error.problems[0].contains("-9"), "4 bits hold -8 to 7");
    /// ```
    pub fn new(
        name: impl Into<String>,
        time_steps: usize,
        input_shape: Vec<usize>,
        coding: impl Into<Coding>,
        mut layers: Vec<Layer>,
        readout: Readout,
    ) -> Result<Self> {
        // The weights of an input, or of a kernel, lie side by side: that is how they are added.
        for layer in &mut layers {
            match &mut layer.synapses {
                Synapses::Dense(weights) => *weights = weights.as_standard_layout().into_owned(),
                Synapses::Conv2d(conv) => conv.weights = conv.weights.as_standard_layout().into_owned(),
            }
        }
        let (name, coding) = (name.into(), coding.into());
        let network = IntegerNetwork { name, time_steps, input_shape, coding, layers, readout };
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

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Time steps `T` per image.
    pub fn time_steps(&self) -> usize {
        self.time_steps
    }

    /// Shape of an image: `[n]`, or `[C, H, W]`.
    pub fn input_shape(&self) -> &[usize] {
        &self.input_shape
    }

    /// Number of inputs of the first layer.
    pub fn inputs(&self) -> usize {
        self.input_shape.iter().product()
    }

    /// How pixels become spike times (§2).
    pub fn coding(&self) -> &Coding {
        &self.coding
    }

    /// The layers, from the input on.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// Number of classes.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::outputs)
    }

    /// How the output layer becomes scores and a class.
    pub fn readout(&self) -> &Readout {
        &self.readout
    }

    fn problems(&self) -> Vec<String> {
        let mut problems = Vec::new();
        if !(1..=MAX_TIME_STEPS).contains(&self.time_steps) {
            problems.push(format!("time_steps is {}, expected 1 … {MAX_TIME_STEPS}", self.time_steps));
        }
        problems.extend(coding_problem(&self.coding, self.time_steps));
        if self.layers.is_empty() {
            problems.push("layers is empty, expected at least one layer".into());
        }
        let mut given = Map::of_shape(&self.input_shape);
        let mut source = format!("input.shape {:?}", self.input_shape);
        for (index, layer) in self.layers.iter().enumerate() {
            let here = format!("layers[{index}] \"{}\"", layer.name);
            problems.extend(chain_problem(&here, layer, given, &source));
            problems.extend(neuron_problem(&here, layer, index + 1 < self.layers.len() || self.readout.output_fires()));
            let own = layer.problems(&here, self.time_steps);
            if !own.is_empty() {
                // Nobody can say what an unsound layer gives to the next.
                return [problems, own].concat();
            }
            given = layer.output();
            source = format!("the outputs of layer \"{}\"", layer.name);
        }
        if let Readout::TemporalWeighting { alpha, .. } = &self.readout {
            problems.extend(alpha_problems(alpha, self.time_steps));
        }
        problems
    }
}

/// §2: a table has time steps and never, nothing else.
fn coding_problem(coding: &Coding, time_steps: usize) -> Option<String> {
    let Coding::Table(times) = coding else { return None };
    let (gray, time) = times.iter().enumerate().find(|&(_, &time)| usize::from(time) > time_steps)?;
    Some(format!("input.times[{gray}] is {time}, expected 0 … {time_steps} ({time_steps} is never)"))
}

/// A layer takes what the one before it gives. A dense layer without pooling takes any map, flattened.
fn chain_problem(here: &str, layer: &Layer, given: Map, source: &str) -> Option<String> {
    if matches!(layer.synapses, Synapses::Dense(_)) && layer.pool == 1 {
        let (inputs, expected) = (layer.inputs(), given.size());
        return (inputs != expected).then(|| format!("{here} has {inputs} inputs, expected {expected} ({source})"));
    }
    let input = layer.input;
    (input != given).then(|| format!("{here} has the input {input}, expected {given} ({source})"))
}

fn neuron_problem(here: &str, layer: &Layer, fires: bool) -> Option<String> {
    let kind = layer.neuron.kind();
    match (kind.fires(), fires) {
        (true, false) => Some(format!(
            "{here} has neurons that fire ({kind}), but with this readout the output layer only integrates"
        )),
        (false, true) => Some(format!("{here} has neurons that never fire ({kind}), but it must fire")),
        _ => None,
    }
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

#[cfg(test)]
mod tests {
    use ndarray::{Array2, Array4};

    use super::*;
    use crate::{Conv2d, Neuron};
    use firstspike_base::fixed::WeightFormat;

    fn conv(name: &str, input: Map, pool: usize, weights: Array4<i32>, groups: usize) -> Layer {
        let channels = weights.dim().0;
        let synapses = Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 0, groups });
        let (v0, neuron) = (vec![0; channels], Neuron::integrate_once(vec![1; channels]));
        Layer { name: name.into(), format: WeightFormat::Int(4), input, pool, synapses, v0, step_rows: None, neuron }
    }

    fn classes(inputs: usize) -> Layer {
        Layer::dense("classes", WeightFormat::Int(4), Array2::ones((inputs, 2)), vec![0, 0], Neuron::integrate())
    }

    fn problems(shape: Vec<usize>, layers: Vec<Layer>) -> Vec<String> {
        IntegerNetwork::new("wrong", 2, shape, 1, layers, Readout::Membrane).unwrap_err().problems
    }

    #[test]
    fn maps_chain_through_convolutions_pooling_and_flattening() {
        let first = conv("first", Map::new(1, 6, 8), 1, Array4::ones((4, 1, 3, 3)), 1);
        let second = conv("second", Map::new(4, 4, 6), 2, Array4::ones((6, 2, 2, 2)), 2);
        let network =
            IntegerNetwork::new("chain", 2, vec![6, 8], 1, vec![first, second, classes(12)], Readout::Membrane);
        assert_eq!(network.unwrap().layers()[1].output(), Map::new(6, 1, 2));
    }

    #[test]
    fn a_table_has_no_time_after_never() {
        let network = |coding| IntegerNetwork::new("table", 2, vec![2], coding, vec![classes(2)], Readout::Membrane);
        assert!(network(Coding::Table(Box::new([2; 256]))).is_ok());
        let mut times = Box::new([0; 256]);
        (times[7], times[9]) = (3, 255);
        let found = network(Coding::Table(times)).unwrap_err().problems;
        assert_eq!(found, ["input.times[7] is 3, expected 0 … 2 (2 is never)"]);
    }

    #[test]
    fn wrong_shapes_name_the_layer() {
        let ones = |channels, inputs, kernel| Array4::ones((channels, inputs, kernel, kernel));
        let only = |layer: Layer| problems(vec![5, 6], vec![layer, classes(1)]).remove(0);
        let map = Map::new(1, 5, 6);
        insta::assert_snapshot!(only(conv("a", map, 2, ones(1, 1, 2), 1)), @r#"layers[0] "a" pools its input [1, 5, 6] by 2, which does not divide 5 × 6"#);
        insta::assert_snapshot!(only(conv("a", map, 1, ones(1, 1, 6), 1)), @r#"layers[0] "a" has a kernel of 6 × 6, larger than its padded input of 5 × 6"#);
        insta::assert_snapshot!(only(conv("a", map, 1, ones(1, 1, 8), 1)), @r#"layers[0] "a" has a kernel of 8 × 8, expected a square of 1 … 7"#);
        insta::assert_snapshot!(only(conv("a", map, 1, ones(3, 1, 2), 2)), @r#"layers[0] "a" has 2 groups, expected a divisor of its 1 input and 3 output channels"#);
        insta::assert_snapshot!(only(conv("a", map, 1, ones(3, 2, 2), 1)), @r#"layers[0] "a" has kernels over 2 input channels, expected 1 (1 in 1 groups)"#);
        insta::assert_snapshot!(only(conv("a", Map::new(1, 6, 5), 1, ones(1, 1, 2), 1)), @r#"layers[0] "a" has the input [1, 6, 5], expected [1, 5, 6] (input.shape [5, 6])"#);
    }

    #[test]
    fn wrong_numbers_of_a_convolution_name_channel_and_place() {
        let mut layer = conv("a", Map::new(1, 4, 4), 2, Array4::ones((2, 1, 2, 2)), 1);
        let Synapses::Conv2d(Conv2d { weights, .. }) = &mut layer.synapses else { unreachable!() };
        weights[[1, 0, 0, 1]] = 9;
        layer.v0.pop();
        let found = problems(vec![4, 4], vec![layer, classes(2)]);
        insta::assert_snapshot!(found.join("\n"), @r#"
        layers[0] "a" has 1 weight(s) outside int4; the first, at [1, 0, 0, 1], is 9
        layers[0] "a" has 1 v0 values, expected 2
        "#);
        let mut layer = conv("a", Map::new(1, 4, 4), 2, Array4::ones((2, 1, 2, 2)), 1);
        layer.v0 = vec![0, i32::MAX - 15];
        // Four weights of 1, each up to four times.
        let found = problems(vec![4, 4], vec![layer, classes(2)]);
        insta::assert_snapshot!(found.join("\n"), @r#"layers[0] "a" channel 1 needs a membrane of 33 bits (2147483632 … 2147483648), expected at most 32"#);
    }
}
