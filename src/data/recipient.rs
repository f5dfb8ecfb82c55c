//! The network that data are read for.

use super::schema::Schema;

/// What reading must know of the network that is measured.
#[derive(Debug, Clone, Copy)]
pub struct Recipient<'a> {
    /// How its data are read.
    pub schema: &'a Schema,
    /// Of its input.
    pub shape: &'a [usize],
    /// How many outputs it has.
    pub outputs: usize,
    /// Time steps `T` per image.
    pub time_steps: usize,
}

impl Recipient<'_> {
    /// What its classes are called.
    pub fn classes(&self) -> Vec<String> {
        self.schema.names(self.outputs)
    }
}
