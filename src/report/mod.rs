//! Result structs → tables and JSON.

use comfy_table::presets::UTF8_BORDERS_ONLY;
use comfy_table::{CellAlignment, Table};
use serde::Serialize;

use crate::cosim::{Fault, Rule};
use crate::plant;
use crate::verify::{Comparison, Divergence, Quantity, RoughDifference, RoughReport};

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
        let (mut count, mut sum, mut min, mut max) = (0u64, 0u64, u64::MAX, 0u64);
        for value in values {
            count += 1;
            sum += value;
            min = min.min(value);
            max = max.max(value);
        }
        (count > 0).then(|| Spread { min: min as f64, mean: sum as f64 / count as f64, max: max as f64 })
    }

    /// The spread in other units.
    pub fn scaled(self, factor: f64) -> Self {
        Spread { min: self.min * factor, mean: self.mean * factor, max: self.max * factor }
    }

    fn text(self, decimals: usize) -> String {
        format!("{:.decimals$} / {:.decimals$} / {:.decimals$}", self.min, self.mean, self.max)
    }

    /// Smallest, mean and largest of whole numbers.
    pub fn whole_text(self) -> String {
        format!("{:.0} / {:.1} / {:.0}", self.min, self.mean, self.max)
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
        let mut rows = self.simulation.rows();
        rows.insert(4, ("mismatches", format!("{} of {}", self.mismatches, self.simulation.images)));
        rows.splice(5..5, self.rough_rows());
        let mut text = table(&rows);
        if let Some(fault) = &self.planted {
            text.push_str(&format!("\nplanted fault: {}: {}", fault.kind.name(), planted_text(fault)));
        }
        if let Some(divergence) = &self.first_divergence {
            text.push_str(&format!("\n{}", describe(divergence, &self.simulation.layers)));
        }
        if let Some(difference) = self.rough.as_ref().and_then(|rough| rough.first_difference.as_ref()) {
            text.push_str(&format!("\n{}", describe_rough(difference, &self.simulation.layers)));
        }
        text.push_str(&self.simulation.fault_text());
        if let Some(waveform) = &self.waveform {
            text.push_str(&format!("\n  waveform: {waveform}"));
        }
        text
    }
}

impl ComparisonReport {
    fn rough_rows(&self) -> Vec<(&'static str, String)> {
        let Some(rough) = &self.rough else {
            let why = if self.quick { "--quick" } else { "the images differ already" };
            return vec![("rough run", format!("left out: {why}"))];
        };
        let RoughReport { ties, resets, power_ups, wrong_frames, stall_percent, .. } = rough;
        vec![
            ("rough run, mismatches", format!("{} of {}", rough.mismatches, rough.images)),
            ("  stalls, power-ups, resets", format!("to {stall_percent} %, {power_ups}, {resets}")),
            ("  ties, wrong frames", format!("{ties}, {wrong_frames}")),
        ]
    }
}

impl SimulationReport {
    pub fn table(&self) -> String {
        table(&self.rows()) + &self.fault_text()
    }

    fn fault_text(&self) -> String {
        self.fault.as_ref().map_or(String::new(), |fault| format!("\n{}", describe_fault(fault)))
    }

    fn rows(&self) -> Vec<(&'static str, String)> {
        let spread = |spread: Option<Spread>, text: &dyn Fn(Spread) -> String| spread.map_or("–".into(), text);
        vec![
            ("network", format!("{}: {}, T = {}", self.network, self.shape(), self.time_steps)),
            ("bits", self.widths()),
            ("accuracy", format!("{:.2} %", self.accuracy)),
            ("images", self.images.to_string()),
            ("input", format!("{}, {:.1} events per image", self.input, self.input_events)),
            ("latency, cycles (min / mean / max)", spread(self.latency_cycles, &Spread::whole_text)),
            ("interval, cycles (min / mean / max)", spread(self.interval_cycles, &Spread::whole_text)),
            (
                "latency, µs (min / mean / max)",
                format!("{} at {} MHz", spread(self.latency_us, &|s| s.text(2)), self.clock_mhz),
            ),
            ("images/s on the chip", self.hardware_images_per_second.map_or("–".into(), |rate| format!("{rate:.0}"))),
            ("images/s simulated", format!("{:.0}", self.images_per_second)),
        ]
    }

    fn shape(&self) -> String {
        let inputs = self.layers.first().map(|layer| layer.inputs);
        let sizes = inputs.into_iter().chain(self.layers.iter().map(|layer| layer.outputs));
        sizes.map(|size| size.to_string()).collect::<Vec<_>>().join("-")
    }

    fn widths(&self) -> String {
        let widths = self.layers.iter().map(|layer| format!("{} + {}", layer.weight_bits, layer.membrane_bits));
        format!("weights + membranes: {}", widths.collect::<Vec<_>>().join(", "))
    }
}

/// Names on the left, values on the right.
pub fn table(rows: &[(&'static str, String)]) -> String {
    let mut table = Table::new();
    table.load_style(UTF8_BORDERS_ONLY);
    for (name, value) in rows {
        table.add_row([*name, value.as_str()]);
    }
    if let Some(column) = table.column_mut(0) {
        column.set_cell_alignment(CellAlignment::Left);
    }
    table.to_string()
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
fn describe_rough(difference: &RoughDifference, layers: &[LayerReport]) -> String {
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
