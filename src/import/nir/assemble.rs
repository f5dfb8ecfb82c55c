//! From the chain of nodes to layers: weights with the neurons behind them.

use super::fields::problem;
use super::finish::{Draft, finish};
use super::graph::{Kind, Node};
use super::neuron::{Neurons, leaks, neurons};
use super::weights::{Weights, conv2d, dense, flatten, pooling};
use crate::error::Error;
use crate::export::metadata::{LayerMetadata, METADATA};
use crate::float::{Chain, LayerShape, MAX_NEURONS, Map, Node as Layer};
use crate::hdf5::Item;
use crate::import::Imported;
use crate::import::terms::Terms;

/// Why there is no network.
#[derive(Debug, PartialEq, Eq)]
pub enum Fault {
    /// The exporter stopped in the middle; what is absent.
    Unfinished(Vec<String>),
    /// Every reason why the graph is no time-to-first-spike network.
    Refused(Vec<String>),
    /// What neither the options nor the file say.
    Unsaid(Error),
}

/// Weights whose neurons have not come yet.
enum Pending {
    Nothing,
    /// Of the node of this name; none if they have a mistake.
    Weights(String, Option<Box<Shaped>>),
}

/// Weights that suit what reaches them.
struct Shaped {
    weights: Weights,
    shape: LayerShape,
    /// What the node's metadata say of the layer.
    said: Option<LayerMetadata>,
}

/// Takes the nodes one after the other and holds them against the grammar of layers.
pub struct Assembly<'a> {
    terms: &'a Terms,
    chain: Chain,
    input_shape: Option<Vec<usize>>,
    pending: Pending,
    drafts: Vec<Draft>,
    /// How many neurons the cells of sum poolings since the last layer have.
    sum: usize,
    flat: bool,
    /// The integrator that has come, after which nothing may.
    integrator: Option<String>,
    problems: Vec<String>,
    notes: Vec<String>,
}

impl<'a> Assembly<'a> {
    /// Nothing yet; `notes` are on the terms.
    pub fn new(terms: &'a Terms, notes: Vec<String>) -> Self {
        Assembly {
            terms,
            chain: Chain::new(None, ""),
            input_shape: None,
            pending: Pending::Nothing,
            drafts: Vec::new(),
            sum: 1,
            flat: false,
            integrator: None,
            problems: Vec::new(),
            notes,
        }
    }

    pub fn take(&mut self, node: &Node) {
        if let Some(integrator) = self.integrator.as_ref().filter(|_| node.kind != Kind::Output) {
            let place = format!("node {integrator:?} (I)");
            self.problems.push(format!("{place}: {:?} follows, expected it at the end: it never fires", node.name));
            self.integrator = None;
        }
        match node.kind {
            Kind::Input => self.input(node),
            Kind::Output => self.output(node),
            Kind::Linear | Kind::Affine => self.weights(node, dense(node)),
            Kind::Conv2d => self.weights(node, conv2d(node, self.chain.map())),
            Kind::SumPool2d | Kind::AvgPool2d => self.pool(node),
            Kind::Flatten => self.flatten(node),
            Kind::IntegrateAndFire | Kind::LeakyIntegrateAndFire | Kind::Integrator => self.neurons(node),
        }
    }

    /// The network, unless a node had a mistake.
    pub fn finish(mut self) -> Result<Imported, Vec<String>> {
        if let Err(fault) = self.chain.finish() {
            self.problems.push(format!("the graph {fault}"));
        }
        match (self.problems.is_empty(), self.input_shape) {
            (true, Some(shape)) => finish(self.terms, shape, self.drafts, self.notes),
            _ => Err(self.problems),
        }
    }

    fn note_fault(&mut self, node: &Node, text: impl std::fmt::Display) {
        self.problems.push(problem(node, &text.to_string()));
    }

