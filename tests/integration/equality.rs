//! Golden model and hardware are equal for random networks, whatever the configuration and whatever the streams do.

use firstspike::arch::{EngineKind, InputKind, Lanes, Options, ResultKind};
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout, StepRows, WeightedSource};
use ndarray::Array2;
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;
use rand::{Rng, RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::design::Pair;

const SIZES: std::ops::RangeInclusive<usize> = 1..=40;
const MAX_LAYERS: usize = 4;

/// Everything that is drawn for one case.
#[derive(Debug, Clone)]
struct Case {
    time_steps: usize,
    sizes: Vec<usize>,
    formats: Vec<WeightFormat>,
    readout: usize,
    input_threshold: u8,
    options: Options,
    /// Weights that are 0, in percent.
    zeros: u32,
    /// Of weights, thresholds, α and images.
    seed: u64,
    idle_percent: u32,
    stall_percent: u32,
    /// Image, and beats after which the reset strikes.
    abort: (usize, usize),
}

fn format() -> impl Strategy<Value = WeightFormat> {
    prop_oneof![(2..=16u32).prop_map(WeightFormat::Int), Just(WeightFormat::Ternary), Just(WeightFormat::Binary),]
}

/// Inputs, and the width of their beats: from one input or pixel in a beat to all of them and room for more.
fn ports() -> impl Strategy<Value = (InputKind, Option<usize>)> {
    prop_oneof![
        Just((InputKind::Events, None)),
        Just((InputKind::Pixels, None)),
        Just((InputKind::Steps, None)),
        (1..=45usize).prop_map(|lanes| (InputKind::Pixels, Some(8 * lanes))),
        (1..=45usize).prop_map(|bits| (InputKind::Steps, Some(bits))),
    ]
}

/// Options with these engines, one for each of the most layers.
fn options(engines: impl Strategy<Value = Vec<EngineKind>>) -> impl Strategy<Value = Options> {
    let lanes = prop_oneof![
        Just(Lanes::All),
        SIZES.prop_map(Lanes::AtMost),
        proptest::collection::vec(SIZES, MAX_LAYERS).prop_map(Lanes::PerLayer),
    ];
    (lanes, ports(), 1..=5usize, engines, 1..=6usize).prop_map(|(lanes, port, slots, engines, pipeline)| Options {
        input: port.0,
        stream_bits: port.1,
        lanes,
        slots,
        engines,
        pipeline,
        ..Options::default()
    })
}

fn case(
    engines: impl Strategy<Value = Vec<EngineKind>>,
    zeros: impl Strategy<Value = u32>,
) -> impl Strategy<Value = Case> {
    let network =
        (1..=32usize, proptest::collection::vec((SIZES, format()), 1..=MAX_LAYERS), SIZES, 0..4usize, any::<u8>());
    let drive = (any::<u64>(), 0..=60u32, 0..=60u32, (0..IMAGES, 0..200usize));
    let network = (network, zeros);
    (network, options(engines), drive).prop_map(|((network, zeros), mut options, drive)| {
        let (time_steps, layers, inputs, readout, threshold) = network;
        options.engines.truncate(layers.len());
        let classes = layers.last().map_or(0, |(size, _)| *size);
        if options.engines.last() == Some(&EngineKind::Spatial) && readout == 0 && classes <= 16 {
            options.result = ResultKind::Vector;
        }
        if let Lanes::PerLayer(counts) = &mut options.lanes {
            counts.truncate(layers.len());
        }
        let (seed, idle_percent, stall_percent, abort) = drive;
        let sizes = std::iter::once(inputs).chain(layers.iter().map(|(size, _)| *size)).collect();
        let formats = layers.into_iter().map(|(_, format)| format).collect();
        // Most networks see nearly all gray levels.
        let input_threshold = if threshold < 128 { 1 } else { threshold };
        Case {
            time_steps,
            sizes,
            formats,
            readout,
            input_threshold,
            options,
            zeros,
            seed,
            idle_percent,
            stall_percent,
            abort,
        }
    })
}

/// Random images, after an empty one and one whose pixels all spike at step 0.
const IMAGES: usize = 12;

impl Case {
    fn network(&self, rng: &mut impl Rng) -> IntegerNetwork {
        let readout = self.readout(rng);
        let layers = (0..self.formats.len()).map(|index| self.layer(index, &readout, rng)).collect();
        let shape = vec![self.sizes[0]];
        IntegerNetwork::new("random", self.time_steps, shape, self.input_threshold, layers, readout).unwrap()
    }

    fn readout(&self, rng: &mut impl Rng) -> Readout {
        let mut alpha: Vec<u16> = (0..self.time_steps).map(|_| rng.random_range(0..=1000)).collect();
        alpha.sort_by(|a, b| b.cmp(a));
        match self.readout {
            0 => Readout::Membrane,
            1 => Readout::FirstSpike,
            2 => Readout::TemporalWeighting { source: WeightedSource::Current, alpha },
            _ => Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha },
        }
    }

    fn layer(&self, index: usize, readout: &Readout, rng: &mut impl Rng) -> Layer {
        let (inputs, outputs, format) = (self.sizes[index], self.sizes[index + 1], self.formats[index]);
        let max = format.max();
        let fires = index + 1 < self.formats.len() || readout.output_fires();
        let mut weight = |_| match format {
            WeightFormat::Binary => {
                if rng.random() {
                    1
                } else {
                    -1
                }
            }
            _ if self.zeros > 0 && rng.random_range(0..100) < self.zeros => 0,
            _ => rng.random_range(-max..=max),
        };
        let weights = Array2::from_shape_fn((inputs, outputs), &mut weight);
        let v0: Vec<i32> = (0..outputs).map(|_| rng.random_range(-max..=max)).collect();
        let mut layer = Layer::dense(format!("layer{index}"), format, weights, v0, Neuron::integrate());
        let takes_bundles = index == 0 && self.options.events_per_cycle > 1;
        if self.options.engines.get(index) != Some(&EngineKind::Spatial) && !takes_bundles {
            layer.step_rows = step_rows(self.time_steps, outputs, rng);
        }
        if fires {
            layer.neuron = Neuron::integrate_once((0..outputs).map(|neuron| threshold(&layer, neuron, rng)).collect());
        }
        layer
    }
}

