//! What `model.json` says of the data that the network was trained on: names of classes, how a table became pixels, and
//! what the network does with the training images.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

use super::fields::{Object, shown};
use crate::data::{HeldOut, LabelColumn, MeanActivity, Schema, TableSchema, is_class_name};

/// A layer has no more neurons.
const MOST_EVENTS: f64 = (1u64 << 24) as f64;

/// The optional fields as written.
#[derive(Serialize)]
pub struct SchemaText {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    classes: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    table: Option<TableText>,
    #[serde(skip_serializing_if = "Option::is_none")]
    activity: Option<ActivityText>,
}

#[derive(Serialize)]
struct ActivityText {
    images: usize,
    input: Vec<f64>,
    spikes: Vec<Vec<f64>>,
    decision_step: f64,
}

#[derive(Serialize)]
struct TableText {
    label: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    columns: Vec<String>,
    ranges: Vec<[f64; 2]>,
    sha256: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    test_sha256: Option<String>,
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
            columns: table.columns.clone(),
            sha256: table.sha256.clone(),
            test_sha256: table.test_sha256.clone(),
            held_out: table.held_out.as_ref().map(held_out),
        };
        let activity = |activity: &MeanActivity| ActivityText {
            images: activity.images,
            input: activity.input.clone(),
            spikes: activity.spikes.clone(),
            decision_step: activity.decision_step,
        };
        SchemaText {
            classes: schema.classes.clone(),
            table: schema.table.as_ref().map(table),
            activity: schema.activity.as_ref().map(activity),
        }
    }
}

/// What the fields must fit: the network, as far as it is known.
pub struct Sizes {
    pub inputs: Option<usize>,
    pub outputs: Option<usize>,
    pub layers: usize,
    pub time_steps: Option<usize>,
}

/// Reads the fields.
pub fn parse(file: &Object, sizes: &Sizes) -> Schema {
    let &Sizes { inputs, outputs, .. } = sizes;
    let classes = file.optional("classes").and_then(|_| parse_classes(file, outputs)).unwrap_or_default();
    let table = file.optional_object("table").and_then(|table| parse_table(table, inputs));
    let activity = file.optional_object("activity").and_then(|activity| parse_activity(activity, sizes));
    Schema { classes, table, activity }
}

fn parse_activity(activity: Object, sizes: &Sizes) -> Option<MeanActivity> {
    let mean = |value: &Value| value.as_f64().filter(|mean| (0.0..=MOST_EVENTS).contains(mean));
    let steps = |value: &Value| value.as_array()?.iter().map(mean).collect::<Option<Vec<f64>>>();
    let images = activity.integer("images", 1..=u64::from(u32::MAX));
    let input = activity.numbers("input", "a number of events", mean);
    let spikes = activity.numbers("spikes", "a list of numbers of spikes", steps);
    let last = sizes.time_steps.map_or(f64::MAX, |steps| steps as f64 - 1.0);
    let decision_step = activity.required("decision_step", "a time step").and_then(Value::as_f64);
    let decision_step = decision_step.filter(|step| (0.0..=last).contains(step));
    if decision_step.is_none() {
        activity.problem("decision_step", &format!("is no time step, expected 0 … {last}"));
    }
    let lengths = input.iter().chain(spikes.iter().flatten()).map(Vec::len);
    let wrong_steps = sizes.time_steps.filter(|&steps| lengths.clone().any(|length| length != steps));
    if let Some(steps) = wrong_steps {
        activity.problem("input", &format!("and spikes: a list has not {steps} numbers, expected one per time step"));
    }
    let wrong_layers = spikes.as_ref().is_some_and(|spikes| spikes.len() != sizes.layers);
    if wrong_layers {
        activity.problem("spikes", &format!("has another number of lists, expected {}, one per layer", sizes.layers));
    }
    activity.finish();
    let fits = wrong_steps.is_none() && !wrong_layers;
    let read = MeanActivity { images: images? as usize, input: input?, spikes: spikes?, decision_step: decision_step? };
    fits.then_some(read)
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
    let columns = table.optional("columns").and_then(|_| parse_columns(&table, inputs)).unwrap_or_default();
    let sha256 = table.text("sha256", "a SHA-256").map(String::from);
    let test_sha256 = table.optional("test_sha256").and_then(|_| table.text("test_sha256", "a SHA-256"));
    let test_sha256 = test_sha256.map(String::from);
    let held_out = table.optional_object("held_out").and_then(parse_held_out);
    table.finish();
    let Ok(label): Result<LabelColumn, _> = label?;
    Some(TableSchema { label, columns, ranges: ranges?, sha256: sha256?, test_sha256, held_out })
}

fn parse_columns(table: &Object, inputs: Option<usize>) -> Option<Vec<String>> {
    let names = table.numbers("columns", "the name of a column", |value| value.as_str().map(String::from))?;
    if let Some(inputs) = inputs.filter(|inputs| *inputs != names.len()) {
        table.problem("columns", &format!("has {} names, expected {inputs}, one per input", names.len()));
    }
    Some(names)
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
