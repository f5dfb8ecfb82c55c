//! From a tree to the bytes of a file.

use hdf5_pure::{AttrValue, DatasetBuilder, FileBuilder, GroupBuilder};

use super::{ATTRIBUTE, Group, Item, Numbers, Texts, Wide};

/// Datasets of more numbers are packed, so many numbers in a chunk.
const PLAIN: usize = 1 << 10;
const CHUNK: usize = 1 << 16;
const LEVEL: u32 = 6;

/// The bytes of a file that holds this tree. Datasets of other types are left out.
///
/// # Panics
/// If a shape is not that of its values.
pub fn encode(tree: &Group) -> Vec<u8> {
    let mut file = FileBuilder::new();
    for (name, item) in tree {
        match item {
            Item::Group(members) => {
                let mut group = file.create_group(name);
                write_members(&mut group, members);
                file.add_group(group.finish());
            }
            _ if name.starts_with(ATTRIBUTE) => write_attribute(name, item, |name, value| file.set_attr(name, value)),
            _ => write_dataset(|| file.create_dataset(name), item),
        }
    }
    file.finish().expect("names and sizes are those of a network")
}

fn write_members(group: &mut GroupBuilder, members: &Group) {
    for (name, item) in members {
        match item {
            Item::Group(members) => {
                let mut inner = group.create_group(name);
                write_members(&mut inner, members);
                group.add_group(inner.finish());
            }
            _ if name.starts_with(ATTRIBUTE) => write_attribute(name, item, |name, value| group.set_attr(name, value)),
            _ => write_dataset(|| group.create_dataset(name), item),
        }
    }
}

fn write_attribute(name: &str, item: &Item, set: impl FnOnce(&str, AttrValue)) {
    let value = match item {
        Item::Numbers(Numbers { values, whole: true, .. }) => AttrValue::I64(values[0] as i64),
        Item::Numbers(Numbers { values, .. }) => AttrValue::F64(f64::from(values[0])),
        Item::Texts(Texts { values, .. }) => AttrValue::VarLenString(values[0].clone()),
        Item::Wide(_) | Item::Group(_) | Item::Other(_) => return,
    };
    set(name.trim_start_matches(ATTRIBUTE), value);
}

fn write_dataset<'a>(create: impl FnOnce() -> &'a mut DatasetBuilder, item: &Item) {
    match item {
        Item::Numbers(Numbers { shape, values, whole: false, .. }) => {
            finish(create().with_f32_data(values), shape);
        }
        Item::Numbers(Numbers { shape, values, .. }) => {
            let values: Vec<i64> = values.iter().map(|&value| value as i64).collect();
            finish(create().with_i64_data(&values), shape);
        }
        Item::Wide(Wide { shape, values }) => finish(create().with_i64_data(values), shape),
        Item::Texts(Texts { shape, values }) => {
            let values: Vec<&str> = values.iter().map(String::as_str).collect();
            create().with_vlen_strings(&values).with_shape(&sides(shape));
        }
        Item::Group(_) | Item::Other(_) => {}
    }
}

fn sides(shape: &[usize]) -> Vec<u64> {
    shape.iter().map(|&side| side as u64).collect()
}

/// Gives a dataset of numbers its shape; many of them are packed, in chunks of some rows.
fn finish(dataset: &mut DatasetBuilder, shape: &[usize]) {
    dataset.with_shape(&sides(shape));
    if shape.iter().product::<usize>() > PLAIN {
        let row: usize = shape[1..].iter().product();
        let rows = (CHUNK / row).clamp(1, shape[0]);
        let chunk: Vec<usize> = std::iter::once(&rows).chain(&shape[1..]).copied().collect();
        dataset.with_chunks(&sides(&chunk)).with_deflate(LEVEL);
    }
}
