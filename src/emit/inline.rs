//! A design in one file: the modules that it uses of the library, under names of its own, and the contents of its memories in them.

use super::{leaves, memory};
use crate::arch::{Design, MemoryImage};
use crate::netlist::Module;

/// What stands in a leaf with a memory before the statements that read its image, and after them.
const READ: (&str, &str) =
    ("    // An unused default of the parameter must not look for a file.\n    generate\n", "    endgenerate\n");

/// The whole design, after the text of its top module and of those that are `made` for single layers.
pub(super) fn verilog(design: &Design, top: &Module, made: &[Module]) -> String {
    let mut text = format!("// verilator lint_off DECLFILENAME\n\n{}", top.verilog());
    for module in made {
        text.push('\n');
        text += &module.verilog();
    }
    for (name, leaf) in leaves::used_by(std::iter::once(top).chain(made)) {
        text.push('\n');
        text += &with_contents(design, name, leaf);
    }
    renamed(&text, &design.name)
}

/// A leaf, with the contents of its memory if it has one.
fn with_contents(design: &Design, name: &str, leaf: &str) -> String {
    let images: Vec<_> = design.memories().filter(|image| image.leaf == name).collect();
    if images.is_empty() {
        return leaf.to_owned();
    }
    let (before, rest) = leaf.split_once(READ.0).expect("a leaf with a memory reads its image");
    let (_, after) = rest.split_once(READ.1).expect("the statements that read an image end");
    let contents: String = images.into_iter().map(|image| contents(design, image)).collect();
    format!(
        "{before}    wire unused_folder = &{{1'b0, FOLDER}};\n\n    \
         // Names of different lengths are compared.\n    // verilator lint_off WIDTHEXPAND\n    \
         generate\n{contents}    endgenerate\n    // verilator lint_on WIDTHEXPAND\n{after}"
    )
}

/// The statements that fill the memory to which an image belongs.
fn contents(design: &Design, image: &MemoryImage) -> String {
    let (file, bits) = (design.image_file(image), image.row_bits());
    let block = image.file.trim_end_matches(".mem");
    let words = memory::words(image).enumerate();
    let rows: String = words.map(|(row, word)| format!("                memory[{row}] = {bits}'h{word};\n")).collect();
    format!(
        "        if (FILE == \"{file}\") begin : g_{block}\n            initial begin\n{rows}            end\n        end\n"
    )
}

/// The text with the name of the design before every name that begins with `fs_`.
fn renamed(text: &str, design: &str) -> String {
    let mut renamed = String::with_capacity(text.len());
    for (index, part) in text.split("fs_").enumerate() {
        let is_inside = renamed.ends_with(|c: char| c.is_ascii_alphanumeric() || c == '_');
        match (index, is_inside) {
            (0, _) => {}
            (_, true) => renamed += "fs_",
            (_, false) => renamed += &format!("{design}_fs_"),
        }
        renamed += part;
    }
    renamed
}
