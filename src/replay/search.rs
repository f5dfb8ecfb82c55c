//! The search: every layer under every convention that still fits.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::comparison::{Times, View};
use super::convention::{Convention, Deviation, conventions, simplest};
use super::drive::{Sum, drives};
use super::history::History;
use super::layer::{Layer, Network, hwc};
use super::outcome::{LayerOutcome, OutputOutcome, Tier};
use super::output::{self, RecordedOutput};
use super::recording::Recorded;
use crate::float::FloatLayer;

/// What the images so far have shown.
pub struct Search<'a> {
    network: &'a Network,
    layers: Vec<Candidates>,
    images: usize,
}

/// The conventions of a layer; the first is the network's own rule, which stays, as it is reported in any case.
struct Candidates(Vec<Candidate>);

struct Candidate {
    convention: Convention,
    found: Found,
}

/// What the images have shown of a layer under a convention.
#[derive(Clone, Default)]
struct Found {
    times: Times,
    output: OutputOutcome,
}

impl Found {
    fn merged(self, other: Found) -> Found {
        Found { times: self.times.merged(other.times), output: self.output.merged(other.output) }
    }

    fn fits(&self) -> bool {
        self.times.differences == 0 && self.output.is_equal()
    }

    /// What differs where rounding, or the way to break ties, decides.
    fn at_ties(&self) -> u64 {
        self.times.tie_differences + self.output.tie_differences
    }
}

/// Candidates that have the same synapses, and read the recorded times alike.
struct Group {
    synapses: FloatLayer,
    /// From places in the order of the network to those in the recording, of the incoming times and of the layer's own.
    orders: Option<[Vec<usize>; 2]>,
    members: Vec<Member>,
}

struct Member {
    candidate: usize,
    drives: Vec<Vec<Sum>>,
    delay: usize,
    fires_above: bool,
    threshold: Option<Vec<f64>>,
}

impl<'a> Search<'a> {
    /// For recordings of this network.
    pub fn new(network: &'a Network) -> Self {
        let candidates = |layer: &Layer| {
            let all = conventions(&layer.possible()).into_iter();
            Candidates(all.map(|convention| Candidate { convention, found: Found::default() }).collect())
        };
        Search { network, layers: network.layers.iter().map(candidates).collect(), images: 0 }
    }

    /// Replays more images, on all cores.
    pub fn add(&mut self, recorded: &Recorded) {
        for number in 0..self.layers.len() {
            self.add_to_layer(number, recorded);
        }
        self.images += recorded.images;
    }

    fn add_to_layer(&mut self, number: usize, recorded: &Recorded) {
        let (layer, first) = (&self.network.layers[number], self.images);
        let candidates = &mut self.layers[number].0;
        let groups = groups(layer, candidates, self.network.time_steps);
        let readout = (number + 1 == self.network.layers.len()).then_some(&self.network.readout);
        let replay = |image: usize| {
            let mut found = vec![Found::default(); candidates.len()];
            for group in &groups {
                let (incoming, times) = group.recorded(recorded, number, image);
                let history = History::new(&group.synapses, &incoming, self.network.time_steps);
                for member in &group.members {
                    let view = member.view(layer, &history);
                    let found = &mut found[member.candidate];
                    found.times = times.as_deref().map_or(Times::default(), |times| view.compare(first + image, times));
                    if let Some(readout) = readout {
                        let times = times.as_deref().unwrap_or_default();
                        let (class, scores) = (recorded.class(image), recorded.scores(image));
                        let output = RecordedOutput { times, class, scores };
                        found.output = output::compare(&view, readout, first + image, &output);
                    }
                }
            }
            found
        };
        let merge = |all: Vec<Found>, more: Vec<Found>| all.into_iter().zip(more).map(|(a, b)| a.merged(b)).collect();
        let none = || vec![Found::default(); candidates.len()];
        let found: Vec<Found> = (0..recorded.images).into_par_iter().map(replay).reduce(none, merge);
        candidates
            .iter_mut()
            .zip(found)
            .for_each(|(candidate, more)| candidate.found = std::mem::take(&mut candidate.found).merged(more));
        candidates.retain(|candidate| candidate.convention.is_empty() || candidate.found.fits());
    }

    /// What all layers have shown.
    pub fn layers(&self) -> Vec<LayerOutcome> {
        self.network.layers.iter().zip(&self.layers).map(|(layer, candidates)| candidates.outcome(layer)).collect()
    }

    /// What the readout has shown, under the network's own rule.
    pub fn output(&self) -> OutputOutcome {
        self.layers.last().map_or_else(OutputOutcome::default, |candidates| candidates.0[0].found.output.clone())
    }
}

