//! The reference executor: `docs/numerics.md` taken literally.

use ndarray::{Array2, ArrayView1};

use super::encoder::encode;
use super::neuron::StepEnd;
use super::trace::Trace;
use firstspike_network::{Conv2d, IntegerNetwork, Layer, Map, Readout, Synapses, WeightedSource};

/// What [`IntegerNetwork::new`] sees to.
const SIDE_BY_SIDE: &str = "weights lie in the order of their indices";

/// Executes an integer network, one image at a time. Keeps its buffers, so use one executor per thread.
///
/// # Examples
/// ```
/// use firstspike_base::fixed::WeightFormat;
/// use firstspike_golden::Executor;
/// use firstspike_network::{IntegerNetwork, Layer, Neuron, Readout};
/// use ndarray::array;
///
/// let neurons = Neuron::integrate_once(vec![4, 4]);
/// let hidden = Layer::dense("hidden", WeightFormat::Int(4), array![[3, -1], [2, 4]], vec![0, 0], neurons);
/// let output = Layer::dense("output", WeightFormat::Int(4), array![[1, -1], [-1, 1]], vec![0, 0], Neuron::integrate());
/// let network = IntegerNetwork::new("small", 4, vec![2], 1, vec![hidden, output], Readout::Membrane)?;
/// // The first input spikes in step 0, the second in step 2: the potentials of the hidden neurons are then 5 and 3.
/// let trace = Executor::new(&network).run_events(&[0, 2]);
/// let never = 4;
/// assert_eq!(trace.spike_times, [[2, never], [never, never]]);
/// assert_eq!((trace.class, trace.scores), (0, vec![1, -1]));
/// # Ok::<(), firstspike_base::error::Error>(())
/// ```
pub struct Executor<'a> {
    network: &'a IntegerNetwork,
    /// Membrane potentials of each layer at the current step.
    membranes: Vec<Vec<i32>>,
    /// `V[t]` of the output layer, one row per step (§7 looks back at them).
    output_history: Array2<i32>,
}

impl<'a> Executor<'a> {
    /// For images of this network.
    pub fn new(network: &'a IntegerNetwork) -> Self {
        Executor {
            network,
            membranes: network.layers().iter().map(|layer| vec![0; layer.outputs()]).collect(),
            output_history: Array2::zeros((network.time_steps(), network.outputs())),
        }
    }

    /// Codes the pixels (§2) and executes the network.
    ///
    /// # Panics
    /// If the number of pixels is not the number of inputs.
    pub fn run(&mut self, pixels: ArrayView1<u8>) -> Trace {
        self.run_events(&encode(pixels, self.network.coding(), self.network.time_steps()))
    }

    /// Executes the network on input spike times, `T` for never.
    ///
    /// # Panics
    /// If the number of times is not the number of inputs.
    pub fn run_events(&mut self, input_times: &[u8]) -> Trace {
        assert_eq!(input_times.len(), self.network.inputs(), "one spike time per input");
        let mut spike_times = Vec::with_capacity(self.network.layers().len());
        let last = self.network.layers().len() - 1;
        for (index, layer) in self.network.layers().iter().enumerate() {
            let incoming = spike_times.last().map_or(input_times, Vec::as_slice);
            let history = (index == last).then_some(&mut self.output_history);
            let times = run_layer(layer, incoming, self.network.time_steps(), &mut self.membranes[index], history);
            spike_times.push(times);
        }
        self.read_out(spike_times)
    }

