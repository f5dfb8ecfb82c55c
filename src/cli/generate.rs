//! `firstspike generate`: an integer model in, a folder of Verilog out.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::{DesignArgs, Hardware};
use super::{Outcome, Output};
use crate::arch::{self, Design, Fit, Memories, Optimize, Stage as LayerStage, WeightMemory};
use crate::board::Board;
use crate::emit::MANIFEST_FILE;
use crate::error::Result;
use crate::files::Overwrite;
use crate::golden::IntegerNetwork;
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
    /// Board to fit the design to: chooses lanes and weight memory of every layer; `firstspike targets` lists the boards
    #[arg(long, value_name = "BOARD")]
    target: Option<String>,
    /// What to choose for, among the designs that fit [default: latency]
    #[arg(long, value_enum, requires = "target")]
    optimize: Option<OptimizeArg>,
    /// Where the contents of the memories stand [default: files]
    #[arg(long, value_enum)]
    memories: Option<MemoriesArg>,
    #[command(flatten)]
    design: DesignArgs,
    /// Replace the output folder even if it holds something else than a design
    #[arg(long)]
    force: bool,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum OptimizeArg {
    /// Cycles from the first input to the class
    Latency,
    /// The share of the part that is used
    Area,
}

#[derive(clap::ValueEnum, Debug, Clone, Copy)]
enum MemoriesArg {
    /// In files beside the Verilog, which $readmemh reads
    Files,
    /// In the Verilog: one file that needs no other
    Inline,
}

#[derive(Serialize)]
struct Generated {
    folder: String,
    top: String,
    network_hash: String,
    layers: Vec<LayerReport>,
    /// Bits of all weight memories.
    weight_memory_bits: usize,
    /// With --target: the board, what the design is predicted to take of it, and what it may take beside the board shell.
    target: Option<Fit>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let network = model::read_integer(&args.model)?;
    let overwrite = if args.force { Overwrite::Always } else { Overwrite::IfMarked(MANIFEST_FILE) };
    let design = args.plan(&network)?;
    let hardware = Hardware::generate(network, model::read_schema(&args.model)?, design, &args.output, overwrite)?;
    let memory = |layer: &crate::arch::Layer| layer.rows() * layer.weights.row_bits();
    let generated = Generated {
        folder: args.output.display().to_string(),
        top: hardware.design.name.clone(),
        network_hash: model::network_hash(&hardware.network),
        layers: hardware.layer_reports(),
        weight_memory_bits: hardware.design.layers.iter().map(memory).sum(),
        target: hardware.design.fit.clone(),
    };
    output.result(&generated, |generated| rendered(generated, &hardware))?;
    output.next(&["firstspike", "compare", &generated.folder, "--data", "DATA"]);
    Ok(Outcome::Success)
}

impl Args {
    fn plan(&self, network: &IntegerNetwork) -> Result<Design> {
        let memories = match self.memories {
            Some(MemoriesArg::Inline) => Memories::Inline,
            Some(MemoriesArg::Files) | None => Memories::Files,
        };
        let options = arch::Options { memories, ..self.design.options() };
        let Some(name) = &self.target else { return arch::plan(network, &options) };
        let board = Board::find(name)?;
        let optimize = match self.optimize {
            Some(OptimizeArg::Area) => Optimize::Area,
            Some(OptimizeArg::Latency) | None => Optimize::Latency,
        };
        let chosen = arch::choose(network, &options, self.design.fix_lanes(), &board, optimize)?;
        let mut design = arch::plan(network, &chosen)?;
        design.fit = Some(arch::fit(&design, &board, optimize));
        Ok(design)
    }
}

fn rendered(generated: &Generated, hardware: &Hardware) -> String {
    let layers = hardware.design.layers.iter().enumerate().map(|(index, layer)| {
        let queue = match &layer.stage {
            LayerStage::Conv(stage) => format!(", {} banks of {} words", stage.side * stage.side, stage.depth()),
            LayerStage::Hidden(stage) => format!(", {} queue slots", stage.slots),
            LayerStage::Output { .. } => String::new(),
        };
        let memory = if layer.weight_memory == WeightMemory::Block { " in block RAM" } else { "" };
        format!(
            "  layer{index}  {} -> {}: {} lanes, {} cycle(s) per event, {}-bit weights{memory}, {}-bit membranes{queue}\n",
            layer.inputs(),
            layer.neurons(),
            layer.lanes,
            layer.groups,
            layer.weight_bits,
            layer.membrane_bits
        )
    });
    format!(
        "module {} in {}\n{}{}",
        generated.top,
        generated.folder,
        layers.collect::<String>(),
        generated.target.as_ref().map_or(String::new(), target_lines),
    )
}

fn target_lines(fit: &Fit) -> String {
    let share = |what: &str, used: u64, free: u64| format!("{used} of {free} {what}");
    let (used, free) = (fit.predicted, fit.available);
    let shares = [
        share("look-up tables", used.lut, free.lut),
        share("flip-flops", used.ff, free.ff),
        share("block RAMs", used.bram, free.bram),
    ];
    format!(
        "{}: predicted {} (what the board shell leaves); {} cycles if a quarter of all inputs spike\n",
        fit.board,
        shares.join(", "),
        fit.nominal_latency
    )
}
