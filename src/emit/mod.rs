//! Design → Verilog, memory images, manifest. Decides nothing: prints what `arch` decided.
//!
//! In: `arch`'s [`Design`]. Out: the files of a design folder, as bytes; `cli` writes them. The same design gives the same bytes.

mod export;
mod folder;
mod inline;
mod leaves;
mod library;
mod manifest;
mod memory;
mod top;

use askama::Template;

use crate::arch::{Design, InputKind, Layer, Memories};
use crate::error::{Error, Result, Stage};
use crate::netlist::Module;

pub use folder::{Difference, differences};
pub use manifest::{
    DRIVER_HEADER, Direction, FileEntry, InputPort, Latency, LayerEntry, MANIFEST_FILE, MANIFEST_FORMAT,
    MANIFEST_VERSION, Manifest, Port,
};

/// One file of a design folder; `path` is relative to the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GeneratedFile {
    /// Where it lies, relative to the folder.
    pub path: String,
    /// Its contents.
    pub bytes: Vec<u8>,
}

#[derive(Template)]
#[template(path = "design.h")]
struct DriverHeader<'a> {
    design: &'a Design,
    version: &'a str,
    marks: bool,
    data_bits: u32,
    hidden: &'a [Layer],
    output_fires: bool,
}

/// Prints a design: top module, library, memory images (or all of these in one file), source list, driver header, core file and manifest; for a part that
/// Vivado builds, also its project.
///
/// # Errors
/// `target-unknown` if the design is for a board that does not exist;
/// `template`: a template failed, which is a defect of this program.
pub fn generate(design: &Design, network_hash: &str) -> Result<Vec<GeneratedFile>> {
    let top = top::module(design, network_hash);
    let made: Vec<Module> = design.layers.iter().flat_map(|layer| layer.engine.modules(layer, design)).collect();
    let (mut files, sources) = verilog(design, &top, &made)?;
    files.push(text("sources.f".into(), sources.join("\n") + "\n"));
    files.push(text(manifest::DRIVER_HEADER.into(), render(&driver_header(design))?));
    files.push(export::core_file(design, network_hash, &made)?);
    let ports = manifest::ports(&top);
    files.extend(export::vivado(design, &sources, &ports)?);
    let manifest = manifest::describe(design, network_hash, ports, sources, &files);
    let json = serde_json::to_string_pretty(&manifest).expect("a manifest has only plain fields");
    files.push(text(MANIFEST_FILE.into(), json + "\n"));
    Ok(files)
}

/// The Verilog and the memory images; the sources among them, in compilation order. `made` are the modules of single layers.
fn verilog(design: &Design, top: &Module, made: &[Module]) -> Result<(Vec<GeneratedFile>, Vec<String>)> {
    if design.options.memories == Memories::Inline {
        let path = file_of(top);
        return Ok((vec![text(path.clone(), inline::verilog(design, top, made))], vec![path]));
    }
    let modules = || std::iter::once(top).chain(made);
    let mut files: Vec<_> = modules().map(|module| text(file_of(module), module.verilog())).collect();
    files.extend(library::files()?);
    files.extend(design.memories().map(|image| text(design.image_file(image), memory::hexadecimal(image))));
    let own = made.iter().chain([top]).map(file_of);
    Ok((files, library::sources(modules()).into_iter().chain(own).collect()))
}

/// The file of a module that is made for a design.
fn file_of(module: &Module) -> String {
    format!("{}.v", module.name)
}

/// The memory images that stand beside the Verilog.
fn image_files(design: &Design) -> Vec<String> {
    let beside = design.memories().filter(|_| design.options.memories == Memories::Files);
    beside.map(|image| design.image_file(image)).collect()
}

/// Width of `s_axis_tdata`, in bits.
fn input_bits(design: &Design) -> u32 {
    design.port.data_bits(design.input) as u32
}

fn driver_header(design: &Design) -> DriverHeader<'_> {
    DriverHeader {
        design,
        version: env!("CARGO_PKG_VERSION"),
        marks: design.input_kind() == InputKind::Events,
        data_bits: input_bits(design),
        hidden: design.hidden_layers(),
        output_fires: design.readout.kind.output_fires(),
    }
}

fn render(template: &impl Template) -> Result<String> {
    // Askama drops the newline at the end of a template.
    template.render().map(|text| text + "\n").map_err(|cause| {
        Error::new(Stage::Emit, "template", format!("a template failed: {cause}"), "this is a defect: please report it")
    })
}

fn text(path: String, content: String) -> GeneratedFile {
    GeneratedFile { path, bytes: content.into_bytes() }
}
