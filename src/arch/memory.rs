//! Contents of the memories.

use ndarray::ArrayView2;

use crate::fixed::WeightFormat;

/// The image of one memory: rows of equally wide fields, field 0 in the least significant bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryImage {
    pub file: String,
    /// Width of a field, in bits (at most 64).
    pub field_bits: u32,
    /// Two's complement values; only the low `field_bits` count.
    pub rows: Vec<Vec<i64>>,
}

impl MemoryImage {
    /// A table with one field per row.
    pub fn table(file: String, field_bits: u32, values: impl IntoIterator<Item = i64>) -> Self {
        MemoryImage { file, field_bits, rows: values.into_iter().map(|value| vec![value]).collect() }
    }

    /// Width of a row, in bits.
    pub fn row_bits(&self) -> usize {
        self.rows.first().map_or(0, Vec::len) * self.field_bits as usize
    }
}

/// Weight rows in the order (group, input); a lane without a neuron holds 0.
///
/// # Shapes
/// `weights` is inputs × neurons; neuron `g·lanes + k` sits in group `g`, lane `k`.
pub(super) fn weight_rows(weights: ArrayView2<i32>, format: WeightFormat, lanes: usize) -> Vec<Vec<i64>> {
    let neurons = weights.ncols();
    let field = |weight: i32| match format {
        WeightFormat::Binary => i64::from(weight > 0),
        _ => i64::from(weight),
    };
    let row = |group: usize, input: usize| -> Vec<i64> {
        (group * lanes..(group + 1) * lanes)
            .map(|neuron| if neuron < neurons { field(weights[[input, neuron]]) } else { 0 })
            .collect()
    };
    (0..neurons.div_ceil(lanes))
        .flat_map(|group| (0..weights.nrows()).map(move |input| (group, input)))
        .map(|(group, input)| row(group, input))
        .collect()
}

/// Values of neurons in rows of `lanes`; a lane without a neuron holds `filler`.
pub(super) fn group_rows(values: &[i64], lanes: usize, filler: i64) -> Vec<Vec<i64>> {
    values
        .chunks(lanes)
        .map(|group| {
            let mut row = group.to_vec();
            row.resize(lanes, filler);
            row
        })
        .collect()
}
