//! The simulator on `tests/fixtures/echo`, a hand-made design with known behavior and faults on request.

use std::fs;
use std::path::Path;
use std::sync::OnceLock;
use std::sync::atomic::AtomicBool;

use super::*;
use crate::arch::{self, Spacing};
use crate::emit::{
    FileEntry, InputPort, Latency, LayerEntry, MANIFEST_FILE, MANIFEST_FORMAT, MANIFEST_VERSION, Manifest,
};
use crate::error::{Error, Stage};
use crate::files::sha256_hex;
use crate::tool::Tools;

const FIXTURE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/echo");
const NEVER: u8 = 4;
const SHORT_PACKET: u32 = 12;
const WILD_NEURON: u32 = 13;
const FRAME_ERROR: u32 = 14;
const HANG: u32 = 15;

fn layer(name: &str, inputs: usize, outputs: usize) -> LayerEntry {
    let (weight_bits, membrane_bits) = (4, 8);
    LayerEntry { name: name.into(), inputs, outputs, lanes: outputs, weight_bits, membrane_bits, fires: true }
}

fn write_manifest(folder: &Path) {
    let files = ["bias.mem", "design.h", "echo.v"]
        .map(|name| FileEntry { path: name.into(), sha256: sha256_hex(&fs::read(folder.join(name)).unwrap()) });
    let manifest = Manifest {
        format: MANIFEST_FORMAT.into(),
        version: MANIFEST_VERSION,
        tool_version: "0.0.0".into(),
        top: "echo".into(),
        network_hash: String::new(),
        options: arch::Options::default(),
        target: None,
        time_steps: 4,
        input: InputPort { kind: arch::InputKind::Events, inputs: 16, data_bits: 4 },
        layers: vec![layer("hidden", 16, 5), layer("output", 5, 3)],
        readout: "first-spike".into(),
        ports: Vec::new(),
        latency: Latency { empty_image_cycles: 0, cycles_per_event: vec![1, 1] },
        result_bits: 32,
        sources: vec!["echo.v".into()],
        files: files.into(),
    };
    fs::write(folder.join(MANIFEST_FILE), serde_json::to_string_pretty(&manifest).unwrap()).unwrap();
}

fn echo() -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("echo design ").tempdir().unwrap();
    for name in ["bias.mem", "design.h", "echo.v"] {
        fs::copy(Path::new(FIXTURE).join(name), folder.path().join(name)).unwrap();
    }
    write_manifest(folder.path());
    folder
}

const QUICK: BuildOptions =
    BuildOptions { waveform: None, fast_compile: true, netlist: None, edited: false, interrupt: None };

/// The simulator of `folder`. The model of the unchanged design is compiled once for all tests.
fn build(folder: &Path) -> Simulator {
    static COMPILED: OnceLock<tempfile::TempDir> = OnceLock::new();
    let compiled = COMPILED.get_or_init(|| {
        let folder = echo();
        Simulator::build(folder.path(), QUICK).unwrap();
        folder
    });
    let model = folder.join("sim/quick");
    if !model.exists() {
        fs::create_dir_all(&model).unwrap();
        fs::copy(compiled.path().join("sim/quick/simulator"), model.join("simulator")).unwrap();
    }
    Simulator::build(folder, QUICK).unwrap()
}

/// A frame from the events of each of the four steps.
fn frame(steps: [&[u32]; 4]) -> ImageStimulus {
    let mut beats: Vec<u32> = steps.into_iter().flat_map(|step| step.iter().copied().chain([BEAT_MARK])).collect();
    *beats.last_mut().unwrap() |= BEAT_LAST;
    ImageStimulus { words: beats, beat_words: 1, abort_after: None }
}

fn many(count: u32) -> Stimulus {
    (0..count).map(|n| frame([&[n % 5], &[(n + 1) % 5], &[], &[5 + n % 3]])).collect()
}

fn play(simulator: &Simulator, images: &[ImageStimulus], options: RunOptions) -> Result<Played, Error> {
    simulator.run(&images.iter().cloned().collect(), &RunOptions { hang_cycles: 1000, ..options })
}

/// The same, of images that all have a result.
fn run(simulator: &Simulator, images: &[ImageStimulus], options: RunOptions) -> Result<Vec<HardwareImage>, Error> {
    play(simulator, images, options).map(|played| played.whole().unwrap())
}

/// What does not depend on the timing.
fn untimed(images: &[HardwareImage]) -> Vec<HardwareImage> {
    let clear = |image: &HardwareImage| HardwareImage {
        reported_cycles: 0,
        first_beat_cycle: 0,
        result_cycle: 0,
        ..image.clone()
    };
    images.iter().map(clear).collect()
}

