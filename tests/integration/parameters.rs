//! A wrong parameter of a leaf stops elaboration, and what the tool says names leaf and parameter.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use firstspike::tool::{Tools, Verilator};

use crate::support::{contents, text};

/// Every guard, by leaf and parameter, and a value that it refuses.
const REFUSED: &[(&str, &str, &str)] = &[
    ("fs_hidden_layer", "INPUTS", "INPUTS=0"),
    ("fs_hidden_layer", "NEURONS", "NEURONS=0"),
    ("fs_hidden_layer", "LANES", "LANES=0"),
    ("fs_hidden_layer", "WEIGHT_BITS", "WEIGHT_BITS=0"),
    ("fs_hidden_layer", "MEMBRANE_BITS", "MEMBRANE_BITS=3"),
    ("fs_hidden_layer", "STEPS", "STEPS=0"),
    ("fs_hidden_layer", "SLOTS", "SLOTS=0"),
    ("fs_hidden_layer", "WORD_BITS", "WORD_BITS=3"),
    ("fs_integrate_fire", "INPUTS", "INPUTS=0"),
    ("fs_integrate_fire", "NEURONS", "NEURONS=0"),
    ("fs_integrate_fire", "LANES", "LANES=0"),
    ("fs_integrate_fire", "WEIGHT_BITS", "WEIGHT_BITS=0"),
    ("fs_integrate_fire", "MEMBRANE_BITS", "MEMBRANE_BITS=3"),
    ("fs_integrate_fire", "STEPS", "STEPS=0"),
    ("fs_integrate_fire", "CREDITS", "CREDITS=0"),
    ("fs_conv_layer", "CHANNELS", "CHANNELS=0"),
    ("fs_conv_layer", "HEIGHT", "HEIGHT=0"),
    ("fs_conv_layer", "WIDTH", "WIDTH=0"),
    ("fs_conv_layer", "OUT_CHANNELS", "OUT_CHANNELS=0"),
    ("fs_conv_layer", "OUT_HEIGHT", "OUT_HEIGHT=0"),
    ("fs_conv_layer", "OUT_WIDTH", "OUT_WIDTH=0"),
    ("fs_conv_layer", "KERNEL", "KERNEL=0"),
    ("fs_conv_layer", "STRIDE", "STRIDE=0"),
    ("fs_conv_layer", "GROUPS", "GROUPS=2"),
    ("fs_conv_layer", "LANES", "LANES=0"),
    ("fs_conv_layer", "WEIGHT_BITS", "WEIGHT_BITS=0"),
    ("fs_conv_layer", "MEMBRANE_BITS", "MEMBRANE_BITS=3"),
    ("fs_conv_layer", "STEPS", "STEPS=0"),
    ("fs_conv_layer", "SLOTS", "SLOTS=0"),
    ("fs_events_to_steps", "CHANNELS", "CHANNELS=0"),
    ("fs_events_to_steps", "HEIGHT", "HEIGHT=0"),
    ("fs_events_to_steps", "WIDTH", "WIDTH=0"),
    ("fs_events_to_steps", "Y_BITS", "HEIGHT=2"),
    ("fs_events_to_steps", "X_BITS", "WIDTH=2"),
    ("fs_steps_to_events", "CHANNELS", "CHANNELS=0"),
    ("fs_steps_to_events", "HEIGHT", "HEIGHT=0"),
    ("fs_steps_to_events", "WIDTH", "WIDTH=0"),
    ("fs_steps_to_events", "Y_BITS", "HEIGHT=2"),
    ("fs_steps_to_events", "X_BITS", "WIDTH=2"),
    ("fs_steps_to_events", "SLOTS", "SLOTS=0"),
    ("fs_steps_to_events", "WORD_BITS", "WORD_BITS=3"),
    ("fs_events_to_flow", "CHANNELS", "CHANNELS=0"),
    ("fs_events_to_flow", "HEIGHT", "HEIGHT=0"),
    ("fs_events_to_flow", "WIDTH", "WIDTH=0"),
    ("fs_events_to_flow", "Y_BITS", "HEIGHT=2"),
    ("fs_events_to_flow", "X_BITS", "WIDTH=2"),
    ("fs_flow_to_events", "CHANNELS", "CHANNELS=0"),
    ("fs_flow_to_events", "HEIGHT", "HEIGHT=0"),
    ("fs_flow_to_events", "WIDTH", "WIDTH=0"),
    ("fs_flow_to_events", "Y_BITS", "HEIGHT=2"),
    ("fs_flow_to_events", "X_BITS", "WIDTH=2"),
    ("fs_flow_to_events", "SLOTS", "SLOTS=0"),
    ("fs_flow_to_events", "WORD_BITS", "WORD_BITS=3"),
    ("fs_steps_to_flow", "PLACES", "PLACES=0"),
    ("fs_flow_gate", "STEPS", "STEPS=0"),
    ("fs_flow_gate", "CREDITS", "CREDITS=0"),
    ("fs_flow_delay", "STAGES", "STAGES=0"),
    ("fs_capture_register", "NEURONS", "NEURONS=0"),
    ("fs_capture_register", "LANES", "LANES=0"),
    ("fs_capture_register", "BITS", "BITS=0"),
    ("fs_step_rows", "INPUTS", "INPUTS=0"),
    ("fs_step_rows", "ROWS", "ROWS=0"),
    ("fs_spike_output", "SLOTS", "SLOTS=0"),
    ("fs_spike_output", "WORD_BITS", "WORD_BITS=3"),
    ("fs_weight_pair", "ROWS", "ROWS=0"),
    ("fs_weight_pair", "WORD_BITS", "WORD_BITS=0"),
    ("fs_bundle_weights", "EVENTS", "EVENTS=3"),
    ("fs_bundle_weights", "INPUTS", "INPUTS=0"),
    ("fs_bundle_weights", "LANES", "LANES=0"),
    ("fs_bundle_weights", "WEIGHT_BITS", "WEIGHT_BITS=1"),
    ("fs_bundle_weights", "SUM_BITS", "SUM_BITS=0"),
    ("fs_bundle_control", "EVENTS", "EVENTS=1"),
    ("fs_bundle_control", "STEPS", "STEPS=0"),
    ("fs_bundle_control", "CREDITS", "CREDITS=0"),
    ("fs_bundle_fire", "EVENTS", "EVENTS=3"),
    ("fs_bundle_fire", "INPUTS", "INPUTS=0"),
    ("fs_bundle_fire", "NEURONS", "NEURONS=0"),
    ("fs_bundle_fire", "WEIGHT_BITS", "WEIGHT_BITS=1"),
    ("fs_bundle_fire", "MEMBRANE_BITS", "MEMBRANE_BITS=3"),
    ("fs_bundle_fire", "STEPS", "STEPS=0"),
    ("fs_bundle_fire", "CREDITS", "CREDITS=0"),
    ("fs_pooled_address", "POOL", "POOL=5"),
    ("fs_pooled_address", "CHANNEL_BITS", "CHANNEL_BITS=0"),
    ("fs_place_counter", "CHANNELS", "CHANNELS=0"),
    ("fs_place_counter", "HEIGHT", "HEIGHT=0"),
    ("fs_place_counter", "WIDTH", "WIDTH=0"),
    ("fs_latency_encoder", "PIXELS", "PIXELS=0"),
    ("fs_latency_encoder", "PLACE_BITS", "PLACE_BITS=0"),
    ("fs_latency_encoder", "STEPS", "STEPS=0"),
    ("fs_pixel_steps", "PIXELS", "PIXELS=0"),
    ("fs_pixel_steps", "LANES", "LANES=0"),
    ("fs_pixel_steps", "STEPS", "STEPS=0"),
    ("fs_step_gather", "PLACES", "PLACES=0"),
    ("fs_step_gather", "BEAT_BITS", "BEAT_BITS=0"),
    ("fs_readout_first_spike", "CLASSES", "CLASSES=0"),
    ("fs_readout_first_spike", "MEMBRANE_BITS", "MEMBRANE_BITS=0"),
    ("fs_readout_first_spike", "SCORE_BITS", "SCORE_BITS=7"),
    ("fs_readout_weighted_current", "CLASSES", "CLASSES=0"),
    ("fs_readout_weighted_current", "STEPS", "STEPS=0"),
    ("fs_readout_weighted_current", "MEMBRANE_BITS", "MEMBRANE_BITS=0"),
    ("fs_readout_weighted_current", "BETA_BITS", "BETA_BITS=0"),
    ("fs_readout_weighted_current", "SCORE_BITS", "SCORE_BITS=0"),
    ("fs_readout_weighted_spikes", "CLASSES", "CLASSES=0"),
    ("fs_readout_weighted_spikes", "STEPS", "STEPS=0"),
    ("fs_readout_weighted_spikes", "SCORE_BITS", "SCORE_BITS=0"),
    ("fs_result_stream", "CLASSES", "CLASSES=0"),
    ("fs_result_stream", "SCORE_BITS", "SCORE_BITS=0"),
    ("fs_result_stream", "RESULT_BITS", "RESULT_BITS=31"),
    ("fs_class_tree", "CLASSES", "CLASSES=0"),
    ("fs_class_tree", "SCORE_BITS", "SCORE_BITS=0"),
    ("fs_class_pairs", "CLASSES", "CLASSES=0"),
    ("fs_result_vector", "PLACES", "PLACES=3"),
    ("fs_frame_timer", "FRAMES", "FRAMES=3"),
    ("fs_frame_timer", "CYCLE_BITS", "CYCLE_BITS=0"),
    ("fs_frame_timer", "ENDINGS", "ENDINGS=0"),
    ("fs_table", "ROWS", "ROWS=0"),
    ("fs_table", "WORD_BITS", "WORD_BITS=0"),
    ("fs_weight_memory", "ROWS", "ROWS=0"),
    ("fs_weight_memory", "WORD_BITS", "WORD_BITS=0"),
    ("fs_skid_queue", "WIDTH", "WIDTH=0"),
    ("fs_skid_queue", "PLACES", "PLACES=1"),
    ("fs_word_queue", "ENTRIES", "ENTRIES=3"),
    ("fs_shell", "CLOCKS_PER_BIT", "CLOCKS_PER_BIT=3"),
    ("fs_shell", "SILENCE_BITS", "SILENCE_BITS=0"),
    ("fs_shell", "DATA_BITS", "DATA_BITS=0"),
    ("fs_shell", "MARKS", "MARKS=2"),
    ("fs_shell", "BEATS", "BEATS=0"),
    ("fs_shell", "CLASSES", "CLASSES=0"),
    ("fs_shell", "WORD_BYTES", "WORD_BYTES=2"),
];

