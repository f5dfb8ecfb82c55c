//! Network and options → design.

use ndarray::ArrayView2;

use super::address::Address;
use super::conv::{plan_conv, unrolled};
use super::design::{Design, Encoder, HiddenStage, Layer, Readout, ReadoutKind, Stage, Timer, pooled};
use super::membrane::{channel_of, effective_threshold, register_interval, stored_format};
use super::memory::{MemoryImage, group_rows, weight_rows};
use super::options::{InputKind, Options};
use super::size::{check_size, conv_words, dense_words};
use super::supported::check_neurons;
use crate::error::Result;
use crate::fixed::{Interval, index_bits, unsigned_bits};
use crate::network::{IntegerNetwork, Layer as NetworkLayer, Readout as NetworkReadout, Synapses, WeightedSource};

/// Cycles after a reset until every pipeline is empty.
const SETTLE_CYCLES: usize = 8;
/// Decides the whole hardware.
///
/// # Errors
/// `no-lanes`, `lanes-count`, `slots`: an option is out of range. `model-too-large`.
pub fn plan(network: &IntegerNetwork, options: &Options) -> Result<Design> {
    options.check(network.layers().len())?;
    check_neurons(network)?;
    check_size(network, |index| layer_words(network, index, options))?;
    let layers: Vec<Layer> = (0..network.layers().len()).map(|index| plan_layer(network, index, options)).collect();
    let readout = plan_readout(network, layers[layers.len() - 1].weight_bits);
    Ok(Design {
        options: options.clone(),
        fit: None,
        name: network.name().replace('-', "_"),
        time_steps: network.time_steps(),
        step_bits: index_bits(network.time_steps()),
        input: input_address(network, 0),
        encoder: (options.input == InputKind::Pixels).then(|| plan_encoder(network)),
        timer: plan_timer(network, &layers, options),
        result_bits: if readout.score_bits <= 32 { 32 } else { 64 },
        reset_cycles: layers.iter().map(|layer| layer.groups).max().unwrap_or(0) + SETTLE_CYCLES,
        layers,
        readout,
    })
}

/// Whether a layer has the convolution engine: only an output layer is too close to the readout for it.
fn has_conv_engine(network: &IntegerNetwork, index: usize) -> bool {
    index + 1 < network.layers().len() && matches!(network.layers()[index].synapses, Synapses::Conv2d(_))
}

/// How the events into a layer name their place: rows and columns are kept apart where either side needs them.
fn input_address(network: &IntegerNetwork, index: usize) -> Address {
    let layer = &network.layers()[index];
    let before = index.checked_sub(1);
    let map = before.map_or(layer.input, |before| network.layers()[before].output());
    let from_conv = before.is_some_and(|before| has_conv_engine(network, before));
    if from_conv || has_conv_engine(network, index) || layer.pool > 1 {
        Address::packed(map)
    } else {
        Address::flat(map.size())
    }
}

fn plan_layer(network: &IntegerNetwork, index: usize, options: &Options) -> Layer {
    let layer = &network.layers()[index];
    match &layer.synapses {
        Synapses::Conv2d(conv) if has_conv_engine(network, index) => plan_conv(layer, conv, index, options),
        Synapses::Conv2d(conv) => plan_dense(network, index, unrolled(conv, layer.pooled()).view(), options),
        Synapses::Dense(weights) => plan_dense(network, index, weights.view(), options),
    }
}

/// How much the memories of [`plan_layer`] hold.
fn layer_words(network: &IntegerNetwork, index: usize, options: &Options) -> u64 {
    let layer = &network.layers()[index];
    match &layer.synapses {
        Synapses::Conv2d(conv) if has_conv_engine(network, index) => conv_words(layer, conv, index, options),
        _ => dense_words(layer, index, pooled(input_address(network, index), layer.pool).limit(), options),
    }
}

