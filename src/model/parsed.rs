//! What the header says of one layer, and what header and layers have in common.

use super::fields::Object;
use crate::fixed::WeightFormat;
use crate::float::{Connection, Grid, MAX_NEURONS, Map, Pooling};
use crate::network::NeuronKind;

/// Largest number in a size field.
pub const MAX_SIZE: u64 = MAX_NEURONS as u64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Float,
    Integer,
}

/// A synaptic layer as read, with the pooling in front of it.
pub struct ParsedLayer<'a> {
    pub name: &'a str,
    /// Before pooling; of a dense layer without pooling a flat row.
    pub input: Map,
    pub pooling: Pooling,
    pub connection: Connection,
    /// Output channels, of a dense layer neurons.
    pub outputs: usize,
    /// Present in an integer model.
    pub format: Option<WeightFormat>,
    pub grid: Option<Grid>,
    /// Number of step rows: one for all time steps, or one for each.
    pub step_rows: Option<usize>,
    /// The kind of its neurons, if it is said.
    pub neuron: Option<NeuronKind>,
}

impl ParsedLayer<'_> {
    /// Synapses of one output channel.
    pub fn fan_in(&self) -> usize {
        self.connection.fan_in(self.input.pooled(self.pooling.size))
    }

    /// What messages call it.
    pub fn title(&self) -> String {
        format!("layer \"{}\"", self.name)
    }

    /// Number of neurons.
    pub fn neurons(&self) -> usize {
        self.connection.output(self.input.pooled(self.pooling.size), self.outputs).neurons()
    }

    /// The shape of the tensor of weights.
    pub fn weight_shape(&self) -> Vec<usize> {
        match self.connection {
            Connection::Dense => vec![self.outputs, self.fan_in()],
            Connection::Conv(kernel) => {
                vec![self.outputs, self.input.channels / kernel.groups, kernel.size, kernel.size]
            }
        }
    }
}

/// Reports what is wrong with a name, if anything.
pub fn name_is_safe(object: &Object, problem: Option<String>) -> bool {
    if let Some(problem) = &problem {
        object.problem("name", problem);
    }
    problem.is_none()
}
