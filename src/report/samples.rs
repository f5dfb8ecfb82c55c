//! Results for tests: those of the digits network, and some in which everything that may be there is.

use super::*;
use crate::arch::{Area as Resources, Fit, Optimize, WorkloadSource};
use crate::cosim::{Fault, Rule};
use crate::data::Role;
use crate::export::Written;
use crate::fetch::Done;
use crate::import::Origin;
use crate::plant::{self, Kind};
use crate::quantize::LayerLoss;
use crate::replay::{Deviation, Difference, LayerOutcome, OutputOutcome, ScoreUse, Tier};
use crate::synth::{Area, PathStep, Placement, Seconds, SeedResult, ToolVersions};
use crate::tool::ToolStatus;
use crate::verify::{Divergence, Quantity, RoughDifference, RoughReport};

fn layer(name: &str, inputs: usize, outputs: usize) -> LayerReport {
    LayerReport { name: name.into(), inputs, outputs, lanes: outputs, weight_bits: 4, membrane_bits: 13 }
}

/// Digits, as they are.
pub fn comparison() -> ComparisonReport {
    let spread = |mean| Some(Spread { min: mean * 0.9, mean, max: mean * 1.1 });
    let simulation = SimulationReport {
        network: "digits".into(),
        network_hash: "b3e42d60a5afa0cc".into(),
        layers: vec![layer("hidden1", 64, 64), layer("readout", 64, 10)],
        time_steps: 8,
        input: "events".into(),
        images: 360,
        edited: Vec::new(),
        rows: Role::Test,
        accuracy: 98.33,
        input_events: 32.6,
        latency_cycles: spread(169.3),
        interval_cycles: spread(142.2),
        clock_mhz: 100.0,
        latency_us: spread(1.69),
        hardware_images_per_second: Some(2_371_489.0),
        images_per_second: 13_453.0,
        fault: None,
    };
    let rough = RoughReport {
        images: 60,
        ties: 9,
        resets: 12,
        power_ups: 6,
        wrong_frames: 12,
        idle_percent: 95,
        stall_percent: 95,
        mismatches: 0,
        first_difference: None,
    };
    ComparisonReport {
        simulation,
        planted: None,
        mismatches: 0,
        first_divergence: None,
        waveform: None,
        quick: false,
        rough: Some(rough),
    }
}

/// What a placement of the digits network gave, with numbers as long as a part of this size can give.
pub fn placed_digits(is_from_cache: bool) -> SynthReport {
    let area = Area { lut4: 24_055, carry: 10_918, ff: 22_392, bram: 56, dsp: 28 };
    let step =
        |kind: &str, delay_ns: f64| PathStep { kind: kind.into(), delay_ns, unit: "layer0 weight_memory".into() };
    let mut critical_path = vec![step("clk-to-q", 5.5), step("routing", 12.25)];
    critical_path.push(PathStep { unit: "result_stream".into(), ..step("setup", 0.0) });
    let placement = Placement {
        target: "ulx3s-25f".into(),
        part: "LFE5U-25F-6BG381C".into(),
        scope: "the whole board: core, shell and clock generator".into(),
        area,
        core: Area { dsp: 0, ..area },
        fmax_mhz: Some(120.0),
        critical_path,
        seed: 1,
        seeds: vec![SeedResult { seed: 1, fmax_mhz: Some(120.0), seconds: 87.4 }],
        bitstream: Some("/home/somebody/.cache/firstspike/designs/digits-b3e42d60a5afa0cc/digits_board.bit".into()),
        tools: ToolVersions { yosys: None, nextpnr: None, packer: None },
        seconds: Seconds { synthesis: 19.3, place_and_route: Some(1187.4) },
    };
    let spread = Spread { min: 63.0, mean: 69.3, max: 78.0 };
    SynthReport {
        placement,
        is_from_cache,
        edited: Vec::new(),
        latency_cycles: Some(spread),
        latency_ns: Some(578.0),
        images_per_second: Some(2_846_308.0),
    }
}

