//! `firstspike generate`: an integer model in, a folder of Verilog out.

use std::path::PathBuf;

use super::hardware::DesignArgs;
use super::images::OptionalImageArgs;
use super::{Outcome, Output};
use crate::arch::{self, Memories, Optimize};
use crate::board::Board;
use crate::data::ImageSet;
use crate::emit::MANIFEST_FILE;
use crate::error::{Result, Stage};
use crate::files::Overwrite;
use crate::flow::{self, Caller, Hardware, Target};
use crate::model;

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

pub fn run(args: &Args, output: &Output) -> Result<Outcome> {
    let network = model::read_integer(&args.model)?;
    let overwrite = if args.force { Overwrite::Always } else { Overwrite::IfMarked(MANIFEST_FILE) };
    let schema = model::read_schema(&args.model)?;
    let images = args.images.load_for(&flow::recipient(&network, &schema), output)?;
    let options = args.options();
    images.iter().try_for_each(|images| flow::check_input(images, options.input))?;
    let workload = flow::workload(&network, &schema, images.as_ref(), &options)?;
    output.check(Stage::Emit)?;
    let design = flow::plan(&network, &options, args.target()?.as_ref(), &workload)?;
    output.check(Stage::Emit)?;
    let hardware = Hardware::generate(network, schema, design, &args.output, overwrite)?;
    let generated = hardware.generated(&workload, images.as_ref().map(ImageSet::len));
    output.report(&generated)?;
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
