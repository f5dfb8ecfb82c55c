//! What can be told of a module without its leaves: every name is declared once, and before it is used.

use std::collections::BTreeSet;

use super::{Item, Module};

impl Module {
    /// One line per name that is declared twice, or used before it is declared. Empty if the module is sound.
    pub fn problems(&self) -> Vec<String> {
        let mut names = Names { module: &self.name, known: BTreeSet::new(), problems: Vec::new() };
        self.parameters.iter().for_each(|parameter| names.declare(&parameter.name));
        self.ports.iter().for_each(|port| names.declare(&port.name));
        self.items.iter().for_each(|item| names.item(item));
        names.problems
    }
}

struct Names<'a> {
    module: &'a str,
    known: BTreeSet<&'a str>,
    problems: Vec<String>,
}

impl<'a> Names<'a> {
    fn declare(&mut self, name: &'a str) {
        if !self.known.insert(name) {
            self.problems.push(format!("{}: {name} is declared twice", self.module));
        }
    }

    fn reference(&mut self, expression: &'a str) {
        let unknown = identifiers(expression).filter(|name| !self.known.contains(name));
        self.problems.extend(unknown.map(|name| format!("{}: {name} is used before it is declared", self.module)));
    }

    fn item(&mut self, item: &'a Item) {
        match item {
            Item::Gap | Item::Comment(_) => {}
            Item::Constant(constant) => self.declare(&constant.name),
            Item::Wires { names, .. } => names.iter().for_each(|name| self.declare(name)),
            Item::Driven { name, expression } => {
                self.reference(expression);
                self.declare(name);
            }
            Item::Assigns(pairs) => {
                pairs.iter().flat_map(|(to, from)| [to, from]).for_each(|expression| self.reference(expression))
            }
            Item::Instance(instance) => {
                let values = instance.parameters.iter().chain(&instance.pins);
                values.for_each(|(_, expression)| self.reference(expression));
                self.declare(&instance.name);
            }
        }
    }
}

/// The names in a Verilog expression: neither strings, nor numbers with their base, nor system functions.
fn identifiers(expression: &str) -> impl Iterator<Item = &str> {
    let outside_strings = expression.split('"').step_by(2);
    let is_part = |c: char| c.is_ascii_alphanumeric() || "_$'".contains(c);
    let words = outside_strings.flat_map(move |text| text.split(move |c| !is_part(c)));
    words.filter(|word| word.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::netlist::{Instance, Shape, input};

    #[test]
    fn expressions_give_their_names() {
        let found: Vec<_> =
            identifiers("!s_axis_tuser && (tdata[4:0] >= 5'd17 || {2'b0, FOLDER, \"a name.mem\"})").collect();
        assert_eq!(found, ["s_axis_tuser", "tdata", "FOLDER"]);
        assert_eq!(identifiers("$clog2(N) + 8'hff").collect::<Vec<_>>(), ["N"]);
    }

    #[test]
    fn a_name_is_declared_once_and_before_its_use() {
        let mut module = Module::new("top", Vec::new());
        module.port_group([input("clk", Shape::Bit)]);
        module.assigns([("late", "clk")]);
        module.wires(Shape::Bit, ["late", "clk"]);
        module.instance(Instance::new("fs_leaf", "late").set("N", 3).pin("clk", "clk").pin("x", "nowhere[0]"));
        assert_eq!(
            module.problems(),
            [
                "top: late is used before it is declared",
                "top: clk is declared twice",
                "top: nowhere is used before it is declared",
                "top: late is declared twice",
            ]
        );
    }
}
