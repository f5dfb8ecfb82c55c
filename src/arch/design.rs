//! The design: a list of decided numbers, in the order of the hardware.

use super::adapter::Adapter;
use super::engine::Planned;
use super::fit::Fit;
use super::memory::MemoryImage;
use super::netlist::quoted;
use super::options::{InputKind, Options, ResultKind};
use super::port::Port;
use super::readout::Readout;
use super::stream::{Form, Stream};
use super::timing::{Departure, Pace, Station, Step};
use crate::fixed::index_bits;
use crate::network::Map;

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
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// Width of a step index.
    pub step_bits: u32,
    /// The form of the stream into the first layer.
    pub input: Form,
    /// The input's places.
    pub input_map: Map,
    /// What makes that stream of the beats that come in.
    pub port: Port,
    /// The layers, from the input on.
    pub layers: Vec<Layer>,
    /// The readout behind the last layer.
    pub readout: Readout,
    /// What counts the cycles of every image.
    pub timer: Timer,
    /// Width of a result word: 32 or 64.
    pub result_bits: u32,
    /// Cycles after a reset until every layer is cleared.
    pub reset_cycles: usize,
}

/// One layer of integrate-and-fire units: what it has whatever its engine, and the engine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layer {
    /// Its name.
    pub name: String,
    /// Its number, from the input on.
    pub index: usize,
    /// What comes in, before pooling.
    pub input_map: Map,
    /// The neurons.
    pub output_map: Map,
    /// Average pooling of the input; 1: none.
    pub pool: usize,
    /// The form of the stream that its engine takes.
    pub input: Form,
    /// What stands in front of it, if it is given another form.
    pub adapter: Option<Adapter>,
    /// The form of the one that it gives.
    pub output: Form,
    /// Width of a weight, in bits.
    pub weight_bits: u32,
    /// Width of a membrane register, in bits.
    pub membrane_bits: u32,
    /// Whether its neurons fire; those of an output layer may only integrate.
    pub fires: bool,
    /// Its engine, with all numbers.
    pub engine: Planned,
    /// The images of its memories.
    pub memories: Vec<MemoryImage>,
}

impl Layer {
    /// Inputs, before pooling.
    pub fn inputs(&self) -> usize {
        self.input_map.size()
    }

    /// How many neurons it has.
    pub fn neurons(&self) -> usize {
        self.output_map.size()
    }

    /// Width of a neuron's number.
    pub fn number_bits(&self) -> u32 {
        index_bits(self.neurons())
    }

    /// Captures in which an output layer hands over all its neurons.
    pub fn capture_groups(&self) -> usize {
        self.neurons().div_ceil(self.engine.lanes())
    }

    /// Name of its instance in the top module.
    pub fn instance(&self) -> String {
        format!("layer{}", self.index)
    }

    /// The stream that comes in.
    pub fn input_stream(&self) -> Stream {
        Stream { form: self.input, index: self.index }
    }

    /// The stream that leaves.
    pub fn output_stream(&self) -> Stream {
        Stream { form: self.output, index: self.index + 1 }
    }

    /// The file of one of its memory images, as a parameter.
    pub(super) fn file(&self, design: &Design, name: &str) -> String {
        file_of(design, &self.memories, &format!("layer{}_{name}.mem", self.index))
    }

    /// The image of its weights, if they lie in a memory.
    pub fn weights(&self) -> Option<&MemoryImage> {
        self.memories.iter().find(|image| image.holds_weights())
    }

    /// The same layer without the contents of its memories, of which cost and area know nothing.
    pub(super) fn bare(&self) -> Layer {
        let (name, adapter, engine) = (self.name.clone(), self.adapter.clone(), self.engine.clone());
        Layer { name, adapter, engine, memories: Vec::new(), ..*self }
    }
}

impl Station for Layer {
    fn pace(&self) -> Pace {
        self.engine.pace()
    }

    fn depart(&self, step: &Step, mark: u64) -> Departure {
        self.engine.depart(self, step, mark)
    }
}

/// A file among memory images, as a parameter.
pub(super) fn file_of(design: &Design, memories: &[MemoryImage], file: &str) -> String {
    let image = memories.iter().find(|image| image.file == file);
    quoted(&design.image_file(image.expect("an engine and a readout name images that they planned")))
}

/// The frame timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timer {
    /// Images under way at most, a power of two.
    pub frames: usize,
    /// Beats per image that count towards its end: marks, or pixels.
    pub endings: usize,
}

/// A part that spikes pass: those into the layer with the number `from` come in, those into the layer `to` leave.
pub(super) struct Passage<'a> {
    pub station: &'a dyn Station,
    pub from: usize,
    pub to: usize,
}

impl Design {
    /// What one beat of the input stream carries.
    pub fn input_kind(&self) -> InputKind {
        self.options.input
    }

    /// Result words in a beat of the result.
    pub fn result_words(&self) -> usize {
        match self.readout.kind.result() {
            ResultKind::Words => 1,
            ResultKind::Vector => self.readout.classes + 2,
        }
    }

    /// Whether the class is found in the capture itself, while a register gathers it: all potentials are captured in one cycle, and they are
    /// the scores.
    pub(super) fn compares_captures(&self) -> bool {
        self.readout.kind.scores_are_captured() && self.output_layer().capture_groups() == 1
    }

    /// The layer that feeds the readout.
    pub fn output_layer(&self) -> &Layer {
        self.layers.last().expect("a design has layers")
    }

    /// The layers before it.
    pub fn hidden_layers(&self) -> &[Layer] {
        &self.layers[..self.layers.len() - 1]
    }

    /// The stream into the first layer or its adapter.
    pub fn input_stream(&self) -> Stream {
        Stream { form: self.input, index: 0 }
    }

    /// All parts that spikes pass, in order.
    pub(super) fn stations(&self) -> impl Iterator<Item = Passage<'_>> {
        self.layers.iter().flat_map(|layer| {
            let adapter = layer.adapter.as_ref().map(|adapter| (adapter as &dyn Station, layer.index));
            let parts = adapter.into_iter().chain([(layer as &dyn Station, layer.index + 1)]);
            parts.map(|(station, to)| Passage { station, from: layer.index, to })
        })
    }

    /// Every memory image.
    pub fn memories(&self) -> impl Iterator<Item = &MemoryImage> {
        let layers = self.layers.iter().flat_map(|layer| &layer.memories);
        layers.chain(&self.readout.memories).chain(self.port.times())
    }

    /// The file of an image. It carries the name of the design, so that the images of two designs can lie in one folder.
    pub fn image_file(&self, image: &MemoryImage) -> String {
        format!("{}_{}", self.name, image.file)
    }
}