fn plan_dense(network: &IntegerNetwork, index: usize, weights: ArrayView2<i32>, options: &Options) -> Layer {
    let layer = &network.layers()[index];
    let neurons = layer.outputs();
    let lanes = options.lanes.of(index, neurons);
    let groups = neurons.div_ceil(lanes);
    let initial: Vec<i64> = (0..neurons)
        .map(|neuron| channel_of(layer, neuron))
        .map(|channel| i64::from(layer.v0[channel]) - effective_threshold(layer, channel).unwrap_or(0))
        .collect();
    let format = stored_format(layer, matches!(layer.synapses, Synapses::Conv2d(_)));
    let membrane_bits = register_interval(layer).signed_bits().max(format.bits());
    let hidden = index + 1 < network.layers().len();
    let input = input_address(network, index);
    let address = pooled(input, layer.pool);
    Layer {
        name: layer.name.clone(),
        input,
        output: if hidden { input_address(network, index + 1) } else { Address::flat(neurons) },
        pool: layer.pool,
        addresses: address.limit(),
        index_bits: address.bits(),
        lanes,
        groups,
        group_bits: index_bits(groups),
        row_bits: index_bits(groups * address.limit()).max(address.bits()),
        weight_bits: format.bits(),
        membrane_bits,
        fires: layer.neuron.fires(),
        weights: MemoryImage {
            file: format!("layer{index}_weights.mem"),
            field_bits: format.bits(),
            rows: weight_rows(weights, format, address, lanes),
        },
        weight_memory: options.weight_memory(index),
        initial: MemoryImage {
            file: format!("layer{index}_initial.mem"),
            field_bits: membrane_bits,
            // A negative membrane never spikes, so a lane without a neuron stays silent.
            rows: group_rows(&initial, lanes, -1),
        },
        stage: if hidden {
            Stage::Hidden(plan_scan(neurons, options.slots))
        } else {
            Stage::Output { capture_all: *network.readout() != NetworkReadout::Membrane }
        },
    }
}

fn plan_scan(neurons: usize, slots: usize) -> HiddenStage {
    // About as many words as neurons per word keeps both levels of the scan shallow.
    let word_bits = (2..).find(|&bits: &u32| bits.is_power_of_two() && (bits * bits) as usize >= neurons);
    let word_bits = word_bits.expect("some power of two is large enough");
    let words = neurons.div_ceil(word_bits as usize);
    HiddenStage {
        slots,
        credit_bits: unsigned_bits(slots as u64),
        word_bits,
        place_bits: word_bits.trailing_zeros(),
        words,
        select_bits: index_bits(words),
    }
}

fn plan_readout(network: &IntegerNetwork, weight_bits: u32) -> Readout {
    let layer = network.layers().last().expect("a validated network has a layer");
    let intervals = (0..layer.output().channels).map(|channel| layer.membrane_interval(channel));
    let potential = intervals.reduce(Interval::hull).expect("at least one class");
    let (score_bits, kind) = match network.readout() {
        NetworkReadout::Membrane => (register_interval(layer).signed_bits().max(weight_bits), ReadoutKind::Membrane),
        NetworkReadout::FirstSpike => first_spike(layer, potential, weight_bits),
        NetworkReadout::TemporalWeighting { source: WeightedSource::Current, alpha } => {
            weighted_current(potential, alpha)
        }
        NetworkReadout::TemporalWeighting { source: WeightedSource::Spikes, alpha } => weighted_spikes(alpha),
    };
    Readout { classes: layer.outputs(), class_bits: index_bits(layer.outputs()), score_bits, kind }
}

fn first_spike(layer: &NetworkLayer, potential: Interval, weight_bits: u32) -> (u32, ReadoutKind) {
    let threshold = |j| effective_threshold(layer, channel_of(layer, j)).expect("a first-spike output fires");
    let thresholds: Vec<i64> = (0..layer.outputs()).map(threshold).collect();
    let widest = thresholds.iter().fold(potential.hull(register_interval(layer)), |interval, &threshold| {
        interval.hull(Interval { lo: threshold, hi: threshold })
    });
    let bits = widest.signed_bits().max(weight_bits);
    (
        bits,
        ReadoutKind::FirstSpike { thresholds: MemoryImage::table("readout_thresholds.mem".into(), bits, thresholds) },
    )
}

