//! Result structs → tables and JSON.

mod matrix;
mod table;
mod text;

use serde::Serialize;

use crate::cosim::{Fault, Rule};
use crate::data::Role;
use crate::plant;
use crate::verify::{Comparison, Divergence, Quantity, RoughDifference, RoughReport};

pub use matrix::Matrix;
pub use table::Table;
pub use text::{columns_of, folded, grouped, painted, whole};

/// Smallest, mean and largest of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spread {
    pub min: f64,
    pub mean: f64,
    pub max: f64,
}

impl Spread {
    /// Nothing for an empty series.
    pub fn of(values: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut series = Series::default();
        series.extend(values);
        series.spread()
    }

    /// The spread in other units.
    pub fn scaled(self, factor: f64) -> Self {
        Spread { min: self.min * factor, mean: self.mean * factor, max: self.max * factor }
    }

    /// Smallest, mean and largest with so many decimals.
    pub fn text(self, decimals: usize) -> String {
        let [min, mean, max] = [self.min, self.mean, self.max].map(|value| grouped(value, decimals));
        format!("{min} / {mean} / {max}")
    }

    /// Smallest, mean and largest of whole numbers.
    pub fn whole_text(self) -> String {
        format!("{} / {} / {}", grouped(self.min, 0), grouped(self.mean, 1), grouped(self.max, 0))
    }
}

/// A series of which only the spread is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Series {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Extend<u64> for Series {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, values: I) {
        for value in values {
            self.min = if self.count == 0 { value } else { self.min.min(value) };
            self.max = self.max.max(value);
            self.sum += value;
            self.count += 1;
        }
    }
}

impl Series {
    /// Nothing of an empty series.
    pub fn spread(&self) -> Option<Spread> {
        let Series { count, sum, min, max } = *self;
        (count > 0).then(|| Spread { min: min as f64, mean: sum as f64 / count as f64, max: max as f64 })
    }
}

/// One layer of the hardware.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LayerReport {
    pub name: String,
    pub inputs: usize,
    pub outputs: usize,
    pub lanes: usize,
    pub weight_bits: u32,
    pub membrane_bits: u32,
}

/// What a simulation of the hardware showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SimulationReport {
    pub network: String,
    pub network_hash: String,
    pub layers: Vec<LayerReport>,
    pub time_steps: usize,
    pub input: String,
    pub images: usize,
    /// Files of the design that are not what its network gives.
    pub edited: Vec<String>,
    /// What the images are to the network.
    pub rows: Role,
    /// Of the hardware's classes, in percent.
    pub accuracy: f64,
    /// Mean per image.
    pub input_events: f64,
    /// From the first input beat to the class.
    pub latency_cycles: Option<Spread>,
    /// From one class to the next.
    pub interval_cycles: Option<Spread>,
    pub clock_mhz: f64,
    pub latency_us: Option<Spread>,
    /// At that clock.
    pub hardware_images_per_second: Option<f64>,
    /// How fast the simulation ran.
    pub images_per_second: f64,
    /// Why images have no result.
    pub fault: Option<Fault>,
}

/// What a comparison of hardware and golden model showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ComparisonReport {
    #[serde(flatten)]
    pub simulation: SimulationReport,
    /// The fault that was planted on purpose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub planted: Option<plant::Fault>,
    pub mismatches: usize,
    pub first_divergence: Option<Divergence>,
    /// The waveform around the first divergence.
    pub waveform: Option<String>,
    /// Whether the rough run was left out on demand.
    pub quick: bool,
    /// None if it was left out, on demand or as something differs already.
    pub rough: Option<RoughReport>,
}

impl ComparisonReport {
    pub fn new(simulation: SimulationReport, comparison: &Comparison, quick: bool) -> Self {
        ComparisonReport {
            simulation,
            planted: None,
            mismatches: comparison.mismatches,
            first_divergence: comparison.first_divergence.clone(),
            waveform: None,
            quick,
            rough: None,
        }
    }

    pub fn is_equal(&self) -> bool {
        let rough = self.rough.as_ref().is_none_or(RoughReport::is_equal);
        self.mismatches == 0 && self.simulation.fault.is_none() && rough
    }

    /// The report as a table, and the first divergence below it.
    pub fn table(&self) -> String {
        let mut table = Table::new();
        self.add_figures(&mut table);
        self.add_machine(&mut table);
        format!("{table}{}", self.divergence_text())
    }

    /// Figures of network, comparison and chip.
    pub fn add_figures(&self, table: &mut Table) {
        self.simulation.add_network(table);
        table.group("hardware against golden model");
        let mismatches = format!("{} of {} images", whole(self.mismatches), whole(self.simulation.images));
        table.verdict("mismatches", mismatches, self.mismatches == 0 && self.simulation.fault.is_none());
        self.add_rough(table);
        self.simulation.add_accuracy(table);
        self.simulation.add_chip(table);
    }

    fn add_rough(&self, table: &mut Table) {
        let Some(rough) = &self.rough else {
            let why = if self.quick { "--quick" } else { "the images differ already" };
            table.row("rough run", format!("left out: {why}"));
            return;
        };
        let RoughReport { mismatches, images, resets, power_ups, wrong_frames, stall_percent, .. } = rough;
        let played = format!("stalls ≤ {stall_percent} %, {power_ups} power-ups, {resets} resets");
        let text = format!("{mismatches} of {images}; {played}, {wrong_frames} bad frames");
        table.verdict("rough run", text, rough.is_equal());
    }

    /// Begins the group of figures that are those of this machine.
    pub fn add_machine(&self, table: &mut Table) {
        self.simulation.add_machine(table);
    }

