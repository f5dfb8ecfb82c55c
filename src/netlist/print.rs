//! A module as Verilog: one template for all of them.

use askama::Template;

use super::{Direction, Item, Module, Shape};

#[derive(Template)]
#[template(path = "module.v")]
struct Verilog<'a> {
    module: &'a Module,
}

impl Module {
    /// The module's text.
    ///
    /// # Panics
    /// If a name is declared twice or used before it is declared, which is a defect of whoever built the module.
    pub fn verilog(&self) -> String {
        let problems = self.problems();
        assert!(problems.is_empty(), "{}", problems.join("\n"));
        // Askama drops the newline at the end of a template.
        Verilog { module: self }.render().expect("a template of plain fields renders") + "\n"
    }
}

impl Direction {
    fn keyword(self) -> &'static str {
        match self {
            Direction::Input => "input ",
            Direction::Output => "output",
        }
    }
}

impl Shape {
    /// What stands between the kind of a net and its name.
    fn range(self) -> String {
        match self {
            Shape::Bit => String::new(),
            Shape::Vector(bits) => format!("[{}:0] ", bits - 1),
            Shape::Signed(bits) => format!("signed [{}:0] ", bits - 1),
        }
    }
}

/// The length of the longest name, to which the others are filled up.
fn width(pairs: &[(String, String)]) -> usize {
    pairs.iter().map(|(name, _)| name.len()).max().unwrap_or(0)
}

fn padded(name: &str, &width: &usize) -> String {
    format!("{name:width$}")
}

#[cfg(test)]
mod tests {
    use crate::netlist::{Instance, Module, Shape, input, output};

    #[test]
    fn a_module_prints_as_a_person_would_write_it() {
        let mut module = Module::new("top", vec!["top: an example.".into()]);
        module.parameter("FOLDER", "\"\"", "folder of the memory images");
        module.port_group([input("clk", Shape::Bit), input("rst", Shape::Bit)]);
        module.port_group([output("sum", Shape::Vector(4))]);
        module.comment("The sum of a leaf.");
        module.wires(Shape::Bit, ["valid", "ready"]);
        module.wires(Shape::Signed(3), ["part"]);
        module.gap();
        let leaf = Instance::new("fs_leaf", "leaf_i").set("BITS", 3).set("FILE", "{FOLDER, \"a.mem\"}");
        module.instance(leaf.pin("clk", "clk").pin("valid", "valid && !rst").pin("part", "part"));
        module.gap();
        module.driven("unused", "&{1'b0, ready}");
        module.assigns([("sum[3]", "1'b0"), ("sum[2:0]", "part")]);
        insta::assert_snapshot!(module.verilog(), @r#"
        // top: an example.

        `timescale 1ns / 1ps
        `default_nettype none

        module top #(
            parameter FOLDER = ""  // folder of the memory images
        ) (
            input  wire clk,
            input  wire rst,

            output wire [3:0] sum
        );

            // The sum of a leaf.
            wire valid, ready;
            wire signed [2:0] part;

            fs_leaf #(
                .BITS (3),
                .FILE ({FOLDER, "a.mem"})
            ) leaf_i (
                .clk   (clk),
                .valid (valid && !rst),
                .part  (part)
            );

            wire unused = &{1'b0, ready};
            assign sum[3]   = 1'b0;
            assign sum[2:0] = part;

        endmodule

        `resetall
        "#);
    }
}