    fn read_out(&self, spike_times: Vec<Vec<u8>>) -> Trace {
        let last_step = self.network.time_steps() - 1;
        let output_times = &spike_times[spike_times.len() - 1];
        let (decision_step, scores) = match self.network.readout() {
            Readout::Membrane => (last_step, self.potentials(last_step)),
            Readout::FirstSpike => {
                let earliest = output_times.iter().copied().min().map_or(last_step, usize::from).min(last_step);
                (earliest, self.potentials(earliest))
            }
            Readout::TemporalWeighting { source, alpha } => {
                let score = |j: usize| match source {
                    WeightedSource::Current => self.weighted_current(j, alpha),
                    WeightedSource::Spikes => alpha.get(usize::from(output_times[j])).map_or(0, |&a| i64::from(a)),
                };
                (last_step, (0..output_times.len()).map(score).collect())
            }
        };
        let nobody_spikes = output_times.iter().all(|&t| usize::from(t) > last_step);
        let eligible = |j: usize| {
            *self.network.readout() != Readout::FirstSpike
                || nobody_spikes
                || usize::from(output_times[j]) == decision_step
        };
        let class = first_largest(&scores, eligible);
        Trace { class, scores, spike_times, decision_step: decision_step as u8 }
    }

    fn potentials(&self, step: usize) -> Vec<i64> {
        self.output_history.row(step).iter().map(|&v| i64::from(v)).collect()
    }

    /// §7.3: `Σ_t α[t]·I_j[t]`, where the current of step 0 counts from `V = 0`.
    fn weighted_current(&self, neuron: usize, alpha: &[u16]) -> i64 {
        let mut before = 0;
        let mut score = 0;
        for (&potential, &alpha) in self.output_history.column(neuron).iter().zip(alpha) {
            score += i64::from(alpha) * (i64::from(potential) - before);
            before = i64::from(potential);
        }
        score
    }
}

/// §3, for one layer: the spike time of each neuron. Writes `V[t]` of every step into `history`, if asked.
fn run_layer(
    layer: &Layer,
    incoming: &[u8],
    time_steps: usize,
    membrane: &mut [i32],
    mut history: Option<&mut Array2<i32>>,
) -> Vec<u8> {
    let never = time_steps as u8;
    let mut spike_times = vec![never; layer.outputs()];
    let mut spikes_at = vec![Vec::new(); time_steps + 1];
    for (input, &time) in incoming.iter().enumerate() {
        spikes_at[usize::from(time)].push(input);
    }
    let neurons_per_channel = membrane.len() / layer.v0.len();
    for (neurons, &v0) in membrane.chunks_mut(neurons_per_channel).zip(&layer.v0) {
        neurons.fill(v0);
    }
    for (step, spiking) in spikes_at[..time_steps].iter().enumerate() {
        for &input in spiking {
            add_spike(layer, input, membrane);
        }
        if let Some(rows) = &layer.step_rows {
            add_row(rows.at(step), membrane);
        }
        let (potentials, spike_times) = (&*membrane, &mut spike_times[..]);
        StepEnd { step: step as u8, never, potentials, spike_times }.fire(&layer.neuron);
        if let Some(history) = history.as_deref_mut() {
            history.row_mut(step).assign(&ArrayView1::from(&*membrane));
        }
    }
    spike_times
}

/// §3.1: every neuron gets the entry of its channel.
fn add_row(row: ArrayView1<i32>, membrane: &mut [i32]) {
    let of_channel = membrane.len() / row.len();
    for (neurons, entry) in membrane.chunks_mut(of_channel).zip(row) {
        neurons.iter_mut().for_each(|potential| *potential += entry);
    }
}

/// A spike goes to its pooled address (§9.2) and adds the weights that lead from there.
fn add_spike(layer: &Layer, input: usize, membrane: &mut [i32]) {
    let (channel, y, x) = layer.input.place(input);
    let pooled = layer.pooled();
    let (y, x) = (y / layer.pool, x / layer.pool);
    match &layer.synapses {
        Synapses::Dense(weights) => {
            let row = weights.row(pooled.index(channel, y, x));
            for (potential, weight) in membrane.iter_mut().zip(row.to_slice().expect(SIDE_BY_SIDE)) {
                *potential += weight;
            }
        }
        Synapses::Conv2d(conv) => add_kernels(conv, pooled, layer.output(), (channel, y, x), membrane),
    }
}

