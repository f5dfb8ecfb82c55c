//! `firstspike generate`: an integer model in, a folder of Verilog out.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::{DesignArgs, Hardware};
use super::{Outcome, Output};
use crate::arch::Stage as LayerStage;
use crate::emit::MANIFEST_FILE;
use crate::error::Result;
use crate::files::Overwrite;
use crate::model;
use crate::report::LayerReport;

/// Write the Verilog of a quantised network
///
/// The folder holds the top module, the modules it uses (rtl/), the memory images, sources.f for other tools, and
/// manifest.json with ports, widths and file hashes. The same model and options give the same bytes.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json
    model: PathBuf,
    /// Output folder
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    #[command(flatten)]
    design: DesignArgs,
    /// Replace the output folder even if it holds something else than a design
    #[arg(long)]
    force: bool,
}

#[derive(Serialize)]
struct Generated {
    folder: String,
    top: String,
    network_hash: String,
    layers: Vec<LayerReport>,
    /// Bits of all weight memories.
    weight_memory_bits: usize,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let network = model::read_integer(&args.model)?;
    let overwrite = if args.force { Overwrite::Always } else { Overwrite::IfMarked(MANIFEST_FILE) };
    let hardware = Hardware::generate(network, &args.design.options(), &args.output, overwrite)?;
    let memory = |layer: &crate::arch::Layer| layer.rows() * layer.weights.row_bits();
    let generated = Generated {
        folder: args.output.display().to_string(),
        top: hardware.design.name.clone(),
        network_hash: model::network_hash(&hardware.network),
        layers: hardware.layer_reports(),
        weight_memory_bits: hardware.design.layers.iter().map(memory).sum(),
    };
    output.result(&generated, |generated| rendered(generated, &hardware))?;
    Ok(Outcome::Success)
}

fn rendered(generated: &Generated, hardware: &Hardware) -> String {
    let layers = hardware.design.layers.iter().enumerate().map(|(index, layer)| {
        let queue = match &layer.stage {
            LayerStage::Hidden(stage) => format!(", {} queue slots", stage.slots),
            LayerStage::Output { .. } => String::new(),
        };
        format!(
            "  layer{index}  {} -> {}: {} lanes, {} cycle(s) per event, {}-bit weights, {}-bit membranes{queue}\n",
            layer.inputs, layer.neurons, layer.lanes, layer.groups, layer.weight_bits, layer.membrane_bits
        )
    });
    format!(
        "module {} in {}\n{}next: firstspike compare {} --data …",
        generated.top,
        generated.folder,
        layers.collect::<String>(),
        generated.folder
    )
}
