//! What other tools need to take a design: a FuseSoC core file, and for a Vivado part a project with an AXI4-Stream block.

use askama::Template;

use super::manifest::{Direction, Port};
use super::{GeneratedFile, file_of, image_files, input_bits, render, text};
use crate::arch::{Design, InputKind, Memories};
use crate::board::{Board, Family};
use crate::error::Result;
use crate::netlist::Module;

#[derive(Template)]
#[template(path = "design.core")]
struct CoreFile<'a> {
    top: &'a str,
    version: &'a str,
    network_hash: &'a str,
    inline: bool,
    /// Made for this design.
    sources: Vec<String>,
    images: &'a [String],
}

#[derive(Template)]
#[template(path = "project.tcl")]
struct VivadoProject<'a> {
    top: &'a str,
    version: &'a str,
    board: &'a Board,
    sources: &'a [String],
    images: &'a [String],
}

#[derive(Template)]
#[template(path = "axis.v")]
struct AxisTop<'a> {
    design: &'a Design,
    version: &'a str,
    marks: bool,
    input_bits: u32,
    /// AXI4-Stream carries whole bytes.
    byte_bits: u32,
    /// Ports for observation.
    observed: Vec<&'a Port>,
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The FuseSoC core file.
pub(super) fn core_file(design: &Design, network_hash: &str, made: &[Module]) -> Result<GeneratedFile> {
    let inline = design.options.memories == Memories::Inline;
    let images = &image_files(design);
    let made = made.iter().filter(|_| !inline).map(file_of);
    let sources = made.chain([format!("{}.v", design.name)]).collect();
    let core = CoreFile { top: &design.name, version: VERSION, network_hash, inline, sources, images };
    Ok(text(format!("{}.core", design.name), render(&core)?))
}

/// The folder `vivado/`, if the design is for a part that Vivado builds.
///
/// # Errors
/// `target-unknown` if the design names a board that does not exist.
pub(super) fn vivado(design: &Design, sources: &[String], ports: &[Port]) -> Result<Vec<GeneratedFile>> {
    let Some(fit) = &design.fit else { return Ok(Vec::new()) };
    let board = Board::find(&fit.board)?;
    if board.family != Family::Xilinx {
        return Ok(Vec::new());
    }
    let top = &design.name;
    let project = VivadoProject { top, version: VERSION, board: &board, sources, images: &image_files(design) };
    let bits = input_bits(design);
    let axis = AxisTop {
        design,
        version: VERSION,
        marks: design.input_kind() == InputKind::Events,
        input_bits: bits,
        byte_bits: bits.next_multiple_of(8),
        observed: ports.iter().filter(|port| is_observed(port)).collect(),
    };
    Ok(vec![
        text("vivado/project.tcl".into(), render(&project)?),
        text(format!("vivado/{top}_axis.v"), render(&axis)?),
        text("vivado/clock.xdc".into(), clock_constraint(&board)),
        text("vivado/board.xdc".into(), board.pins.to_owned()),
    ])
}

fn is_observed(port: &Port) -> bool {
    port.direction == Direction::Output && (port.name.starts_with("layer") || port.name.starts_with("output_fire"))
}

/// The clock of the board's oscillator, for a block that runs on it directly.
fn clock_constraint(board: &Board) -> String {
    format!("create_clock -name aclk -period {:.3} [get_ports {{ aclk }}]\n", 1e3 / board.clock_mhz)
}
