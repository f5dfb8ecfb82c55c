//! A network of either kind, for what both have: layers, and images executed in software.

use crate::coding::Coding;
use crate::data::{Images, Recipient, Schema};
use crate::error::Result;
use crate::float::{FloatNetwork, FloatTrace};
use crate::golden::{Executor, Trace, encode};
use crate::model::{self, Model, network_hash};
use crate::network::IntegerNetwork;
use crate::report::Scores;

/// The network of a model folder, and what both kinds of networks have.
pub struct Subject {
    model: Model,
    /// Its name.
    pub name: String,
    /// Of an integer network.
    pub network_hash: Option<String>,
    /// Shape of an image: `[n]`, or `[C, H, W]`.
    pub input_shape: Vec<usize>,
    coding: Coding,
    /// Time steps `T` per image.
    pub time_steps: usize,
    /// How the network's data are read.
    pub schema: Schema,
    /// The layers, from the input on.
    pub layers: Vec<SubjectLayer>,
}

/// What is said of a layer.
pub struct SubjectLayer {
    /// Its name.
    pub name: String,
    /// How many neurons it has.
    pub neurons: usize,
    /// Whether its neurons have a threshold.
    pub fires: bool,
}

/// What either kind makes of an image.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The class.
    pub class: usize,
    /// One score per class.
    pub scores: Scores,
    /// Per layer and neuron, in time steps; the number of time steps means never.
    pub spike_times: Vec<Vec<u8>>,
}

/// From input spike times.
pub(super) type Execute<'a> = dyn FnMut(&[u8]) -> Execution + 'a;

impl Subject {
    /// Reads a model folder or a `model.json`.
    ///
    /// # Errors
    /// Those of [`model::read`] and [`model::read_schema`].
    pub fn open(path: &std::path::Path) -> Result<Self> {
        Ok(Subject::of(model::read(path)?, model::read_schema(path)?))
    }

    fn of(model: Model, schema: Schema) -> Self {
        match model {
            Model::Integer(network) => Subject::integer(network, schema),
            Model::Float(network) => Subject::float(network, schema),
        }
    }

    fn integer(network: IntegerNetwork, schema: Schema) -> Self {
        let layers = network.layers().iter().map(|layer| SubjectLayer {
            name: layer.name.clone(),
            neurons: layer.outputs(),
            fires: layer.neuron.fires(),
        });
        Subject {
            name: network.name().into(),
            network_hash: Some(network_hash(&network)),
            input_shape: network.input_shape().to_vec(),
            coding: network.coding().clone(),
            time_steps: network.time_steps(),
            schema,
            layers: layers.collect(),
            model: Model::Integer(network),
        }
    }

    fn float(network: FloatNetwork, schema: Schema) -> Self {
        let layers = network.layers.iter().map(|layer| SubjectLayer {
            name: layer.name.clone(),
            neurons: layer.output().neurons(),
            fires: layer.neuron.fires(),
        });
        Subject {
            name: network.name.clone(),
            network_hash: None,
            input_shape: network.input_shape.clone(),
            coding: network.coding.clone(),
            time_steps: network.time_steps,
            schema,
            layers: layers.collect(),
            // What training saw, and what quantization keeps.
            model: Model::Float(network.on_grid()),
        }
    }

    /// Neurons of the last layer.
    pub fn classes(&self) -> usize {
        self.layers.last().map_or(0, |layer| layer.neurons)
    }

    /// Executes one image after the other; one per thread.
    pub(super) fn executor(&self) -> Box<Execute<'_>> {
        match &self.model {
            Model::Integer(network) => {
                let mut executor = Executor::new(network);
                Box::new(move |input_times| {
                    let Trace { class, scores, spike_times, .. } = executor.run_events(input_times);
                    Execution { class: class as usize, scores: Scores::Integer(scores), spike_times }
                })
            }
            Model::Float(network) => Box::new(|input_times| {
                let FloatTrace { class, scores, spike_times } = network.run_events(input_times.to_vec());
                Execution { class, scores: Scores::Float(scores), spike_times }
            }),
        }
    }

    /// What reading data must know of the network.
    pub fn recipient(&self) -> Recipient<'_> {
        let Subject { schema, input_shape: shape, time_steps, .. } = self;
        Recipient { schema, shape, outputs: self.classes(), time_steps: *time_steps }
    }

    /// The spike times that go into the network for an image.
    pub fn input_times(&self, images: &Images, index: usize) -> Vec<u8> {
        encode(images.image(index), images.coding_in(&self.coding), self.time_steps)
    }

    /// How many of these spike times are not never.
    pub(super) fn spikes(&self, times: &[u8]) -> usize {
        times.iter().filter(|&&time| usize::from(time) < self.time_steps).count()
    }
}
