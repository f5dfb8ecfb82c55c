//! What a simulation of the hardware showed.

use serde::{Deserialize, Serialize};

use super::layer::LayerReport;
use super::words::describe_fault;
use super::{Report, Spread, Table, grouped, whole};
use crate::cosim::Fault;
use crate::data::Role;

/// What a simulation of the hardware showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SimulationReport {
    /// Name of the network.
    pub network: String,
    /// Hash of the network, as `IntegerNetwork::hash` gives it.
    pub network_hash: String,
    /// The layers, from the input on.
    pub layers: Vec<LayerReport>,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// What one beat of the input stream carries.
    pub input: String,
    /// How many images.
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
    /// The clock that times are told for, in MHz.
    pub clock_mhz: f64,
    /// From the first beat to the result, in µs.
    pub latency_us: Option<Spread>,
    /// At that clock.
    pub hardware_images_per_second: Option<f64>,
    /// How fast the simulation ran.
    pub images_per_second: f64,
    /// Why images have no result.
    pub fault: Option<Fault>,
}

impl Report for SimulationReport {
    const NAME: &'static str = "simulate";

    fn text(&self) -> String {
        let mut table = Table::new();
        self.add_network(&mut table);
        table.group("hardware").row("images", whole(self.images));
        self.add_accuracy(&mut table);
        self.add_chip(&mut table);
        self.add_machine(&mut table);
        let fault = self.fault.as_ref().map_or(String::new(), |fault| format!("\n{}", describe_fault(fault)));
        format!("{table}{fault}")
    }
}

impl SimulationReport {
    pub(super) fn add_network(&self, table: &mut Table) {
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

    pub(super) fn add_accuracy(&self, table: &mut Table) {
        let accuracy = format!("{:.2} %{}", self.accuracy, self.rows.caution());
        table.row(self.rows.accuracy(), self.rows.told(accuracy));
    }

    /// Figures of the chip, which say nothing of this machine.
    pub(super) fn add_chip(&self, table: &mut Table) {
        table.group(format!("chip at {} MHz (min / mean / max)", self.clock_mhz));
        if let Some((cycles, time)) = self.latency_cycles.zip(self.latency_us) {
            table.row("latency", format!("{} cycles, {} µs", cycles.whole_text(), time.text(2)));
        }
        if let Some((interval, rate)) = self.interval_cycles.zip(self.hardware_images_per_second) {
            table.row("interval", format!("{} cycles, {} images/s", interval.whole_text(), grouped(rate, 0)));
        }
    }

    pub(super) fn add_machine(&self, table: &mut Table) {
        table.group("this machine").row("simulation", format!("{} images/s", grouped(self.images_per_second, 0)));
    }

    fn shape(&self) -> String {
        let inputs = self.layers.first().map(|layer| layer.inputs);
        let sizes = inputs.into_iter().chain(self.layers.iter().map(|layer| layer.outputs));
        sizes.map(|size| size.to_string()).collect::<Vec<_>>().join("-")
    }
}
