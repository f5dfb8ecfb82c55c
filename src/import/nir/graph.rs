//! The graph of a NIR file: its nodes, and the one chain that their edges must make. Names say nothing of the order.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use crate::hdf5::{Group, Item};

/// The type of a graph, also of one that is a node of another.
const GRAPH: &str = "NIRGraph";

/// The types of nodes that a network may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Input,
    Output,
    Linear,
    Affine,
    Conv2d,
    SumPool2d,
    AvgPool2d,
    Flatten,
    IntegrateAndFire,
    LeakyIntegrateAndFire,
    Integrator,
}

impl Kind {
    /// All, by the names that files give them.
    const NAMES: [(&str, Kind); 11] = [
        ("Input", Kind::Input),
        ("Output", Kind::Output),
        ("Linear", Kind::Linear),
        ("Affine", Kind::Affine),
        ("Conv2d", Kind::Conv2d),
        ("SumPool2d", Kind::SumPool2d),
        ("AvgPool2d", Kind::AvgPool2d),
        ("Flatten", Kind::Flatten),
        ("IF", Kind::IntegrateAndFire),
        ("LIF", Kind::LeakyIntegrateAndFire),
        ("I", Kind::Integrator),
    ];

    fn named(name: &str) -> Option<Kind> {
        Kind::NAMES.iter().find(|(known, _)| *known == name).map(|(_, kind)| *kind)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(Kind::NAMES.iter().find(|(_, kind)| kind == self).map_or("", |(name, _)| name))
    }
}

/// Why a node of another type cannot be imported.
fn refusal(kind: &str) -> String {
    let reason = match kind {
        "Threshold" => "it has no memory: it compares the input of one step, and integrates nothing",
        "CubaLIF" | "CubaLI" => "its synapses have a current of their own that decays",
        "LI" => "it leaks",
        "Scale" => "multiply the weights before it, and leave it out",
        "Delay" => "no spike may wait",
        "Conv1d" => "its maps have one axis; a Linear can stand for it",
        _ => "it is none of those that are known",
    };
    let known = "Linear, Affine, Conv2d, SumPool2d, AvgPool2d, Flatten, IF, LIF without a leak, and I at the end";
    format!("this type has no place in a time-to-first-spike network: {reason}; expected {known}")
}

/// A node with its fields. Those of nested graphs are named `outer.inner`.
#[derive(Debug)]
pub struct Node {
    pub name: String,
    pub kind: Kind,
    pub fields: Group,
}

impl Node {
    /// How messages call it.
    pub fn place(&self) -> String {
        format!("node {:?} ({})", self.name, self.kind)
    }
}

/// Why a file gives no chain of nodes.
#[derive(Debug, PartialEq, Eq)]
pub enum Broken {
    /// Parts are absent that every exporter writes: it stopped in the middle.
    Unfinished(Vec<String>),
    /// The graph is whole, and no chain.
    Wrong(Vec<String>),
}

/// The nodes of a file from its input to its output.
///
/// # Errors
/// Everything that is absent, or everything that makes the graph another thing than a chain.
pub fn chain(mut file: Group) -> Result<Vec<Node>, Broken> {
    let Some(Item::Group(root)) = file.remove("node") else {
        return Err(Broken::Wrong(vec!["has no group \"node\", expected the one that NIR writes".into()]));
    };
    let mut graph = Graph::default();
    let ends = graph.add(root, "");
    if !graph.absent.is_empty() {
        return Err(Broken::Unfinished(graph.absent));
    }
    graph.in_order(ends).map_err(Broken::Wrong)
}

/// Input and output nodes of a graph.
#[derive(Default)]
struct Ends {
    inputs: Vec<String>,
    outputs: Vec<String>,
}

/// All nodes and edges, those of nested graphs included.
#[derive(Default)]
struct Graph {
    nodes: BTreeMap<String, Node>,
    /// Names of nodes that have no place in a network.
    strange: BTreeSet<String>,
    edges: Vec<(String, String)>,
    absent: Vec<String>,
    problems: Vec<String>,
}

impl Graph {
    /// Takes the nodes and edges of a graph, whose names get `prefix`.
    fn add(&mut self, mut group: Group, prefix: &str) -> Ends {
        let here = if prefix.is_empty() { "the graph".to_owned() } else { format!("the graph {prefix:?}") };
        let edges = self.edges_of(group.remove("edges"), &here);
        let Some(Item::Group(members)) = group.remove("nodes") else {
            self.absent.push(format!("{here} has no nodes"));
            return Ends::default();
        };
        let (mut ends, mut nested) = (Ends::default(), BTreeMap::new());
        for (name, item) in members {
            let full = format!("{prefix}{name}");
            let Some((kind, fields)) = self.typed(&full, item) else { continue };
            if kind == GRAPH {
                nested.insert(name, self.add(fields, &format!("{full}.")));
                continue;
            }
            let Some(known) = Kind::named(&kind) else {
                self.problems.push(format!("node {full:?} ({kind}): {}", refusal(&kind)));
                self.strange.insert(full);
                continue;
            };
            match known {
                Kind::Input => ends.inputs.push(full.clone()),
                Kind::Output => ends.outputs.push(full.clone()),
                _ => {}
            }
            self.nodes.insert(full.clone(), Node { name: full, kind: known, fields });
        }
        self.connect(edges, prefix, &nested);
        ends
    }