/// §9.1: the neuron at `(o, v, u)` sees the address `(c, y, x)` through the weight `[o, c, dy, dx]` with `v·s + dy = y + p`, `u·s + dx = x + p`.
fn add_kernels(conv: &Conv2d, input: Map, output: Map, (channel, y, x): (usize, usize, usize), membrane: &mut [i32]) {
    let in_group = input.channels / conv.groups;
    let out_group = output.channels / conv.groups;
    let group = channel / in_group;
    let (kernel, map) = (conv.kernel(), output.height * output.width);
    // The offset in the kernel, and the neuron in the map of a channel: the same in all of them.
    let mut met = Vec::with_capacity(kernel * kernel);
    for (dy, dx) in (0..kernel).flat_map(|dy| (0..kernel).map(move |dx| (dy, dx))) {
        let row = neuron_at(y + conv.padding, dy, conv.stride, output.height);
        let column = neuron_at(x + conv.padding, dx, conv.stride, output.width);
        met.extend(row.zip(column).map(|(v, u)| (dy * kernel + dx, v * output.width + u)));
    }
    let weights = conv.weights.as_slice().expect(SIDE_BY_SIDE);
    for o in group * out_group..(group + 1) * out_group {
        let of_channel = &weights[(o * in_group + channel % in_group) * kernel * kernel..];
        let neurons = &mut membrane[o * map..];
        for &(offset, neuron) in &met {
            neurons[neuron] += of_channel[offset];
        }
    }
}

/// The place `v` on an axis with `v·stride + offset = place` in the padded map, if there is a neuron.
fn neuron_at(place: usize, offset: usize, stride: usize, neurons: usize) -> Option<usize> {
    let from = place.checked_sub(offset)?;
    (from % stride == 0 && from / stride < neurons).then_some(from / stride)
}

/// The index of the largest eligible score; ties go to the smaller index (§7).
fn first_largest(scores: &[i64], eligible: impl Fn(usize) -> bool) -> u32 {
    let mut best: Option<usize> = None;
    for (index, score) in scores.iter().enumerate() {
        if eligible(index) && best.is_none_or(|b| *score > scores[b]) {
            best = Some(index);
        }
    }
    best.expect("a validated network has at least one output") as u32
}

#[cfg(test)]
mod tests {
    use ndarray::{Array1, array};

    use super::*;
    use firstspike_base::fixed::WeightFormat;
    use firstspike_network::{Neuron, StepRows};

    fn network(layers: Vec<Layer>, time_steps: usize, readout: Readout) -> IntegerNetwork {
        let inputs = layers[0].inputs();
        IntegerNetwork::new("by-hand", time_steps, vec![inputs], 1, layers, readout).unwrap()
    }

    fn layer(weights: Array2<i32>, v0: Vec<i32>, neuron: Neuron) -> Layer {
        Layer::dense("layer", WeightFormat::Int(4), weights, v0, neuron)
    }

    /// Three inputs at steps 0, 1, 1; the sums are written out in the comments.
    #[test]
    fn hidden_spikes_drive_the_output_in_the_same_step() {
        let hidden =
            layer(array![[2, -1, 3], [1, 2, -3], [0, 2, 0]], vec![0, 0, 0], Neuron::integrate_once(vec![3, 3, 3]));
        let output = layer(array![[1, 0], [0, 2], [5, -5]], vec![0, 1], Neuron::integrate());
        let network = network(vec![hidden, output], 3, Readout::Membrane);
        // V[0] = 2, -1, 3 → neuron 2 at 0.  V[1] = 3, 3, 0 → neurons 0 and 1 at 1.
        // Output: v0 = 0, 1; step 0: 5, -4; step 1: 6, -2; step 2 the same.
        let trace = Executor::new(&network).run_events(&[0, 1, 1]);
        assert_eq!(trace.spike_times, vec![vec![1, 1, 0], vec![3, 3]]);
        assert_eq!((trace.scores, trace.class, trace.decision_step), (vec![6, -2], 0, 2));
    }

    #[test]
    fn a_potential_that_falls_back_within_the_step_does_not_spike() {
        let only = layer(array![[5], [-3]], vec![0], Neuron::integrate_once(vec![4]));
        let network = network(vec![only], 2, Readout::FirstSpike);
        let mut executor = Executor::new(&network);
        assert_eq!(executor.run_events(&[0, 0]).spike_times, vec![vec![2]]);
        assert_eq!(executor.run_events(&[0, 1]).spike_times, vec![vec![0]]);
    }

