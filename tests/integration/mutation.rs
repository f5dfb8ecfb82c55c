//! A campaign of faults: one edit each, in every room of the hardware; what `compare` plays must find them all.
//!
//! Every fault is a model of its own to compile: minutes. `make mutation-test` runs it; a handful stands in `faults` and `rough`.

use firstspike::arch::{EngineKind, InputKind, Lanes, Options, ResultKind};
use firstspike::cosim::RunOptions;
use firstspike::fixed::WeightFormat;
use firstspike::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, Readout, Synapses};
use ndarray::{Array2, Array4};

use crate::design::{self, Pair};
use crate::rough;

/// File below `rtl/`, what stands there, what takes its place.
type Edit = (&'static str, &'static str, &'static str);

const DENSE: [Edit; 21] = [
    // Threshold off by one.
    ("neuron_lane", "!membrane[MEMBRANE_BITS-1];", "!membrane[MEMBRANE_BITS-1] && membrane != 0;"),
    // A neuron spikes again.
    ("neuron_lane", "fired_q <= fired_q || (capture && reached);", "fired_q <= fired_q && !(capture && reached);"),
    // A weight bit is wrong.
    ("weight_memory", "word_q2 <= word_q;", "word_q2 <= word_q ^ 1;"),
    // An event is lost.
    ("event_control", "starts && !s_axis_tuser;", "starts && !s_axis_tuser && s_axis_tdata != 1;"),
    // Membranes are not cleared after an image.
    ("event_control", "clearing_q || (capture && last_step);", "clearing_q;"),
    // Membranes are not cleared after a reset.
    ("event_control", "= clearing_q || (capture", "= (capture"),
    // A credit is lost.
    ("event_control", "capture_done && !take_credit", "1'b0"),
    // A spike names another neuron.
    ("spike_scan", "= {word_index_q, place};", "= {word_index_q, place} ^ 1;"),
    // Only the first spike of a word leaves.
    ("spike_scan", "word_last_q  <= !fetch_several;", "word_last_q  <= 1'b1;"),
    // Spikes are lost when the receiver waits.
    (
        "spike_scan",
        "end else if (word_valid_q) begin\n            spare_valid_q <= 1'b1;",
        "end else if (word_valid_q) begin\n            spare_valid_q <= 1'b0;",
    ),
    // A mark is lost.
    ("spike_scan", "spare_valid_q || word_valid_q;", "spare_valid_q || (word_valid_q && !word_mark_q);"),
    // A register is not reset.
    ("spike_scan", "            word_valid_q   <= 1'b0;\n", ""),
    // A word is repeated for ever.
    ("skid_queue", "if (moves || !valid_q[place])", "if (moves && !valid_q[place])"),
    // What waits is overtaken.
    (
        "skid_queue",
        "behind_valid ? words[(place+1)*WIDTH +: WIDTH] : s_data;",
        "s_valid ? s_data : words[(place+1)*WIDTH +: WIDTH];",
    ),
    // A vector is lost in the queue.
    ("spike_queue", "pop || !(&valid_q[slot:0]);", "pop || !valid_q[0];"),
    // A score is wrong.
    ("result_stream", "(scores),", "(scores ^ {{(CLASSES*SCORE_BITS-1){1'b0}}, index_q == 1}),"),
    // The smallest score wins.
    ("class_tree", "right > left", "right < left"),
    // Ties go to the larger index.
    ("class_tree", "right > left", "right >= left"),
    // The class is counted before it leaves.
    ("result_stream", "open && phase_q == PHASE_CLASS && known;", "phase_q == PHASE_CLASS && known;"),
    // Cycles are miscounted.
    ("frame_timer", "starts[oldest_q];", "starts[oldest_q] - 2;"),
    // A wrong frame is not reported.
    ("frame_timer", "frame_error <= 1'b1;", "frame_error <= 1'b0;"),
];

/// Lanes are shared, and the first output spike decides.
const SHARED: [Edit; 5] = [
    // The weights of another group.
    ("event_control", "base + GROUP_ROWS[ROW_BITS-1:0];", "base + GROUP_ROWS[ROW_BITS-1:0] - 1;"),
    // A group remembers the spike of another.
    ("neuron_lane", "fired_q[group] <= 1'b1;", "fired_q[0] <= 1'b1;"),
    // Who has not spiked may win.
    ("readout_first_spike", "spikes | {CLASSES{!any_spike}};", "{CLASSES{1'b1}};"),
    // The decision waits for the last step.
    ("readout_first_spike", "(any_spike || vector_last_step);", "vector_last_step;"),
    // The decision of an image before is kept.
    ("readout_first_spike", "(decided_q || decides) && !vector_last_step;", "decided_q || decides;"),
];

/// The first layer takes four events per cycle.
const BUNDLES: [Edit; 9] = [
    // A weight bit is wrong.
    ("weight_pair", "word_b_q2 <= word_b_q;", "word_b_q2 <= word_b_q ^ 1;"),
    // An event is lost.
    ("bundle_weights", "= present ? place", "= present && index != 1 ? place"),
    // What is not there is added.
    ("bundle_weights", "= present ? place", "= 1'b1 ? place"),
    // The odd inputs weigh nothing.
    ("bundle_weights", "+ {odd[PAIR_BITS-1], odd};", "+ {TOTAL_BITS{1'b0}};"),
    // The first image after a reset begins with the membranes of another.
    ("bundle_control", "<= clearing_q || (capture", "<= (capture"),
    // Membranes are not cleared after an image.
    ("bundle_control", "clearing_q || (capture[LEVELS] && in_the_last[LEVELS]);", "clearing_q;"),
    // A step is captured before its last events are added.
    ("bundle_control", "= capture[LEVELS+1];", "= capture[LEVELS];"),
    // A credit is lost.
    ("bundle_control", "capture_done && !captured", "1'b0"),
    // A step that nothing can take is captured.
    ("bundle_control", "(!captures || has_credit);", "1'b1;"),
];

/// The same, where a step need not wait for a place: the next image begins while the membranes are cleared.
const NO_PAUSE: [Edit; 1] = [("bundle_control", "accepted && s_axis_tuser && last_step;", "1'b0;")];

/// Pixels, a convolution, pooling.
const CONVOLUTION: [Edit; 9] = [
    // Of several pixels in a step, only one spikes.
    ("latency_encoder", "counts[write_bucket] <= count + ONE;", "counts[write_bucket] <= ONE;"),
    // An image is overwritten while it is read.
    ("latency_encoder", "!full_q[write_set_q];", "1'b1;"),
    // A place is misnamed.
    ("place_counter", "{channel_q, y_q, x_q};", "{channel_q, y_q, x_q ^ 1'b1};"),
    // A membrane that was just written is read too early.
    ("conv_bank", "next_q    <= next;", "next_q    <= next && !active_q;"),
    // Membranes of the image before.
    ("conv_bank", "if (clear || rst) begin", "if (rst) begin"),
    // Membranes of an image that a reset ended.
    ("conv_bank", "if (clear || rst) begin", "if (clear) begin"),
    // A tile is not looked at.
    ("conv_control", "tiles_q <= tiles_q | op_tiles;", "tiles_q <= op_tiles;"),
    // A word without a spike in its first bank is dropped.
    ("word_queue", "banks_q != {BANKS{1'b0}};", "banks_q[0];"),
    // Spikes are lost when the receiver waits.
    (
        "word_scan",
        "end else if (lane_valid_q) begin\n            spare_valid_q <= 1'b1;",
        "end else if (lane_valid_q) begin\n            spare_valid_q <= 1'b0;",
    ),
];

/// Layers of logic, steps in, results in one beat.
const SPATIAL: [Edit; 9] = [
    // A bit of a sum is lost.
    ("compressor", "= a ^ b ^ c;", "= a ^ b;"),
    // A carry is.
    ("compressor", "(a & b) | (a & c) | (b & c);", "(a & b) | (a & c);"),
    // Threshold off by one.
    ("threshold", "= sum[BITS-1];", "= sum[BITS-1] && sum[BITS-2:0] != 0;"),
    // A neuron forgets that it has spiked.
    ("first_spike", "~{COUNT{clears}});", "{COUNT{clears}});"),
    // The spikes of the image before stay.
    ("steps_to_flow", "~{COUNT{first_q}});", "{COUNT{1'b1}});"),
    // A credit is lost.
    ("flow_gate", "credit && !take", "1'b0"),
    // Ties go to the larger index.
    ("class_pairs", "later > earlier;", "later >= earlier;"),
    // A result is overtaken.
    ("result_vector", "s_valid && !(open && empty);", "s_valid && !open;"),
    // A result that waits is written over.
    ("result_vector", "newest_q <= newest_q + 1'b1;", "newest_q <= newest_q;"),
];

/// Several pixels in a beat.
const PIXEL_BEATS: [Edit; 6] = [
    // A beat of the next image is written while it is asked for.
    ("pixel_steps", "(m_axis_tready && (!last_beat || last_step));", "1'b1;"),
    // The next image is complete too early.
    ("pixel_steps", "(!last_beat || last_step)", "1'b1"),
    // The first beats are written over.
    ("pixel_steps", "first_step ? times_q : held_q;", "times_q;"),
    // They are held too late.
    ("pixel_steps", "if (first_step) begin", "if (last_step) begin"),
    // A beat is lost.
    ("pixel_steps", "accepted && beat_q[beat]", "accepted && beat_q[beat] && beat != 1"),
    // A reset leaves an image half read.
    ("pixel_steps", "            beat_q    <= FIRST[BEATS-1:0];\n", ""),
];

/// Several beats in a step.
const STEP_BEATS: [Edit; 4] = [
    // The last beat does not wait.
    ("step_gather", "!last || m_axis_tready;", "1'b1;"),
    // A step leaves before it is whole.
    ("step_gather", "last && s_axis_tvalid;", "s_axis_tvalid;"),
    // A beat is lost.
    ("step_gather", "s_axis_tvalid && beat_q[beat]", "s_axis_tvalid && beat_q[beat] && beat != 1"),
    // A reset leaves a step half read.
    ("step_gather", "        if (rst) begin\n            beat_q <= FIRST[BEATS-1:0];\n        end\n", ""),
];

fn shared() -> IntegerNetwork {
    let layer = |name, inputs, thresholds: Vec<i32>| {
        let outputs = thresholds.len();
        let weights = Array2::from_shape_fn((inputs, outputs), |(i, j)| ((i * 5 + j * 7 + i * j) % 9) as i32 - 2);
        Layer::dense(name, WeightFormat::Int(4), weights, vec![0; outputs], Neuron::integrate_once(thresholds))
    };
    let layers = vec![layer("hidden", 12, vec![6; 9]), layer("classes", 9, vec![8, 3, 14, 5])];
    IntegerNetwork::new("shared", 4, vec![12], 1, layers, Readout::FirstSpike).unwrap()
}

fn convolution() -> IntegerNetwork {
    let weights = Array4::from_shape_fn((2, 1, 2, 2), |(o, _, dy, dx)| [[3, 2, 1, 2], [1, 2, 3, -1]][o][2 * dy + dx]);
    let conv = Layer {
        name: "conv".into(),
        format: WeightFormat::Int(3),
        input: Map::new(1, 7, 7),
        pool: 1,
        synapses: Synapses::Conv2d(Conv2d { weights, stride: 1, padding: 0, groups: 1 }),
        v0: vec![0, 0],
        step_rows: None,
        neuron: Neuron::integrate_once(vec![5, 4]),
    };
    let weights = Array2::from_shape_fn((18, 4), |(i, j)| ((i * 5 + j * 7) % 7) as i32 - 3);
    let dense = Layer::dense("classes", WeightFormat::Int(4), weights, vec![0; 4], Neuron::integrate());
    let classes = Layer { input: Map::new(2, 6, 6), pool: 2, ..dense };
    IntegerNetwork::new("convolution", 3, vec![7, 7], 1, vec![conv, classes], Readout::Membrane).unwrap()
}

/// Sets of which some pixels are dark.
fn images(pixels: usize) -> Vec<Vec<u8>> {
    let gray = |image: usize, pixel: usize| ((image * 91 + pixel * 53 + image * pixel * 7) % 256) as u8;
    let dark = |image: usize, pixel: usize| (image + pixel).is_multiple_of(3);
    (0..8).map(|image| (0..pixels).map(|p| if dark(image, p) { 0 } else { gray(image, p) }).collect()).collect()
}

/// What `compare` plays, on a design with a fault.
fn is_equal(network: &IntegerNetwork, options: &Options, edit: Option<Edit>) -> bool {
    let folder = tempfile::tempdir().unwrap();
    let design = design::write(folder.path(), network, options);
    if let Some((file, good, bad)) = edit {
        let file = format!("rtl/fs_{file}.v");
        design::plant(folder.path(), &file, good, bad);
        // What a fault leaves unused, or wider, is no reason to refuse it.
        let (head, off) = ("`default_nettype none", "/* verilator lint_off UNUSED */ /* verilator lint_off WIDTH */");
        design::plant(folder.path(), &file, head, &format!("{off}\n{head}"));
    }
    let pair = Pair::built(folder.path(), network, design);
    let images = images(network.inputs());
    pair.difference(&images, &[], &RunOptions::default()).is_none() && pair.rough(&images).first_difference.is_none()
}

fn missed(network: &IntegerNetwork, options: &Options, edits: &[Edit]) -> Vec<Edit> {
    assert!(is_equal(network, options, None), "without a fault");
    edits.iter().copied().filter(|&edit| is_equal(network, options, Some(edit))).collect()
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_dense_layers() {
    assert_eq!(missed(&rough::network(), &Options::default(), &DENSE), []);
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_bundles() {
    let options = Options { events_per_cycle: 4, slots: 1, ..Options::default() };
    assert_eq!(missed(&rough::network(), &options, &BUNDLES), []);
    let options = Options { events_per_cycle: 4, ..Options::default() };
    assert_eq!(missed(&rough::network(), &options, &NO_PAUSE), []);
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_shared_lanes() {
    let options = Options { lanes: Lanes::AtMost(3), ..Options::default() };
    assert_eq!(missed(&shared(), &options, &SHARED), []);
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_layers_of_logic() {
    let options = Options {
        input: InputKind::Steps,
        engines: vec![EngineKind::Spatial],
        result: ResultKind::Vector,
        ..Options::default()
    };
    assert_eq!(missed(&rough::network(), &options, &SPATIAL), []);
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_narrow_ports() {
    let options = |input, bits| Options {
        input,
        stream_bits: Some(bits),
        engines: vec![EngineKind::Spatial],
        ..Options::default()
    };
    assert_eq!(missed(&rough::network(), &options(InputKind::Pixels, 24), &PIXEL_BEATS), []);
    assert_eq!(missed(&rough::network(), &options(InputKind::Steps, 5), &STEP_BEATS), []);
}

#[test]
#[ignore = "compiles a model for every fault; run by make mutation-test"]
fn faults_of_convolutions() {
    let options = Options { input: InputKind::Pixels, ..Options::default() };
    assert_eq!(missed(&convolution(), &options, &CONVOLUTION), []);
}
