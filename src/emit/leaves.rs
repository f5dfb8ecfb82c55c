//! The hand-written modules of `hdl/lib`, carried in the program so that it needs no files of its own.

use std::collections::BTreeSet;

use crate::netlist::Module;

/// A module's name, and its text.
pub(super) type Leaf = (&'static str, &'static str);

macro_rules! leaf {
    ($name:literal) => {
        (concat!("fs_", $name), include_str!(concat!("../../hdl/lib/fs_", $name, ".v")))
    };
}

/// All leaves, each after those that use it.
pub(super) const ALL: &[Leaf] = &[
    leaf!("latency_encoder"),
    leaf!("pixel_steps"),
    leaf!("step_gather"),
    leaf!("place_counter"),
    leaf!("conv_layer"),
    leaf!("conv_control"),
    leaf!("conv_address"),
    leaf!("conv_array"),
    leaf!("conv_bank"),
    leaf!("conv_lane"),
    leaf!("word_queue"),
    leaf!("word_scan"),
    leaf!("events_to_flow"),
    leaf!("steps_to_flow"),
    leaf!("flow_to_events"),
    leaf!("flow_gate"),
    leaf!("flow_delay"),
    leaf!("new_spikes"),
    leaf!("first_spike"),
    leaf!("not_negative"),
    leaf!("threshold"),
    leaf!("final_sum"),
    leaf!("compressor"),
    leaf!("half_adder"),
    leaf!("truth_table"),
    leaf!("register"),
    leaf!("register_copy"),
    leaf!("events_to_steps"),
    leaf!("steps_to_events"),
    leaf!("hidden_layer"),
    leaf!("bundle_layer"),
    leaf!("spike_output"),
    leaf!("spike_queue"),
    leaf!("spike_scan"),
    leaf!("skid_queue"),
    leaf!("readout_first_spike"),
    leaf!("readout_weighted_current"),
    leaf!("readout_weighted_spikes"),
    leaf!("two_or_more"),
    leaf!("lowest_one"),
    leaf!("pooled_address"),
    leaf!("step_rows"),
    leaf!("bundle_fire"),
    leaf!("bundle_control"),
    leaf!("bundle_weights"),
    leaf!("weight_pair"),
    leaf!("integrate_fire"),
    leaf!("event_control"),
    leaf!("weight_memory"),
    leaf!("neuron_array"),
    leaf!("neuron_lane"),
    leaf!("capture_register"),
    leaf!("table"),
    leaf!("image_check"),
    leaf!("score_sequence"),
    leaf!("class_pairs"),
    leaf!("result_vector"),
    leaf!("result_stream"),
    leaf!("class_tree"),
    leaf!("class_select"),
    leaf!("frame_timer"),
];

/// The leaves that the modules of a design instantiate, each after those that use it.
pub(super) fn used_by<'a>(modules: impl Iterator<Item = &'a Module>) -> Vec<Leaf> {
    let mut used: BTreeSet<&str> =
        modules.flat_map(Module::instances).map(|instance| instance.module.as_str()).collect();
    let mut leaves = Vec::new();
    for &(name, text) in ALL {
        if used.contains(name) {
            used.extend(instantiated(text));
            leaves.push((name, text));
        }
    }
    leaves
}

/// The leaves that a leaf instantiates: each instance begins a line.
fn instantiated(text: &str) -> impl Iterator<Item = &str> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let words = text.lines().filter_map(move |line| line.trim_start().split(move |c| !is_part(c)).next());
    words.filter(|word| word.starts_with("fs_"))
}