impl Candidates {
    fn outcome(&self, layer: &Layer) -> LayerOutcome {
        let own = &self.0[0].found;
        let times = own.times.clone();
        let tier = (layer.fires() && times.differences == 0).then(|| match () {
            () if layer.is_exact_in_single() => Tier::Proved,
            () if times.ties == 0 => Tier::Margin,
            () => Tier::Recorded,
        });
        LayerOutcome {
            layer: layer.name().into(),
            neurons: layer.neurons(),
            fires: layer.fires(),
            differences: times.differences,
            at_threshold: times.at_threshold,
            tie_differences: times.tie_differences,
            ties: times.ties,
            first_difference: times.first_difference,
            margin: times.margin.map(|margin| margin / layer.cell),
            rounding: times.rounding / layer.cell,
            is_exact: layer.is_exact_in_double(),
            tier,
            fits: self.fits(),
            undecided: self.undecided(),
        }
    }

    /// The network's own rule, if it gives the recording but for ties: where rounding decides, a convention that has it decide less often
    /// has no better claim; nor has one that deviates more than another. Of the others those that give the recording with the fewest ties.
    fn fits(&self) -> Vec<Convention> {
        let fitting = self.0.iter().filter(|candidate| candidate.found.fits());
        let ties: BTreeMap<Convention, u64> =
            fitting.map(|candidate| (candidate.convention.clone(), candidate.found.at_ties())).collect();
        let mut simplest = simplest(&ties.keys().cloned().collect::<Vec<_>>());
        let fewest = simplest.iter().map(|convention| ties[convention]).min();
        simplest.retain(|convention| Some(ties[convention]) == fewest);
        simplest
    }

    /// What gives the recording as well as the network's own rule does, if that does.
    fn undecided(&self) -> Vec<Deviation> {
        let own = &self.0[0].found;
        let is_as_good = |candidate: &&Candidate| {
            candidate.convention.len() == 1 && candidate.found.fits() && candidate.found.at_ties() <= own.at_ties()
        };
        let as_good = self.0.iter().filter(|_| own.fits()).filter(is_as_good);
        as_good.flat_map(|candidate| candidate.convention.iter().copied()).collect()
    }
}

fn groups(layer: &Layer, candidates: &[Candidate], time_steps: usize) -> Vec<Group> {
    let shared = [Deviation::Transposed, Deviation::HwcWeights, Deviation::HwcTimes];
    let key = |candidate: &Candidate| shared.map(|deviation| candidate.convention.contains(&deviation));
    let mut keys: Vec<_> = candidates.iter().map(key).collect();
    keys.sort_unstable();
    keys.dedup();
    let group = |wanted: [bool; 3]| {
        let members = candidates.iter().enumerate().filter(|(_, candidate)| key(candidate) == wanted);
        let convention: Convention =
            shared.into_iter().zip(wanted).filter(|(_, has)| *has).map(|(one, _)| one).collect();
        Group {
            synapses: layer.synapses_under(&convention),
            orders: wanted[2].then(|| [hwc(layer.synapses.input), hwc(layer.synapses.output())]),
            members: members.map(|(number, candidate)| Member::new(layer, number, candidate, time_steps)).collect(),
        }
    };
    keys.into_iter().map(group).collect()
}

impl Member {
    fn new(layer: &Layer, number: usize, candidate: &Candidate, time_steps: usize) -> Member {
        let has = |deviation| candidate.convention.contains(&deviation);
        Member {
            candidate: number,
            drives: drives(layer, &candidate.convention, time_steps),
            delay: usize::from(has(Deviation::Delay)),
            fires_above: has(Deviation::FiresAbove),
            threshold: if has(Deviation::FiresAt) { layer.thresholds_below() } else { layer.threshold.clone() },
        }
    }

    fn view<'a>(&'a self, layer: &'a Layer, history: &'a History) -> View<'a> {
        let Member { drives, delay, fires_above, threshold, .. } = self;
        View { layer, history, drives, delay: *delay, fires_above: *fires_above, threshold: threshold.as_deref() }
    }
}

impl Group {
    /// The incoming times and the layer's own, in the order of the network.
    fn recorded(&self, recorded: &Recorded, layer: usize, image: usize) -> (Vec<u8>, Option<Vec<u8>>) {
        let (incoming, times) = (recorded.incoming(layer, image), recorded.times(layer, image));
        match &self.orders {
            None => (incoming.to_vec(), times.map(<[u8]>::to_vec)),
            Some([inner, outer]) => {
                let ordered = |times: &[u8], order: &[usize]| order.iter().map(|&place| times[place]).collect();
                (ordered(incoming, inner), times.map(|times| ordered(times, outer)))
            }
        }
    }
}
