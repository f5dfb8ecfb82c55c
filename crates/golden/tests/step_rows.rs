//! The golden model against the equations of `docs/numerics.md` §3.1, evaluated for each step from nothing.

use firstspike_base::fixed::WeightFormat;
use firstspike_golden::{Executor, Trace};
use firstspike_network::{IntegerNetwork, Layer, Neuron, Readout, StepRows, WeightedSource};
use ndarray::Array2;
use proptest::prelude::*;

/// Two dense layers with step rows in either, both or none.
#[derive(Debug, Clone)]
struct Case {
    time_steps: usize,
    /// Inputs, hidden neurons, classes.
    sizes: [usize; 3],
    readout: usize,
    /// Whether a layer has rows, and whether they are the same in all steps.
    rows: [Option<bool>; 2],
    /// Weights, starts, thresholds, rows and spike times are cut from it.
    numbers: Vec<i8>,
}

fn case() -> impl Strategy<Value = Case> {
    let sizes = [1usize..7, 1..7, 1..5];
    (1usize..9, sizes, 0usize..4, any::<[Option<bool>; 2]>(), prop::collection::vec(any::<i8>(), 400))
        .prop_map(|(time_steps, sizes, readout, rows, numbers)| Case { time_steps, sizes, readout, rows, numbers })
}

impl Case {
    fn readout(&self) -> Readout {
        let alpha = (0..self.time_steps).map(|step| (self.time_steps - step) as u16).collect();
        match self.readout {
            0 => Readout::Membrane,
            1 => Readout::FirstSpike,
            2 => Readout::TemporalWeighting { source: WeightedSource::Current, alpha },
            _ => Readout::TemporalWeighting { source: WeightedSource::Spikes, alpha },
        }
    }

    fn network(&self) -> IntegerNetwork {
        let mut numbers = self.numbers.iter().cycle().map(|&number| i32::from(number));
        let fires = [true, self.readout().output_fires()];
        let layers = (0..2).map(|l| {
            let (inputs, outputs) = (self.sizes[l], self.sizes[l + 1]);
            let mut next = |limit: i32| numbers.next().expect("they are cycled") % (limit + 1);
            let weights = Array2::from_shape_fn((inputs, outputs), |_| next(7));
            let v0 = (0..outputs).map(|_| next(5)).collect();
            let threshold: Vec<i32> = (0..outputs).map(|_| next(12)).collect();
            let row: Vec<i32> = (0..outputs).map(|_| next(6)).collect();
            let neuron = if fires[l] { Neuron::integrate_once(threshold) } else { Neuron::integrate() };
            let step_rows = self.rows[l].map(|is_constant| match is_constant {
                true => StepRows::constant(&row, self.time_steps),
                false => StepRows::new(Array2::from_shape_fn((self.time_steps, outputs), |_| next(9))),
            });
            Layer { step_rows, ..Layer::dense(format!("layer{l}"), WeightFormat::Int(4), weights, v0, neuron) }
        });
        let layers = layers.collect();
        IntegerNetwork::new("random", self.time_steps, vec![self.sizes[0]], 1, layers, self.readout()).unwrap()
    }

    fn input(&self) -> Vec<u8> {
        let time = |&number: &i8| number.unsigned_abs() % (self.time_steps as u8 + 1);
        self.numbers.iter().rev().take(self.sizes[0]).map(time).collect()
    }
}

/// `v0 + Σ_{τ ≤ t} r[τ] + Σ { w : spiked by t }`, without a look at the step before.
fn potential(layer: &Layer, times: &[u8], neuron: usize, step: usize) -> i64 {
    let firstspike_network::Synapses::Dense(weights) = &layer.synapses else { unreachable!("all layers are dense") };
    let spiked = (0..times.len()).filter(|&input| usize::from(times[input]) <= step);
    let rows = layer.step_rows.iter().flat_map(|rows| (0..=step).map(|tau| i64::from(rows.at(tau)[neuron])));
    i64::from(layer.v0[neuron]) + rows.sum::<i64>() + spiked.map(|i| i64::from(weights[(i, neuron)])).sum::<i64>()
}

