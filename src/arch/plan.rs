//! Network and options → design.

use super::adapter::{Adapter, Gate};
use super::design::{Design, Layer, Timer};
use super::engine::{Ends, Kind, Sink, Site};
use super::options::{Options, ResultKind};
use super::port::Port;
use super::readout::{Output, Readout};
use super::size::check_size;
use super::stream::Form;
use super::supported::{check_bundles, check_engines, check_neurons, check_result};
use super::timing::Station;
use crate::error::Result;
use crate::fixed::index_bits;
use crate::network::IntegerNetwork;

/// Cycles after a reset until every pipeline is empty.
const SETTLE_CYCLES: usize = 8;

/// Decides the whole hardware.
///
/// # Errors
/// `no-lanes`, `lanes-count`, `slots`, `engine-count`, `pipeline`: an option is out of range. `step-rows`, `engine-unsuited`, `result-unsuited`, `events-per-cycle`:
/// the hardware has not what a layer needs. `model-too-large`.
///
/// # Examples
/// ```
/// use firstspike::arch::{self, Lanes, Options};
/// use firstspike::flow;
///
/// let digits = flow::shipped_network()?;
/// let design = arch::plan(&digits, &Options { lanes: Lanes::AtMost(8), ..Options::default() })?;
/// let cycles: Vec<_> = design.layers.iter().map(|layer| layer.engine.cycles_per_event()).collect();
/// let neurons: Vec<_> = design.layers.iter().map(|layer| layer.neurons()).collect();
/// assert_eq!((neurons, cycles), (vec![64, 10], vec![8, 2]), "so many passes of eight accumulators");
/// # Ok::<(), firstspike::error::Error>(())
/// ```
pub fn plan(network: &IntegerNetwork, options: &Options) -> Result<Design> {
    options.check(network.layers().len())?;
    check_neurons(network)?;
    check_engines(network, options)?;
    check_result(network, options)?;
    check_bundles(network, options)?;
    let chain = Chain::new(network, options);
    check_size(network, |index| chain.words(index))?;
    let mut layers = chain.layers();
    let readout = plan_readout(network, &layers, options.result);
    chain.adapt(&mut layers, &readout, network.time_steps());
    Ok(Design {
        options: options.clone(),
        fit: None,
        name: network.name().replace('-', "_"),
        time_steps: network.time_steps(),
        step_bits: index_bits(network.time_steps()),
        input: chain.input,
        input_map: network.layers()[0].input,
        timer: plan_timer(network, &layers, &chain.port),
        port: chain.port,
        result_bits: if readout.score_bits <= 32 { 32 } else { 64 },
        reset_cycles: layers.iter().map(|layer| layer.engine.cycles_per_event()).max().unwrap_or(0) + SETTLE_CYCLES,
        layers,
        readout,
    })
}

/// The layers of a network, each with its engine and its streams.
struct Chain<'a> {
    /// What stands at the pins of the input.
    port: Port,
    /// The form in which spikes leave it.
    input: Form,
    links: Vec<(Site<'a>, &'static Kind, Ends)>,
}

impl<'a> Chain<'a> {
    /// Finds an engine for every layer, and lets neighbors agree on how events name their place.
    fn new(network: &'a IntegerNetwork, options: &'a Options) -> Self {
        let last = network.layers().len() - 1;
        let link = |(index, layer)| {
            let sink = if index == last { Sink::Readout } else { Sink::Layer };
            let site = Site { layer, index, sink, time_steps: network.time_steps(), options };
            let (kind, ends) = Kind::find(&site);
            (site, kind, ends)
        };
        let mut links: Vec<_> = network.layers().iter().enumerate().map(link).collect();
        let (port, mut input) = Port::plan(network, options);
        let mut giving = &mut input;
        for (_, _, Ends { input, output }) in &mut links {
            (*giving, *input) = Form::settled(*giving, *input);
            giving = output;
        }
        Chain { port, input, links }
    }

    /// How much the memories of a layer hold.
    fn words(&self, index: usize) -> u64 {
        let (site, kind, ends) = &self.links[index];
        (kind.words)(site, *ends)
    }

    /// Plans every layer.
    fn layers(&self) -> Vec<Layer> {
        self.links.iter().map(|(site, kind, ends)| (kind.plan)(site, *ends)).collect()
    }

    /// Puts adapters in front of the layers that need one.
    fn adapt(&self, layers: &mut [Layer], readout: &Readout, time_steps: usize) {
        let given: Vec<_> = std::iter::once(self.input).chain(layers.iter().map(|layer| layer.output)).collect();
        for (index, given) in given[..layers.len()].iter().enumerate() {
            let slots = self.links[index].0.options.slots;
            let gate = Gate { time_steps, ..gate(&layers[index..], slots, readout) };
            layers[index].adapter = Adapter::between(*given, layers[index].input, slots, gate);
        }
    }
}

/// What lets steps into a flow that begins with the first of these layers: where it ends, something has places for them.
fn gate(layers: &[Layer], slots: usize, readout: &Readout) -> Gate {
    let ends_inside = layers.iter().any(|layer| !layer.input.is_flow());
    let (credits, every_step) =
        if ends_inside { (slots, true) } else { (readout.kind.places(), readout.kind.every_step()) };
    Gate { time_steps: 1, credits, every_step }
}

fn plan_readout(network: &IntegerNetwork, layers: &[Layer], result: ResultKind) -> Readout {
    let layer = network.layers().last().expect("a validated network has a layer");
    let weight_bits = layers[layers.len() - 1].weight_bits;
    Readout::plan(network.readout(), &Output { layer, weight_bits, result })
}