    #[test]
    fn an_empty_image_still_compares_with_the_threshold() {
        let only = layer(array![[1, 1]], vec![4, 3], Neuron::integrate_once(vec![4, 4]));
        let network = network(vec![only], 2, Readout::FirstSpike);
        let trace = Executor::new(&network).run_events(&[2]);
        assert_eq!((trace.spike_times, trace.class, trace.scores), (vec![vec![0, 2]], 0, vec![4, 3]));
    }

    #[test]
    fn first_spike_ties_go_to_the_larger_potential_then_the_smaller_index() {
        let only = layer(array![[7, 5, 6, 6], [0, 0, 0, 0]], vec![0; 4], Neuron::integrate_once(vec![8, 5, 5, 5]));
        let network = network(vec![only], 2, Readout::FirstSpike);
        let trace = Executor::new(&network).run_events(&[1, 2]);
        // Neuron 0 has the largest potential but has not spiked; 2 and 3 tie at 6.
        assert_eq!((trace.class, trace.decision_step, trace.scores), (2, 1, vec![7, 5, 6, 6]));
    }

    #[test]
    fn first_spike_without_a_spike_takes_the_largest_final_potential() {
        let only = layer(array![[1, 2], [3, -1]], vec![0, 0], Neuron::integrate_once(vec![9, 9]));
        let network = network(vec![only], 2, Readout::FirstSpike);
        let trace = Executor::new(&network).run_events(&[0, 1]);
        assert_eq!((trace.class, trace.decision_step, trace.scores), (0, 1, vec![4, 1]));
    }

    #[test]
    fn temporal_weighting_of_current_and_of_spikes() {
        let readout = |source| Readout::TemporalWeighting { source, alpha: vec![4, 2, 1] };
        let weights = array![[1, 3], [2, -1], [3, 0]];
        let current =
            network(vec![layer(weights.clone(), vec![1, 0], Neuron::integrate())], 3, readout(WeightedSource::Current));
        let trace = Executor::new(&current).run_events(&[0, 1, 2]);
        // Currents: (1+1, 2, 3) and (3, −1, 0); scores 4·2+2·2+1·3 = 15 and 4·3−2 = 10.
        assert_eq!((trace.scores, trace.class), (vec![15, 10], 0));
        let spikes = network(
            vec![layer(weights, vec![1, 0], Neuron::integrate_once(vec![4, 9]))],
            3,
            readout(WeightedSource::Spikes),
        );
        let trace = Executor::new(&spikes).run_events(&[0, 1, 2]);
        assert_eq!((trace.spike_times, trace.scores, trace.class), (vec![vec![1, 3]], vec![2, 0], 0));
    }

    fn with_rows(layer: Layer, rows: Array2<i32>) -> Layer {
        Layer { step_rows: Some(StepRows::new(rows)), ..layer }
    }

    /// The examples of §3.1.
    #[test]
    fn step_rows_are_added_in_every_step_before_the_test() {
        let only = layer(array![[3]], vec![0], Neuron::integrate_once(vec![4]));
        let plain = network(vec![only.clone()], 3, Readout::FirstSpike);
        assert_eq!(Executor::new(&plain).run_events(&[1]).spike_times, vec![vec![3]]);
        // V = 1, 1 − 2 + 3, 4.
        let rows = network(vec![with_rows(only, array![[1], [-2], [2]])], 3, Readout::FirstSpike);
        let trace = Executor::new(&rows).run_events(&[1]);
        assert_eq!((trace.spike_times, trace.scores, trace.decision_step), (vec![vec![2]], vec![4], 2));
    }