/// Every partial sum of `β[t]·V[t]` lies between 0 and `α[0]` times the interval of `V`.
fn weighted_current(potential: Interval, alpha: &[u16]) -> (u32, ReadoutKind) {
    let alpha_at = |step: usize| alpha.get(step).map_or(0, |&a| i64::from(a));
    let betas: Vec<i64> = (0..alpha.len()).map(|step| alpha_at(step) - alpha_at(step + 1)).collect();
    let largest = betas.iter().copied().max().unwrap_or(0);
    let beta_bits = unsigned_bits(largest as u64) + 1;
    let score = Interval { lo: potential.lo.min(0) * alpha_at(0), hi: potential.hi.max(0) * alpha_at(0) };
    let table = MemoryImage::table("readout_betas.mem".into(), beta_bits, betas);
    (score.signed_bits(), ReadoutKind::WeightedCurrent { beta_bits, betas: table })
}

fn weighted_spikes(alpha: &[u16]) -> (u32, ReadoutKind) {
    let bits = unsigned_bits(u64::from(alpha.first().copied().unwrap_or(0))) + 1;
    let alphas = alpha.iter().map(|&a| i64::from(a));
    (bits, ReadoutKind::WeightedSpikes { alphas: MemoryImage::table("readout_alphas.mem".into(), bits, alphas) })
}

/// The table is made by comparing gray levels with the half-way points between steps; the golden model divides instead.
fn plan_encoder(network: &IntegerNetwork) -> Encoder {
    let (steps, threshold) = (network.time_steps() as i64, i64::from(network.input_threshold()));
    let step_bits = index_bits(network.time_steps());
    let never = 1 << step_bits;
    // t counts the half-way points (2k + 1)·255 / (2·(T − 1)) that the darkness 255 − x has reached.
    let time =
        |pixel: i64| (0..steps - 1).filter(|k| 2 * (255 - pixel) * (steps - 1) >= (2 * k + 1) * 255).count() as i64;
    let times = (0..256).map(|pixel| if pixel < threshold { never } else { time(pixel) });
    Encoder {
        index_bits: index_bits(network.inputs()),
        count_bits: unsigned_bits(network.inputs() as u64),
        times: MemoryImage::table("encoder_times.mem".into(), step_bits + 1, times),
    }
}

