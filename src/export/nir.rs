//! The NIR graph of an integer network: the same spikes in every simulator that fires once.
//!
//! # Source
//! <https://neuroir.org>, and the Python package `nir` (1.0.8), which reads what is written here.

use std::collections::BTreeSet;

use super::exact::{largest_sum, spread, too_many_bits};
use super::metadata::{GraphMetadata, LayerMetadata, METADATA};
use super::{Exported, Written};
use crate::error::{Error, Result, Stage};
use crate::hdf5::{self, Group, Item, Texts};
use crate::network::{Conv2d, IntegerNetwork, Layer, Map, Neuron, ReadoutKind, Synapses};

/// The version of NIR whose nodes are written.
const NIR_VERSION: &str = "1.0.8";

/// The NIR file of a network.
///
/// A neuron that spikes at the first `V ≥ θ` becomes an IF with `v_threshold = θ − v0 − ½`: potentials are whole numbers, so `>` and `≥`
/// are the same test there, and the simulator starts at 0. Initial potentials of a `membrane` readout become a bias `v0/T`, multiplied
/// like the weights of their layer by what makes it exact in 32-bit floats.
///
/// # Errors
/// `export-refused` with every layer that NIR, or a 32-bit float, cannot hold.
pub fn export(network: &IntegerNetwork) -> Result<Exported> {
    let mut chain = Chain::new(network);
    network.layers().iter().enumerate().for_each(|(index, layer)| chain.layer(index, layer));
    chain.finish()
}

/// The chain of nodes while it grows.
struct Chain<'a> {
    network: &'a IntegerNetwork,
    /// What the last node gives.
    map: Map,
    /// Whether it gives a map with three sides, not a row.
    has_places: bool,
    nodes: Group,
    order: Vec<String>,
    layers: Vec<Written>,
    notes: Vec<String>,
    problems: Vec<String>,
    /// Names that no other node may take.
    taken: BTreeSet<String>,
}

impl<'a> Chain<'a> {
    fn new(network: &'a IntegerNetwork) -> Self {
        let map = Map::of_shape(network.input_shape());
        let has_places = network.layers().first().is_some_and(|first| !is_flat(first));
        let names = network.layers().iter().map(|layer| layer.name.clone());
        let mut chain = Chain {
            network,
            map,
            has_places,
            nodes: Group::new(),
            order: Vec::new(),
            layers: Vec::new(),
            notes: Vec::new(),
            problems: Vec::new(),
            taken: names.collect(),
        };
        // Both are keywords of Verilog, which no layer is called.
        chain.push("input".into(), "Input", vec![("shape", chain.shape())], None);
        chain
    }

    /// The shape of what the last node gives.
    fn shape(&self) -> Item {
        let shape = if self.has_places { sides(self.map) } else { vec![self.map.size()] };
        Item::integers(&[shape.len()], &shape)
    }

    fn push(&mut self, name: String, kind: &str, fields: Vec<(&str, Item)>, metadata: Option<Group>) {
        let mut node: Group = fields.into_iter().map(|(field, item)| (field.to_owned(), item)).collect();
        node.insert("type".into(), Item::text(kind));
        node.extend(metadata.map(|metadata| (METADATA.to_owned(), Item::Group(metadata))));
        self.nodes.insert(name.clone(), Item::Group(node));
        self.order.push(name);
    }

    /// A free name for a node of a layer.
    fn name(&mut self, layer: &Layer, part: &str) -> String {
        let mut name = format!("{}_{part}", layer.name);
        while !self.taken.insert(name.clone()) {
            name.push('_');
        }
        name
    }

    fn layer(&mut self, index: usize, layer: &Layer) {
        let first = self.order.len();
        let numbers = self.numbers(index, layer);
        if layer.pool > 1 {
            let [size, none] = [layer.pool, 0].map(|side| Item::integers(&[2], &[side; 2]));
            let name = self.name(layer, "pool");
            self.push(
                name,
                "SumPool2d",
                vec![("kernel_size", size.clone()), ("stride", size), ("padding", none)],
                None,
            );
            self.map = layer.pooled();
        }
        let is_dense = matches!(layer.synapses, Synapses::Dense(_));
        if is_dense && self.has_places {
            let [start, end] = [0.0, -1.0].map(axis);
            let fields = vec![("input_type", self.shape()), ("start_dim", start), ("end_dim", end)];
            let name = self.name(layer, "flatten");
            self.push(name, "Flatten", fields, None);
        }
        self.has_places = !is_dense;
        let (kind, fields) = weights(layer, &numbers, self.map);
        let v0 = if numbers.is_start_told { layer.v0.clone() } else { Vec::new() };
        let metadata = LayerMetadata { format: layer.format, scale: numbers.scale, v0 };
        let name = self.name(layer, "weights");
        self.push(name, kind, fields, Some(metadata.to_group()));
        self.map = layer.output();
        let (kind, fields) = neurons(layer, numbers.thresholds.as_deref());
        self.push(layer.name.clone(), kind, fields, None);
        self.layers.push(Written {
            layer: layer.name.clone(),
            nodes: self.order[first..].to_vec(),
            scale: numbers.scale,
        });
    }

