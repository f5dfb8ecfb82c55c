//! How much the memories of a design may hold. Synapses that share a weight in a file have one each here.

use crate::error::{Error, Result, Stage};
use crate::network::IntegerNetwork;

/// The most words in the memories of a design; one takes at most some 64 bytes while the design is made.
const MAX_WORDS: u64 = 1 << 24;

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