/// A comparison in which everything is wrong.
pub fn differing() -> ComparisonReport {
    let equal = comparison();
    let difference = RoughDifference {
        passage: "power-up, a reset".into(),
        image: "noise".into(),
        divergence: Some(divergence()),
        fault: Some(fault()),
    };
    ComparisonReport {
        simulation: SimulationReport {
            edited: vec!["rtl/fs_crc16.v".into()],
            fault: Some(fault()),
            ..equal.simulation
        },
        planted: Some(plant::Fault { kind: Kind::WeightBit, files: vec!["w.mem".into()], change: "a bit".into() }),
        mismatches: 3,
        first_divergence: Some(divergence()),
        waveform: Some("divergence-image0.fst".into()),
        quick: true,
        rough: equal.rough.map(|rough| RoughReport { first_difference: Some(difference), ..rough }),
    }
}

pub fn divergence() -> Divergence {
    let (layer, neuron, time_step) = (Some(1), Some(9), Some(3));
    Divergence { image: 17, quantity: Quantity::SpikeTime, layer, neuron, time_step, golden: -4, hardware: i64::MAX }
}

fn fault() -> Fault {
    let seen = "nothing \u{1b}[2J happens".into();
    let (accepted_beats, cycle, last_progress_cycle) = (12, u64::MAX, 9);
    Fault { rule: Rule::Hang, image: 2, accepted_beats, cycle, last_progress_cycle, seen }
}

pub fn evaluation() -> Evaluation {
    let layer = |name: &str, spikes| LayerActivity { name: name.into(), neurons: 64, spikes };
    Evaluation {
        network: "digits".into(),
        kind: NetworkKind::Integer,
        network_hash: Some("b3e42d60a5afa0cc".into()),
        data: "digits".into(),
        split: "test".into(),
        images: 3,
        rows: Role::Test,
        correct: 2,
        accuracy: 200.0 / 3.0,
        images_per_second: 1e5 / 7.0,
        input_events: 0.1,
        spikes: 0.2 + 0.1,
        layers: vec![layer("hidden1", Some(1.0 / 3.0)), layer("readout", None)],
        wrong: Some(vec![Misclassified { image: 2, label: "a".into(), class: "b".into(), margin: 0.1 }]),
        confusion: Some(Confusion { classes: vec!["a".into(), "b".into()], counts: vec![vec![1, 1], vec![0, 1]] }),
    }
}

pub fn check() -> CheckReport {
    let potential = 1.0 / 3.0;
    let difference =
        Difference { image: 1, neuron: 2, time_step: 3, recorded: None, replayed: Some(3), potential, threshold: 0.1 };
    let layer = LayerOutcome {
        layer: "hidden1".into(),
        neurons: 64,
        fires: true,
        differences: 1,
        at_threshold: 1,
        tie_differences: 0,
        ties: 0,
        first_difference: Some(difference),
        margin: Some(1e-7),
        rounding: 1e-9,
        is_exact: false,
        tier: Some(Tier::Margin),
        fits: vec![vec![Deviation::FiresAbove, Deviation::Delay], vec![]],
        undecided: vec![Deviation::Transposed],
    };
    CheckReport {
        network: "digits".into(),
        kind: NetworkKind::Float,
        recording: "recording.npz".into(),
        images: 3,
        time_steps: 8,
        is_equal: false,
        layers: vec![layer],
        output: OutputOutcome::default(),
        scores: ScoreUse::OtherUnit,
    }
}

pub fn imported() -> ImportReport {
    let origin = |format: Option<&str>, scale| Origin {
        layer: "hidden1".into(),
        weights: "fc".into(),
        neurons: format.map(|_| "if".into()),
        format: format.map(Into::into),
        scale,
    };
    ImportReport {
        output: "out/mine".into(),
        network: "mine".into(),
        time_steps: 8,
        input_shape: vec![8, 8],
        readout: "membrane".into(),
        layers: vec![origin(Some("int5"), Some(0.0625)), origin(None, None)],
        notes: vec!["v_reset is ignored".into()],
        check: Some(check()),
    }
}