/// Where Verilator stops before it comes to the guard, at what follows from the same wrong value.
const VERILATOR_STOPS_BEFORE: [(&str, &str); 10] = [
    ("fs_hidden_layer", "LANES"),
    ("fs_conv_layer", "OUT_HEIGHT"),
    ("fs_conv_layer", "OUT_WIDTH"),
    ("fs_conv_layer", "KERNEL"),
    ("fs_conv_layer", "STRIDE"),
    ("fs_conv_layer", "LANES"),
    ("fs_latency_encoder", "PIXELS"),
    ("fs_pixel_steps", "LANES"),
    ("fs_step_gather", "BEAT_BITS"),
    ("fs_shell", "BEATS"),
];

/// What a guard's module is called before it says what must be.
fn guard(leaf: &str, parameter: &str) -> String {
    format!("{leaf}_{parameter}_must_be_")
}

fn folders() -> [PathBuf; 2] {
    ["hdl/lib", "hdl/shell"].map(|folder| Path::new(env!("CARGO_MANIFEST_DIR")).join(folder))
}

/// What a tool says to a leaf with a wrong parameter.
fn said_to_wrong(mut tool: Command) -> String {
    let done = tool.output().unwrap();
    assert!(!done.status.success(), "{tool:?} accepts it");
    text(&done.stdout) + &text(&done.stderr)
}

