//! A comparison that cannot fail proves nothing: faults planted in the leaves must be caught, and named rightly.

use firstspike::arch::Options;
use firstspike::cosim::{Rule, RunOptions};
use firstspike::fixed::WeightFormat;
use firstspike::network::{IntegerNetwork, Layer, Neuron, Readout};
use firstspike::verify::{Comparison, Divergence, Quantity};
use ndarray::array;

use crate::design::{self, Pair};
use crate::support::{run, text};

/// Two hidden neurons, two classes. Pixel 255 spikes at step 0, 128 at 1, 1 at 3.
///
/// Neuron 0 sums 2 per input and needs 4: it reaches exactly 4. Neuron 1 sums 3 per input and needs 5.
fn network() -> IntegerNetwork {
    let layer = |name, weights, neuron| Layer::dense(name, WeightFormat::Int(4), weights, vec![0, 0], neuron);
    let hidden = layer("hidden", array![[2, 3], [2, 3], [2, 3]], Neuron::integrate_once(vec![4, 5]));
    let output = layer("classes", array![[1, 0], [0, 2]], Neuron::integrate());
    IntegerNetwork::new("by-hand", 4, vec![3], 1, vec![hidden, output], Readout::Membrane).unwrap()
}

/// Inputs 0 and 1 spike at steps 0 and 1, input 2 at 3: both hidden neurons spike at step 1, scores 1 and 2.
const IMAGE: [u8; 3] = [255, 128, 1];

fn divergence(file: &str, good: &str, bad: &str) -> Option<Divergence> {
    comparison(file, good, bad, 1, &RunOptions::default()).first_divergence
}

/// Plays the image `images` times into a design with a fault.
fn comparison(file: &str, good: &str, bad: &str, images: usize, options: &RunOptions) -> Comparison {
    let (folder, network) = (tempfile::tempdir().unwrap(), network());
    let design = design::write(folder.path(), &network, &Options::default());
    design::plant(folder.path(), file, good, bad);
    let pair = Pair::built(folder.path(), &network, design);
    pair.compare(&vec![IMAGE.to_vec(); images], &[], options)
}

fn spike(quantity: Quantity, layer: usize, neuron: usize, step: u8, golden: i64, hardware: i64) -> Option<Divergence> {
    let (layer, neuron, time_step) = (Some(layer), Some(neuron), Some(step));
    Some(Divergence { image: 0, quantity, layer, neuron, time_step, golden, hardware })
}

#[test]
fn no_fault_no_divergence() {
    let (folder, network) = (tempfile::tempdir().unwrap(), network());
    let pair = Pair::new(folder.path(), &network, &Options::default());
    assert_eq!(pair.difference(&[IMAGE.to_vec()], &[], &RunOptions::default()), None);
}

#[test]
fn a_threshold_that_is_off_by_one_is_caught() {
    let good = "reached = !membrane[MEMBRANE_BITS-1];";
    let bad = "reached = !membrane[MEMBRANE_BITS-1] && membrane != 0;";
    // Neuron 0 reaches 4 at step 1 but is taken to need 5: it spikes with the third input.
    assert_eq!(divergence("rtl/fs_neuron_lane.v", good, bad), spike(Quantity::SpikeTime, 0, 0, 1, 1, 3));
}

#[test]
fn a_lost_event_is_caught() {
    let good = "accumulate = starts && !s_axis_tuser;";
    let bad = "accumulate = starts && !s_axis_tuser && s_axis_tdata != 1;";
    // Without input 1 both neurons wait for input 2. In the output layer, the same fault loses the spike of neuron 1.
    assert_eq!(divergence("rtl/fs_event_control.v", good, bad), spike(Quantity::SpikeTime, 0, 0, 1, 1, 3));
}

#[test]
fn a_lost_spike_between_the_layers_is_caught() {
    let good = "word_last_q  <= !fetch_several;";
    let bad = "word_last_q  <= 1'b1 || fetch_several;";
    // Only the first spike of a word leaves.
    assert_eq!(divergence("rtl/fs_spike_scan.v", good, bad), spike(Quantity::SpikeTime, 0, 1, 1, 1, 4));
}

#[test]
fn a_second_spike_is_caught() {
    let good = "                    fired_q <= fired_q || (capture && reached);";
    let bad = "                    fired_q <= fired_q && !(capture && reached);";
    assert_eq!(divergence("rtl/fs_neuron_lane.v", good, bad), spike(Quantity::SecondSpike, 0, 0, 2, 1, 2));
}