#[test]
fn every_observation_reaches_the_trace() {
    let folder = echo();
    let images = [frame([&[4, 0], &[2], &[], &[7]]), frame([&[], &[], &[], &[1]])];
    let results = run(&build(folder.path()), &images, RunOptions::default()).unwrap();
    let first = &results[0];
    assert_eq!(first.scores, [10 - 4, -1 - 8, 100 - 12]);
    assert_eq!(first.class, 0);
    assert_eq!(first.spike_times, [vec![0, NEVER, 1, NEVER, 0], vec![0, NEVER, 1]]);
    assert_eq!(first.reported_cycles, 8);
    assert_eq!(first.result_cycle - first.first_beat_cycle, 8);
    assert!(first.second_spikes.is_empty() && !first.frame_error);
    assert_eq!(results[1].spike_times, [vec![NEVER, 3, NEVER, NEVER, NEVER], vec![NEVER, 3, NEVER]]);
    assert_eq!(results[1].class, 1);
}

#[test]
fn idle_stall_parts_and_spacing_change_the_timing_only() {
    let folder = echo();
    let simulator = build(folder.path());
    let stimulus = many(23);
    let plain = run(&simulator, &stimulus.images, RunOptions::default()).unwrap();
    assert_eq!(plain.len(), 23);
    for (parts, idle_percent, stall_percent, spacing) in
        [(1, 60, 0, Spacing::BackToBack), (2, 0, 70, Spacing::Isolated), (7, 30, 30, Spacing::BackToBack)]
    {
        let options = RunOptions { parts, idle_percent, stall_percent, spacing, seed: 7, ..RunOptions::default() };
        let other = run(&simulator, &stimulus.images, options).unwrap();
        assert_eq!(untimed(&other), untimed(&plain));
        assert_ne!(other, plain);
        let again = run(&simulator, &stimulus.images, RunOptions { threads: 3, ..options }).unwrap();
        assert_eq!(other, again, "equal seeds give equal cycles, on however many processes");
    }
}

#[test]
fn a_second_spike_is_recorded_beside_the_first() {
    let folder = echo();
    let images = [frame([&[3], &[], &[3], &[]])];
    let results = run(&build(folder.path()), &images, RunOptions::default()).unwrap();
    assert_eq!(results[0].spike_times[0][3], 0);
    assert_eq!(results[0].second_spikes, [SecondSpike { layer: 0, neuron: 3, step: 2 }]);
}

#[test]
fn a_reset_in_the_middle_of_a_frame_leaves_the_other_images_alone() {
    let folder = echo();
    let simulator = build(folder.path());
    let whole = [frame([&[4, 0], &[2], &[], &[7]]), frame([&[], &[1], &[], &[1]])];
    let expected = run(&simulator, &whole, RunOptions::default()).unwrap();
    let beats = whole[0].beats();
    for abort_after in [0, 1, 3, beats] {
        let aborted = whole[0].clone().aborted_after(abort_after);
        let images = [aborted.clone(), whole[0].clone(), aborted.clone(), whole[1].clone(), aborted];
        let options = RunOptions { idle_percent: 20, stall_percent: 20, seed: 3, ..RunOptions::default() };
        let results = run(&simulator, &images, options).unwrap();
        assert_eq!(untimed(&results), untimed(&expected), "reset after {abort_after} beats");
    }
}

#[test]
fn a_reset_frees_a_hung_design() {
    let folder = echo();
    let stuck = ImageStimulus { words: vec![HANG, 1], beat_words: 1, abort_after: Some(1) };
    let results = run(&build(folder.path()), &[stuck, frame([&[1], &[], &[], &[]])], RunOptions::default()).unwrap();
    assert_eq!(results.len(), 1);
}

#[test]
fn a_hang_is_what_came_out() {
    let folder = echo();
    let good = frame([&[1], &[], &[], &[]]);
    let images = [good.clone(), good.clone(), good.clone(), frame([&[], &[HANG], &[], &[]]), good];
    let played =
        play(&build(folder.path()), &images, RunOptions { parts: 2, threads: 2, ..RunOptions::default() }).unwrap();
    let results: Vec<bool> = played.images.iter().map(Option::is_some).collect();
    assert_eq!(results, [true, true, true, false, false]);
    let fault = played.fault.unwrap();
    assert_eq!((fault.rule, fault.image, fault.accepted_beats), (Rule::Hang, 3, 2));
    assert_eq!(fault.cycle - fault.last_progress_cycle, 1001);
    assert!(fault.seen.contains("s_axis_tready is low on beat 2"), "{fault:?}");
    let left: Vec<_> = fs::read_dir(folder.path().join("sim")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["quick"], "no scratch folder is left");
}