    /// Inputs of nested graphs are only passed.
    fn input(&mut self, node: &Node) {
        if self.input_shape.is_some() {
            return;
        }
        match shape_of(node) {
            Ok((shape, dropped)) => {
                if dropped {
                    self.notes.push(format!("{}: the leading 1 of its shape is left out", node.place()));
                }
                self.chain = Chain::new(Some(Map::of_shape(&shape)), node.place());
                self.input_shape = Some(shape);
            }
            Err(problem) => {
                self.problems.push(problem);
                self.input_shape = Some(Vec::new());
            }
        }
    }

    /// Holds the shape of an output against what reaches it, and ends a layer that has no neurons.
    fn output(&mut self, node: &Node) {
        if let Pending::Weights(name, Some(shaped)) = std::mem::replace(&mut self.pending, Pending::Nothing) {
            let channels = shaped.shape.output.channels;
            let neurons = Neurons { threshold: None, factor: vec![1.0; channels], resets: false };
            self.draft(name, None, *shaped, neurons);
        }
        let Some(map) = self.chain.map().filter(|_| node.has("shape")) else { return };
        match node.sizes("shape") {
            Ok(sides) if sides.iter().product::<usize>() == map.neurons() => {}
            Ok(sides) => self.note_fault(node, format!("shape is {sides:?}, but {map} reaches it")),
            Err(problem) => self.problems.push(problem),
        }
    }

    fn weights(&mut self, node: &Node, read: Result<Weights, String>) {
        if let Pending::Weights(before, _) = &self.pending {
            let expected = "expected neurons between: multiply the weights of both, or leave one out";
            let text = format!("follows the weights of {before:?}, {expected}");
            self.note_fault(node, text);
        }
        let shaped = match read {
            Ok(weights) => self.shaped(node, weights),
            Err(problem) => {
                self.problems.push(problem);
                None
            }
        };
        if shaped.is_none() {
            self.chain.skip(None, "");
        }
        self.pending = Pending::Weights(node.name.clone(), shaped.map(Box::new));
    }

    /// Holds weights against what reaches them.
    fn shaped(&mut self, node: &Node, weights: Weights) -> Option<Shaped> {
        let (reached, outputs) = (self.chain.map(), weights.bias.len());
        let checked = match (weights.kernel, reached) {
            (None, Some(map)) if map.places() > 1 && !self.flat => {
                Err(format!("sees only the last axis of the map {map}, expected a Flatten before it"))
            }
            (None, reached) => self.chain.expect_inputs(weights.inputs).map_err(|fault| {
                let is_transposed = reached.is_some_and(|map| map.neurons() == outputs);
                let hint = if is_transposed { "; is it transposed? NIR has outputs × inputs" } else { "" };
                format!("weight is [{outputs}, {}]: {fault}{hint}", weights.inputs)
            }),
            (Some(_), Some(map)) if map.channels != weights.inputs => {
                let found = format!("weight and groups give {} input channels", weights.inputs);
                Err(format!("{found}, expected {}, as of the map {map} that reaches it", map.channels))
            }
            _ => Ok(()),
        };
        if let Err(text) = checked {
            self.note_fault(node, text);
            return None;
        }
        let layer = match weights.kernel {
            None => Layer::Dense(outputs),
            Some(kernel) => Layer::Conv { channels: outputs, kernel },
        };
        let said = self.said(node, outputs);
        self.push(node, layer).map(|shape| Shaped { weights, shape, said })
    }

    /// What the metadata of a node say of its layer, in a file whose own metadata count.
    fn said(&mut self, node: &Node, channels: usize) -> Option<LayerMetadata> {
        let Some(Item::Group(metadata)) = node.fields.get(METADATA).filter(|_| self.terms.said.is_some()) else {
            return None;
        };
        LayerMetadata::from_group(metadata, channels).unwrap_or_else(|problems| {
            problems.iter().for_each(|text| self.note_fault(node, text));
            None
        })
    }

