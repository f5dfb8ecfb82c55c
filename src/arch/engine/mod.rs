//! The engines: how layers become hardware. A folder each holds all that is known of one engine.
//!
//! In: a layer of the integer network and where it stands. Out: the [`Layer`] as planned, and what cost model, area model and emission ask
//! of it. No engine knows its neighbors: each states the form of its streams, and the design settles and adapts them.
//! `docs/how-to/add-an-engine.md` adds one.

mod conv;
mod events;
mod spatial;

use super::design::{Design, Layer};
use super::membrane::register_interval;
use super::memory::MemoryImage;
use super::one_of::one_of;
use super::options::{Options, WeightMemory};
use super::resources::Area;
use super::stream::Form;
use super::timing::{Departure, Pace, Step};
use crate::board::Family;
use crate::fixed::WeightFormat;
use crate::netlist::Module;
use crate::network::Layer as NetworkLayer;

one_of! {
    /// An engine with its numbers. The first in this list that takes a layer gets it.
    Planned: Engine {
        Spatial(spatial::SpatialEngine),
        Conv(conv::ConvEngine),
        Events(events::EventEngine),
    }
}

pub(super) use spatial::problem as spatial_problem;

/// A layer that is to be planned, and where it stands.
pub struct Site<'a> {
    pub layer: &'a NetworkLayer,
    /// Its number, from the input on.
    pub index: usize,
    pub sink: Sink,
    pub time_steps: usize,
    pub options: &'a Options,
}

/// What follows a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sink {
    Layer,
    Readout,
}

/// Where a weight lies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WeightPlace {
    /// Which of the layer's images of weights.
    pub image: usize,
    pub row: usize,
    pub field: usize,
}

/// The streams of an engine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ends {
    pub input: Form,
    pub output: Form,
}

impl Site<'_> {
    /// Width of a membrane register, in bits.
    pub fn membrane_bits(&self, format: WeightFormat) -> u32 {
        register_interval(self.layer).signed_bits().max(format.bits())
    }

    /// The layer's image with this name, which the netlist finds by it.
    pub fn file(&self, name: &str) -> String {
        format!("layer{}_{name}.mem", self.index)
    }

    /// The layer with an engine, whose weights are stored in `format`.
    pub fn planned(
        &self,
        ends: Ends,
        format: WeightFormat,
        engine: impl Into<Planned>,
        memories: Vec<MemoryImage>,
    ) -> Layer {
        Layer {
            name: self.layer.name.clone(),
            index: self.index,
            input_map: self.layer.input,
            output_map: self.layer.output(),
            pool: self.layer.pool,
            input: ends.input,
            output: ends.output,
            weight_bits: format.bits(),
            membrane_bits: self.membrane_bits(format),
            fires: self.layer.neuron.fires(),
            adapter: None,
            engine: engine.into(),
            memories,
        }
    }
}

/// How layers become hardware: what is decided, then what others ask of the result.
pub trait Engine {
    /// The streams that the engine would have, by its own needs alone; none if it is not for such a layer.
    fn ends(site: &Site) -> Option<Ends>
    where
        Self: Sized;

    /// How many words the memories of [`Engine::plan`] would hold. Counted before any is made.
    fn words(site: &Site, ends: Ends) -> u64
    where
        Self: Sized;

    /// Decides all numbers and memory images, for streams on which the neighbors have agreed.
    fn plan(site: &Site, ends: Ends) -> Layer
    where
        Self: Sized;

    /// Accumulators.
    fn lanes(&self) -> usize;

    /// Cycles for an event, or for a step where that is one beat.
    fn cycles_per_event(&self) -> usize;

    /// Where the weights lie.
    fn weight_memory(&self) -> WeightMemory {
        WeightMemory::Auto
    }

    /// How it is built, in words.
    fn description(&self, layer: &Layer) -> String {
        let (lanes, cycles) = (self.lanes(), self.cycles_per_event());
        let cycles = format!("{cycles} cycle{} per event", if cycles == 1 { "" } else { "s" });
        format!("{lanes} lanes, {cycles}; {}-bit weights, {}-bit membranes", layer.weight_bits, layer.membrane_bits)
    }

    /// What else a reader of a report should know, in words.
    fn detail(&self) -> Option<String> {
        None
    }

    /// Whether its cycles hang on where spikes lie, not only on how many there are.
    fn is_timed_by_places(&self) -> bool {
        false
    }

    /// How fast it takes beats.
    fn pace(&self) -> Pace;

    /// What leaves if the step's mark was accepted in cycle `mark`.
    fn depart(&self, layer: &Layer, step: &Step, mark: u64) -> Departure;

    /// What it takes of a part; none if that is not known before synthesis.
    fn area(&self, layer: &Layer, family: Family) -> Option<Area>;

    /// The ways to build the layer, the fastest first; with `fixed_lanes` only those with as many lanes as it has.
    fn choices(&self, layer: &Layer, fixed_lanes: bool) -> Vec<Planned>;

    /// How many of its inputs a neuron looks at.
    fn inputs_looked_at(&self, layer: &Layer) -> usize {
        layer.inputs()
    }

    /// The modules that are made for this layer alone.
    fn modules(&self, _layer: &Layer, _design: &Design) -> Vec<Module> {
        Vec::new()
    }

    /// What must stand beside the wires of its input stream.
    fn front(&self, _layer: &Layer, _module: &mut Module) {}

    /// Instantiates it between its two streams. An output layer captures every step if the readout wants it so, else the last one.
    fn instantiate(&self, layer: &Layer, design: &Design, module: &mut Module);

    /// What its leaves call an input.
    fn event_code(&self, layer: &Layer, input: usize) -> usize;

    /// What its leaves call a neuron.
    fn spike_code(&self, layer: &Layer, neuron: usize) -> usize;

    /// Where the weight from an input to the layer's first neuron lies; none if there is no image of weights.
    fn weight_place(&self, layer: &Layer, input: usize) -> Option<WeightPlace>;
}

/// An engine before it is planned.
pub(super) struct Kind {
    pub(super) ends: fn(&Site) -> Option<Ends>,
    pub(super) words: fn(&Site, Ends) -> u64,
    pub(super) plan: fn(&Site, Ends) -> Layer,
}

impl Kind {
    const fn of<E: Engine>() -> Kind {
        Kind { ends: E::ends, words: E::words, plan: E::plan }
    }

    /// The engine for a layer, with the streams that it would have.
    pub(super) fn find(site: &Site) -> (&'static Kind, Ends) {
        let found = KINDS.iter().find_map(|kind| Some((kind, (kind.ends)(site)?)));
        found.expect("the last engine of the list takes every layer")
    }
}
