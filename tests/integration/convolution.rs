//! Convolutional networks: golden model, hardware and an independent reference are equal, whatever the shapes, the configuration and
//! the streams do.

use firstspike::arch::{InputKind, Lanes, Options};
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::golden::{Executor, encode};
use firstspike::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, Synapses};
use firstspike::verify::{Divergence, Quantity};
use ndarray::{Array2, Array4};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::design::{self, Pair};
use crate::equality::step_rows;

/// Random images, after an empty one and one whose pixels all spike at step 0.
const IMAGES: usize = 8;

/// A convolution before its input is known.
#[derive(Debug, Clone)]
struct Shape {
    pool: usize,
    kernel: usize,
    stride: usize,
    padding: usize,
    /// 0: depthwise; otherwise the groups, if they divide.
    groups: usize,
    /// Output channels per group.
    channels: usize,
    format: WeightFormat,
}

#[derive(Debug, Clone)]
struct Case {
    time_steps: usize,
    input: (usize, usize, usize),
    convolutions: Vec<Shape>,
    /// Neurons of a hidden dense layer, if any.
    hidden: Option<usize>,
    /// Pooling in front of the dense layers, if it divides.
    last_pool: usize,
    readout: usize,
    options: Options,
    /// Of weights, thresholds and images.
    seed: u64,
    idle_percent: u32,
    stall_percent: u32,
    /// Image, and beats after which the reset strikes.
    abort: (usize, usize),
}

fn format() -> impl Strategy<Value = WeightFormat> {
    prop_oneof![(2..=8u32).prop_map(WeightFormat::Int), Just(WeightFormat::Ternary), Just(WeightFormat::Binary)]
}

fn shape() -> impl Strategy<Value = Shape> {
    let geometry = (1..=3usize, 1..=7usize, 1..=3usize, 0..=3usize);
    (geometry, 0..=2usize, 1..=5usize, format()).prop_map(
        |((pool, kernel, stride, padding), groups, channels, format)| Shape {
            pool,
            kernel,
            stride,
            padding,
            groups,
            channels,
            format,
        },
    )
}

fn case() -> impl Strategy<Value = Case> {
    let input = (1..=3usize, 1..=12usize, 1..=12usize);
    let layers = (proptest::collection::vec(shape(), 1..=3), proptest::option::of(1..=12usize), 1..=2usize, 0..3usize);
    let lanes = prop_oneof![Just(Lanes::All), (1..=4usize).prop_map(Lanes::AtMost)];
    let kind = prop_oneof![Just(InputKind::Events), Just(InputKind::Pixels), Just(InputKind::Steps)];
    let options = (lanes, kind, 1..=4usize).prop_map(|(lanes, input, slots)| Options {
        input,
        lanes,
        slots,
        ..Options::default()
    });
    let drive = (any::<u64>(), 0..=60u32, 0..=60u32, (0..IMAGES, 0..200usize));
    (1..=6usize, input, layers, options, drive).prop_map(|(time_steps, input, layers, options, drive)| {
        let (convolutions, hidden, last_pool, readout) = layers;
        let (seed, idle_percent, stall_percent, abort) = drive;
        Case {
            time_steps,
            input,
            convolutions,
            hidden,
            last_pool,
            readout,
            options,
            seed,
            idle_percent,
            stall_percent,
            abort,
        }
    })
}

/// The largest pooling up to `wanted` that divides both sides.
fn pooling(map: Map, wanted: usize) -> usize {
    (1..=wanted).rev().find(|pool| map.height.is_multiple_of(*pool) && map.width.is_multiple_of(*pool)).unwrap()
}

fn weight(format: WeightFormat, rng: &mut impl Rng) -> i32 {
    match format {
        WeightFormat::Binary => 2 * rng.random_range(0..2) - 1,
        _ => rng.random_range(-format.max()..=format.max()),
    }
}

impl Case {
    fn network(&self, rng: &mut impl Rng) -> IntegerNetwork {
        let input = Map::new(self.input.0, self.input.1, self.input.2);
        let mut layers: Vec<Layer> = Vec::new();
        let mut map = input;
        for shape in &self.convolutions {
            layers.push(convolution(format!("conv{}", layers.len()), map, shape, self.time_steps, rng));
            map = layers[layers.len() - 1].output();
        }
        let mut pool = pooling(map, self.last_pool);
        if let Some(neurons) = self.hidden {
            layers.push(dense("hidden", map, pool, neurons, rng));
            (map, pool) = (Map::vector(neurons), 1);
        }
        layers.push(dense("classes", map, pool, 4, rng));
        let readout = [Readout::Membrane, Readout::FirstSpike, Readout::Membrane][self.readout].clone();
        // Sometimes the last convolution is the output layer.
        if self.readout == 2 && self.hidden.is_none() {
            layers.pop();
        }
        let last = layers.last_mut().expect("there is a convolution");
        last.step_rows = step_rows(self.time_steps, last.output().channels, rng);
        if !readout.output_fires() {
            last.neuron = Neuron::integrate();
        }
        let shape = vec![input.channels, input.height, input.width];
        IntegerNetwork::new("random", self.time_steps, shape, 1, layers, readout).unwrap()
    }
}