/// Images under way: one entering, those whose last step a layer still holds, one leaving; and those in the encoder.
fn plan_timer(network: &IntegerNetwork, layers: &[Layer], options: &Options) -> Timer {
    let held: usize = layers.iter().map(|layer| layer.credits().div_ceil(network.time_steps())).sum();
    let encoder = if options.input == InputKind::Pixels { 3 } else { 0 };
    let frames = (held + encoder + 2).next_power_of_two();
    let endings = if options.input == InputKind::Pixels { network.inputs() } else { network.time_steps() };
    Timer { frames, frame_bits: index_bits(frames), endings, ending_bits: index_bits(endings) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::arch::Lanes;
    use crate::fixed::WeightFormat;
    use crate::golden::latency;
    use crate::network::{Neuron, StepRows};

    fn network(readout: NetworkReadout, neuron: Neuron) -> IntegerNetwork {
        let weights = array![[7, -7, 1], [7, -7, 0]];
        let layer = NetworkLayer::dense("only", WeightFormat::Int(4), weights, vec![0, 0, 5], neuron);
        IntegerNetwork::new("three-neurons", 4, vec![2], 1, vec![layer], readout).unwrap()
    }

    #[test]
    fn membrane_width_is_that_of_the_proved_interval() {
        // Potentials: 0 … 14, −14 … 0, 5 … 6: −14 … 14 needs 5 bits.
        let design = plan(&network(NetworkReadout::Membrane, Neuron::integrate()), &Options::default()).unwrap();
        assert_eq!((design.layers[0].membrane_bits, design.readout.score_bits), (5, 5));
        assert_eq!(design.name, "three_neurons");
    }

    #[test]
    fn far_thresholds_do_not_widen_the_membrane() {
        let far = network(NetworkReadout::FirstSpike, Neuron::integrate_once(vec![1 << 30, -(1 << 30), 6]));
        let design = plan(&far, &Options::default()).unwrap();
        // Effective thresholds 15, −14, 6; registers −15 … −1, 0 … 14, −1 … 0.
        assert_eq!(design.layers[0].membrane_bits, 5);
        assert_eq!(design.layers[0].initial.rows, vec![vec![-15, 14, -1]]);
    }

    #[test]
    fn groups_split_the_neurons_and_pad_the_last_lane() {
        let options = Options { lanes: Lanes::AtMost(2), ..Options::default() };
        let design = plan(&network(NetworkReadout::Membrane, Neuron::integrate()), &options).unwrap();
        let layer = &design.layers[0];
        assert_eq!((layer.lanes, layer.groups), (2, 2));
        assert_eq!(layer.weights.rows, vec![vec![7, -7], vec![7, -7], vec![1, 0], vec![0, 0]]);
        assert_eq!(layer.initial.rows, vec![vec![0, 0], vec![5, -1]]);
    }

    #[test]
    fn beta_is_the_falling_difference_of_alpha() {
        let readout = NetworkReadout::TemporalWeighting { source: WeightedSource::Current, alpha: vec![8, 4, 4, 1] };
        let design = plan(&network(readout, Neuron::integrate()), &Options::default()).unwrap();
        let ReadoutKind::WeightedCurrent { beta_bits, betas } = design.readout.kind else { panic!("wrong readout") };
        assert_eq!((beta_bits, betas.rows), (4, vec![vec![4], vec![0], vec![3], vec![1]]));
    }

    #[test]
    fn encoder_table_equals_the_formula() {
        let one_pixel = |steps, threshold| {
            let layer = NetworkLayer::dense("only", WeightFormat::Int(4), array![[1]], vec![0], Neuron::integrate());
            IntegerNetwork::new("one-pixel", steps, vec![1], threshold, vec![layer], NetworkReadout::Membrane).unwrap()
        };
        for (steps, threshold) in [(1, 1), (2, 0), (4, 1), (8, 30), (32, 1), (255, 255)] {
            let encoder = plan_encoder(&one_pixel(steps, threshold));
            for pixel in 0..=255u8 {
                let expected = usize::from(latency(pixel, threshold, steps));
                let expected = if expected == steps { 1 << index_bits(steps) } else { expected as i64 };
                assert_eq!(encoder.times.rows[usize::from(pixel)], vec![expected], "T = {steps}, pixel {pixel}");
            }
        }
    }

    #[test]
    fn step_rows_have_no_hardware_yet() {
        let plain = network(NetworkReadout::Membrane, Neuron::integrate());
        let mut layers = plain.layers().to_vec();
        layers[0].step_rows = Some(StepRows::constant(&[0, 1, 0], 4));
        let rows = IntegerNetwork::new("rows", 4, vec![2], 1, layers, NetworkReadout::Membrane).unwrap();
        let error = plan(&rows, &Options::default()).unwrap_err();
        assert!(error.code == "step-rows" && error.message.contains("layers[0] \"only\""), "{error}");
    }

    #[test]
    fn zero_lanes_and_zero_slots_are_refused() {
        let network = network(NetworkReadout::Membrane, Neuron::integrate());
        let no_lanes = Options { lanes: Lanes::AtMost(0), ..Options::default() };
        assert_eq!(plan(&network, &no_lanes).unwrap_err().code, "no-lanes");
        let too_many = Options { lanes: Lanes::PerLayer(vec![1, 1]), ..Options::default() };
        assert_eq!(plan(&network, &too_many).unwrap_err().code, "lanes-count");
        assert_eq!(plan(&network, &Options { slots: 0, ..Options::default() }).unwrap_err().code, "slots");
    }
}