pub fn exported() -> ExportReport {
    let written =
        |scale| Written { layer: "hidden1".into(), nodes: vec!["hidden1_weights".into(), "hidden1".into()], scale };
    ExportReport {
        output: "out/digits.nir".into(),
        network: "digits".into(),
        network_hash: "b3e42d60a5afa0cc".into(),
        layers: vec![written(1), written(5)],
        notes: vec!["every neuron fires once".into()],
    }
}

pub fn training() -> TrainReport {
    TrainReport {
        output: "out/digits".into(),
        network: "digits".into(),
        data: "digits".into(),
        training_images: 1437,
        test_images: Some(360),
        epochs: 25,
        batch: 20,
        warnings: vec!["few images".into()],
        seconds_per_epoch: Some(0.3),
        training_accuracy: Some(0.99),
        validation_accuracy: None,
        test_accuracy: Some(354.0 / 360.0),
        test_correct: Some(354),
        input_events_per_image: 32.6,
        hidden_spikes_per_image: vec![vec![0.1, 10.0 / 3.0]],
    }
}

pub fn quantization() -> QuantizeReport {
    let loss = LayerLoss {
        name: "hidden1".into(),
        format: "int4".into(),
        scale: 0.1,
        relative_error: 1.0 / 3.0,
        clamped: 0.0,
        zeros: 0.25,
    };
    let accuracy = Agreement { images: 3, rows: Role::Unknown, float_correct: 2, integer_correct: 1, agreeing: 0 };
    QuantizeReport { output: "out/int".into(), network: "digits".into(), layers: vec![loss], accuracy: Some(accuracy) }
}

pub fn generated() -> Generated {
    let resources = Resources { lut: 1, ff: 2, bram: 3, dsp: 4 };
    let fit = Fit {
        board: "icebreaker".into(),
        optimize: Optimize::Area,
        predicted: resources,
        available: resources,
        latency_cycles: 169.3,
        workload: WorkloadSource::TrainingImages,
    };
    Generated {
        folder: "out/design".into(),
        top: "digits".into(),
        network_hash: "b3e42d60a5afa0cc".into(),
        layers: comparison().simulation.layers,
        weight_memory_bits: 19_456,
        latency_cycles: 507.0 / 3.0,
        workload: WorkloadSource::Nominal,
        images: Some(360),
        target: Some(fit),
        built: Built::default(),
    }
}

pub fn board_run() -> RunReport {
    RunReport {
        network: "digits".into(),
        network_hash: "b3e42d60a5afa0cc".into(),
        port: "/dev/ttyUSB1".into(),
        baud: 3_000_000,
        images: 360,
        edited: Vec::new(),
        rows: Role::Training,
        accuracy: 98.33,
        mismatches: 1,
        first_divergence: Some(divergence()),
        latency_cycles: comparison().simulation.latency_cycles,
        resent: 2,
        images_per_second: 1e3 / 3.0,
        layers: Vec::new(),
    }
}

pub fn selftest() -> SelftestReport {
    let fault = |kind| plant::Fault { kind, files: Vec::new(), change: "nothing".into() };
    let found = Some(Found::from(differing()));
    SelftestReport::new(
        comparison(),
        vec![
            FaultReport { fault: fault(Kind::TieBreak), verdict: Verdict::Caught, found },
            FaultReport { fault: fault(Kind::Score), verdict: Verdict::DoesNotApply, found: None },
        ],
    )
}

pub fn tools() -> ToolReport {
    let status = ToolStatus {
        name: "yosys".into(),
        found: None,
        version: Some("0.60".into()),
        oldest: None,
        problem: Some("too old".into()),
        needed_for: "synthesis".into(),
        how_to_get: "make tools".into(),
    };
    ToolReport { can_simulate: false, tools: vec![status] }
}

pub fn fetched() -> Fetched {
    let file = |name: &str, done| FetchedFile { name: name.into(), done };
    let files = vec![file("images.gz", Done::Kept), file("labels.gz", Done::Fetched)];
    Fetched { set: "mnist".into(), folder: "data/mnist".into(), files }
}
