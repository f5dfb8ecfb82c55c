//! What an event engine is made of: lanes, scan, and the contents of its memories.

use std::borrow::Cow;

use ndarray::{Array2, ArrayView2};

use super::{EventEngine, Sink};
use crate::arch::address::Address;
use crate::arch::design::Layer;
use crate::arch::engine::{self, Ends, Site};
use crate::arch::membrane::{channel_of, effective_threshold, format_with_rows, stored_format};
use crate::arch::memory::MemoryImage;
use crate::arch::scan::Scan;
use crate::arch::stream::Form;
use crate::fixed::WeightFormat;
use crate::network::{Conv2d, Layer as NetworkLayer, Map, StepRows, Synapses};

/// Events by number, but for pooling, which wants rows and columns. The first layer takes bundles, if the options say so.
pub(super) fn ends(site: &Site) -> Ends {
    let (input, neurons) = (site.layer.input, site.layer.outputs());
    let address = if site.layer.pool > 1 { Address::packed(input) } else { Address::flat(input.size()) };
    let events = if site.index == 0 { site.options.events_per_cycle } else { 1 };
    let input = if events > 1 { Form::Bundles { address, events } } else { Form::Events(address) };
    let output = match site.sink {
        engine::Sink::Layer => Form::Events(Address::flat(neurons)),
        engine::Sink::Readout => Form::Captures,
    };
    Ends { input, output }
}

/// A weight for every address and neuron, and the start of every neuron.
pub(super) fn words(site: &Site, ends: Ends) -> u64 {
    let neurons = site.layer.outputs();
    let lanes = site.options.lanes.of(site.index, neurons);
    let step_rows = site.layer.step_rows.as_ref().map_or(0, |rows| rows.distinct().nrows()) as u64;
    (pooled(ends.input, site.layer.pool).limit() as u64 + step_rows + 1) * (neurons.div_ceil(lanes) * lanes) as u64
}

pub(super) fn plan(site: &Site, ends: Ends) -> Layer {
    let (layer, neurons) = (site.layer, site.layer.outputs());
    let weights = weights(layer);
    let rows = step_rows(layer);
    let events = if let Form::Bundles { events, .. } = ends.input { events } else { 1 };
    // What is not there weighs 0: synapses of a convolution, events of a bundle.
    let some_missing = events > 1 || matches!(layer.synapses, Synapses::Conv2d(_));
    let format = format_with_rows(stored_format(layer, some_missing), &rows);
    let address = pooled(ends.input, layer.pool);
    let sink = match site.sink {
        engine::Sink::Layer => Sink::Scan(Scan::new(neurons, site.options.slots)),
        engine::Sink::Readout => Sink::Readout,
    };
    let weight_memory = site.options.weight_memory(site.index);
    let unplaced = EventEngine { address, lanes: 0, groups: 0, events, weight_memory, step_rows: rows.nrows(), sink };
    let engine = unplaced.with_lanes(neurons, site.options.lanes.of(site.index, neurons), weight_memory);
    let mut memories = if events > 1 {
        paired_rows(weights.view(), format, &engine)
            .into_iter()
            .zip(["weights", "odd_weights"])
            .map(|(rows, name)| MemoryImage::weight_pairs(site.file(name), format.bits(), rows))
            .collect()
    } else {
        let rows = weight_rows(weights.view(), rows.view(), format, &engine);
        vec![MemoryImage::weights(site.file("weights"), format.bits(), rows)]
    };
    let initial = initial_rows(layer, engine.lanes);
    memories.push(MemoryImage::table(site.file("initial"), site.membrane_bits(format), initial));
    site.planned(ends, format, engine, memories)
}

