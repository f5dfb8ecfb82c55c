//! What the user may choose of a design: input, lanes, weight memories, slots, and where the contents of memories stand.

use serde::{Deserialize, Serialize};

use super::port::PIXEL_BITS;
use crate::error::{Error, Result, Stage};

/// Spike vectors that a hidden layer may run ahead, if the options do not say.
const DEFAULT_SLOTS: usize = 4;
/// No layer runs further ahead than the longest image.
const MAX_SLOTS: usize = 255;
/// Levels of logic between two registers, if the options do not say.
const DEFAULT_PIPELINE: usize = 3;
/// More than the deepest neuron has.
const MAX_PIPELINE: usize = 64;
/// Width of the input port, in bits: more than any bus has.
const MAX_STREAM_BITS: usize = 4096;

/// What one beat of the input stream carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum InputKind {
    /// An input index, or an end-of-step mark.
    Events,
    /// Pixels, in row-major order, which are coded on the chip: one, or as many as [`Options::stream_bits`] holds.
    Pixels,
    /// A whole time step, a bit per input; or, of [`Options::stream_bits`], the next ones of these bits.
    Steps,
}

impl InputKind {
    /// Name in reports.
    pub fn name(self) -> &'static str {
        match self {
            InputKind::Events => "events",
            InputKind::Pixels => "pixels",
            InputKind::Steps => "steps",
        }
    }
}

/// How a layer is built.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum EngineKind {
    /// One event after the other.
    #[default]
    Event,
    /// A time step per cycle, with the weights in logic.
    Spatial,
}

/// How results leave.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ResultKind {
    /// Word by word: the class, the latency, the scores.
    #[default]
    Words,
    /// All words of an image side by side in one beat.
    Vector,
}

impl ResultKind {
    /// Whether it is the default, which manifests do not mention.
    fn is_words(&self) -> bool {
        *self == ResultKind::Words
    }
}

/// How many accumulators each layer gets.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Lanes {
    /// One per neuron: an event takes one cycle.
    All,
    /// At most this many in every layer: an event takes `ceil(neurons / lanes)` cycles.
    AtMost(usize),
    /// At most so many, layer by layer.
    PerLayer(Vec<usize>),
}

impl Lanes {
    /// Accumulators of the layer `index`, which has `neurons` neurons; of a convolution, `neurons` output channels per group.
    pub(super) fn of(&self, index: usize, neurons: usize) -> usize {
        match self {
            Lanes::All => neurons,
            Lanes::AtMost(count) => neurons.min(*count),
            Lanes::PerLayer(counts) => neurons.min(counts[index]),
        }
    }

    fn check(&self, layers: usize) -> Result<()> {
        let wrong = |code, message: String, help| Err(Error::new(Stage::Arch, code, message, help));
        let counts = match self {
            Lanes::All => &[][..],
            Lanes::AtMost(count) => std::slice::from_ref(count),
            Lanes::PerLayer(counts) => counts,
        };
        if counts.contains(&0) {
            return wrong("no-lanes", "lanes is 0, expected at least 1".into(), "choose --lanes 1 or more");
        }
        match self {
            Lanes::PerLayer(counts) if counts.len() != layers => wrong(
                "lanes-count",
                format!("lanes has {} numbers, the network {layers} layers", counts.len()),
                "give --lanes one number for all layers, or one per layer",
            ),
            _ => Ok(()),
        }
    }
}

/// Where the weights of a layer lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum WeightMemory {
    /// Where the synthesis tool puts them.
    Auto,
    /// In block RAM.
    Block,
}

impl WeightMemory {
    /// The value of the Verilog attribute `rom_style`.
    pub fn name(self) -> &'static str {
        match self {
            WeightMemory::Auto => "auto",
            WeightMemory::Block => "block",
        }
    }
}

/// Where the contents of the memories stand.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Memories {
    /// In files that `$readmemh` reads.
    #[default]
    Files,
    /// In the Verilog, which is then one file.
    Inline,
}

impl Memories {
    /// Whether a design has images, and so a parameter that says where they are.
    pub fn in_files(self) -> bool {
        self == Memories::Files
    }
}

