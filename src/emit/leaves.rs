//! The hand-written modules of `hdl/lib`, carried in the program so that it needs no files of its own.

use crate::arch::{Design, ReadoutKind};

/// A module's path in the design folder, and its text.
///
/// The subfolder cannot be called `lib`: a WASI build of yosys takes a relative path for an absolute one if it begins like a
/// folder of the root.
type Leaf = (&'static str, &'static str);

macro_rules! leaf {
    ($name:literal) => {
        (concat!("rtl/", $name, ".v"), include_str!(concat!("../../hdl/lib/", $name, ".v")))
    };
}

const NEURONS: [Leaf; 6] = [
    leaf!("integrate_fire"),
    leaf!("event_control"),
    leaf!("weight_memory"),
    leaf!("neuron_array"),
    leaf!("neuron_lane"),
    leaf!("capture_register"),
];
const HIDDEN: [Leaf; 5] =
    [leaf!("hidden_layer"), leaf!("spike_queue"), leaf!("spike_scan"), leaf!("lowest_one"), leaf!("two_or_more")];
const RESULT: [Leaf; 3] = [leaf!("score_sequence"), leaf!("result_stream"), leaf!("frame_timer")];
const CLASS_SELECT: Leaf = leaf!("class_select");
const ENCODER: Leaf = leaf!("latency_encoder");

/// The leaves that a design instantiates, each after those that use it.
pub(super) fn used_by(design: &Design) -> impl Iterator<Item = (String, &'static str)> {
    let readout = match design.readout.kind {
        ReadoutKind::Membrane => leaf!("readout_membrane"),
        ReadoutKind::FirstSpike { .. } => leaf!("readout_first_spike"),
        ReadoutKind::WeightedCurrent { .. } => leaf!("readout_weighted_current"),
        ReadoutKind::WeightedSpikes { .. } => leaf!("readout_weighted_spikes"),
    };
    let hidden: &[Leaf] = if design.layers.len() > 1 { &HIDDEN } else { &[] };
    let encoder = design.encoder.as_ref().map(|_| ENCODER);
    encoder
        .into_iter()
        .chain(hidden.iter().copied())
        .chain(NEURONS)
        .chain([readout, CLASS_SELECT])
        .chain(RESULT)
        .map(|(path, text)| (path.to_owned(), text))
}
