//! Shared by the commands that generate or simulate: which hardware to make, and how to drive it.

use crate::arch::{self, EngineKind, InputKind, Lanes, ResultKind, Spacing};
use crate::flow::Drive;

/// A waveform counts picoseconds in 64 bits.
const MIN_CLOCK_MHZ: f64 = 0.001;
const MAX_CLOCK_MHZ: f64 = 100_000.0;

/// Which hardware to make.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Hardware")]
pub struct DesignArgs {
    /// Accumulators: a number for every layer, numbers layer by layer (64,10), or "all" for one per neuron [default: all]
    #[arg(long, value_parser = parse_lanes)]
    lanes: Option<Lanes>,
    /// What the input stream carries [default: events]
    #[arg(long, value_enum)]
    input: Option<InputArg>,
    /// Width of the input stream, for pixels or whole time steps: 8 to a pixel, or the next bits of a step
    #[arg(long, value_name = "BITS")]
    stream_bits: Option<usize>,
    /// How layers are built: an engine for every layer, or engines layer by layer (event,spatial) [default: event]
    #[arg(long, value_enum, value_delimiter = ',')]
    engine: Vec<EngineArg>,
    /// Levels of logic between two registers of a spatial layer [default: 3]
    #[arg(long, value_name = "LEVELS")]
    pipeline: Option<usize>,
    /// How results leave [default: words]
    #[arg(long, value_enum)]
    result: Option<ResultArg>,
    /// Time steps that a hidden layer may run ahead of its output [default: 4]
    #[arg(long)]
    slots: Option<usize>,
    /// Events that a beat of the input stream holds, and that the first layer takes in a cycle: 1, 2 or 4 [default: 1]
    #[arg(long, value_name = "EVENTS")]
    events_per_cycle: Option<usize>,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum InputArg {
    /// Spikes, already coded
    Events,
    /// Pixels, which are coded in the design
    Pixels,
    /// Whole time steps: a bit per input
    Steps,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum EngineArg {
    /// One event after the other; weights are in memories
    Event,
    /// A time step per cycle; weights are logic
    Spatial,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum ResultArg {
    /// Word by word: the class, the latency, the scores
    Words,
    /// All in one beat; behind a spatial last layer
    Vector,
}

impl DesignArgs {
    pub fn options(&self) -> arch::Options {
        let default = arch::Options::default();
        let input = self.input.map_or(default.input, |input| match input {
            InputArg::Events => InputKind::Events,
            InputArg::Pixels => InputKind::Pixels,
            InputArg::Steps => InputKind::Steps,
        });
        let lanes = self.lanes.clone().unwrap_or(default.lanes.clone());
        let engine = |engine: &EngineArg| match engine {
            EngineArg::Event => EngineKind::Event,
            EngineArg::Spatial => EngineKind::Spatial,
        };
        let result = self.result.map_or(default.result, |result| match result {
            ResultArg::Words => ResultKind::Words,
            ResultArg::Vector => ResultKind::Vector,
        });
        let (pipeline, slots) = (self.pipeline.unwrap_or(default.pipeline), self.slots.unwrap_or(default.slots));
        arch::Options {
            input,
            stream_bits: self.stream_bits,
            engines: self.engine.iter().map(engine).collect(),
            pipeline,
            lanes,
            slots,
            events_per_cycle: self.events_per_cycle.unwrap_or(default.events_per_cycle),
            result,
            ..default
        }
    }

    /// Whether the user chose the lanes.
    pub fn fix_lanes(&self) -> bool {
        self.lanes.is_some()
    }

    /// The same, if the user chose anything.
    pub fn given(&self) -> Option<arch::Options> {
        let numbers = [self.slots, self.pipeline, self.stream_bits, self.events_per_cycle];
        let are_given = self.lanes.is_some()
            || self.input.is_some()
            || self.result.is_some()
            || !self.engine.is_empty()
            || numbers.iter().any(Option::is_some);
        are_given.then(|| self.options())
    }
}

fn parse_lanes(text: &str) -> std::result::Result<Lanes, String> {
    if text == "all" {
        return Ok(Lanes::All);
    }
    let counts: Option<Vec<usize>> =
        text.split(',').map(|count| count.trim().parse().ok().filter(|&count| count > 0)).collect();
    match counts.as_deref() {
        Some(&[count]) => Ok(Lanes::AtMost(count)),
        Some(counts) => Ok(Lanes::PerLayer(counts.to_vec())),
        None => Err(format!("\"{text}\": expected numbers of at least 1, or \"all\"")),
    }
}

/// How to drive the simulation.
#[derive(clap::Args, Debug, Clone)]
#[command(next_help_heading = "Simulation")]
pub struct DriveArgs {
    /// Processes that share the images [default: all cores]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// Chance in percent that the input pauses in a cycle
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=99))]
    idle: u32,
    /// Chance in percent that the result is not taken in a cycle
    #[arg(long, default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=99))]
    stall: u32,
    /// Seed of both
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Offer an image only when the one before has left
    #[arg(long)]
    isolated: bool,
    /// Clock for times and rates, in MHz
    #[arg(long, default_value_t = 100.0, value_parser = parse_clock)]
    clock: f64,
}

pub fn parse_clock(text: &str) -> std::result::Result<f64, String> {
    match text.parse::<f64>() {
        Ok(clock) if (MIN_CLOCK_MHZ..=MAX_CLOCK_MHZ).contains(&clock) => Ok(clock),
        _ => Err(format!("\"{text}\": expected a frequency of {MIN_CLOCK_MHZ} to {MAX_CLOCK_MHZ} MHz")),
    }
}

impl DriveArgs {
    pub fn drive(&self) -> Drive {
        let default = Drive::default();
        Drive {
            threads: self.threads.map_or(default.threads, usize::from),
            idle_percent: self.idle,
            stall_percent: self.stall,
            seed: self.seed,
            spacing: if self.isolated { Spacing::Isolated } else { Spacing::BackToBack },
            clock_mhz: self.clock,
        }
    }
}
