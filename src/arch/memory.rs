//! Contents of the memories.

use ndarray::ArrayView2;

use super::address::Address;
use crate::fixed::WeightFormat;

/// The image of one memory: rows of equally wide fields, field 0 in the least significant bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryImage {
    /// Its file, without the name of the design that stands before it.
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

    /// A table of rows with fields of different widths, given as (width in bits, value), the lowest first.
    pub fn packed(file: String, rows: impl Iterator<Item = Vec<(u32, usize)>>) -> Self {
        let bits = |fields: Vec<(u32, usize)>| {
            fields.into_iter().flat_map(|(bits, value)| (0..bits).map(move |bit| (value >> bit & 1) as i64)).collect()
        };
        MemoryImage { file, field_bits: 1, rows: rows.map(bits).collect() }
    }

    /// Width of a row, in bits.
    pub fn row_bits(&self) -> usize {
        self.rows.first().map_or(0, Vec::len) * self.field_bits as usize
    }
}

/// Weight rows in the order (group, address); a lane without a neuron and an address without a place hold 0.
///
/// # Shapes
/// `weights` is places × neurons; neuron `g·lanes + k` sits in group `g`, lane `k`.
pub(super) fn weight_rows(
    weights: ArrayView2<i32>,
    format: WeightFormat,
    address: Address,
    lanes: usize,
) -> Vec<Vec<i64>> {
    let (places, neurons) = weights.dim();
    let mut rows = vec![vec![0; lanes]; neurons.div_ceil(lanes) * address.limit()];
    for place in 0..places {
        for neuron in 0..neurons {
            let row = neuron / lanes * address.limit() + address.encode(place);
            rows[row][neuron % lanes] = format.stored(weights[[place, neuron]]);
        }
    }
    rows
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