fn convolution(name: String, input: Map, shape: &Shape, time_steps: usize, rng: &mut impl Rng) -> Layer {
    let pool = pooling(input, shape.pool);
    let map = input.pooled(pool);
    let kernel = shape.kernel.min(map.height + 2).min(map.width + 2);
    let least_padding = kernel.saturating_sub(map.height.min(map.width)).div_ceil(2);
    let padding = shape.padding.max(least_padding).min(kernel - 1);
    let groups = match shape.groups {
        0 => map.channels,
        groups if map.channels.is_multiple_of(groups) => groups,
        _ => 1,
    };
    let channels = groups * shape.channels.div_ceil(groups);
    let sizes = (channels, map.channels / groups, kernel, kernel);
    let weights = Array4::from_shape_fn(sizes, |_| weight(shape.format, rng));
    let synapses = Synapses::Conv2d(Conv2d { weights, stride: shape.stride, padding, groups });
    with_thresholds(
        Layer {
            name,
            format: shape.format,
            input,
            pool,
            synapses,
            v0: Vec::new(),
            step_rows: step_rows(time_steps, channels, rng),
            neuron: Neuron::integrate(),
        },
        rng,
    )
}

fn dense(name: &str, input: Map, pool: usize, neurons: usize, rng: &mut impl Rng) -> Layer {
    let format = WeightFormat::Int(5);
    let weights = Array2::from_shape_fn((input.pooled(pool).size(), neurons), |_| weight(format, rng));
    let synapses = Synapses::Dense(weights);
    with_thresholds(
        Layer {
            name: name.into(),
            format,
            input,
            pool,
            synapses,
            v0: Vec::new(),
            step_rows: None,
            neuron: Neuron::integrate(),
        },
        rng,
    )
}

/// Mostly within reach of the first few events; sometimes at or beyond an edge of the interval, or reached from the start.
fn with_thresholds(mut layer: Layer, rng: &mut impl Rng) -> Layer {
    let channels = layer.output().channels;
    layer.v0 = (0..channels).map(|_| rng.random_range(-3..=3)).collect();
    let threshold = |channel: usize, rng: &mut dyn Rng| {
        let interval = layer.membrane_interval(channel);
        let (lo, hi, v0) = (interval.lo as i32, interval.hi as i32, layer.v0[channel]);
        match rng.random_range(0..14) {
            0 => lo - 1,
            1 => hi,
            2 => hi + 1,
            3 => v0,
            _ => rng.random_range(v0 + 1..=(v0 + 1).max(hi / 4)),
        }
    };
    layer.neuron = Neuron::integrate_once((0..channels).map(|channel| threshold(channel, rng)).collect());
    layer
}

fn images(pixels: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let special = [vec![0; pixels], vec![255; pixels]];
    let random = (special.len()..IMAGES).map(|_| {
        let dark = rng.random_range(0..=100);
        (0..pixels).map(|_| if rng.random_range(0..100) < dark { 0 } else { rng.random() }).collect()
    });
    special.into_iter().chain(random.collect::<Vec<_>>()).collect()
}

/// The definition read the other way round: every neuron gathers, at every step anew, all that it has received so far.
fn reference(network: &IntegerNetwork, input_times: &[u8]) -> (Vec<Vec<u8>>, Vec<i64>) {
    let steps = network.time_steps();
    let mut times = input_times.to_vec();
    let mut all = Vec::new();
    let mut scores = Vec::new();
    for layer in network.layers() {
        let potential = |step: usize| -> Vec<i64> {
            let arrived = |c: usize, y: i64, x: i64| received(layer, &times, step, c, y, x);
            let rows = |neuron| added(layer, neuron, step);
            let neurons = (0..layer.outputs()).map(|neuron| gathered(layer, neuron, &arrived) + rows(neuron));
            neurons.collect()
        };
        let history: Vec<Vec<i64>> = (0..steps).map(potential).collect();
        let per_channel = layer.outputs() / layer.v0.len();
        let time = |neuron: usize| {
            let Neuron::IntegrateOnce(once) = &layer.neuron else { return steps as u8 };
            let threshold = i64::from(once.threshold[neuron / per_channel]);
            (0..steps).find(|&step| history[step][neuron] >= threshold).unwrap_or(steps) as u8
        };
        times = (0..layer.outputs()).map(time).collect();
        let decision = match network.readout() {
            Readout::FirstSpike => times.iter().copied().min().map_or(steps, usize::from).min(steps - 1),
            _ => steps - 1,
        };
        scores = history[decision].clone();
        all.push(times.clone());
    }
    (all, scores)
}