/// None, the same row in all steps or one for each; of entries like weights, or wider than they are.
pub fn step_rows(time_steps: usize, channels: usize, rng: &mut impl Rng) -> Option<StepRows> {
    let most = [3, 3, 200][rng.random_range(0..3)];
    let mut row = || -> Vec<i32> { (0..channels).map(|_| rng.random_range(-most..=most)).collect() };
    let rows: Vec<i32> = (0..time_steps).flat_map(|_| row()).collect();
    let constant = StepRows::constant(&row(), time_steps);
    let changing = StepRows::new(Array2::from_shape_vec((time_steps, channels), rows).unwrap());
    [None, None, Some(constant), Some(changing)][rng.random_range(0..4)].clone()
}

/// Mostly within reach of the first few events; sometimes at or beyond an edge of the interval.
fn threshold(layer: &Layer, neuron: usize, rng: &mut impl Rng) -> i32 {
    let interval = layer.membrane_interval(neuron);
    let (lo, hi) = (interval.lo as i32, interval.hi as i32);
    match rng.random_range(0..10) {
        0 => lo - 1,
        1 => hi,
        2 => hi + 1,
        3 => layer.v0[neuron],
        _ => rng.random_range(layer.v0[neuron]..=layer.v0[neuron].max(hi / 3)),
    }
}

fn images(pixels: usize, rng: &mut impl Rng) -> Vec<Vec<u8>> {
    let special = [vec![0; pixels], vec![255; pixels]];
    let random = (special.len()..IMAGES).map(|_| {
        let dark = rng.random_range(0..=100);
        (0..pixels).map(|_| if rng.random_range(0..100) < dark { 0 } else { rng.random() }).collect()
    });
    special.into_iter().chain(random.collect::<Vec<_>>()).collect()
}

/// That hardware and golden model are equal, whatever the streams do.
fn check(case: &Case) -> Result<(), TestCaseError> {
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
    pair.check(&images, case.abort, &streams)
}

fn config(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        max_shrink_iters: 40,
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct("tests/regressions/equality.txt"))),
        ..ProptestConfig::default()
    }
}

/// Engines layer by layer, of which the last is drawn like the others.
fn engines() -> impl Strategy<Value = Vec<EngineKind>> {
    let spatial = Just(vec![EngineKind::Spatial; MAX_LAYERS]);
    let one = prop_oneof![Just(EngineKind::Event), Just(EngineKind::Spatial)];
    prop_oneof![spatial, proptest::collection::vec(one, MAX_LAYERS)]
}

/// Cases whose first layer takes two or four events per cycle; the layers behind it are drawn like any others.
fn bundled() -> impl Strategy<Value = Case> {
    let engines = engines().prop_map(|mut engines| {
        engines[0] = EngineKind::Event;
        engines
    });
    (case(engines, 0..=50u32), prop_oneof![Just(2), Just(4)]).prop_map(|(mut case, events)| {
        (case.options.input, case.options.stream_bits) = (InputKind::Events, None);
        case.options.events_per_cycle = events;
        case.options.lanes = match case.options.lanes {
            Lanes::PerLayer(mut counts) => {
                counts[0] = *SIZES.end();
                Lanes::PerLayer(counts)
            }
            Lanes::All | Lanes::AtMost(_) => Lanes::All,
        };
        case
    })
}

proptest! {
    #![proptest_config(config(32))]

    #[test]
    fn random_networks_are_equal(case in case(Just(Vec::new()), Just(0))) {
        check(&case)?;
    }
}

proptest! {
    #![proptest_config(config(24))]

    #[test]
    fn random_networks_that_take_several_events_per_cycle_are_equal(case in bundled()) {
        check(&case)?;
    }

    #[test]
    fn random_networks_of_spatial_layers_are_equal(case in case(engines(), 0..=95u32)) {
        check(&case)?;
    }
}
