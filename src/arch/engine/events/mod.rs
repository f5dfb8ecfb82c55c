//! The event engine: a dense layer that adds the weight row of one event at a time to all its neurons, or those of a bundle.
//!
//! A convolution that feeds the readout is unrolled into one. Verilog: `fs_hidden_layer`, `fs_integrate_fire` and their parts; of bundles
//! `fs_bundle_layer`, `fs_bundle_fire`.

mod area;
mod cost;
mod netlist;
mod plan;

use super::{Ends, Engine, Planned, Site, WeightPlace};
use crate::arch::address::Address;
use crate::arch::design::{Design, Layer};
use crate::arch::options::WeightMemory;
use crate::arch::resources::Area;
use crate::arch::scan::Scan;
use crate::arch::timing::{Departure, Pace, Step};
use crate::board::Family;
use crate::fixed::index_bits;
use crate::netlist::Module;

/// The numbers of an event engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventEngine {
    /// How an event names its place after pooling.
    pub address: Address,
    /// Accumulators.
    pub lanes: usize,
    /// Neurons that share a lane, and so cycles per event.
    pub groups: usize,
    /// Events that it takes at once; several only if no neuron shares a lane, and there are no step rows.
    pub events: usize,
    pub weight_memory: WeightMemory,
    /// Step rows, behind the weights of the inputs: none, one for all steps, or one for each.
    pub step_rows: usize,
    pub sink: Sink,
}

/// What follows the neurons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sink {
    /// Another layer, by way of spike queue and scan.
    Scan(Scan),
    Readout,
}

impl EventEngine {
    /// The same engine for `neurons` neurons on `lanes` accumulators.
    fn with_lanes(&self, neurons: usize, lanes: usize, weight_memory: WeightMemory) -> Self {
        let groups = neurons.div_ceil(lanes);
        EventEngine { lanes, groups, weight_memory, ..self.clone() }
    }

    /// Weight rows of a group, step rows included.
    fn addresses(&self) -> usize {
        self.address.limit() + self.step_rows
    }

    /// Width of their number, in bits.
    fn address_bits(&self) -> u32 {
        if self.step_rows > 0 { index_bits(self.addresses()) } else { self.address.bits() }
    }

    /// Weight rows of each memory; those of bundles end with a row of zeros, for an event that is not there.
    fn rows(&self) -> usize {
        match self.events {
            1 => self.groups * self.addresses(),
            _ => self.addresses().div_ceil(self.memories()) + 1,
        }
    }

    /// Memories of weights: each gives a row per cycle, or the two of a pair.
    fn memories(&self) -> usize {
        self.events.div_ceil(2)
    }
}

impl Engine for EventEngine {
    fn ends(site: &Site) -> Option<Ends> {
        Some(plan::ends(site))
    }

    fn words(site: &Site, ends: Ends) -> u64 {
        plan::words(site, ends)
    }

    fn plan(site: &Site, ends: Ends) -> Layer {
        plan::plan(site, ends)
    }

    fn lanes(&self) -> usize {
        self.lanes
    }

    fn cycles_per_event(&self) -> usize {
        self.groups
    }

    fn weight_memory(&self) -> WeightMemory {
        self.weight_memory
    }

    fn description(&self, layer: &Layer) -> String {
        let pace = match (self.events, self.groups) {
            (1, 1) => "1 cycle per event".to_owned(),
            (1, groups) => format!("{groups} cycles per event"),
            (events, _) => format!("{events} events per cycle"),
        };
        format!(
            "{} lanes, {pace}; {}-bit weights, {}-bit membranes",
            self.lanes, layer.weight_bits, layer.membrane_bits
        )
    }

    fn detail(&self) -> Option<String> {
        let events = (self.events > 1).then(|| format!("{} events at a time", self.events));
        let slots = match &self.sink {
            Sink::Scan(scan) => Some(format!("{} queue slots", scan.slots)),
            Sink::Readout => None,
        };
        let details: Vec<String> = events.into_iter().chain(slots).collect();
        (!details.is_empty()).then(|| details.join(", "))
    }

    fn pace(&self) -> Pace {
        self.pace_of_groups()
    }

    fn depart(&self, _layer: &Layer, step: &Step, mark: u64) -> Departure {
        self.spikes_leave(step, mark)
    }

    fn area(&self, layer: &Layer, family: Family) -> Option<Area> {
        // Nobody has measured bundles yet.
        (self.events == 1).then(|| area::of(self, layer, family))
    }

    fn choices(&self, layer: &Layer, fixed_lanes: bool) -> Vec<Planned> {
        let neurons = layer.neurons();
        let fixed_lanes = fixed_lanes || self.events > 1;
        let groups: Vec<usize> = if fixed_lanes { vec![self.groups] } else { (1..=neurons).collect() };
        let lanes = |groups| if fixed_lanes { self.lanes } else { neurons.div_ceil(groups) };
        let built = groups.into_iter().filter(|&groups| neurons.div_ceil(lanes(groups)) == groups);
        let memories = [WeightMemory::Auto, WeightMemory::Block];
        built.flat_map(|groups| memories.map(|memory| self.with_lanes(neurons, lanes(groups), memory).into())).collect()
    }

    fn front(&self, layer: &Layer, module: &mut Module) {
        netlist::pool(self, layer, module);
        netlist::add_step_rows(self, layer, module);
    }

    fn instantiate(&self, layer: &Layer, design: &Design, module: &mut Module) {
        netlist::instantiate(self, layer, design, module);
    }

    /// After pooling, which comes first.
    fn event_code(&self, layer: &Layer, input: usize) -> usize {
        let (channel, y, x) = layer.input_map.place(input);
        let map = self.address.map;
        match layer.pool {
            1 => self.address.encode(input),
            pool => self.address.encode(map.index(channel, y / pool, x / pool)),
        }
    }

    fn spike_code(&self, _layer: &Layer, neuron: usize) -> usize {
        neuron
    }

    fn weight_place(&self, layer: &Layer, input: usize) -> Option<WeightPlace> {
        let code = self.event_code(layer, input);
        Some(WeightPlace { image: code % self.memories(), row: code / self.memories(), field: 0 })
    }
}
