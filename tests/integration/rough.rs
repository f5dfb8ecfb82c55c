//! What only the rough run finds: each of these faults passes the images of a set.

use firstspike::arch::Options;
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use firstspike::verify::{Quantity, RoughDifference};
use ndarray::Array2;

use crate::design::{self, Pair};

/// Sixteen hidden neurons that all spike soon, three classes.
pub fn network() -> IntegerNetwork {
    let layer = |name, inputs, outputs, neuron| {
        let weights = Array2::from_shape_fn((inputs, outputs), |(i, j)| ((i * 7 + j * 5 + i * j) % 8) as i32 - 2);
        Layer::dense(name, WeightFormat::Int(4), weights, vec![0; outputs], neuron)
    };
    let layers = vec![
        layer("hidden", 12, 16, Neuron::integrate_once(vec![3; 16])),
        layer("classes", 16, 3, Neuron::integrate()),
    ];
    IntegerNetwork::new("rough", 4, vec![12], 1, layers, Readout::Membrane).unwrap()
}

fn images() -> Vec<Vec<u8>> {
    (0..4).map(|image| (0..12).map(|pixel| ((image * 91 + pixel * 53) % 256) as u8).collect()).collect()
}

/// Plants a fault that a plain run does not see, as one or more edits; returns what the rough run sees.
fn found(file: &str, edits: &[(&str, &str)]) -> RoughDifference {
    let (folder, network) = (tempfile::tempdir().unwrap(), network());
    let design = design::write(folder.path(), &network, &Options::default());
    for (good, bad) in edits {
        design::plant(folder.path(), file, good, bad);
    }
    let pair = Pair::built(folder.path(), &network, design);
    assert_eq!(pair.difference(&images(), &[], &RunOptions::default()), None, "a plain run sees it");
    pair.rough(&images()).first_difference.unwrap()
}

fn quantity(difference: &RoughDifference) -> Option<Quantity> {
    difference.divergence.as_ref().map(|divergence| divergence.quantity)
}

#[test]
fn a_right_design_passes() {
    let (folder, network) = (tempfile::tempdir().unwrap(), network());
    let report = Pair::new(folder.path(), &network, &Options::default()).rough(&images());
    assert_eq!((report.first_difference, report.mismatches), (None, 0));
    assert!(report.ties > 0 && report.resets > 0 && report.wrong_frames > 0);
    assert!(report.images > 40 && report.power_ups > 4 && report.stall_percent == 95);
}

#[test]
fn a_scan_that_loses_spikes_when_the_receiver_waits() {
    let good = "end else if (word_valid_q) begin\n            spare_valid_q <= 1'b1;";
    let found = found("rtl/fs_spike_scan.v", &[(good, &good.replace("1'b1", "1'b0"))]);
    assert!(found.passage.starts_with("stalls of 95 %"), "{found:?}");
}

#[test]
fn a_design_that_a_reset_leaves_in_the_middle_of_an_image() {
    // It wakes up in step 0, and returns there after each image; only the reset does not bring it back.
    let wakes_up = ("[STEP_BITS-1:0]   step_q;", "[STEP_BITS-1:0]   step_q;\n    initial step_q = {STEP_BITS{1'b0}};");
    let stays = ("            step_q     <= {STEP_BITS{1'b0}};\n", "");
    let found = found("rtl/fs_event_control.v", &[wakes_up, stays]);
    assert!(found.divergence.is_some() || found.fault.is_some(), "{found:?}");
}

#[test]
fn a_wrong_tie_break() {
    let found = found("rtl/fs_class_tree.v", &[("right > left", "right >= left")]);
    assert_eq!(quantity(&found), Some(Quantity::Class));
}

#[test]
fn a_frame_error_that_never_rises() {
    let found = found("rtl/fs_frame_timer.v", &[("frame_error <= 1'b1;", "frame_error <= 1'b0;")]);
    let divergence = found.divergence.as_ref().unwrap();
    assert_eq!((divergence.quantity, divergence.golden, divergence.hardware), (Quantity::FrameError, 1, 0));
}