/// Images under way: one entering, those whose last step the port, a layer or an adapter still holds, one leaving.
fn plan_timer(network: &IntegerNetwork, layers: &[Layer], port: &Port) -> Timer {
    let adapters = layers.iter().filter_map(|layer| layer.adapter.as_ref()).map(|it| it.images(network.time_steps()));
    let by_layers = layers.iter().map(|layer| layer.pace().credits.div_ceil(network.time_steps()));
    let held: usize = by_layers.chain(adapters).sum();
    let frames = (held + port.images() + 2).next_power_of_two();
    Timer { frames, endings: port.endings(network.inputs(), network.time_steps()) }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;
    use crate::arch::{InputKind, Lanes};
    use crate::fixed::WeightFormat;
    use crate::network::{Layer as NetworkLayer, Neuron, Readout as NetworkReadout, StepRows, WeightedSource};

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
        assert_eq!(design.layers[0].memories[1].rows, vec![vec![-15, 14, -1]]);
    }

    #[test]
    fn groups_split_the_neurons_and_pad_the_last_lane() {
        let options = Options { lanes: Lanes::AtMost(2), ..Options::default() };
        let design = plan(&network(NetworkReadout::Membrane, Neuron::integrate()), &options).unwrap();
        let layer = &design.layers[0];
        assert_eq!((layer.engine.lanes(), layer.engine.cycles_per_event()), (2, 2));
        let [weights, initial] = &layer.memories[..] else { panic!("two memories") };
        assert_eq!(weights.rows, vec![vec![7, -7], vec![7, -7], vec![1, 0], vec![0, 0]]);
        assert_eq!(initial.rows, vec![vec![0, 0], vec![5, -1]]);
    }

    #[test]
    fn beta_is_the_falling_difference_of_alpha() {
        let readout = NetworkReadout::TemporalWeighting { source: WeightedSource::Current, alpha: vec![8, 4, 4, 1] };
        let design = plan(&network(readout, Neuron::integrate()), &Options::default()).unwrap();
        let betas = &design.readout.memories[0];
        assert_eq!((betas.field_bits, &betas.rows), (4, &vec![vec![4], vec![0], vec![3], vec![1]]));
    }

    fn with_rows(rows: StepRows) -> IntegerNetwork {
        let plain = network(NetworkReadout::Membrane, Neuron::integrate());
        let layer = NetworkLayer { step_rows: Some(rows), ..plain.layers()[0].clone() };
        IntegerNetwork::new("rows", 4, vec![2], 1, vec![layer], NetworkReadout::Membrane).unwrap()
    }

    #[test]
    fn step_rows_lie_behind_the_weights_of_their_group() {
        let options = Options { lanes: Lanes::AtMost(2), ..Options::default() };
        let rows = StepRows::new(array![[1, -2, 3], [4, 5, 6], [0, 0, 0], [0, -8, 0]]);
        let design = plan(&with_rows(rows), &options).unwrap();
        // −8 is no weight of four bits.
        assert_eq!(design.layers[0].weight_bits, 5);
        let weights = &design.layers[0].memories[0].rows;
        assert_eq!(weights[..6], [[7, -7], [7, -7], [1, -2], [4, 5], [0, 0], [0, -8]]);
        assert_eq!(weights[6..], [[1, 0], [0, 0], [3, 0], [6, 0], [0, 0], [0, 0]]);
        let constant = plan(&with_rows(StepRows::constant(&[1, 2, 3], 4)), &options).unwrap();
        assert_eq!(constant.layers[0].memories[0].rows, [[7, -7], [7, -7], [1, 2], [1, 0], [0, 0], [3, 0]]);
        assert_eq!(constant.layers[0].weight_bits, 4);
    }

    #[test]
    fn step_rows_without_hardware_are_refused() {
        let error = plan(&with_rows(StepRows::constant(&[0, 1, 32_768], 4)), &Options::default()).unwrap_err();
        assert_eq!(error.code, "step-rows");
        assert_eq!(
            error.problems,
            ["layers[0] \"only\" has the entry 32768 in a step row, expected at most 32767 either way"]
        );
    }

    #[test]
    fn bundles_read_pairs_of_rows_and_zeros_for_what_is_not_there() {
        let design = |events_per_cycle| {
            let options = Options { events_per_cycle, ..Options::default() };
            plan(&network(NetworkReadout::Membrane, Neuron::integrate()), &options).unwrap()
        };
        let rows = |design: &Design| -> Vec<_> {
            design.layers[0]
                .memories
                .iter()
                .filter(|image| image.holds_weights())
                .map(|image| image.rows.clone())
                .collect()
        };
        assert_eq!(rows(&design(2)), [[[7, -7, 1], [7, -7, 0], [0, 0, 0]]]);
        assert_eq!(rows(&design(4)), [[[7, -7, 1], [0, 0, 0]], [[7, -7, 0], [0, 0, 0]]]);
    }

    #[test]
    fn several_events_per_cycle_need_a_first_layer_that_takes_them() {
        let plain = network(NetworkReadout::Membrane, Neuron::integrate());
        let three = Options { events_per_cycle: 3, ..Options::default() };
        assert_eq!(plan(&plain, &three).unwrap_err().code, "events-per-cycle");
        let options =
            Options { events_per_cycle: 2, lanes: Lanes::AtMost(2), input: InputKind::Pixels, ..Options::default() };
        let error = plan(&plain, &options).unwrap_err();
        let lanes = "the first layer has 2 lanes, expected one for each of its 3 neurons";
        assert_eq!(error.problems, ["the input is pixels, not events", lanes]);
        let rows =
            plan(&with_rows(StepRows::constant(&[1, 2, 3], 4)), &Options { events_per_cycle: 2, ..Options::default() });
        assert_eq!(rows.unwrap_err().problems, ["the first layer has step rows"]);
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
