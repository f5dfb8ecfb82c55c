//! The hand-written modules of `hdl/lib`, carried in the program so that it needs no files of its own.

use crate::arch::{Design, ReadoutKind, Stage};

/// A module's name, and its text.
pub(super) type Leaf = (&'static str, &'static str);

macro_rules! leaf {
    ($name:literal) => {
        (concat!("fs_", $name), include_str!(concat!("../../hdl/lib/fs_", $name, ".v")))
    };
}

const NEURONS: [Leaf; 8] = [
    leaf!("integrate_fire"),
    leaf!("event_control"),
    leaf!("weight_memory"),
    leaf!("neuron_array"),
    leaf!("neuron_lane"),
    leaf!("capture_register"),
    leaf!("table"),
    leaf!("image_check"),
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
const READOUTS: [Leaf; 4] = [
    leaf!("readout_membrane"),
    leaf!("readout_first_spike"),
    leaf!("readout_weighted_current"),
    leaf!("readout_weighted_spikes"),
];
const RESULT: [Leaf; 4] =
    [leaf!("class_select"), leaf!("score_sequence"), leaf!("result_stream"), leaf!("frame_timer")];
const ENCODER: Leaf = leaf!("latency_encoder");

/// All leaves, each after those that use it.
pub(super) fn all() -> impl Iterator<Item = Leaf> {
    let begin = [ENCODER, PLACE_COUNTER].into_iter().chain(CONV).chain(HIDDEN).chain(READOUTS);
    begin.chain(SCAN).chain([POOLED_ADDRESS]).chain(NEURONS).chain(RESULT)
}

/// The leaves that a design instantiates, each after those that use it.
pub(super) fn used_by(design: &Design) -> impl Iterator<Item = Leaf> {
    let unused = unused_by(design);
    all().filter(move |(name, _)| !unused.contains(name))
}

/// The names of the leaves that a design does without.
fn unused_by(design: &Design) -> Vec<&'static str> {
    let has = |stage: fn(&Stage) -> bool| design.layers.iter().any(|layer| stage(&layer.stage));
    let readout = match design.readout.kind {
        ReadoutKind::Membrane => 0,
        ReadoutKind::FirstSpike { .. } => 1,
        ReadoutKind::WeightedCurrent { .. } => 2,
        ReadoutKind::WeightedSpikes { .. } => 3,
    };
    let other_readouts: Vec<Leaf> = READOUTS.into_iter().filter(|leaf| *leaf != READOUTS[readout]).collect();
    let (pixels, packed) = (design.encoder.is_some(), design.input.is_packed());
    let pools = design.layers.iter().any(|layer| layer.pool > 1 && !layer.is_conv());
    let groups: [(bool, &[Leaf]); 7] = [
        (pixels, &[ENCODER]),
        (pixels && packed, &[PLACE_COUNTER]),
        (has(|stage| matches!(stage, Stage::Conv(_))), &CONV),
        (has(|stage| matches!(stage, Stage::Hidden(_))), &HIDDEN),
        (design.layers.len() > 1, &SCAN),
        (pools, &[POOLED_ADDRESS]),
        (false, &other_readouts),
    ];
    let left = groups.into_iter().filter(|(is_used, _)| !is_used);
    left.flat_map(|(_, leaves)| leaves.iter().map(|(name, _)| *name)).collect()
}
