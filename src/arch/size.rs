//! How much the memories of a design may hold. Synapses that share a weight in a file have one each here.

use super::options::Options;
use crate::error::{Error, Result, Stage};
use crate::network::{Conv2d, IntegerNetwork, Layer};

/// The most words in the memories of a design; one takes at most some 64 bytes while the design is made.
const MAX_WORDS: u64 = 1 << 24;
/// Fields of a row in the tables of a convolution, at most.
const TABLE_ROW: u64 = 64;

/// Counts words before any is made: `words` gives those of a layer.
///
/// # Errors
/// `model-too-large`.
pub(super) fn check_size(network: &IntegerNetwork, words: impl Fn(usize) -> u64) -> Result<()> {
    let mut sum = 0u64;
    for (index, layer) in network.layers().iter().enumerate() {
        sum = sum.saturating_add(words(index));
        if sum > MAX_WORDS {
            let message = format!(
                "with layers[{index}] \"{}\", the memories of the design hold {sum} weights and entries of tables, expected at most {MAX_WORDS}",
                layer.name
            );
            let help = "make the layer smaller; a convolution as last layer has a weight for every input and neuron";
            return Err(Error::new(Stage::Arch, "model-too-large", message, help));
        }
    }
    Ok(())
}

/// Words of a layer with a weight for each of `addresses` and every neuron.
pub(super) fn dense_words(layer: &Layer, index: usize, addresses: usize, options: &Options) -> u64 {
    let neurons = layer.outputs();
    let lanes = options.lanes.of(index, neurons);
    (addresses as u64 + 1) * (neurons.div_ceil(lanes) * lanes) as u64
}

/// Words of the convolution engine: weights for every phase of both axes and every bank, and the tables.
pub(super) fn conv_words(layer: &Layer, conv: &Conv2d, index: usize, options: &Options) -> u64 {
    let (input, output) = (layer.input, layer.output());
    let side = conv.kernel().div_ceil(conv.stride);
    let reached = output.channels / conv.groups;
    let lanes = options.lanes.of(index, reached);
    let passes = reached.div_ceil(lanes);
    let square = |side: usize| (side * side) as u64;
    let weights = square(side * conv.stride) * square(side) * (input.channels * passes * lanes) as u64;
    let tiles = output.height.div_ceil(side) * output.width.div_ceil(side);
    let rows = tiles + (input.height + input.width) * side + input.channels + conv.groups * passes * (1 + lanes);
    weights.saturating_add(TABLE_ROW * rows as u64)
}
