//! The convolution engine: neurons spread over banks, so that one cycle updates all that an event reaches.
//!
//! Verilog: `fs_conv_layer` and its parts; `docs/verilog.md`, section "Convolution".

mod area;
mod axis;
mod cost;
mod netlist;
mod plan;
mod tables;

use axis::Axis;
use plan::Frame;

use super::{Ends, Engine, Planned, Site, WeightPlace};
use crate::arch::design::{Design, Layer};
use crate::arch::options::WeightMemory;
use crate::arch::resources::Area;
use crate::arch::timing::{Departure, Pace, Step};
use crate::board::Family;
use crate::netlist::Module;

/// Banks, passes and word queue of a convolution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConvEngine {
    pub lines: Axis,
    pub columns: Axis,
    /// Banks per axis.
    pub side: usize,
    /// Output channels that are updated at once.
    pub lanes: usize,
    /// Passes over the output channels that an input channel reaches, and so cycles per event.
    pub passes: usize,
    pub pass_bits: u32,
    /// Weight rows of a pass: the periods of the two axes, multiplied.
    pub pass_rows: usize,
    /// Weight rows; the last ones are for scans.
    pub rows: usize,
    /// Steps with rows of their own, behind the weights, which scans add: 0 if there are none, and the last weight row is zeros; 1 if they
    /// are the same in all steps but the first, whose row is in the initial membranes.
    pub step_rows: usize,
    pub row_bits: u32,
    pub weight_memory: WeightMemory,
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
}

impl ConvEngine {
    /// Words of a bank.
    fn depth(&self) -> usize {
        self.blocks * self.tiles()
    }

    fn tiles(&self) -> usize {
        self.lines.tiles * self.columns.tiles
    }

    /// Groups of the convolution.
    fn groups(&self) -> usize {
        self.blocks / self.passes
    }

    /// Output channels that an input channel reaches.
    fn reached(&self, layer: &Layer) -> usize {
        layer.output_map.channels / self.groups()
    }

    /// The numbers of lanes that differ in passes, the most first.
    fn lane_counts(&self, layer: &Layer) -> Vec<usize> {
        let reached = self.reached(layer);
        let counts = (1..=reached).filter_map(|passes| {
            let lanes = reached.div_ceil(passes);
            (reached.div_ceil(lanes) == passes).then_some(lanes)
        });
        // A lane without a channel needs a zero, which binary weights do not have.
        counts.filter(|lanes| layer.weight_bits > 1 || reached.is_multiple_of(*lanes)).collect()
    }

    /// The same engine with other lanes.
    fn with_lanes(&self, layer: &Layer, lanes: usize, weight_memory: WeightMemory) -> Self {
        let frame = Frame {
            lines: self.lines.clone(),
            columns: self.columns.clone(),
            channels: layer.input_map.channels,
            reached: self.reached(layer),
            groups: self.groups(),
            slots: self.slots,
            step_rows: self.step_rows,
            scan_first: self.scan_first,
        };
        frame.with_lanes(lanes, weight_memory)
    }
}

impl Engine for ConvEngine {
    fn ends(site: &Site) -> Option<Ends> {
        plan::ends(site)
    }

    fn words(site: &Site, _ends: Ends) -> u64 {
        plan::words(site)
    }

    fn plan(site: &Site, ends: Ends) -> Layer {
        plan::plan(site, ends)
    }

    fn lanes(&self) -> usize {
        self.lanes
    }

    fn cycles_per_event(&self) -> usize {
        self.passes
    }

    fn weight_memory(&self) -> WeightMemory {
        self.weight_memory
    }

    fn detail(&self) -> Option<String> {
        Some(format!("{} banks of {} words", self.side * self.side, self.depth()))
    }

    /// Where they lie decides how many words of the banks they touch.
    fn is_timed_by_places(&self) -> bool {
        true
    }

    fn pace(&self) -> Pace {
        self.pace_of_passes()
    }

    fn depart(&self, layer: &Layer, step: &Step, mark: u64) -> Departure {
        self.words_leave(layer, step, mark)
    }

    fn area(&self, layer: &Layer, family: Family) -> Option<Area> {
        area::of(self, layer, family)
    }

    fn choices(&self, layer: &Layer, fixed_lanes: bool) -> Vec<Planned> {
        let lanes = if fixed_lanes { vec![self.lanes] } else { self.lane_counts(layer) };
        let memories = [WeightMemory::Auto, WeightMemory::Block];
        let built = |lanes| memories.map(|memory| self.with_lanes(layer, lanes, memory).into());
        lanes.into_iter().flat_map(built).collect()
    }

    fn instantiate(&self, layer: &Layer, design: &Design, module: &mut Module) {
        netlist::instantiate(self, layer, design, module);
    }

    fn event_code(&self, layer: &Layer, input: usize) -> usize {
        layer.input.address().encode(input)
    }

    fn spike_code(&self, layer: &Layer, neuron: usize) -> usize {
        layer.output.address().encode(neuron)
    }

    /// A weight lies in a row per phase of the axes: none of them is the weight alone.
    fn weight_place(&self, _layer: &Layer, _input: usize) -> Option<WeightPlace> {
        None
    }
}