#[test]
fn broken_streams_are_what_came_out() {
    let folder = echo();
    let simulator = build(folder.path());
    for (event, rule, words) in [(SHORT_PACKET, Rule::Stream, "m_axis_tlast"), (WILD_NEURON, Rule::Spikes, "neuron 7")]
    {
        let images = [frame([&[1], &[], &[], &[]]), frame([&[event], &[], &[], &[]])];
        let played = play(&simulator, &images, RunOptions::default()).unwrap();
        assert_eq!((played.images[0].is_some(), played.images[1].is_some()), (true, false));
        let fault = played.fault.unwrap();
        assert_eq!((fault.rule, fault.image), (rule, 1));
        assert!(fault.seen.contains(words), "{fault:?}");
    }
}

#[test]
fn a_neuron_that_spikes_without_end_is_given_up() {
    let folder = echo();
    let simulator = build(folder.path());
    // Four time steps: as many spikes are one second spike, another one is the end.
    let images = [frame([&[3, 3, 3, 3], &[], &[], &[]])];
    let results = run(&simulator, &images, RunOptions::default()).unwrap();
    assert_eq!(results[0].second_spikes, [SecondSpike { layer: 0, neuron: 3, step: 0 }]);
    let images = [frame([&[3, 3, 3, 3, 3], &[], &[], &[]])];
    let fault = play(&simulator, &images, RunOptions::default()).unwrap().fault.unwrap();
    assert_eq!((fault.rule, fault.accepted_beats), (Rule::Spikes, 5));
    assert!(fault.seen.contains("neuron 3 of layer 0 spiked 5 times"), "{fault:?}");
}

#[test]
fn frame_error_is_seen() {
    let folder = echo();
    let images = [frame([&[1], &[], &[], &[]]), frame([&[FRAME_ERROR], &[], &[], &[]])];
    let results = run(&build(folder.path()), &images, RunOptions::default()).unwrap();
    assert_eq!(results.iter().map(|image| image.frame_error).collect::<Vec<_>>(), [false, true]);
}

#[test]
fn a_changed_file_is_refused() {
    let folder = echo();
    fs::write(folder.path().join("bias.mem"), "0\n0\n0\n").unwrap();
    fs::remove_file(folder.path().join("echo.v")).unwrap();
    let error = Simulator::build(folder.path(), QUICK).unwrap_err();
    assert_eq!(error.code, "design-damaged");
    assert_eq!(error.problems.len(), 2, "{error}");
    assert!(error.help.contains("regenerate"));
}

#[test]
fn a_foreign_or_newer_manifest_is_refused() {
    let folder = echo();
    let path = folder.path().join(MANIFEST_FILE);
    let good = fs::read_to_string(&path).unwrap();
    let cases = [
        (good.replace(MANIFEST_FORMAT, "other"), "manifest-invalid"),
        (good.replace("\"version\": 1", "\"version\": 2"), "manifest-version"),
        (good.replace("\"echo.v\"\n", "\"../echo.v\"\n"), "manifest-invalid"),
        (good[..100].to_owned(), "manifest-invalid"),
    ];
    for (text, code) in cases {
        assert_ne!(text, good);
        fs::write(&path, text).unwrap();
        assert_eq!(Simulator::build(folder.path(), QUICK).unwrap_err().code, code);
    }
    fs::remove_file(&path).unwrap();
    assert_eq!(Simulator::build(folder.path(), QUICK).unwrap_err().code, "io");
}

#[test]
fn without_tools_the_error_says_how_to_get_them() {
    let error = Simulator::build_with(&Tools::default(), echo().path(), QUICK).unwrap_err();
    assert_eq!((error.stage, error.code), (Stage::Tool, "tool-missing"));
}

#[test]
fn a_verilog_mistake_shows_the_log() {
    let folder = echo();
    let path = folder.path().join("echo.v");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("assign frame_error = error_q;", "")).unwrap();
    write_manifest(folder.path());
    let error = Simulator::build(folder.path(), QUICK).unwrap_err();
    assert_eq!(error.code, "tool-failed");
    assert!(error.problems.iter().any(|line| line.contains("frame_error")), "{error}");
    assert!(error.help.contains("quick.log"), "{error}");
    assert!(folder.path().join("sim/quick.log").is_file());
}

#[test]
fn a_cpp_mistake_shows_the_log() {
    let folder = echo();
    fs::write(folder.path().join("design.h"), "#error missing\n").unwrap();
    write_manifest(folder.path());
    let error = Simulator::build(folder.path(), QUICK).unwrap_err();
    assert_eq!(error.code, "tool-failed");
    assert!(error.message.contains("C++ compiler"), "{error}");
}

#[test]
fn a_header_that_does_not_fit_the_manifest_is_refused() {
    let folder = echo();
    let path = folder.path().join("design.h");
    fs::write(&path, fs::read_to_string(&path).unwrap().replace("{5, 3}", "{6, 3}")).unwrap();
    write_manifest(folder.path());
    let error = run(&build(folder.path()), &many(1).images, RunOptions::default()).unwrap_err();
    assert_eq!(error.code, "trace-damaged");
}