    /// The type of a node and its fields; notes what is absent.
    fn typed(&mut self, name: &str, item: Item) -> Option<(String, Group)> {
        let Item::Group(mut fields) = item else {
            self.absent.push(format!("node {name:?} is no group"));
            return None;
        };
        match fields.remove("type") {
            Some(Item::Texts(texts)) if texts.values.len() == 1 => Some((texts.values[0].clone(), fields)),
            _ => {
                self.absent.push(format!("node {name:?} has no type"));
                None
            }
        }
    }

    fn edges_of(&mut self, item: Option<Item>, here: &str) -> Vec<(String, String)> {
        match item {
            Some(Item::Texts(texts)) if texts.shape.len() == 2 && texts.shape[1] == 2 => {
                texts.values.chunks_exact(2).map(|pair| (pair[0].clone(), pair[1].clone())).collect()
            }
            // A list without entries has no type of its own.
            Some(Item::Numbers(numbers)) if numbers.values.is_empty() => Vec::new(),
            Some(_) => {
                self.problems.push(format!("{here} has edges that are no pairs of names"));
                Vec::new()
            }
            None => {
                self.absent.push(format!("{here} has no edges"));
                Vec::new()
            }
        }
    }

    /// Adds edges; those of a nested graph lead to its input and come from its output.
    fn connect(&mut self, edges: Vec<(String, String)>, prefix: &str, nested: &BTreeMap<String, Ends>) {
        let mut ends_of = |name: &str, pick: fn(&Ends) -> &Vec<String>| match nested.get(name) {
            None => vec![format!("{prefix}{name}")],
            Some(ends) => {
                if pick(ends).len() != 1 {
                    let expected = "expected one Input and one Output";
                    self.problems.push(format!("the nested NIRGraph \"{prefix}{name}\" is no chain, {expected}"));
                }
                pick(ends).clone()
            }
        };
        for (from, to) in edges {
            let (from, to) = (ends_of(&from, |ends| &ends.outputs), ends_of(&to, |ends| &ends.inputs));
            self.edges.extend(from.into_iter().zip(to));
        }
    }

    /// The nodes in the order of the edges.
    fn in_order(mut self, ends: Ends) -> Result<Vec<Node>, Vec<String>> {
        let links = self.links();
        for (found, what) in [(&ends.inputs, "Input"), (&ends.outputs, "Output")] {
            match found.len() {
                1 => {}
                0 => self.problems.push(format!("the graph has no {what}, expected one")),
                _ => self.problems.push(format!("the graph has the {what}s {found:?}, expected one")),
            }
        }
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        let order = self.walk(&links, &ends.inputs[0]);
        let loose = self.nodes.values().filter(|node| !order.contains(&node.name));
        let off = |node: &Node| {
            format!("{} is not on the path from {:?} to {:?}", node.place(), ends.inputs[0], ends.outputs[0])
        };
        let problems: Vec<String> = loose.map(off).collect();
        if !problems.is_empty() {
            return Err(problems);
        }
        Ok(order.iter().filter_map(|name| self.nodes.remove(name)).collect())
    }

    /// Where each node leads; notes edges that make the graph no chain.
    fn links(&mut self) -> BTreeMap<String, String> {
        let (mut after, mut before) = (BTreeMap::<String, String>::new(), BTreeMap::<String, String>::new());
        for (from, to) in std::mem::take(&mut self.edges) {
            let is_absent = |name: &&String| !self.nodes.contains_key(*name) && !self.strange.contains(*name);
            if let Some(name) = [&from, &to].into_iter().find(is_absent) {
                self.problems.push(format!("the edge {from:?} → {to:?} names {name:?}, which is no node"));
                continue;
            }
            let expected = "expected one edge: this network is no chain (a branch, a skip or a recurrence)";
            if let Some(first) = after.get(&from) {
                self.problems.push(format!("{} leads to {first:?} and {to:?}, {expected}", self.place(&from)));
            }
            if let Some(first) = before.get(&to) {
                self.problems.push(format!("{} is reached from {first:?} and {from:?}, {expected}", self.place(&to)));
            }
            before.insert(to.clone(), from.clone());
            after.insert(from, to);
        }
        after
    }

    fn place(&self, name: &str) -> String {
        self.nodes.get(name).map_or_else(|| format!("node {name:?}"), Node::place)
    }

    /// The names from `start` on, each once.
    fn walk(&self, links: &BTreeMap<String, String>, start: &str) -> Vec<String> {
        let (mut order, mut seen) = (vec![start.to_owned()], BTreeSet::from([start.to_owned()]));
        while let Some(next) = order.last().and_then(|last| links.get(last)).filter(|next| !seen.contains(*next)) {
            seen.insert(next.clone());
            order.push(next.clone());
        }
        order
    }
}
