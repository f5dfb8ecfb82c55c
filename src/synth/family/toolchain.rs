//! What is asked of the tools of any family, and what their command lines share.

use crate::board::{Board, Resources};
use crate::synth::cell::{Area, Cell};
use crate::tool::Tool;

/// What is synthesized, and for which part.
pub(in crate::synth) struct Job<'a> {
    pub board: &'a Board,
    /// Name of the top module.
    pub top: String,
    /// Whether the weights of some layer are logic, which then is most of the design.
    pub has_weights_in_logic: bool,
    /// Whether the top module's ports are the board's, or some of them.
    pub has_pins: bool,
    /// Folder of all that is made here, relative to the design folder. Holds the family's [`Toolchain::maps`] and the board's pins.
    pub results: String,
}

/// A run of place and route.
pub(in crate::synth) struct Attempt<'a> {
    pub job: &'a Job<'a>,
    /// The clock to aim at, in MHz.
    pub aim: f64,
    pub seed: u32,
    /// Folder of what this attempt makes, relative to the design folder.
    pub folder: &'a str,
}

/// A program and its arguments, started in the design folder.
pub(in crate::synth) struct Step {
    pub tool: Tool,
    pub arguments: Vec<String>,
}

/// The models with which a netlist is simulated.
pub(in crate::synth) struct CellModels {
    /// Files below yosys' share folder.
    pub shared: &'static [&'static str],
    /// Macros that make those files fit for Verilator.
    pub defines: &'static [&'static str],
    /// Our own, for cells that yosys has no model of: name and text.
    pub own: &'static [(&'static str, &'static str)],
}

/// The tools of a family.
pub(in crate::synth) trait Toolchain: Sync {
    /// Cell maps of our own, which the commands of [`Toolchain::synthesis`] find in the job's folder: name and text.
    fn maps(&self) -> &'static [(&'static str, &'static str)] {
        &[]
    }

    /// yosys' commands from Verilog to cells, one per line. A netlist for `simulation` may have no pins at x.
    fn synthesis(&self, job: &Job, simulation: bool) -> String;

    /// Whether the tools need pins, so that the core is not placed without something around it.
    fn needs_pins(&self) -> bool;

    /// Whether yosys must tell its version: some make wrong hardware of this family.
    fn needs_known_yosys(&self) -> bool {
        false
    }

    /// The clock to aim at unless the user says more, in MHz.
    fn default_aim(&self) -> f64;

    /// The tools that place and pack, if there are any.
    fn placer_and_packer(&self) -> Option<(Tool, Tool)>;

    /// Place and route: writes `report.json`, `placed.json` and what [`Toolchain::pack`] reads. None if no open tool does it.
    fn place(&self, attempt: &Attempt) -> Option<Step>;

    /// Ending of a bitstream.
    fn bitstream(&self) -> &'static str;

    /// Makes the bitstream of a placement in the folder `placed`.
    fn pack(&self, board: &Board, placed: &str, bitstream: &str) -> Option<Step>;

    /// Adds what a cell takes of the part.
    fn count(&self, cell: &Cell, area: &mut Area);

    /// The count of a resource by nextpnr's name; none for those that boards do not list.
    fn count_of<'r>(&self, part: &'r mut Resources, resource: &str) -> Option<&'r mut u64>;

    /// None if netlists of this family are not simulated.
    fn cell_models(&self) -> Option<CellModels> {
        None
    }
}

/// The options that all of nextpnr's programs share.
pub(super) fn nextpnr(attempt: &Attempt) -> Vec<String> {
    let Attempt { job, aim, seed, folder } = attempt;
    let mut arguments = vec!["--timing-allow-fail".to_owned()];
    let mut option = |name: &str, value: String| arguments.extend([name.to_owned(), value]);
    option("--freq", aim.to_string());
    option("--seed", seed.to_string());
    option("--json", format!("{}/netlist.json", job.results));
    option("--report", format!("{folder}/report.json"));
    option("--write", format!("{folder}/placed.json"));
    arguments
}

/// The board's pin file, where pins are used.
pub(super) fn pins(job: &Job) -> Option<String> {
    job.has_pins.then(|| format!("{}/{}", job.results, job.board.family.pin_file()))
}
