//! The hand-written modules of `hdl/lib`, carried in the program so that it needs no files of its own.

use crate::arch::{Design, ReadoutKind, Stage};

/// A module's path in the design folder, and its text.
///
/// The subfolder cannot be called `lib`: a WASI build of yosys takes a relative path for an absolute one if it begins like a
/// folder of the root.
type Leaf = (&'static str, &'static str);

macro_rules! leaf {
    ($name:literal) => {
        (concat!("rtl/fs_", $name, ".v"), include_str!(concat!("../../hdl/lib/fs_", $name, ".v")))
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
const HIDDEN: [Leaf; 4] = [leaf!("hidden_layer"), leaf!("spike_queue"), leaf!("spike_scan"), leaf!("skid_queue")];
const SCAN: [Leaf; 2] = [leaf!("two_or_more"), leaf!("lowest_one")];
const POOLED_ADDRESS: Leaf = leaf!("pooled_address");
const PLACE_COUNTER: Leaf = leaf!("place_counter");
const CONV: [Leaf; 8] = [
    leaf!("conv_layer"),
    leaf!("conv_control"),
    leaf!("conv_address"),
    leaf!("conv_array"),
    leaf!("conv_bank"),
    leaf!("conv_lane"),
    leaf!("word_queue"),
    leaf!("word_scan"),
];
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
    let has = |stage: fn(&Stage) -> bool| design.layers.iter().any(|layer| stage(&layer.stage));
    let hidden: &[Leaf] = if has(|stage| matches!(stage, Stage::Hidden(_))) { &HIDDEN } else { &[] };
    let conv: &[Leaf] = if has(|stage| matches!(stage, Stage::Conv(_))) { &CONV } else { &[] };
    let scan: &[Leaf] = if design.layers.len() > 1 { &SCAN } else { &[] };
    let pools = design.layers.iter().any(|layer| layer.pool > 1 && !layer.is_conv());
    let encoder = design.encoder.as_ref().map(|_| ENCODER);
    encoder
        .into_iter()
        .chain((encoder.is_some() && design.input.is_packed()).then_some(PLACE_COUNTER))
        .chain(conv.iter().copied())
        .chain(hidden.iter().copied())
        .chain(scan.iter().copied())
        .chain(pools.then_some(POOLED_ADDRESS))
        .chain(NEURONS)
        .chain([readout, CLASS_SELECT])
        .chain(RESULT)
        .map(|(path, text)| (path.to_owned(), text))
}