    /// Takes an entry of the grammar; notes what is wrong with it.
    fn push(&mut self, node: &Node, layer: Layer) -> Option<LayerShape> {
        self.chain.push(layer, node.place()).unwrap_or_else(|faults| {
            faults.iter().for_each(|fault| self.note_fault(node, fault));
            None
        })
    }

    fn pool(&mut self, node: &Node) {
        if !matches!(self.pending, Pending::Nothing) {
            self.note_fault(node, "stands between weights and neurons, expected it behind neurons: it pools spikes");
        }
        match pooling(node) {
            Ok(size) => {
                self.push(node, Layer::AveragePool(size));
                if node.kind == Kind::SumPool2d {
                    self.sum = self.sum.saturating_mul(size * size);
                }
            }
            Err(problem) => {
                self.problems.push(problem);
                self.chain.skip(None, "");
            }
        }
    }

    fn flatten(&mut self, node: &Node) {
        if !matches!(self.pending, Pending::Nothing) {
            self.note_fault(node, "stands between weights and neurons, expected it behind neurons");
        }
        self.flat = true;
        self.push(node, Layer::Flatten);
        self.problems.extend(flatten(node, self.chain.map()).err());
    }

    fn neurons(&mut self, node: &Node) {
        match std::mem::replace(&mut self.pending, Pending::Nothing) {
            Pending::Nothing => {
                self.note_fault(node, "has no weights before it, expected Linear, Affine or Conv2d");
                self.chain.skip(None, "");
            }
            Pending::Weights(name, Some(shaped)) => match neurons(node, shaped.shape.output, self.terms.step) {
                Ok(neurons) => self.draft(name, Some(node.name.clone()), *shaped, neurons),
                Err(problems) => self.problems.extend(problems),
            },
            // Whether it leaks can be said without its map.
            Pending::Weights(_, None) if node.kind == Kind::LeakyIntegrateAndFire => self.problems.extend(leaks(node)),
            Pending::Weights(_, None) => {}
        }
        if node.kind == Kind::Integrator {
            self.integrator = Some(node.name.clone());
        }
    }

    fn draft(&mut self, weights_node: String, neuron_node: Option<String>, shaped: Shaped, neurons: Neurons) {
        let Shaped { weights: Weights { mut values, bias, rounded, .. }, shape, said } = shaped;
        if rounded {
            self.notes.push(format!("node {weights_node:?}: weights of 64 bits are rounded to 32"));
        }
        let (sum, factor) = (self.sum as f32, &neurons.factor);
        for mut row in values.rows_mut() {
            row.iter_mut().zip(factor).for_each(|(weight, factor)| *weight *= sum * factor);
        }
        let bias = bias.iter().zip(factor).map(|(bias, factor)| bias * factor).collect();
        let Neurons { threshold, resets, .. } = neurons;
        self.drafts.push(Draft {
            weights_node,
            neuron_node,
            shape,
            weights: values,
            bias,
            threshold,
            resets,
            sum,
            said,
        });
        (self.sum, self.flat) = (1, false);
    }
}

/// The shape of an input without a leading axis of one batch or one channel, and whether it had one.
fn shape_of(node: &Node) -> Result<(Vec<usize>, bool), String> {
    let sides = node.sizes("shape")?;
    let neurons = sides.iter().try_fold(1usize, |size, &side| size.checked_mul(side)).unwrap_or(usize::MAX);
    if !(1..=MAX_NEURONS).contains(&neurons) {
        return Err(problem(node, &format!("shape is {sides:?}, expected 1 … {MAX_NEURONS} inputs in all")));
    }
    match sides[..] {
        [1, 1, height, width] | [1, height, width] => Ok((vec![height, width], true)),
        [1, channels, height, width] => Ok((vec![channels, height, width], true)),
        [1, inputs] => Ok((vec![inputs], true)),
        [_] | [_, _, _] => Ok((sides, false)),
        _ => Err(problem(node, &format!("shape is {sides:?}, expected [inputs] or [channels, height, width]"))),
    }
}
