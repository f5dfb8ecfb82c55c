//! `firstspike generate`: an integer model in, a folder of Verilog out.

use std::path::PathBuf;

use serde::Serialize;

use super::hardware::DesignArgs;
use super::images::OptionalImageArgs;
use super::{Outcome, Output};
use crate::arch::{self, Fit, Layer, Memories, MemoryImage, Optimize, WeightMemory, WorkloadSource};
use crate::board::Board;
use crate::data::{ImageSet, Images};
use crate::emit::MANIFEST_FILE;
use crate::error::Result;
use crate::files::Overwrite;
use crate::flow::{self, Hardware, Target};
use crate::model;
use crate::report::{LayerReport, Table, grouped, whole};

/// Write the Verilog of a quantized network
///
/// The folder holds the top module, the modules it uses (rtl/), the memory images, sources.f for other tools, and
/// manifest.json with ports, widths and file hashes. The same model and options give the same bytes. With --data, latency is predicted
/// for those images, exactly, and --target chooses by them.
#[derive(clap::Args)]
pub struct Args {
    /// Model folder or model.json
    model: PathBuf,
    /// Board to fit the design to: chooses lanes and weight memory of every layer; `firstspike targets` lists the boards
    #[arg(long, value_name = "BOARD", help_heading = "Hardware")]
    target: Option<String>,
    /// What to choose for, among the designs that fit [default: latency]
    #[arg(long, value_enum, requires = "target", help_heading = "Hardware")]
    optimize: Option<OptimizeArg>,
    #[command(flatten)]
    design: DesignArgs,
    #[command(flatten)]
    images: OptionalImageArgs,
    /// Output folder
    #[arg(short, long, value_name = "DIR", help_heading = "Output")]
    output: PathBuf,
    /// Where the contents of the memories stand [default: files]
    #[arg(long, value_enum, help_heading = "Output")]
    memories: Option<MemoriesArg>,
    /// Replace the output folder even if it holds something else than a design
    #[arg(long, help_heading = "Output")]
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
    /// Mean cycles from the first input to the class, by the cost model.
    latency_cycles: f64,
    /// For which activity.
    workload: WorkloadSource,
    /// Of --data.
    images: Option<usize>,
    /// With --target: the board, what the design is predicted to take of it, and what it may take beside the board shell.
    target: Option<Fit>,
}

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let network = model::read_integer(&args.model)?;
    let overwrite = if args.force { Overwrite::Always } else { Overwrite::IfMarked(MANIFEST_FILE) };
    let schema = model::read_schema(&args.model)?;
    let images = args.images.load_for(&flow::recipient(&network, &schema), output)?;
    let images = images.map(ImageSet::into_images).transpose()?;
    let options = args.options();
    let workload = flow::workload(&network, &schema, images.as_ref(), &options)?;
    let design = flow::plan(&network, &options, args.target()?.as_ref(), &workload)?;
    let latency_cycles = workload.latency(&design);
    let hardware = Hardware::generate(network, schema, design, &args.output, overwrite)?;
    let weights = hardware.design.layers.iter().filter_map(Layer::weights);
    let generated = Generated {
        folder: args.output.display().to_string(),
        top: hardware.design.name.clone(),
        network_hash: model::network_hash(&hardware.network),
        layers: hardware.layer_reports(),
        weight_memory_bits: weights.map(MemoryImage::bits).sum(),
        latency_cycles,
        workload: workload.source,
        images: images.as_ref().map(Images::len),
        target: hardware.design.fit.clone(),
    };
    output.result(&generated, |generated| rendered(generated, &hardware).to_string())?;
    output.next(&["firstspike", "compare", &generated.folder, "--data", args.images.source().unwrap_or("DATA")]);
    Ok(Outcome::Success)
}

impl Args {
    fn options(&self) -> arch::Options {
        let memories = match self.memories {
            Some(MemoriesArg::Inline) => Memories::Inline,
            Some(MemoriesArg::Files) | None => Memories::Files,
        };
        arch::Options { memories, ..self.design.options() }
    }

    fn target(&self) -> Result<Option<Target>> {
        let Some(name) = &self.target else { return Ok(None) };
        let optimize = match self.optimize {
            Some(OptimizeArg::Area) => Optimize::Area,
            Some(OptimizeArg::Latency) | None => Optimize::Latency,
        };
        Ok(Some(Target { board: Board::find(name)?, optimize, fixed_lanes: self.design.fix_lanes() }))
    }
}

fn rendered(generated: &Generated, hardware: &Hardware) -> Table {
    let mut table = Table::new();
    table.group(format!("module {}", generated.top)).path("folder", &generated.folder);
    for layer in &hardware.design.layers {
        table.row(layer.instance(), layer_text(layer));
    }
    if let Some(fit) = &generated.target {
        add_target(&mut table, fit);
    }
    let images = generated.images.map_or(String::new(), whole);
    let activity = match generated.workload {
        WorkloadSource::Images => format!("exact for these {images} images"),
        WorkloadSource::TrainingImages if is_timed_by_places(hardware) => {
            "a rough guess from the mean activity of the training images; --data is exact".into()
        }
        WorkloadSource::TrainingImages => "at the mean activity of the training images".into(),
        WorkloadSource::Nominal => "if a quarter of all inputs spike; --data measures it".into(),
    };
    table.group("predicted by the cost model");
    table.row("mean latency", format!("{} cycles, {activity}", grouped(generated.latency_cycles, 1)));
    table
}

/// Whether the mean activity says little of the cycles.
fn is_timed_by_places(hardware: &Hardware) -> bool {
    hardware.design.layers.iter().any(|layer| layer.engine.is_timed_by_places())
}

fn layer_text(layer: &Layer) -> String {
    let engine = &layer.engine;
    let detail = engine.detail().map_or(String::new(), |detail| format!(", {detail}"));
    let memory = if engine.weight_memory() == WeightMemory::Block { " in block RAM" } else { "" };
    let [inputs, neurons, lanes, count] =
        [layer.inputs(), layer.neurons(), engine.lanes(), engine.cycles_per_event()].map(whole);
    let cycles = if engine.cycles_per_event() == 1 { "cycle" } else { "cycles" };
    format!(
        "{inputs} -> {neurons}, {lanes} lanes, {count} {cycles} per event, {}-bit weights{memory}, {}-bit membranes{detail}",
        layer.weight_bits, layer.membrane_bits
    )
}

fn add_target(table: &mut Table, fit: &Fit) {
    let share = |used: u64, free: u64| format!("{} of {} beside the board shell", whole(used), whole(free));
    let (used, free) = (fit.predicted, fit.available);
    table.group(format!("{}, predicted by the area model", fit.board));
    table.row("look-up tables", share(used.lut, free.lut));
    table.row("flip-flops", share(used.ff, free.ff));
    table.row("block RAMs", share(used.bram, free.bram));
}
