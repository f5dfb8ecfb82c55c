//! What the membrane registers hold: `V − θ`, and how wide it is.

use ndarray::Array2;

use super::supported::MAX_ROW_BITS;
use crate::fixed::{Interval, WeightFormat};
use crate::network::{Layer as NetworkLayer, Neuron};

/// The output channel of a neuron.
pub(super) fn channel_of(layer: &NetworkLayer, neuron: usize) -> usize {
    layer.output().place(neuron).0
}

/// The format in memory; with synapses that are missing, binary weights need a zero.
pub(super) fn stored_format(layer: &NetworkLayer, some_missing: bool) -> WeightFormat {
    match layer.format {
        WeightFormat::Binary if some_missing => WeightFormat::Ternary,
        format => format,
    }
}

/// The narrowest format that holds weights and step rows; binary weights have no other values beside them.
pub(super) fn format_with_rows(format: WeightFormat, rows: &Array2<i32>) -> WeightFormat {
    if rows.is_empty() {
        return format;
    }
    let formats = (format.bits().max(2)..=MAX_ROW_BITS).map(WeightFormat::Int);
    let holds = |format: &WeightFormat| rows.iter().all(|&entry| format.holds(entry));
    formats.into_iter().find(holds).expect("wider step rows have been refused")
}

/// The threshold within `[lo, hi + 1]` of the membrane interval: below, it is crossed at step 0 all the same; above, never.
/// Keeping it there keeps the register as narrow as the potential.
pub(super) fn effective_threshold(layer: &NetworkLayer, channel: usize) -> Option<i64> {
    let Interval { lo, hi } = layer.membrane_interval(channel);
    match &layer.neuron {
        Neuron::Integrate(_) => None,
        Neuron::IntegrateOnce(neuron) => Some(i64::from(neuron.threshold[channel]).clamp(lo, hi + 1)),
    }
}

/// The interval of `V − θ` over all neurons: what the membrane registers hold.
pub(super) fn register_interval(layer: &NetworkLayer) -> Interval {
    (0..layer.output().channels)
        .map(|j| layer.membrane_interval(j).shifted(-effective_threshold(layer, j).unwrap_or(0)))
        // The filler of lanes without a neuron is −1.
        .fold(Interval { lo: -1, hi: 0 }, Interval::hull)
}