#[test]
fn a_wrong_score_is_caught() {
    let good = "{{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score};";
    let bad = "{{(RESULT_BITS-SCORE_BITS){score[SCORE_BITS-1]}}, score ^ {{(SCORE_BITS-1){1'b0}}, index_q == 1}};";
    assert_eq!(divergence("rtl/fs_result_stream.v", good, bad), spike(Quantity::Score, 1, 1, 3, 2, 3));
}

#[test]
fn a_wrong_class_is_caught() {
    let found = divergence("rtl/fs_class_tree.v", "right > left", "right < left").unwrap();
    assert_eq!((found.quantity, found.golden, found.hardware), (Quantity::Class, 1, 0));
}

#[test]
fn a_wrong_cycle_count_is_caught() {
    let found = divergence("rtl/fs_frame_timer.v", "starts[oldest_q];", "starts[oldest_q] - 2;").unwrap();
    assert_eq!((found.quantity, found.golden - found.hardware), (Quantity::Latency, 2));
}

/// Where nothing is predicted, the design's own count is held against the driver's.
#[test]
fn a_wrong_cycle_count_is_caught_without_a_prediction() {
    let options = RunOptions { stall_percent: 60, ..RunOptions::default() };
    let (good, bad) = ("starts[oldest_q];", "starts[oldest_q] - 2;");
    let found = comparison("rtl/fs_frame_timer.v", good, bad, 5, &options);
    let divergence = found.first_divergence.unwrap();
    assert_eq!(divergence.quantity, Quantity::CycleCount);
    assert_ne!(divergence.golden, divergence.hardware);
}

/// Such a layer keeps itself busy; nothing comes of it.
#[test]
fn a_layer_that_repeats_a_spike_for_ever_is_given_up() {
    let (good, bad) = ("if (moves || !valid_q[place]) begin", "if (moves && !valid_q[place]) begin");
    let found = comparison("rtl/fs_skid_queue.v", good, bad, 3, &RunOptions::default());
    assert_eq!((found.images, found.mismatches), (3, 3));
    assert_eq!(found.fault.unwrap().rule, Rule::Spikes);
}

#[test]
fn a_design_that_hangs_differs() {
    let folder = tempfile::tempdir().unwrap();
    let design_folder = folder.path().join("design");
    design::write(&design_folder, &network(), &Options::default());
    // Each layer starts with credits for one image; in the second, a mark waits for one that never comes.
    design::plant(&design_folder, "rtl/fs_event_control.v", "capture_done && !take_credit", "1'b0");
    std::fs::write(folder.path().join("images.csv"), "255,128,1,1\n".repeat(3)).unwrap();
    let output = run(
        folder.path(),
        &["compare", "design", "--edited", "--data", "images.csv", "--label", "last", "--threads", "1"],
    );
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}{}", text(&output.stderr));
    assert!(shown.contains("2 of 3"), "{shown}");
    assert!(shown.contains("the hardware hangs: image 1"), "{shown}");
    assert!(shown.contains("divergence-image1.fst"), "{shown}");
    let output = run(
        folder.path(),
        &["--json", "simulate", "design", "--edited", "--data", "images.csv", "--label", "last", "--threads", "1"],
    );
    assert_eq!(output.status.code(), Some(1));
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let fault = &report["fault"];
    assert_eq!((fault["rule"].as_str(), fault["image"].as_u64()), (Some("hang"), Some(1)), "{report}");
    assert!(fault["last_progress_cycle"].as_u64() < fault["cycle"].as_u64(), "{report}");
}

#[test]
fn compare_names_the_place_and_leaves_a_waveform() {
    let folder = tempfile::tempdir().unwrap();
    let design_folder = folder.path().join("design");
    design::write(&design_folder, &network(), &Options::default());
    let good = "reached = !membrane[MEMBRANE_BITS-1];";
    let bad = "reached = !membrane[MEMBRANE_BITS-1] && membrane != 0;";
    design::plant(&design_folder, "rtl/fs_neuron_lane.v", good, bad);
    std::fs::write(folder.path().join("images.csv"), "255,128,1,1\n").unwrap();
    let output = run(folder.path(), &["compare", "design", "--edited", "--data", "images.csv", "--label", "last"]);
    let shown = text(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "{shown}{}", text(&output.stderr));
    let place = "first divergence: image 0, layer0 (hidden), neuron 0, time step 1: spike time: golden 1, hardware 3";
    assert!(shown.contains(place), "{shown}");
    assert!(design_folder.join("divergence-image0.fst").exists());
}