    /// The numbers of a layer as the file has them; notes what no file can have.
    fn numbers(&mut self, index: usize, layer: &Layer) -> Numbers {
        let place = format!("layer {:?}", layer.name);
        let (readout, steps) = (self.network.readout().kind(), self.network.time_steps());
        let starts = layer.v0.iter().any(|&v0| v0 != 0);
        let is_spread = starts && !layer.neuron.fires() && readout == ReadoutKind::Membrane;
        let (scale, fraction) = match layer.neuron {
            Neuron::IntegrateOnce(_) => (1, 1),
            Neuron::Integrate(_) if is_spread => spread(&layer.v0, steps),
            Neuron::Integrate(_) => (1, 0),
        };
        self.check(&place, layer, scale, fraction);
        // Of a readout that looks at potentials.
        let is_start_told = starts && index + 1 == self.network.layers().len() && readout != ReadoutKind::Spikes;
        if starts {
            self.notes.push(format!("{place}: its initial potentials {}", start_text(is_start_told, readout, scale)));
        }
        let bias = |channel: usize| {
            let every_step = layer.step_rows.as_ref().map_or(0.0, |rows| f64::from(rows.at(0)[channel]));
            let share = if is_spread { f64::from(layer.v0[channel]) / steps as f64 } else { 0.0 };
            // A multiple of 2^−fraction, as `scale` is the odd part of what v0 is divided by.
            let unit = f64::from(1u32 << fraction);
            (((every_step + share) * f64::from(scale) * unit).round() / unit) as f32
        };
        let bias = (0..layer.v0.len()).map(bias).collect();
        Numbers { scale, bias, thresholds: thresholds(layer), is_start_told }
    }

    /// Notes what no file can have.
    fn check(&mut self, place: &str, layer: &Layer, scale: u32, fraction: u32) {
        if layer.step_rows.as_ref().is_some_and(|rows| rows.distinct().nrows() > 1) {
            let expected = "expected one row for all steps: a bias of NIR is the same in every step";
            self.problems.push(format!("{place}: its step rows change from step to step, {expected}"));
        }
        if let Some(bits) = too_many_bits(largest_sum(layer), scale, fraction) {
            let expected = "expected at most 24: the 32-bit floats of a simulator would round";
            self.problems.push(format!("{place}: its potentials need {bits} bits, {expected}"));
        }
    }

    fn finish(mut self) -> Result<Exported> {
        if !self.problems.is_empty() {
            let message = format!("{} cannot be a NIR file: {} reason(s)", self.network.name(), self.problems.len());
            let help = "docs/how-to/export-a-network.md says what NIR can hold";
            return Err(Error::new(Stage::Export, "export-refused", message, help).with_problems(self.problems));
        }
        let network = self.network;
        self.push("output".into(), "Output", vec![("shape", self.shape())], None);
        self.notes.push(
            "every neuron fires once, which NIR cannot say: a simulator must drop all spikes but the first of each neuron".into(),
        );
        let readout = network.readout();
        if readout.kind() != ReadoutKind::Membrane {
            self.notes.push(format!("the readout, {}, is only in the metadata", readout.kind()));
        }
        if network.layers().iter().any(is_grouped) {
            self.notes.push(
                "convolutions in groups: nir.read needs type_check=False, as its own check takes them for others"
                    .into(),
            );
        }
        let metadata = GraphMetadata {
            name: network.name().into(),
            time_steps: network.time_steps(),
            input_shape: network.input_shape().to_vec(),
            coding: network.coding().clone(),
            readout: readout.kind(),
            alpha: readout.alpha().to_vec(),
        };
        let edges: Vec<String> = self.order.windows(2).flat_map(<[String]>::to_vec).collect();
        let root = Group::from([
            ("type".into(), Item::text("NIRGraph")),
            ("nodes".into(), Item::Group(self.nodes)),
            ("edges".into(), Item::Texts(Texts { shape: vec![edges.len() / 2, 2], values: edges })),
            (METADATA.into(), Item::Group(metadata.to_group())),
        ]);
        let file = Group::from([("version".into(), Item::text(NIR_VERSION)), ("node".into(), Item::Group(root))]);
        Ok(Exported { bytes: hdf5::encode(&file), layers: self.layers, notes: self.notes })
    }
}

/// The numbers of a layer as the file has them.
struct Numbers {
    /// One LSB.
    scale: u32,
    /// Of every step, per output channel.
    bias: Vec<f32>,
    /// Per output channel, of neurons that fire.
    thresholds: Option<Vec<f32>>,
    /// Whether the metadata have the initial potentials, which the readout needs.
    is_start_told: bool,
}

