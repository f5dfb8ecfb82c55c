//! How the neurons of a layer become logic.

use std::sync::Arc;

use ndarray::ArrayView1;

use super::copies;
use super::heap::{Heap, bits_of, interval};
use super::pipeline::{self, Depth};
use super::reduce::levels;
use super::{Logic, Neuron, Role, SpatialEngine, Sum, TruthTable};
use crate::arch::design::Layer;
use crate::arch::engine::{Ends, Sink, Site};
use crate::arch::membrane::{effective_threshold, stored_format};
use crate::arch::options::EngineKind;
use crate::arch::stream::Form;
use crate::fixed::Interval;
use crate::network::{Layer as NetworkLayer, Synapses};

/// Inputs of a neuron that is a table.
const TABLE_INPUTS: usize = 6;
/// Bits of all heaps of a layer, at most: twice as many look-up tables are more than any part has.
const MAX_BITS: usize = 1 << 18;

/// Whole steps on both sides, for the layers for which the options ask for this engine.
pub(super) fn ends(site: &Site) -> Option<Ends> {
    if site.options.engine(site.index) != EngineKind::Spatial {
        return None;
    }
    let bits = |bits| Form::Flow { bits };
    let output = match site.sink {
        Sink::Layer => bits(site.layer.outputs()),
        Sink::Readout => Form::Captures,
    };
    Some(Ends { input: bits(site.layer.input.size()), output })
}

/// Why a layer cannot be built so, as the end of a sentence about it; nothing if it can.
pub(in crate::arch) fn problem(layer: &NetworkLayer) -> Option<String> {
    let Synapses::Dense(weights) = &layer.synapses else {
        return Some("is a convolution, expected a dense layer".into());
    };
    if layer.pool > 1 {
        return Some(format!("pools its input by {}, expected a layer without pooling", layer.pool));
    }
    if layer.step_rows.is_some() {
        return Some("has step rows, expected none".into());
    }
    let bits: usize = weights.iter().map(|&weight| bits_of(weight)).sum();
    (bits > MAX_BITS).then(|| format!("has weights of {bits} bits that are not 0, expected at most {MAX_BITS}"))
}

pub(super) fn plan(site: &Site, ends: Ends) -> Layer {
    let layer = site.layer;
    let format = stored_format(layer, false);
    let role = match (site.sink, layer.neuron.fires()) {
        (Sink::Layer, _) => Role::Hidden,
        (Sink::Readout, fires) => Role::Output { fires },
    };
    let width = site.membrane_bits(format);
    let logic: Vec<Logic> = (0..layer.outputs()).map(|neuron| logic(layer, neuron, role, width)).collect();
    let depths: Vec<Depth> = logic.iter().map(Logic::depth).collect();
    let (most, latched) = (site.options.pipeline, role == Role::Hidden && site.time_steps > 1);
    let stages = pipeline::stages(depths.iter(), most, latched);
    let groups = copies::groups(&logic).into();
    let cut = |(logic, depth): (Logic, &Depth)| Neuron { logic, cuts: pipeline::cut(depth, stages, most, latched) };
    let neurons: Arc<[Neuron]> = logic.into_iter().zip(&depths).map(cut).collect();
    site.planned(ends, format, SpatialEngine { neurons, groups, role, latched, inner_stages: stages }, Vec::new())
}

fn logic(layer: &NetworkLayer, neuron: usize, role: Role, width: u32) -> Logic {
    let Synapses::Dense(weights) = &layer.synapses else { unreachable!("convolutions have been refused") };
    let synapses = synapses(weights.column(neuron));
    let threshold = effective_threshold(layer, neuron).unwrap_or(0);
    let start = i64::from(layer.v0[neuron]) - threshold;
    if let Role::Output { .. } = role {
        return Logic::Sum(Sum::new(Heap::new(&synapses, start, width)));
    }
    let reach = interval(&synapses, start);
    match reach {
        Interval { lo: 0.., .. } => Logic::Always,
        Interval { hi: ..0, .. } => Logic::Never,
        _ if synapses.len() <= TABLE_INPUTS => Logic::Table(table(&synapses, start)),
        _ => {
            // The top bit says that the potential less the threshold is not negative.
            let width = reach.signed_bits();
            Logic::Sum(Sum::new(Heap::new(&synapses, start + (1 << (width - 1)), width)))
        }
    }
}

/// The inputs of a neuron whose weights are not 0, with these.
fn synapses(weights: ArrayView1<i32>) -> Vec<(usize, i32)> {
    weights.iter().copied().enumerate().filter(|(_, weight)| *weight != 0).collect()
}

fn table(synapses: &[(usize, i32)], start: i64) -> TruthTable {
    let reaches = |inputs: &u32| {
        let spiking = synapses.iter().enumerate().filter(|(place, _)| inputs >> place & 1 == 1);
        start + spiking.map(|(_, &(_, weight))| i64::from(weight)).sum::<i64>() >= 0
    };
    let bits = (0..1u32 << synapses.len()).filter(reaches).fold(0, |bits, inputs| bits | 1u64 << inputs);
    TruthTable { inputs: synapses.iter().map(|&(input, _)| input).collect(), bits }
}

impl Sum {
    fn new(heap: Heap) -> Sum {
        let levels = levels(&heap.heights());
        Sum { heap, levels }
    }
}
