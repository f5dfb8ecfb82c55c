//! A design that was written.

use serde::{Deserialize, Serialize};

use super::{LayerReport, Report, Table, grouped, whole};
use crate::arch::{Design, Fit, Layer, WeightMemory, WorkloadSource};

/// The design of a network, and what is predicted of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Generated {
    /// The folder of the design.
    pub folder: String,
    /// Name of the top module.
    pub top: String,
    /// Hash of the network, as `IntegerNetwork::hash` gives it.
    pub network_hash: String,
    /// The layers, from the input on.
    pub layers: Vec<LayerReport>,
    /// Bits of all weight memories.
    pub weight_memory_bits: usize,
    /// Mean cycles from the first input to the class, by the cost model.
    pub latency_cycles: f64,
    /// For which activity.
    pub workload: WorkloadSource,
    /// Of --data.
    pub images: Option<usize>,
    /// With --target: the board, what the design is predicted to take of it, and what it may take beside the board shell.
    pub target: Option<Fit>,
    /// For the text; not kept.
    #[serde(skip)]
    pub built: Built,
}

/// How a design is built, in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Built {
    /// Instance of each layer, and its text.
    layers: Vec<(String, String)>,
    /// Whether the mean activity says little of the cycles.
    is_timed_by_places: bool,
}

impl Built {
    /// What a design is made of.
    pub fn of(design: &Design) -> Self {
        Built {
            layers: design.layers.iter().map(|layer| (layer.instance(), layer_text(layer))).collect(),
            is_timed_by_places: design.layers.iter().any(|layer| layer.engine.is_timed_by_places()),
        }
    }
}

impl Report for Generated {
    const NAME: &'static str = "generate";

    fn text(&self) -> String {
        let mut table = Table::new();
        table.group(format!("module {}", self.top)).path("folder", &self.folder);
        for (instance, text) in &self.built.layers {
            table.row(instance, text);
        }
        if let Some(fit) = &self.target {
            add_target(&mut table, fit);
        }
        table.group("predicted by the cost model");
        let latency = grouped(self.latency_cycles, 1);
        table.row("mean latency", format!("{latency} cycles, {}", self.activity_text()));
        table.to_string()
    }
}

impl Generated {
    fn activity_text(&self) -> String {
        let images = self.images.map_or(String::new(), whole);
        match self.workload {
            WorkloadSource::Images => format!("exact for these {images} images"),
            WorkloadSource::TrainingImages if self.built.is_timed_by_places => {
                "a rough guess from the mean activity of the training images; --data is exact".into()
            }
            WorkloadSource::TrainingImages => "at the mean activity of the training images".into(),
            WorkloadSource::Nominal => "if a quarter of all inputs spike; --data measures it".into(),
        }
    }
}

fn layer_text(layer: &Layer) -> String {
    let engine = &layer.engine;
    if layer.input.is_flow() {
        // Lanes and widths say nothing of weights that are logic.
        return format!("{} -> {}, {}", whole(layer.inputs()), whole(layer.neurons()), engine.description(layer));
    }
    let detail = engine.detail().map_or(String::new(), |detail| format!(", {detail}"));
    let memory = if engine.weight_memory() == WeightMemory::Block { " in block RAM" } else { "" };
    let [inputs, neurons, lanes, count] =
        [layer.inputs(), layer.neurons(), engine.lanes(), engine.cycles_per_event()].map(whole);
    let cycles = if engine.cycles_per_event() == 1 { "cycle" } else { "cycles" };
    format!(
        "{inputs} -> {neurons}, {lanes} lanes, {count} {cycles} per event, {}-bit weights{memory}, {}-bit membranes{detail}",
        layer.weight_bits, layer.membrane_bits
    )
}

fn add_target(table: &mut Table, fit: &Fit) {
    let share = |used: u64, free: u64| format!("{} of {} beside the board shell", whole(used), whole(free));
    let (used, free) = (fit.predicted, fit.available);
    table.group(format!("{}, predicted by the area model", fit.board));
    table.row("look-up tables", share(used.lut, free.lut));
    table.row("flip-flops", share(used.ff, free.ff));
    table.row("block RAMs", share(used.bram, free.bram));
}