/// What becomes of initial potentials.
fn start_text(is_told: bool, readout: ReadoutKind, scale: u32) -> String {
    match readout {
        _ if !is_told => {
            "are part of its thresholds; imported again, the spikes are the same and the hash is not".into()
        }
        ReadoutKind::Membrane if scale > 1 => {
            format!(
                "are a bias of v0/T in every step; for that to be exact its numbers, and the scores, are {scale} times as large"
            )
        }
        ReadoutKind::Membrane => "are a bias of v0/T in every step, and complete after the last".into(),
        ReadoutKind::Current => {
            "are only in the metadata (v0): they are current of step 0, which NIR cannot say".into()
        }
        ReadoutKind::FirstSpike | ReadoutKind::Spikes => {
            "are part of its thresholds; a score is the potential and v0 of the metadata".into()
        }
    }
}

/// `θ − v0 − ½`. A threshold that no potential reaches, or that every potential has, may be nearer, so that a float holds it.
fn thresholds(layer: &Layer) -> Option<Vec<f32>> {
    let Neuron::IntegrateOnce(neuron) = &layer.neuron else { return None };
    let threshold = |(channel, &threshold): (usize, &i32)| {
        let v0 = i64::from(layer.v0[channel]);
        let interval = layer.membrane_interval(channel).shifted(-v0);
        let threshold = i64::from(threshold) - v0;
        let held = if too_many_bits(threshold.unsigned_abs(), 1, 1).is_none() {
            threshold
        } else {
            threshold.clamp(interval.lo, interval.hi + 1)
        };
        held as f32 - 0.5
    };
    Some(neuron.threshold.iter().enumerate().map(threshold).collect())
}

fn weights(layer: &Layer, numbers: &Numbers, input: Map) -> (&'static str, Vec<(&'static str, Item)>) {
    let scaled = |&weight: &i32| (weight * numbers.scale as i32) as f32;
    let bias = || Item::floats(&[numbers.bias.len()], numbers.bias.clone());
    match &layer.synapses {
        Synapses::Dense(weights) => {
            let shape = [weights.ncols(), weights.nrows()];
            let weight = ("weight", Item::floats(&shape, weights.t().iter().map(scaled).collect()));
            if numbers.bias.iter().all(|bias| *bias == 0.0) {
                return ("Linear", vec![weight]);
            }
            ("Affine", vec![weight, ("bias", bias())])
        }
        Synapses::Conv2d(conv) => {
            let (outputs, inputs, height, width) = conv.weights.dim();
            let both = |side: usize| Item::integers(&[2], &[side; 2]);
            let weight = Item::floats(&[outputs, inputs, height, width], conv.weights.iter().map(scaled).collect());
            let fields = vec![
                ("input_shape", Item::integers(&[2], &[input.height, input.width])),
                ("weight", weight),
                ("stride", both(conv.stride)),
                ("padding", both(conv.padding)),
                ("dilation", both(1)),
                ("groups", Item::integers(&[], &[conv.groups])),
                ("bias", bias()),
            ];
            ("Conv2d", fields)
        }
    }
}

/// The node of the neurons, which has their map.
fn neurons(layer: &Layer, thresholds: Option<&[f32]>) -> (&'static str, Vec<(&'static str, Item)>) {
    let map = layer.output();
    let places = map.height * map.width;
    let shape = if matches!(layer.synapses, Synapses::Dense(_)) { vec![map.channels] } else { sides(map) };
    let item = |value: &dyn Fn(usize) -> f32| {
        Item::floats(&shape, (0..map.size()).map(|neuron| value(neuron / places)).collect())
    };
    let resistance = ("r", item(&|_| 1.0));
    match thresholds {
        None => ("I", vec![resistance]),
        Some(thresholds) => {
            let threshold = item(&|channel| thresholds[channel]);
            ("IF", vec![resistance, ("v_threshold", threshold), ("v_reset", item(&|_| 0.0))])
        }
    }
}

fn sides(map: Map) -> Vec<usize> {
    vec![map.channels, map.height, map.width]
}

/// An axis, counted from the end if it is negative.
fn axis(axis: f32) -> Item {
    Item::Numbers(hdf5::Numbers { shape: Vec::new(), values: vec![axis], whole: true, rounded: false })
}

/// Whether a layer sees a row of inputs, and no places.
fn is_flat(layer: &Layer) -> bool {
    matches!(layer.synapses, Synapses::Dense(_)) && layer.pool == 1
}

fn is_grouped(layer: &Layer) -> bool {
    matches!(&layer.synapses, Synapses::Conv2d(Conv2d { groups, .. }) if *groups > 1)
}
