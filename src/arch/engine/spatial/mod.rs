//! The spatial engine: a dense layer whose weights are logic. A whole time step enters per cycle.
//!
//! What enters are all spikes of the image so far, `c[t]`, so the potential is `V[t] = v0 + W·c[t]`: nothing is accumulated. Each neuron
//! adds the bits of its weights, without those that are 0, in a tree of full adders and one carry chain, whose top bit says that the
//! threshold is reached. Nothing waits: registers stand where the levels of logic between two of them become too many.
//!
//! Verilog: a module for each layer, of `fs_compressor`, `fs_threshold` and their kin.

mod area;
mod copies;
mod heap;
mod netlist;
mod pipeline;
mod plan;
mod reduce;

use std::collections::BTreeSet;
use std::sync::Arc;

pub(in crate::arch) use plan::problem;

use super::{Ends, Engine, Planned, Site, WeightPlace};
use crate::arch::design::{Design, Layer};
use crate::arch::resources::Area;
use crate::arch::timing::{Arrivals, Departure, Pace, Step};
use crate::board::Family;
use crate::netlist::Module;
use copies::Group;
use heap::{Bit, Heap};
use pipeline::{Cuts, Depth};
use reduce::Level;

/// The numbers of a spatial engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpatialEngine {
    pub neurons: Arc<[Neuron]>,
    /// Neurons that share a copy of the inputs; empty if there is none.
    pub groups: Arc<[Group]>,
    pub role: Role,
    /// Whether neurons remember that they have spiked: with a single time step there is nothing to remember.
    pub latched: bool,
    /// Registers between the inputs, or their copies, and the layer's last one.
    pub inner_stages: usize,
}

/// What a layer hands on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// Which neurons have spiked.
    Hidden,
    /// Potentials (less the thresholds, if it fires), and spikes.
    Output { fires: bool },
}

/// A neuron.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Neuron {
    pub logic: Logic,
    pub cuts: Cuts,
}

/// What a neuron computes of its inputs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logic {
    /// Its threshold is below all potentials.
    Always,
    /// Its threshold is above all potentials.
    Never,
    Table(TruthTable),
    Sum(Sum),
}

/// Whether a neuron of few inputs reaches its threshold: bit `i` says so for the case that input `k` of these has spiked if bit `k` of
/// `i` is 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TruthTable {
    pub inputs: Vec<usize>,
    pub bits: u64,
}

/// A bit heap, and the adders that bring it down to two rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sum {
    pub heap: Heap,
    pub levels: Vec<Level>,
}

impl Logic {
    /// The inputs that it looks at, one as often as it does.
    fn inputs(&self) -> Box<dyn Iterator<Item = usize> + '_> {
        match self {
            Logic::Always | Logic::Never => Box::new(std::iter::empty()),
            Logic::Table(table) => Box::new(table.inputs.iter().copied()),
            Logic::Sum(sum) => Box::new(sum.heap.columns.iter().flatten().filter_map(Bit::input)),
        }
    }

    fn depth(&self) -> Depth {
        match self {
            Logic::Always | Logic::Never => Depth::default(),
            Logic::Table(table) => Depth::of_table(table.inputs.len()),
            Logic::Sum(sum) => Depth::of_sum(sum.levels.len()),
        }
    }
}

impl SpatialEngine {
    /// Whether it has latches that remember spikes.
    fn latches(&self) -> bool {
        self.latched || self.role == Role::Output { fires: true }
    }

    /// Registers from the flow that comes in to what goes out, and so cycles.
    pub fn stages(&self) -> usize {
        let last = match self.role {
            Role::Hidden => 1,
            // The potentials wait for the latches.
            Role::Output { fires } => 1 + usize::from(fires),
        };
        usize::from(!self.groups.is_empty()) + self.inner_stages + last
    }
}

impl Engine for SpatialEngine {
    fn ends(site: &Site) -> Option<Ends> {
        plan::ends(site)
    }

    /// It has no memories.
    fn words(_site: &Site, _ends: Ends) -> u64 {
        0
    }

    fn plan(site: &Site, ends: Ends) -> Layer {
        plan::plan(site, ends)
    }

    fn lanes(&self) -> usize {
        self.neurons.len()
    }

    /// A step is one beat.
    fn cycles_per_event(&self) -> usize {
        1
    }

    fn description(&self, _layer: &Layer) -> String {
        format!("weights in logic, {} stages", self.stages())
    }

    /// Nothing waits, so nothing is paid for.
    fn pace(&self) -> Pace {
        Pace { event: 1, mark: 1, before_mark: 0, credits: 0 }
    }

    /// To the readout it is one cycle more: the register that gathers a capture.
    fn depart(&self, _layer: &Layer, _step: &Step, mark: u64) -> Departure {
        let leaves = mark + self.stages() as u64 + if self.role == Role::Hidden { 0 } else { 1 };
        Departure { open: mark + 1, beats: Arrivals::whole(leaves) }
    }

    fn area(&self, layer: &Layer, family: Family) -> Option<Area> {
        area::of(self, layer, family)
    }

    fn inputs_looked_at(&self, _layer: &Layer) -> usize {
        self.neurons.iter().flat_map(|neuron| neuron.logic.inputs()).collect::<BTreeSet<_>>().len()
    }

    fn choices(&self, _layer: &Layer, _fixed_lanes: bool) -> Vec<Planned> {
        vec![self.clone().into()]
    }

    fn modules(&self, layer: &Layer, design: &Design) -> Vec<Module> {
        vec![netlist::module(self, layer, design)]
    }

    fn instantiate(&self, layer: &Layer, design: &Design, module: &mut Module) {
        netlist::instantiate(layer, design, module);
    }

    fn event_code(&self, _layer: &Layer, input: usize) -> usize {
        input
    }

    fn spike_code(&self, _layer: &Layer, neuron: usize) -> usize {
        neuron
    }

    /// Weights are logic.
    fn weight_place(&self, _layer: &Layer, _input: usize) -> Option<WeightPlace> {
        None
    }
}
