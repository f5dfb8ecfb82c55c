//! The Verilog library as a design folder carries it: whole, so that designs of one project can share it.
//!
//! The same version twice does no harm, and of two versions only the one that a tool reads first is taken; the module `fs_library`
//! then stops the elaboration of every design of the other one (`docs/adr/0006-one-library.md`).

use askama::Template;

use super::{GeneratedFile, leaves, render, text};
use crate::error::Result;
use crate::files::sha256_hex;
use crate::netlist::Module;

/// The module that knows the version.
const LIBRARY: &str = "fs_library";

#[derive(Template)]
#[template(path = "library.v")]
struct LibraryModule<'a> {
    version: &'a str,
    content: &'a str,
}

#[derive(Template)]
#[template(path = "library.core")]
struct LibraryCore<'a> {
    version: &'a str,
    content: &'a str,
    files: Vec<String>,
}

/// The version of the library, as 8 hexadecimal digits: its content's.
pub(super) fn content() -> String {
    let all: String = leaves::ALL.iter().flat_map(|(name, text)| [*name, *text]).collect();
    sha256_hex(all.as_bytes())[..8].to_owned()
}

/// All modules, each after those that use it, and the core file for FuseSoC.
pub(super) fn files() -> Result<Vec<GeneratedFile>> {
    let (version, content) = (env!("CARGO_PKG_VERSION"), content());
    let module = render(&LibraryModule { version, content: &content })?;
    let file = |name: &str, verilog: &str| text(path(name), guarded(name, verilog, &content));
    let mut files: Vec<_> = leaves::ALL.iter().map(|(name, verilog)| file(name, verilog)).collect();
    files.push(file(LIBRARY, &module));
    let names = leaves::ALL.iter().map(|(name, _)| *name).chain([LIBRARY]).map(|name| format!("{name}.v"));
    let core = LibraryCore { version, content: &content, files: names.collect() };
    files.push(text("rtl/firstspike.core".into(), render(&core)?));
    Ok(files)
}

/// The files that the modules of a design need, in compilation order.
pub(super) fn sources<'a>(modules: impl Iterator<Item = &'a Module>) -> Vec<String> {
    let mut sources: Vec<String> = leaves::used_by(modules).iter().map(|(name, _)| path(name)).collect();
    sources.push(path(LIBRARY));
    sources.reverse();
    sources
}

/// The subfolder cannot be called `lib`: a WASI build of yosys takes a relative path for an absolute one if it begins like a folder
/// of the root.
fn path(name: &str) -> String {
    format!("rtl/{name}.v")
}

/// A module that is skipped if it was read before, or if another version of the library was.
fn guarded(name: &str, verilog: &str, content: &str) -> String {
    let (version, module) = (format!("FS_LIBRARY_{}", content.to_uppercase()), format!("{}_READ", name.to_uppercase()));
    let (license, verilog) = verilog.split_once('\n').expect("a module has lines");
    format!(
        "{license}\n`ifndef FS_VERSION_READ\n`define FS_VERSION_READ\n`define {version}\n`endif\n\
         `ifdef {version}\n`ifndef {module}\n`define {module}\n\n{verilog}\n`endif\n`endif\n"
    )
}