/// What the rows of all steps up to `step` have added.
fn added(layer: &Layer, neuron: usize, step: usize) -> i64 {
    let channel = neuron / (layer.outputs() / layer.v0.len());
    let rows = layer.step_rows.iter();
    rows.flat_map(|rows| (0..=step).map(|tau| i64::from(rows.at(tau)[channel]))).sum()
}

/// How many spikes the pooled place `(c, y, x)` has received up to `step`; outside the map, none.
fn received(layer: &Layer, times: &[u8], step: usize, c: usize, y: i64, x: i64) -> i64 {
    let (height, width, pool) = (layer.input.height, layer.input.width, layer.pool as i64);
    let mut count = 0;
    for row in y * pool..(y + 1) * pool {
        for column in x * pool..(x + 1) * pool {
            if (0..height as i64).contains(&row) && (0..width as i64).contains(&column) {
                let place = c * height * width + row as usize * width + column as usize;
                count += i64::from(usize::from(times[place]) <= step);
            }
        }
    }
    count
}

fn gathered(layer: &Layer, neuron: usize, arrived: &dyn Fn(usize, i64, i64) -> i64) -> i64 {
    let pooled = layer.input.pooled(layer.pool);
    match &layer.synapses {
        Synapses::Dense(weights) => {
            let mut sum = i64::from(layer.v0[neuron]);
            for (place, row) in weights.outer_iter().enumerate() {
                let (c, rest) = (place / (pooled.height * pooled.width), place % (pooled.height * pooled.width));
                let spikes = arrived(c, (rest / pooled.width) as i64, (rest % pooled.width) as i64);
                sum += spikes * i64::from(row[neuron]);
            }
            sum
        }
        Synapses::Conv2d(Conv2d { weights, stride, padding, groups }) => {
            let output = layer.output();
            let (o, rest) = (neuron / (output.height * output.width), neuron % (output.height * output.width));
            let (v, u) = (rest / output.width, rest % output.width);
            let (_, in_group, kernel, _) = weights.dim();
            let first = o / (output.channels / groups) * in_group;
            let mut sum = i64::from(layer.v0[o]);
            for i in 0..in_group {
                for dy in 0..kernel {
                    for dx in 0..kernel {
                        let y = (v * stride + dy) as i64 - *padding as i64;
                        let x = (u * stride + dx) as i64 - *padding as i64;
                        sum += arrived(first + i, y, x) * i64::from(weights[[o, i, dy, dx]]);
                    }
                }
            }
            sum
        }
    }
}

fn golden_equals_reference(network: &IntegerNetwork, images: &[Vec<u8>]) {
    let mut executor = Executor::new(network);
    for pixels in images {
        let times = encode(pixels, network.coding(), network.time_steps());
        let trace = executor.run_events(&times);
        let (spike_times, scores) = reference(network, &times);
        assert_eq!((trace.spike_times, trace.scores), (spike_times, scores));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/convolution.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn golden_equals_the_gathering_reference(case in case()) {
        let mut rng = ChaCha8Rng::seed_from_u64(case.seed);
        let network = case.network(&mut rng);
        golden_equals_reference(&network, &images(network.inputs(), &mut rng));
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 16,
        max_shrink_iters: 30,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/convolution.txt"))),
        ..ProptestConfig::default()
    })]

    #[test]
    fn random_convolutions_are_equal(case in case()) {
        let mut rng = ChaCha8Rng::seed_from_u64(case.seed);
        let network = case.network(&mut rng);
        let images = images(network.inputs(), &mut rng);
        let folder = tempfile::tempdir().unwrap();
        let pair = Pair::new(folder.path(), &network, &case.options);

        let streams = RunOptions {
            seed: case.seed,
            idle_percent: case.idle_percent,
            stall_percent: case.stall_percent,
            ..RunOptions::default()
        };
        pair.check(&images, case.abort, &streams)?;
    }
}