/// The rows of every memory that bundles read: input `i` lies in memory `i mod memories`, and rows of zeros fill the end.
///
/// # Shapes
/// `weights` is inputs × neurons.
fn paired_rows(weights: ArrayView2<i32>, format: WeightFormat, engine: &EventEngine) -> Vec<Vec<Vec<i64>>> {
    let mut memories = vec![vec![vec![0; engine.lanes]; engine.rows()]; engine.memories()];
    for (input, row) in weights.outer_iter().enumerate() {
        let stored = row.iter().map(|&weight| format.stored(weight)).collect();
        memories[input % engine.memories()][input / engine.memories()] = stored;
    }
    memories
}

/// The address after average pooling.
fn pooled(input: Form, pool: usize) -> Address {
    let address = input.address();
    if pool == 1 { address } else { Address::packed(address.map.pooled(pool)) }
}

/// Inputs after pooling × neurons.
fn weights(layer: &NetworkLayer) -> Cow<'_, Array2<i32>> {
    match &layer.synapses {
        Synapses::Dense(weights) => Cow::Borrowed(weights),
        Synapses::Conv2d(conv) => Cow::Owned(unrolled(conv, layer.pooled())),
    }
}

/// The weights of a convolution as those of a dense layer.
///
/// # Shapes
/// The result is (pooled) input places × neurons.
fn unrolled(conv: &Conv2d, input: Map) -> Array2<i32> {
    let output = conv.output(input);
    let (in_group, out_group) = (input.channels / conv.groups, output.channels / conv.groups);
    Array2::from_shape_fn((input.size(), output.size()), |(place, neuron)| {
        let ((channel, y, x), (o, v, u)) = (input.place(place), output.place(neuron));
        let offset = |place: usize, neuron: usize| {
            (place + conv.padding).checked_sub(neuron * conv.stride).filter(|offset| *offset < conv.kernel())
        };
        match (offset(y, v), offset(x, u)) {
            (Some(dy), Some(dx)) if channel / in_group == o / out_group => {
                conv.weights[[o, channel % in_group, dy, dx]]
            }
            _ => 0,
        }
    })
}

/// The step rows by neuron: none, one for all steps, or one for each.
fn step_rows(layer: &NetworkLayer) -> Array2<i32> {
    let rows = layer.step_rows.as_ref().map_or(Array2::zeros((0, layer.output().channels)), StepRows::distinct);
    Array2::from_shape_fn((rows.nrows(), layer.outputs()), |(row, neuron)| rows[(row, channel_of(layer, neuron))])
}

/// Weight rows in the order (group, address), the step rows of a group behind its weights; a lane without a neuron and an address
/// without a place hold 0.
///
/// # Shapes
/// `weights` is places × neurons, `step_rows` rows × neurons; neuron `g·lanes + k` sits in group `g`, lane `k`.
fn weight_rows(
    weights: ArrayView2<i32>,
    step_rows: ArrayView2<i32>,
    format: WeightFormat,
    engine: &EventEngine,
) -> Vec<Vec<i64>> {
    let (address, lanes) = (engine.address, engine.lanes);
    let mut rows = vec![vec![0; lanes]; engine.rows()];
    let mut put = |at: usize, neuron: usize, entry: i32| {
        rows[neuron / lanes * engine.addresses() + at][neuron % lanes] = format.stored(entry);
    };
    weights.indexed_iter().for_each(|((place, neuron), &weight)| put(address.encode(place), neuron, weight));
    step_rows.indexed_iter().for_each(|((row, neuron), &entry)| put(address.limit() + row, neuron, entry));
    rows
}

/// `v0 − θ` in rows of `lanes`; a negative membrane never spikes, so a lane without a neuron holds −1.
fn initial_rows(layer: &NetworkLayer, lanes: usize) -> Vec<Vec<i64>> {
    let channels = (0..layer.outputs()).map(|neuron| channel_of(layer, neuron));
    let initial =
        channels.map(|channel| i64::from(layer.v0[channel]) - effective_threshold(layer, channel).unwrap_or(0));
    let initial: Vec<i64> = initial.collect();
    let row = |group: &[i64]| group.iter().copied().chain(std::iter::repeat(-1)).take(lanes).collect();
    initial.chunks(lanes).map(row).collect()
}
