//! Contents of the memories.

/// The image of one memory: rows of equally wide fields, field 0 in the least significant bits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemoryImage {
    /// Its file, without the name of the design that stands before it.
    pub file: String,
    /// The module of the library that reads it.
    pub leaf: &'static str,
    /// Width of a field, in bits (at most 64).
    pub field_bits: u32,
    /// Two's complement values; only the low `field_bits` count.
    pub rows: Vec<Vec<i64>>,
}

impl MemoryImage {
    /// The leaf that holds weights.
    pub const WEIGHTS: &'static str = "fs_weight_memory";
    /// The leaf that holds weights and gives two rows at once.
    pub const WEIGHT_PAIRS: &'static str = "fs_weight_pair";
    /// The leaf that holds any other table.
    pub const TABLE: &'static str = "fs_table";

    /// Weights.
    pub fn weights(file: String, field_bits: u32, rows: Vec<Vec<i64>>) -> Self {
        MemoryImage { file, leaf: Self::WEIGHTS, field_bits, rows }
    }

    /// Weights of which two rows are read at once.
    pub fn weight_pairs(file: String, field_bits: u32, rows: Vec<Vec<i64>>) -> Self {
        MemoryImage { file, leaf: Self::WEIGHT_PAIRS, field_bits, rows }
    }

    /// A table.
    pub fn table(file: String, field_bits: u32, rows: Vec<Vec<i64>>) -> Self {
        MemoryImage { file, leaf: Self::TABLE, field_bits, rows }
    }

    /// A table with one field per row.
    pub fn column(file: String, field_bits: u32, values: impl IntoIterator<Item = i64>) -> Self {
        Self::table(file, field_bits, values.into_iter().map(|value| vec![value]).collect())
    }

    /// A table of rows with fields of different widths, given as (width in bits, value), the lowest first.
    pub fn packed(file: String, rows: impl Iterator<Item = Vec<(u32, usize)>>) -> Self {
        let bits = |fields: Vec<(u32, usize)>| {
            fields.into_iter().flat_map(|(bits, value)| (0..bits).map(move |bit| (value >> bit & 1) as i64)).collect()
        };
        Self::table(file, 1, rows.map(bits).collect())
    }

    /// Whether weights lie in it.
    pub fn holds_weights(&self) -> bool {
        [Self::WEIGHTS, Self::WEIGHT_PAIRS].contains(&self.leaf)
    }

    /// Width of a row, in bits.
    pub fn row_bits(&self) -> usize {
        self.rows.first().map_or(0, Vec::len) * self.field_bits as usize
    }

    /// What it holds, in bits.
    pub fn bits(&self) -> usize {
        self.rows.len() * self.row_bits()
    }
}