/// Two channels of 5 × 5 neurons over 6 × 6 pixels, pooled by 5 for two classes. With a kernel of 2 the map has 3 × 3 tiles, the last
/// ones half outside.
pub fn small() -> IntegerNetwork {
    let weights = Array4::from_shape_fn((2, 1, 2, 2), |(o, _, dy, dx)| [[3, 2, 1, 2], [1, 2, 3, -1]][o][2 * dy + dx]);
    let conv = Layer {
        name: "conv".into(),
        format: WeightFormat::Int(3),
        input: Map::new(1, 6, 6),
        pool: 1,
        synapses: Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 0, groups: 1 }),
        v0: vec![0, 0],
        step_rows: None,
        neuron: Neuron::integrate_once(vec![5, 4]),
    };
    let classes = Layer {
        input: Map::new(2, 5, 5),
        pool: 5,
        ..Layer::dense("classes", WeightFormat::Int(3), Array2::eye(2), vec![0, 0], Neuron::integrate())
    };
    IntegerNetwork::new("by-hand", 3, vec![6, 6], 1, vec![conv, classes], Readout::Membrane).unwrap()
}

/// What is found if `good` in a leaf is replaced by `bad`: pixels side by side in the first image, far apart in the second.
fn divergence(file: &str, good: &str, bad: &str) -> Option<Divergence> {
    divergence_with(Lanes::All, file, good, bad)
}

fn divergence_with(lanes: Lanes, file: &str, good: &str, bad: &str) -> Option<Divergence> {
    let (folder, network) = (tempfile::tempdir().unwrap(), small());
    let design = design::write(folder.path(), &network, &Options { lanes, ..Options::default() });
    if good != bad {
        design::plant(folder.path(), file, good, bad);
    }
    let pair = Pair::built(folder.path(), &network, design);
    let image = |bright: &[(usize, u8)]| {
        let mut pixels = vec![0; 36];
        bright.iter().for_each(|&(place, gray)| pixels[place] = gray);
        pixels
    };
    let images = [image(&[(0, 255), (1, 255), (6, 128), (7, 1)]), image(&[(1, 255), (7, 255), (28, 255), (35, 128)])];
    pair.compare(&images, &[], &RunOptions::default()).first_divergence
}

fn found(file: &str, good: &str, bad: &str) -> (Quantity, usize, Option<usize>) {
    let found = divergence(file, good, bad).expect("the fault is found");
    (found.quantity, found.image, found.layer)
}

#[test]
fn no_fault_no_divergence() {
    assert_eq!(divergence("", "", ""), None);
}

#[test]
fn a_word_that_is_not_handed_on_is_caught() {
    let fault = found("rtl/fs_conv_bank.v", "next_q    <= next;", "next_q    <= next && !active_q;");
    assert_eq!(fault, (Quantity::SpikeTime, 0, Some(0)));
}

#[test]
fn membranes_of_the_image_before_are_caught() {
    let fault = found("rtl/fs_conv_bank.v", "if (clear || rst) begin", "if ((clear && active) || rst) begin");
    assert_eq!(fault, (Quantity::SpikeTime, 1, Some(0)));
}

#[test]
fn a_tile_that_counts_as_touched_after_its_first_word_is_caught() {
    let words = |bad| divergence_with(Lanes::AtMost(1), "rtl/fs_conv_bank.v", "active_q && last_q;", bad);
    assert_eq!(words("active_q && last_q;"), None);
    let fault = words("active_q && (last_q || 1'b1);").expect("the fault is found");
    assert_eq!((fault.quantity, fault.layer), (Quantity::SpikeTime, Some(0)));
}

#[test]
fn a_second_spike_is_caught() {
    let fault = found("rtl/fs_conv_lane.v", "{fired || spike, sum}", "{fired && spike, sum}");
    assert_eq!(fault, (Quantity::SecondSpike, 0, Some(0)));
}

#[test]
fn weights_in_the_wrong_order_are_caught() {
    let fault = found("rtl/fs_conv_address.v", "row_channel_q + row_place_q", "row_channel_q - row_place_q");
    assert_eq!(fault, (Quantity::SpikeTime, 0, Some(0)));
}

#[test]
fn a_tile_that_is_not_looked_at_is_caught() {
    let fault = found("rtl/fs_conv_control.v", "tiles_q <= tiles_q | op_tiles;", "tiles_q <= op_tiles;");
    assert_eq!(fault, (Quantity::SpikeTime, 1, Some(0)));
}

#[test]
fn a_wrong_pooled_address_is_caught() {
    let fault = found("rtl/fs_pooled_address.v", "{place[", "{{CHANNEL_BITS{1'b1}} | place[");
    assert_eq!(fault, (Quantity::Score, 0, Some(1)));
}