    #[test]
    fn step_rows_alone_make_neurons_spike_that_drive_the_next_layer() {
        let silent = layer(array![[7, 7, 7]], vec![0, 0, 1], Neuron::integrate_once(vec![5, 2, 1]));
        let hidden = with_rows(silent, array![[2, 2, -3], [2, 2, -3], [2, 2, 9], [2, 2, 0]]);
        let output = layer(array![[1, 0], [0, 2], [4, 4]], vec![0, 0], Neuron::integrate());
        let network = network(vec![hidden, output], 4, Readout::Membrane);
        // V of neuron 0: 2, 4, 6; of 1: 2; of 2: −2, −5, 4. No input spikes.
        let trace = Executor::new(&network).run_events(&[4]);
        assert_eq!((trace.spike_times, trace.scores), (vec![vec![2, 0, 2], vec![4, 4]], vec![5, 6]));
    }

    #[test]
    fn a_row_is_in_every_score_and_is_current_of_its_step() {
        let only = |neuron| with_rows(layer(array![[2, 1]], vec![0, 1], neuron), array![[1, 0], [1, -4], [1, 9]]);
        let run = |neuron, readout| Executor::new(&network(vec![only(neuron)], 3, readout)).run_events(&[1]);
        // V = 1, 4, 5 and 1, −2, 7.
        let membrane = run(Neuron::integrate(), Readout::Membrane);
        assert_eq!((membrane.scores, membrane.class), (vec![5, 7], 1));
        let first = run(Neuron::integrate_once(vec![4, 7]), Readout::FirstSpike);
        assert_eq!((first.scores, first.spike_times, first.class), (vec![4, -2], vec![vec![1, 2]], 0));
        let readout = |source| Readout::TemporalWeighting { source, alpha: vec![4, 2, 1] };
        // I = 1, 3, 1 and 1, −3, 9.
        let current = run(Neuron::integrate(), readout(WeightedSource::Current));
        assert_eq!((current.scores, current.class), (vec![4 + 6 + 1, 4 - 6 + 9], 0));
        let spikes = run(Neuron::integrate_once(vec![4, 7]), readout(WeightedSource::Spikes));
        assert_eq!(spikes.scores, vec![2, 1]);
    }

    #[test]
    fn a_row_of_a_convolution_is_that_of_its_channels() {
        let conv = Conv2d { weights: ndarray::Array4::ones((2, 1, 1, 1)), stride: 1, padding: 0, groups: 1 };
        let layer = convolution(Map::new(1, 1, 2), 1, conv, vec![0; 2], Neuron::integrate_once(vec![2, 2]));
        let layer = with_rows(layer, array![[1, 0], [1, 0], [0, 3]]);
        // Channel 0: 2, 2 and 1, 2; channel 1: 1, 1, 4 and 0, 0, 3.
        assert_eq!(spike_times(vec![1, 2], layer, 3, &[0, 3]), [0, 1, 2, 2]);
    }

    #[test]
    fn pixels_are_coded_before_they_are_integrated() {
        let only = layer(array![[1], [2], [4]], vec![0], Neuron::integrate_once(vec![5]));
        let network = network(vec![only], 4, Readout::FirstSpike);
        // 255 → 0, 0 → never, 42 → 3: V = 1, 1, 1, 5.
        let trace = Executor::new(&network).run(Array1::from(vec![255, 0, 42]).view());
        assert_eq!((trace.spike_times, trace.scores), (vec![vec![3]], vec![5]));
    }

    fn convolution(input: Map, pool: usize, conv: Conv2d, v0: Vec<i32>, neuron: Neuron) -> Layer {
        let synapses = Synapses::Conv2d(conv);
        Layer { name: "conv".into(), format: WeightFormat::Int(8), input, pool, synapses, v0, step_rows: None, neuron }
    }

    fn spike_times(shape: Vec<usize>, layer: Layer, time_steps: usize, input: &[u8]) -> Vec<u8> {
        let network = IntegerNetwork::new("by-hand", time_steps, shape, 1, vec![layer], Readout::FirstSpike).unwrap();
        Executor::new(&network).run_events(input).spike_times.remove(0)
    }