    /// What was planted, the first divergence of either run, the broken rule and the waveform, on lines of their own.
    pub fn divergence_text(&self) -> String {
        let planted = |fault: &plant::Fault| format!("planted fault: {}: {}", fault.kind.name(), planted_text(fault));
        let rough = self.rough.as_ref().and_then(|rough| rough.first_difference.as_ref());
        let lines = [
            self.planted.as_ref().map(planted),
            self.first_divergence.as_ref().map(|divergence| describe(divergence, &self.simulation.layers)),
            rough.map(|difference| describe_rough(difference, &self.simulation.layers)),
            self.simulation.fault.as_ref().map(describe_fault),
            self.waveform.as_ref().map(|waveform| format!("  waveform: {waveform}")),
        ];
        lines.into_iter().flatten().map(|line| format!("\n{line}")).collect()
    }
}

impl SimulationReport {
    pub fn table(&self) -> String {
        let mut table = Table::new();
        self.add_network(&mut table);
        table.group("hardware").row("images", whole(self.images));
        self.add_accuracy(&mut table);
        self.add_chip(&mut table);
        self.add_machine(&mut table);
        let fault = self.fault.as_ref().map_or(String::new(), |fault| format!("\n{}", describe_fault(fault)));
        format!("{table}{fault}")
    }

    fn add_network(&self, table: &mut Table) {
        table.group(format!("network {}", self.network));
        table.row("layers", format!("{}, T = {}", self.shape(), self.time_steps));
        let widths = |bits: &dyn Fn(&LayerReport) -> u32| {
            self.layers.iter().map(|layer| bits(layer).to_string()).collect::<Vec<_>>().join(", ")
        };
        let (weights, membranes) = (widths(&|layer| layer.weight_bits), widths(&|layer| layer.membrane_bits));
        table.row("bits", format!("weights {weights}; membranes {membranes}"));
        let coded = if self.input == "pixels" { "pixels, coded on the chip; " } else { "" };
        table.row("input", format!("{coded}{} events per image", grouped(self.input_events, 1)));
        table.edited(&self.edited);
    }

    fn add_accuracy(&self, table: &mut Table) {
        table.row(self.rows.accuracy(), format!("{:.2} %{}", self.accuracy, self.rows.caution()));
    }

    /// Figures of the chip, which say nothing of this machine.
    fn add_chip(&self, table: &mut Table) {
        table.group(format!("chip at {} MHz (min / mean / max)", self.clock_mhz));
        if let Some((cycles, time)) = self.latency_cycles.zip(self.latency_us) {
            table.row("latency", format!("{} cycles, {} µs", cycles.whole_text(), time.text(2)));
        }
        if let Some((interval, rate)) = self.interval_cycles.zip(self.hardware_images_per_second) {
            table.row("interval", format!("{} cycles, {} images/s", interval.whole_text(), grouped(rate, 0)));
        }
    }

    fn add_machine(&self, table: &mut Table) {
        table.group("this machine").row("simulation", format!("{} images/s", grouped(self.images_per_second, 0)));
    }

    fn shape(&self) -> String {
        let inputs = self.layers.first().map(|layer| layer.inputs);
        let sizes = inputs.into_iter().chain(self.layers.iter().map(|layer| layer.outputs));
        sizes.map(|size| size.to_string()).collect::<Vec<_>>().join("-")
    }
}

/// The fault in words.
pub fn describe_fault(fault: &Fault) -> String {
    let rule = match fault.rule {
        Rule::Hang => "hangs",
        Rule::Stream => "breaks a rule of its output stream",
        Rule::Spikes => "spikes where it must not",
    };
    let Fault { image, accepted_beats, cycle, last_progress_cycle, seen, .. } = fault;
    format!(
        "the hardware {rule}: image {image}, of which it accepted {accepted_beats} beats, cycle {cycle}, last progress in \
         cycle {last_progress_cycle}\n  {seen}"
    )
}

/// What is wrong, and where.
pub fn planted_text(fault: &plant::Fault) -> String {
    let files = fault.files.join(", ");
    if files.is_empty() { fault.change.clone() } else { format!("{} ({files})", fault.change) }
}

/// The first thing that went wrong in the rough run, in words.
pub fn describe_rough(difference: &RoughDifference, layers: &[LayerReport]) -> String {
    let divergence = difference.divergence.as_ref().map(|divergence| describe(divergence, layers));
    let fault = difference.fault.as_ref().map(describe_fault);
    let found: Vec<String> = divergence.into_iter().chain(fault).collect();
    format!("rough run, {}, {}:\n{}", difference.passage, difference.image, found.join("\n"))
}

/// The divergence in words.
pub fn describe(divergence: &Divergence, layers: &[LayerReport]) -> String {
    let layer = divergence.layer.map_or(String::new(), |index| {
        format!(", layer{index} ({})", layers.get(index).map_or("", |layer| layer.name.as_str()))
    });
    let neuron = divergence.neuron.map_or(String::new(), |neuron| format!(", neuron {neuron}"));
    let step = divergence.time_step.map_or(String::new(), |step| format!(", time step {step}"));
    let quantity = match divergence.quantity {
        Quantity::SpikeTime => "spike time",
        Quantity::SecondSpike => "a second spike; spike time",
        Quantity::Score => "score",
        Quantity::Class => "class",
        Quantity::Latency => "latency in cycles",
        Quantity::CycleCount => "cycles counted outside and by the hardware",
        Quantity::FrameError => "frame error",
    };
    format!(
        "first divergence: image {}{layer}{neuron}{step}: {quantity}: golden {}, hardware {}",
        divergence.image, divergence.golden, divergence.hardware
    )
}
