//! The identity of a network, independent of how its files are laid out.

use sha2::{Digest, Sha256};

use firstspike_base::coding::{Coding, GRAY_LEVELS};
use firstspike_base::files::hex;

use crate::{IntegerNetwork, Layer, Map, Neuron, NeuronKind, Readout, Synapses};

/// The SHA-256 of a network's canonical byte form, in hexadecimal (`docs/model-format.md`, "Network hash").
///
/// Networks that differ in any field differ here; the same network has the same hash on every machine.
pub fn network_hash(network: &IntegerNetwork) -> String {
    let mut hash = Canonical(Sha256::new());
    hash.text("firstspike-integer-network-1");
    hash.text(network.name());
    hash.number(network.time_steps() as i64);
    hash.list(network.input_shape().iter().map(|&side| side as i64));
    hash.coding(network.coding());
    hash.number(network.layers().len() as i64);
    network.layers().iter().for_each(|layer| hash.layer(layer));
    hash.readout(network.readout());
    hex(&hash.0.finalize())
}

/// Feeds fields to the hash: numbers as 8 bytes, little-endian; texts and lists after their length.
struct Canonical(Sha256);

impl Canonical {
    fn number(&mut self, number: i64) {
        self.0.update(number.to_le_bytes());
    }

    fn text(&mut self, text: &str) {
        self.number(text.len() as i64);
        self.0.update(text);
    }

    fn list(&mut self, numbers: impl ExactSizeIterator<Item = i64>) {
        self.number(numbers.len() as i64);
        numbers.for_each(|number| self.number(number));
    }

    /// A number that is no threshold says that a table follows.
    fn coding(&mut self, coding: &Coding) {
        match coding {
            Coding::Latency { threshold } => self.number(i64::from(*threshold)),
            Coding::Table(times) => {
                self.number(GRAY_LEVELS as i64);
                self.list(times.iter().map(|&time| i64::from(time)));
            }
        }
    }

    fn layer(&mut self, layer: &Layer) {
        if layer.pool > 1 {
            self.text("average-pool");
            self.number(layer.pool as i64);
        }
        match &layer.synapses {
            // Row by row of the stored tensor: all weights of neuron 0, then of neuron 1, …
            Synapses::Dense(weights) => {
                self.kind("dense", layer, &[weights.nrows(), weights.ncols()]);
                weights.t().iter().for_each(|&weight| self.number(i64::from(weight)));
            }
            Synapses::Conv2d(conv) => {
                let Map { channels, height, width } = layer.pooled();
                let (outputs, _, kernel, _) = conv.weights.dim();
                self.kind(
                    "conv2d",
                    layer,
                    &[channels, height, width, outputs, kernel, conv.stride, conv.padding, conv.groups],
                );
                conv.weights.iter().for_each(|&weight| self.number(i64::from(weight)));
            }
        }
        self.list(layer.v0.iter().map(|&v0| i64::from(v0)));
        if let Some(rows) = &layer.step_rows {
            self.text("step-rows");
            self.list(rows.iter().map(|&entry| i64::from(entry)));
        }
        self.neuron(&layer.neuron);
    }

    /// The kinds that there were first have no name here: their thresholds, or that there are none, tell them apart.
    fn neuron(&mut self, neuron: &Neuron) {
        if !matches!(neuron.kind(), NeuronKind::Integrate | NeuronKind::IntegrateOnce) {
            self.text("neuron");
            self.text(&neuron.kind().to_string());
        }
        let parameters = neuron.parameters();
        if parameters.is_empty() {
            self.list([].into_iter());
        }
        parameters.iter().for_each(|(_, values)| self.list(values.iter().map(|&value| i64::from(value))));
    }

    fn kind(&mut self, kind: &str, layer: &Layer, sizes: &[usize]) {
        self.text(kind);
        self.text(&layer.name);
        self.text(&layer.format.to_string());
        self.list(sizes.iter().map(|&size| size as i64));
    }

    fn readout(&mut self, readout: &Readout) {
        let kind = readout.kind();
        if kind.source().is_none() {
            return self.text(kind.name());
        }
        self.text(&format!("temporal-weighting {kind}"));
        self.list(readout.alpha().iter().map(|&alpha| i64::from(alpha)));
    }
}