fn reference(network: &IntegerNetwork, input: &[u8]) -> Trace {
    let steps = network.time_steps();
    let mut spike_times = vec![input.to_vec()];
    for layer in network.layers() {
        let times = &spike_times[spike_times.len() - 1];
        let spikes_at = |neuron: usize| {
            let Neuron::IntegrateOnce(once) = &layer.neuron else { return steps };
            let reached = |step: &usize| potential(layer, times, neuron, *step) >= i64::from(once.threshold[neuron]);
            (0..steps).find(reached).unwrap_or(steps)
        };
        spike_times.push((0..layer.outputs()).map(|neuron| spikes_at(neuron) as u8).collect());
    }
    let (last, output) = (&network.layers()[1], &spike_times[2]);
    let value = |neuron: usize, step: usize| potential(last, &spike_times[1], neuron, step);
    let earliest = usize::from(*output.iter().min().unwrap());
    let decision = if *network.readout() == Readout::FirstSpike { earliest.min(steps - 1) } else { steps - 1 };
    let score = |neuron: usize| match network.readout() {
        Readout::Membrane | Readout::FirstSpike => value(neuron, decision),
        Readout::TemporalWeighting { source: WeightedSource::Current, alpha } => (0..steps)
            .map(|t| i64::from(alpha[t]) * (value(neuron, t) - if t > 0 { value(neuron, t - 1) } else { 0 }))
            .sum(),
        Readout::TemporalWeighting { alpha, .. } => {
            alpha.get(usize::from(output[neuron])).map_or(0, |&alpha| i64::from(alpha))
        }
    };
    let scores: Vec<i64> = (0..output.len()).map(score).collect();
    let competes = |neuron: usize| {
        *network.readout() != Readout::FirstSpike || earliest == steps || usize::from(output[neuron]) == earliest
    };
    let largest = (0..scores.len()).filter(|&j| competes(j)).map(|j| scores[j]).max().unwrap();
    let class = (0..scores.len()).find(|&j| competes(j) && scores[j] == largest).unwrap() as u32;
    spike_times.remove(0);
    Trace { class, scores, spike_times, decision_step: decision as u8 }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn the_golden_model_equals_the_equations(case in case()) {
        let (network, input) = (case.network(), case.input());
        prop_assert_eq!(Executor::new(&network).run_events(&input), reference(&network, &input));
    }

    /// §5: no potential leaves the interval that is proved, at the end of a step or between its rows and spikes.
    #[test]
    fn potentials_keep_to_the_proved_interval(case in case()) {
        let (network, input) = (case.network(), case.input());
        let layer = &network.layers()[0];
        for (neuron, step) in (0..layer.outputs()).flat_map(|j| (0..case.time_steps).map(move |t| (j, t))) {
            let interval = layer.membrane_interval(neuron);
            let end = potential(layer, &input, neuron, step);
            let row = layer.step_rows.as_ref().map_or(0, |rows| i64::from(rows.at(step)[neuron]));
            for value in [end, end - row] {
                prop_assert!((interval.lo..=interval.hi).contains(&value), "{value} of {interval:?}");
            }
        }
    }

    /// §3.1: rows of differences turn a fixed threshold into one that changes from step to step.
    #[test]
    fn rows_of_differences_are_a_changing_threshold(case in case(), fall in 0i32..4) {
        let case = Case { rows: [None, None], readout: 0, ..case };
        let mut plain = case.network().layers().to_vec();
        let Neuron::IntegrateOnce(once) = &plain[0].neuron else { unreachable!("hidden layers fire") };
        let at = |step: usize, j: usize| once.threshold[j] - fall * step as i32 + (step as i32 * j as i32) % 3;
        let thresholds = Array2::from_shape_fn((case.time_steps, once.threshold.len()), |(step, j)| at(step, j));
        let input = case.input();
        let expected: Vec<u8> = (0..thresholds.ncols())
            .map(|j| {
                let reached = |t: &usize| potential(&plain[0], &input, j, *t) >= i64::from(thresholds[(*t, j)]);
                (0..case.time_steps).find(reached).unwrap_or(case.time_steps) as u8
            })
            .collect();
        plain[0].step_rows = StepRows::of_thresholds(&thresholds);
        let shape = vec![case.sizes[0]];
        let network = IntegerNetwork::new("changing", case.time_steps, shape, 1, plain, Readout::Membrane).unwrap();
        prop_assert_eq!(&Executor::new(&network).run_events(&input).spike_times[0], &expected);
    }
}
