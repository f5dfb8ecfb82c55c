//! The design: a list of decided numbers, in the order of the hardware.

use super::address::Address;
use super::axis::Axis;
use super::fit::Fit;

use super::memory::MemoryImage;
use super::options::{InputKind, Options, WeightMemory};
use crate::fixed::index_bits;

/// A whole design.
///
/// # Units
/// Every `*_bits` field is a width in bits.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    /// What the design was planned with.
    pub options: Options,
    /// How it fits the board that it was made for, if any.
    pub fit: Option<Fit>,
    /// Name of the top module.
    pub name: String,
    pub time_steps: usize,
    pub step_bits: u32,
    /// How the events of the input name their place.
    pub input: Address,
    /// Present if the input is pixels.
    pub encoder: Option<Encoder>,
    pub layers: Vec<Layer>,
    pub readout: Readout,
    pub timer: Timer,
    /// Width of a result word: 32 or 64.
    pub result_bits: u32,
    /// Cycles after a reset until every layer is cleared.
    pub reset_cycles: usize,
}

/// The latency encoder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Encoder {
    /// Width of a pixel's number.
    pub index_bits: u32,
    pub count_bits: u32,
    /// Spike time of each gray level.
    pub times: MemoryImage,
}

/// One layer of integrate-and-fire units.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    pub name: String,
    /// How the events that come in name their place, before pooling.
    pub input: Address,
    /// How its spikes name theirs.
    pub output: Address,
    /// Average pooling of the input; 1: none.
    pub pool: usize,
    /// Weight rows of a group.
    pub addresses: usize,
    /// Width of an address after pooling.
    pub index_bits: u32,
    /// Accumulators; of a convolution, output channels that are updated at once.
    pub lanes: usize,
    /// Neurons (of a convolution, channels) that share a lane, and so cycles per event.
    pub groups: usize,
    pub group_bits: u32,
    pub row_bits: u32,
    pub weight_bits: u32,
    pub membrane_bits: u32,
    pub fires: bool,
    /// Weights: one row per (group, input).
    pub weights: MemoryImage,
    pub weight_memory: WeightMemory,
    /// `v0 − θ`: one row per group.
    pub initial: MemoryImage,
    pub stage: Stage,
}

impl Layer {
    /// Gives the layer `lanes` accumulators, and what follows from that; not the memory images.
    pub(super) fn set_lanes(&mut self, lanes: usize) {
        self.lanes = lanes;
        self.groups = self.neurons().div_ceil(lanes);
        self.group_bits = index_bits(self.groups);
        self.row_bits = index_bits(self.rows()).max(self.index_bits);
    }

    /// Inputs, before pooling.
    pub fn inputs(&self) -> usize {
        self.input.map.size()
    }

    pub fn neurons(&self) -> usize {
        self.output.map.size()
    }

    /// Steps that may be under way behind the neurons: a mark that is captured needs a credit.
    pub fn credits(&self) -> usize {
        match &self.stage {
            Stage::Conv(stage) => stage.slots,
            Stage::Hidden(stage) => stage.slots,
            Stage::Output { .. } => 1,
        }
    }

    pub fn is_conv(&self) -> bool {
        matches!(self.stage, Stage::Conv(_))
    }

    /// Weight rows.
    pub fn rows(&self) -> usize {
        match &self.stage {
            Stage::Conv(stage) => stage.rows,
            _ => self.groups * self.addresses,
        }
    }

    /// How a spike's place is named after pooling.
    pub fn pooled(&self) -> Address {
        pooled(self.input, self.pool)
    }
}

/// The address after average pooling by `pool`.
pub(super) fn pooled(input: Address, pool: usize) -> Address {
    if pool == 1 { input } else { Address::packed(input.map.pooled(pool)) }
}

/// The engine of a layer, and what follows its neurons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stage {
    /// A convolution, with its own way of storing membranes and finding spikes.
    Conv(Box<ConvStage>),
    /// A dense layer that feeds another layer.
    Hidden(HiddenStage),
    /// A dense layer that feeds the readout; `capture_all` says whether it looks at every step or only at the last one.
    Output { capture_all: bool },
}

/// Spike queue and scan of a hidden layer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HiddenStage {
    /// Spike vectors between neurons and scan; as many captures may be under way.
    pub slots: usize,
    pub credit_bits: u32,
    /// Neurons per scan word, a power of two.
    pub word_bits: u32,
    pub place_bits: u32,
    pub words: usize,
    pub select_bits: u32,
}

/// Banks, tables and word queue of a convolution (`docs/verilog.md`, "Convolution").
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvStage {
    pub lines: Axis,
    pub columns: Axis,
    /// Banks per axis.
    pub side: usize,
    pub tile_bits: u32,
    /// Weight rows of a pass: the periods of the two axes, multiplied.
    pub pass_rows: usize,
    /// Weight rows; the last one is zeros.
    pub rows: usize,
    /// Words of a bank per tile: groups of the convolution times passes.
    pub blocks: usize,
    pub block_bits: u32,
    pub word_bits: u32,
    /// Sets of words of a bank that events and scans work through together: groups of the convolution times tiles.
    pub touches: usize,
    pub touch_bits: u32,
    /// Whether a neuron starts at its threshold.
    pub scan_first: bool,
    /// Steps whose spikes may wait; as many marks may be under way.
    pub slots: usize,
    pub credit_bits: u32,
    /// Words of spikes that may wait, a power of two.
    pub entries: usize,
    pub entry_bits: u32,
    pub channel_table: MemoryImage,
    pub line_table: MemoryImage,
    pub column_table: MemoryImage,
    pub block_table: MemoryImage,
    pub tile_table: MemoryImage,
}

/// The readout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Readout {
    pub classes: usize,
    pub class_bits: u32,
    pub score_bits: u32,
    pub kind: ReadoutKind,
}

/// The module that makes the scores, with its table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadoutKind {
    Membrane,
    FirstSpike { thresholds: MemoryImage },
    WeightedCurrent { beta_bits: u32, betas: MemoryImage },
    WeightedSpikes { alphas: MemoryImage },
}

impl ReadoutKind {
    /// Whether the output neurons have thresholds.
    pub fn output_fires(&self) -> bool {
        matches!(self, ReadoutKind::FirstSpike { .. } | ReadoutKind::WeightedSpikes { .. })
    }

    /// Name in manifests and reports.
    pub fn name(&self) -> &'static str {
        match self {
            ReadoutKind::Membrane => "membrane",
            ReadoutKind::FirstSpike { .. } => "first-spike",
            ReadoutKind::WeightedCurrent { .. } => "temporal-weighting of the current",
            ReadoutKind::WeightedSpikes { .. } => "temporal-weighting of spikes",
        }
    }
}

/// The frame timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Images under way at most, a power of two.
    pub frames: usize,
    pub frame_bits: u32,
    /// Beats per image that count towards its end: marks, or pixels.
    pub endings: usize,
    pub ending_bits: u32,
}

impl Design {
    pub fn input_kind(&self) -> InputKind {
        if self.encoder.is_some() { InputKind::Pixels } else { InputKind::Events }
    }
}