/// Whether the tool names every wrong parameter, but for those of `refused_only`, which it must refuse all the same.
fn each_is_named(tool: impl Fn(&str, &str) -> Command, refused_only: &[(&str, &str)]) {
    for (leaf, parameter, value) in REFUSED {
        let said = said_to_wrong(tool(leaf, value));
        let named = said.contains(&guard(leaf, parameter)) || refused_only.contains(&(*leaf, *parameter));
        assert!(named, "{leaf} with {value}: {said}");
    }
}

/// The options by which a tool finds modules.
fn search(tool: &mut Command) {
    for folder in folders() {
        tool.arg("-y").arg(folder);
    }
}

#[test]
fn verilator_names_a_wrong_parameter() {
    let verilator = Verilator::find(&Tools::locate()).unwrap();
    let check = |leaf: &str, value: &str| {
        let mut tool = verilator.command();
        tool.args(["--lint-only", "--no-timing", "-Wno-fatal", "--top-module", leaf]).arg(format!("-G{value}"));
        search(&mut tool);
        let file = folders().map(|folder| folder.join(format!("{leaf}.v"))).into_iter().find(|file| file.is_file());
        tool.arg(file.unwrap());
        tool
    };
    each_is_named(check, &VERILATOR_STOPS_BEFORE);
}

#[test]
#[ignore = "needs Icarus: `make icarus-test`"]
fn icarus_names_a_wrong_parameter() {
    let check = |leaf: &str, value: &str| {
        let mut tool = Command::new("iverilog");
        tool.args(["-g2005", "-t", "null", "-s", leaf]).arg(format!("-P{leaf}.{value}"));
        search(&mut tool);
        let file = folders().map(|folder| folder.join(format!("{leaf}.v"))).into_iter().find(|file| file.is_file());
        tool.arg(file.unwrap());
        tool
    };
    each_is_named(check, &[]);
}

#[test]
fn every_guard_has_a_wrong_value() {
    let leaves = folders().into_iter().flat_map(|folder| contents(&folder)).filter(|path| path.is_file());
    let text: String = leaves.map(|leaf| fs::read_to_string(leaf).unwrap()).collect();
    let guards: BTreeSet<_> = text.lines().filter(|line| line.contains("_must_be_")).map(str::trim).collect();
    let known: BTreeSet<_> = REFUSED.iter().map(|(leaf, parameter, _)| guard(leaf, parameter)).collect();
    assert_eq!(known.len(), REFUSED.len());
    for name in &guards {
        assert!(known.iter().any(|known| name.starts_with(known.as_str())), "no wrong value for {name}");
    }
    assert_eq!(guards.len(), REFUSED.len());
}
