//! What the integer network may have and the hardware does not.

use crate::error::{Error, Result, Stage};
use crate::network::IntegerNetwork;

/// That the hardware has everything that the neurons do.
///
/// # Errors
/// `step-rows`.
pub(super) fn check_neurons(network: &IntegerNetwork) -> Result<()> {
    let layers = network.layers().iter().enumerate();
    let with_rows = layers.filter(|(_, layer)| layer.step_rows.is_some());
    let names: Vec<_> = with_rows.map(|(index, layer)| format!("layers[{index}] \"{}\"", layer.name)).collect();
    if names.is_empty() {
        return Ok(());
    }
    let message = format!("step rows: {}; the hardware adds nothing but the weights of spikes", names.join(", "));
    let help = "evaluate executes such a network; for hardware, train or export it without a bias in every time step";
    Err(Error::new(Stage::Arch, "step-rows", message, help))
}