/// What the user may choose.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    /// What one beat of the input stream carries.
    pub input: InputKind,
    /// Width of a beat of pixels or time steps, in bits; none: one pixel or one step per beat.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stream_bits: Option<usize>,
    /// Layer by layer, or one for all; empty: events in all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub engines: Vec<EngineKind>,
    /// Levels of logic between two registers, where weights are logic.
    #[serde(default = "default_pipeline", skip_serializing_if = "is_default_pipeline")]
    pub pipeline: usize,
    /// How many accumulators each layer gets.
    pub lanes: Lanes,
    /// Layer by layer; empty: the synthesis tool decides for all of them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<WeightMemory>,
    /// Spike vectors between the neurons and the scan of a hidden layer.
    pub slots: usize,
    /// Events that the first layer takes per cycle: 1, 2 or 4.
    #[serde(default = "one_event", skip_serializing_if = "is_one_event")]
    pub events_per_cycle: usize,
    /// Where the contents of the memories stand.
    #[serde(default)]
    pub memories: Memories,
    /// How results leave.
    #[serde(default, skip_serializing_if = "ResultKind::is_words")]
    pub result: ResultKind,
}

impl Options {
    /// Whether they suit a network of so many layers.
    pub(super) fn check(&self, layers: usize) -> Result<()> {
        self.lanes.check(layers)?;
        self.check_engines(layers)?;
        self.check_stream()?;
        if !(1..=MAX_SLOTS).contains(&self.slots) {
            let message = format!("slots is {}, expected 1 … {MAX_SLOTS}", self.slots);
            return Err(Error::new(Stage::Arch, "slots", message, "choose --slots within that range"));
        }
        Ok(())
    }

    fn check_stream(&self) -> Result<()> {
        let Some(bits) = self.stream_bits else { return Ok(()) };
        let wrong = |message: String, help| Err(Error::new(Stage::Arch, "stream-bits", message, help));
        if self.input == InputKind::Events {
            let message = "a beat of events is one event, whatever stream-bits says".into();
            return wrong(message, "leave out --stream-bits, or choose --input pixels or --input steps");
        }
        if !(1..=MAX_STREAM_BITS).contains(&bits) {
            let message = format!("stream-bits is {bits}, expected 1 … {MAX_STREAM_BITS}");
            return wrong(message, "choose --stream-bits within that range");
        }
        if self.input == InputKind::Pixels && !bits.is_multiple_of(PIXEL_BITS) {
            let message = format!("stream-bits is {bits}, expected a multiple of {PIXEL_BITS}: whole pixels");
            return wrong(message, "choose a multiple of 8 for --stream-bits");
        }
        Ok(())
    }

    fn check_engines(&self, layers: usize) -> Result<()> {
        let wrong = |code, message: String, help| Err(Error::new(Stage::Arch, code, message, help));
        let count = self.engines.len();
        if count > 1 && count != layers {
            let message = format!("engine has {count} entries, the network {layers} layers");
            return wrong("engine-count", message, "give --engine one engine for all layers, or one per layer");
        }
        if !(1..=MAX_PIPELINE).contains(&self.pipeline) {
            let message = format!("pipeline is {}, expected 1 … {MAX_PIPELINE}", self.pipeline);
            return wrong("pipeline", message, "choose --pipeline within that range");
        }
        Ok(())
    }

    /// The engine that the layer `index` is to have.
    pub(super) fn engine(&self, index: usize) -> EngineKind {
        match self.engines[..] {
            [all] => all,
            _ => self.engines.get(index).copied().unwrap_or_default(),
        }
    }

    pub(super) fn weight_memory(&self, index: usize) -> WeightMemory {
        self.weights.get(index).copied().unwrap_or(WeightMemory::Auto)
    }
}

impl Default for Options {
    fn default() -> Self {
        Options {
            input: InputKind::Events,
            stream_bits: None,
            engines: Vec::new(),
            pipeline: DEFAULT_PIPELINE,
            lanes: Lanes::All,
            weights: Vec::new(),
            slots: DEFAULT_SLOTS,
            events_per_cycle: one_event(),
            memories: Memories::Files,
            result: ResultKind::Words,
        }
    }
}

fn one_event() -> usize {
    1
}

fn is_one_event(events: &usize) -> bool {
    *events == 1
}

fn default_pipeline() -> usize {
    DEFAULT_PIPELINE
}

fn is_default_pipeline(pipeline: &usize) -> bool {
    *pipeline == DEFAULT_PIPELINE
}