    /// One spike in a 3 × 3 map: each neuron sees it through another weight of the kernel 1 2 / 3 4.
    #[test]
    fn a_convolution_is_a_cross_correlation() {
        let kernel = array![[[[1, 2], [3, 4]]]];
        let spike_at_the_center = [2, 2, 2, 2, 0, 2, 2, 2, 2];
        let reached = |threshold| {
            let conv = Conv2d { weights: kernel.clone(), stride: 1, padding: 0, groups: 1 };
            let layer = convolution(Map::new(1, 3, 3), 1, conv, vec![0], Neuron::integrate_once(vec![threshold]));
            spike_times(vec![3, 3], layer, 2, &spike_at_the_center)
        };
        // Neuron (v, u) sees it through (1 − v, 1 − u): potentials 4 3 / 2 1.
        assert_eq!(reached(4), [0, 2, 2, 2]);
        assert_eq!(reached(3), [0, 0, 2, 2]);
        assert_eq!(reached(2), [0, 0, 0, 2]);
    }

    /// Stride 2, padding 1, kernel 3 on 4 × 4: H' = (4 + 2 − 3) / 2 + 1 = 2. Neuron (v, u) looks at rows 2v − 1 … 2v + 1.
    #[test]
    fn stride_and_padding_by_hand() {
        let mut kernel = ndarray::Array4::zeros((1, 1, 3, 3));
        kernel[[0, 0, 0, 0]] = 5; // sees (2v − 1, 2u − 1)
        kernel[[0, 0, 1, 1]] = 7; // sees (2v, 2u)
        let conv = Conv2d { weights: kernel, stride: 2, padding: 1, groups: 1 };
        let layer = convolution(Map::new(1, 4, 4), 1, conv, vec![0], Neuron::integrate_once(vec![12]));
        let mut input = [4; 16];
        (input[0], input[5], input[10], input[15]) = (0, 1, 3, 0);
        // (0, 0): its upper left is padding, 7 at most. (1, 1): (1, 1) at step 1 and (2, 2) at step 3 make 12.
        assert_eq!(spike_times(vec![4, 4], layer, 4, &input), [4, 4, 4, 3]);
    }

    #[test]
    fn groups_keep_to_their_channels() {
        // Depthwise on two channels of 1 × 1, two outputs each: channel 0 reaches outputs 0 and 1, channel 1 outputs 2 and 3.
        let weights = ndarray::Array4::from_shape_vec((4, 1, 1, 1), vec![1, 2, 3, 4]).unwrap();
        let conv = Conv2d { weights, stride: 1, padding: 0, groups: 2 };
        let layer = convolution(Map::new(2, 1, 1), 1, conv, vec![0; 4], Neuron::integrate_once(vec![2, 2, 4, 4]));
        assert_eq!(spike_times(vec![2, 1, 1], layer, 3, &[2, 1]), [3, 2, 3, 1]);
    }

    #[test]
    fn pooled_spikes_share_an_address_and_count_each() {
        // 2 × 4 pooled by 2 is 1 × 2; the address (0, 0) gets spikes of columns 0 and 1, four in all.
        let weights = array![[[[3, 10]]]].into_shape_with_order((1, 2, 1, 1)).unwrap();
        let pointwise = Conv2d { weights, stride: 1, padding: 0, groups: 1 };
        let layer = convolution(Map::new(2, 2, 4), 2, pointwise, vec![1], Neuron::integrate_once(vec![10]));
        assert_eq!(layer.membrane_interval(0), firstspike_base::fixed::Interval { lo: 1, hi: 1 + 4 * 13 });
        let mut input = [3; 16];
        (input[0], input[1], input[4], input[5], input[2]) = (0, 0, 1, 2, 0);
        // (0, 0): 1 + 2·3, then 10, then 13. (0, 1): 1 + 3.
        assert_eq!(spike_times(vec![2, 2, 4], layer.clone(), 3, &input), [1, 3]);
        let dense = Layer { synapses: Synapses::Dense(array![[3, 0], [0, 5], [0, 0], [0, 0]]), ..layer };
        let dense = Layer { v0: vec![1, 0], neuron: Neuron::integrate_once(vec![10, 5]), ..dense };
        assert_eq!(spike_times(vec![2, 2, 4], dense, 3, &input), [1, 0]);
    }
}
