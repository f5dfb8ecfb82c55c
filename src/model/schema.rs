//! What `model.json` says of the data that the network was trained on: names of classes, and how a table became pixels.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::fields::{Object, shown};
use crate::data::{HeldOut, LabelColumn, Schema, TableSchema, is_class_name};

/// The two optional fields as written.
#[derive(Serialize)]
pub struct SchemaText {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableText>,
}

#[derive(Serialize)]
struct TableText {
    label: String,
    ranges: Vec<[f64; 2]>,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    held_out: Option<HeldOutText>,
}

#[derive(Serialize)]
struct HeldOutText {
    share: f64,
    seed: u64,
}

impl From<&Schema> for SchemaText {
    fn from(schema: &Schema) -> Self {
        let held_out = |rows: &HeldOut| HeldOutText { share: rows.share, seed: rows.seed };
        let table = |table: &TableSchema| TableText {
            label: table.label.to_string(),
            ranges: table.ranges.clone(),
            sha256: table.sha256.clone(),
            held_out: table.held_out.as_ref().map(held_out),
        };
        SchemaText { classes: schema.classes.clone(), table: schema.table.as_ref().map(table) }
    }
}

/// Reads the two fields. `inputs` and `outputs` are those of the network, as far as they are known.
pub fn parse(file: &Object, inputs: Option<usize>, outputs: Option<usize>) -> Schema {
    let classes = file.optional("classes").and_then(|_| parse_classes(file, outputs)).unwrap_or_default();
    let table = file.optional_object("table").and_then(|table| parse_table(table, inputs));
    Schema { classes, table }
}

fn parse_classes(file: &Object, outputs: Option<usize>) -> Option<Vec<String>> {
    let name = |value: &Value| value.as_str().filter(|name| is_class_name(name)).map(String::from);
    let names = file.numbers("classes", "a name of 1 … 60 printable characters", name)?;
    if let Some(outputs) = outputs.filter(|outputs| *outputs != names.len()) {
        file.problem("classes", &format!("has {} names, expected {outputs}, one per output", names.len()));
    }
    if names.iter().collect::<BTreeSet<_>>().len() < names.len() {
        file.problem("classes", "has a name twice, expected another for every class");
    }
    Some(names)
}

fn parse_table(table: Object, inputs: Option<usize>) -> Option<TableSchema> {
    let label = table.text("label", "the name of a column, first or last").map(|name| name.parse());
    let range = |value: &Value| {
        let list = value.as_array().filter(|list| list.len() == 2)?;
        let (low, high) = (list[0].as_f64()?, list[1].as_f64()?);
        (low <= high && (high - low).is_finite()).then_some([low, high])
    };
    let ranges = table.numbers("ranges", "two numbers, the smaller first", range);
    if let Some((ranges, inputs)) = ranges.as_ref().zip(inputs).filter(|(r, inputs)| r.len() > 1 && r.len() != *inputs)
    {
        table.problem("ranges", &format!("has {} entries, expected none, 1, or {inputs}", ranges.len()));
    }
    let sha256 = table.text("sha256", "a SHA-256").map(String::from);
    let held_out = table.optional_object("held_out").and_then(parse_held_out);
    table.finish();
    let Ok(label): Result<LabelColumn, _> = label?;
    Some(TableSchema { label, ranges: ranges?, sha256: sha256?, held_out })
}

fn parse_held_out(rows: Object) -> Option<HeldOut> {
    let expected = "a number above 0 and below 1";
    let value = rows.required("share", expected)?;
    let share = value.as_f64().filter(|share| *share > 0.0 && *share < 1.0);
    if share.is_none() {
        rows.problem("share", &format!("is {}, expected {expected}", shown(value)));
    }
    let seed = rows.integer("seed", 0..=u64::MAX);
    rows.finish();
    Some(HeldOut { share: share?, seed: seed? })
}
