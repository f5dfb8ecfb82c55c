//! How large a network may be. A few digits in a file can ask for more memory than any machine has.

use super::{Connection, Map};
use crate::error::{Error, Result, Stage};

/// The most cells of a network. A cell takes at most some 64 bytes of memory, whatever is done with the network.
pub const MAX_CELLS: u64 = 1 << 24;

/// Counts cells: inputs, neurons, stored synapses, step rows, and the potentials of output neurons in every time step.
pub struct Size {
    stage: Stage,
    /// What errors call the network.
    name: String,
    cells: u64,
}

impl Size {
    /// A network with so many inputs and no layers yet.
    pub fn new(stage: Stage, name: impl Into<String>, inputs: usize) -> Self {
        Size { stage, name: name.into(), cells: inputs as u64 }
    }

    /// Adds a layer on the (pooled) map `input` with so many output channels.
    ///
    /// # Errors
    /// `model-too-large`, if the network has more than [`MAX_CELLS`] with this layer, which is called `layer`.
    pub fn add(&mut self, layer: &str, input: Map, connection: Connection, channels: usize) -> Result<()> {
        let synapses = connection.fan_in(input) as u64 * channels as u64;
        self.count(layer, synapses + connection.output(input, channels).neurons() as u64)
    }

    /// Adds what is kept for every step: potentials of the last layer's neurons, or step rows.
    ///
    /// # Errors
    /// As [`Size::add`].
    pub fn add_history(&mut self, layer: &str, neurons: usize, time_steps: usize) -> Result<()> {
        self.count(layer, neurons as u64 * time_steps as u64)
    }

    fn count(&mut self, layer: &str, cells: u64) -> Result<()> {
        self.cells = self.cells.saturating_add(cells);
        if self.cells <= MAX_CELLS {
            return Ok(());
        }
        let message = format!(
            "{}: with {layer}, the network has {} inputs, neurons, synapses, step rows and output potentials, expected at most {MAX_CELLS}",
            self.name, self.cells
        );
        Err(Error::new(self.stage, "model-too-large", message, "make the layer smaller, or one before it"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::Kernel;
    use super::*;

    #[test]
    fn everything_that_takes_memory_counts() {
        let mut size = Size::new(Stage::Model, "net", 64);
        size.add("a", Map { channels: 1, height: 8, width: 8 }, conv(3), 2).unwrap();
        assert_eq!(size.cells, 64 + 2 * 9 + 2 * 36);
        size.add("b", Map::flat(72), Connection::Dense, 10).unwrap();
        assert_eq!(size.cells, 154 + 720 + 10);
        size.add_history("b", 10, 4).unwrap();
        assert_eq!(size.cells, 924);
    }

    #[test]
    fn the_limit_is_exact_and_nothing_overflows() {
        let of =
            |inputs, outputs| Size::new(Stage::Model, "net", 0).add("a", Map::flat(inputs), Connection::Dense, outputs);
        assert!(of(4095, 4096).is_ok());
        let error = of(4096, 4096).unwrap_err();
        assert_eq!(error.code, "model-too-large");
        assert!(error.message.contains("net: with a, the network has 16781312 "), "{error}");
        assert!(of(1 << 24, 1 << 24).is_err());
        let mut size = Size::new(Stage::Model, "net", 0);
        for _ in 0..3 {
            assert!(size.add_history("a", usize::MAX, 1).is_err());
        }
    }

    fn conv(size: usize) -> Connection {
        Connection::Conv(Kernel { size, stride: 1, padding: 0, groups: 1 })
    }
}
