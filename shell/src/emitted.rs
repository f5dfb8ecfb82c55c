//! What is checked in is what is emitted.

use std::fs;

use rust_hdl::prelude::*;

use crate::{Crc16, PowerOnReset};

/// The Verilog of a block as a file of `hdl/shell`. rust-hdl calls every block `top`; with us all have
/// `fs_` before their names. It writes all numbers with 32 bits.
fn emitted(name: &str, mut block: impl Block) -> String {
    block.connect_all();
    let verilog = generate_verilog(&block);
    let module = format!("fs_{name}");
    let lines = verilog.lines().map(|line| renamed(line, &module)).map(|line| line.trim_end().to_owned());
    let lines: Vec<_> = lines.collect();
    format!(
        "// SPDX-License-Identifier: MIT OR Apache-2.0\n\
         // Emitted by rust-hdl from shell/src/{name}.rs. Do not edit.\n\n\
         `timescale 1ns / 1ps\n`default_nettype none\n\n\
         // verilator lint_off DECLFILENAME\n// verilator lint_off WIDTHEXPAND\n// verilator lint_off WIDTHTRUNC\n\n\
         {}\n\n`resetall\n",
        lines.join("\n").trim()
    )
}

fn renamed(line: &str, name: &str) -> String {
    let words = line.split_inclusive(|character: char| !character.is_alphanumeric() && character != '_');
    words
        .map(
            |word| {
                if word.trim_end_matches(['$', '(', ' ']) == "top" {
                    word.replacen("top", name, 1)
                } else {
                    word.into()
                }
            },
        )
        .collect()
}

#[test]
fn the_files_in_hdl_shell_are_up_to_date() {
    for (name, text) in [
        ("crc16", emitted("crc16", Crc16::default())),
        ("power_on_reset", emitted("power_on_reset", PowerOnReset::default())),
    ] {
        let path = format!("{}/../hdl/shell/fs_{name}.v", env!("CARGO_MANIFEST_DIR"));
        if std::env::var_os("FIRSTSPIKE_EMIT").is_some() {
            fs::write(&path, &text).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), text, "{path}: FIRSTSPIKE_EMIT=1 writes it anew");
    }
}