#[test]
fn a_new_memory_image_needs_no_new_model() {
    let folder = echo();
    let program = folder.path().join("sim/quick/simulator");
    build(folder.path());
    let built = fs::metadata(&program).unwrap().modified().unwrap();
    fs::write(folder.path().join("bias.mem"), "0\n0\n0\n").unwrap();
    write_manifest(folder.path());
    let results = run(&build(folder.path()), &[frame([&[], &[], &[], &[]])], RunOptions::default()).unwrap();
    assert_eq!(results[0].scores, [0, 0, 0]);
    assert_eq!(fs::metadata(&program).unwrap().modified().unwrap(), built);
    let source = folder.path().join("echo.v");
    fs::write(&source, fs::read_to_string(&source).unwrap() + "// changed\n").unwrap();
    write_manifest(folder.path());
    build(folder.path());
    assert_ne!(fs::metadata(&program).unwrap().modified().unwrap(), built);
}

#[test]
fn a_memory_image_that_vanishes_is_an_error() {
    let folder = echo();
    let simulator = build(folder.path());
    fs::remove_file(folder.path().join("bias.mem")).unwrap();
    let error = run(&simulator, &many(1).images, RunOptions::default()).unwrap_err();
    assert_eq!(error.code, "simulator-failed");
    assert!(error.problems.iter().any(|line| line.contains("bias.mem")), "{error}");
}

#[test]
fn an_interrupt_stops_build_and_run() {
    let folder = echo();
    let stop = AtomicBool::new(true);
    let options = BuildOptions { interrupt: Some(&stop), ..QUICK };
    assert_eq!(Simulator::build(folder.path(), options).unwrap_err().code, "interrupted");
    let simulator = build(folder.path());
    let options = RunOptions { interrupt: Some(&stop), ..RunOptions::default() };
    assert_eq!(simulator.run(&many(10), &options).unwrap_err().code, "interrupted");
    let left: Vec<_> = fs::read_dir(folder.path().join("sim")).unwrap().flatten().map(|e| e.file_name()).collect();
    assert_eq!(left, ["quick"]);
}

#[test]
fn a_stimulus_that_cannot_be_played_is_refused() {
    let folder = echo();
    let simulator = build(folder.path());
    let empty = ImageStimulus { words: Vec::new(), beat_words: 1, abort_after: None };
    assert_eq!(run(&simulator, &[empty], RunOptions::default()).unwrap_err().code, "stimulus-invalid");
    let options = RunOptions { idle_percent: 100, ..RunOptions::default() };
    assert_eq!(run(&simulator, &many(1).images, options).unwrap_err().code, "stimulus-invalid");
    assert_eq!(run(&simulator, &[], RunOptions::default()).unwrap(), []);
}

#[test]
fn a_waveform_is_readable_and_holds_the_handshakes() {
    let folder = echo();
    let options = BuildOptions { waveform: Some(WaveFormat::Fst), ..QUICK };
    let simulator = Simulator::build(folder.path(), options).unwrap();
    let path = folder.path().join("image.fst");
    let image = frame([&[4, 0], &[2], &[], &[7]]);
    let played = simulator.run_waveform(&image, &path, &RunOptions::default()).unwrap();
    assert_eq!(played.whole().unwrap()[0].scores, [6, -9, 88]);

    // An independent reader: the writer is linked with our own stand-ins for its compression libraries.
    let mut waveform = wellen::simple::read(&path).unwrap();
    let hierarchy = waveform.hierarchy();
    let marks = hierarchy.lookup_var(&["TOP"], "layer0_spike_step_end").expect("the top's ports are in the waveform");
    let marks = hierarchy[marks].signal_ref();
    waveform.load_signals(&[marks]);
    let signal = waveform.get_signal(marks).unwrap();
    let rises = signal.iter_changes().filter(|(_, value)| value.to_bit_string().as_deref() == Some("1")).count();
    assert_eq!(rises, 3, "marks of steps 0, 1 with 2, and 3");
}

#[test]
fn a_model_without_waveforms_says_so() {
    let folder = echo();
    let simulator = build(folder.path());
    let path = folder.path().join("image.fst");
    let error = simulator.run_waveform(&many(1).images[0], &path, &RunOptions::default()).unwrap_err();
    assert_eq!(error.code, "no-waveform");
    assert!(!path.exists());
    let named = |name: &str| WaveFormat::of(std::path::Path::new(name));
    assert_eq!((named("a.b/x.FST").unwrap(), named("x.vcd").unwrap()), (WaveFormat::Fst, WaveFormat::Vcd));
    for name in ["x.txt", "fst", "x.fst/y", ""] {
        assert_eq!(named(name).unwrap_err().code, "waveform-format", "{name}");
    }
}
