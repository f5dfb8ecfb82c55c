//! The area of memories: whether a table becomes logic or block RAM, and how much of it.

use super::options::WeightMemory;
use super::resources::Area;
use crate::board::Family;

/// How yosys maps memories.
pub(super) struct MemoryRates {
    /// Look-up tables per bit and look-up table's worth of rows of a table in logic.
    table_bit: f64,
    /// Look-up tables per bit of a table and bank of block RAMs after the first: selection of the bank.
    bank_bit: f64,
    /// Width and depth of a block, in each of its shapes.
    shapes: &'static [(u64, u64)],
    /// `memory_libmap` puts a table into block RAM if the blocks cost less than the bits.
    pub(super) block_cost: u64,
    /// Bits of a table in logic for a cost of 1, which are also the rows that one look-up table holds of a bit.
    bits_per_cost: u64,
}

const BLOCK_18K: &[(u64, u64)] = &[(1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)];
const BLOCK_4K: &[(u64, u64)] = &[(2, 2048), (4, 1024), (8, 512), (16, 256)];

const ECP5: MemoryRates =
    MemoryRates { table_bit: 1.26, bank_bit: 1.04, shapes: BLOCK_18K, block_cost: 128, bits_per_cost: 16 };
const ICE40: MemoryRates =
    MemoryRates { table_bit: 1.61, bank_bit: 2.97, shapes: BLOCK_4K, block_cost: 64, bits_per_cost: 16 };
const XILINX: MemoryRates =
    MemoryRates { table_bit: 1.15, bank_bit: 0.54, shapes: BLOCK_18K, block_cost: 129, bits_per_cost: 64 };

/// How a memory lies in block RAMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Blocks {
    pub(super) count: u64,
    /// Groups of rows that are read side by side, one of which is then selected.
    banks: u64,
}

impl MemoryRates {
    /// Gowin's blocks and slices are like those of ECP5.
    pub(super) fn of(family: Family) -> &'static MemoryRates {
        match family {
            Family::Ecp5 | Family::Gowin => &ECP5,
            Family::Ice40 => &ICE40,
            Family::Xilinx => &XILINX,
        }
    }

    /// The fewest block RAMs for a memory: banks of the block's depth, side by side, cut into words of the block's width.
    pub(super) fn blocks(&self, rows: u64, bits: u64) -> Blocks {
        let cut = |&(width, depth): &(u64, u64)| {
            let banks = rows.div_ceil(depth);
            Blocks { count: (banks * bits).div_ceil(width), banks }
        };
        self.shapes.iter().map(cut).min().expect("a block has a shape")
    }

    /// Block RAMs for a table; none if it becomes logic.
    fn table_blocks(&self, rows: u64, bits: u64, style: WeightMemory) -> Option<Blocks> {
        let blocks = self.blocks(rows, bits);
        let cheaper = blocks.count * self.block_cost * self.bits_per_cost < rows * bits;
        (style == WeightMemory::Block || cheaper).then_some(blocks)
    }

    /// A table of weights with its two registers.
    pub(super) fn table(&self, rows: u64, bits: u64, style: WeightMemory) -> Area {
        match self.table_blocks(rows, bits, style) {
            Some(Blocks { count, banks }) => {
                let selection = ((banks - 1) * bits) as f64 * self.bank_bit;
                Area { lut: selection as u64, ff: bits, bram: count, dsp: 0 }
            }
            None => {
                let luts = bits * rows.div_ceil(self.bits_per_cost);
                Area { lut: (luts as f64 * self.table_bit) as u64, ff: 2 * bits, ..Area::default() }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_counted_as_by_hand() {
        // 784 rows of 1024 bits: one bank of 1024 × 18 bits, 1024 / 18 = 56.9.
        assert_eq!(ECP5.blocks(784, 1024), Blocks { count: 57, banks: 1 });
        // 3136 rows of 256 bits: seven banks of 512 × 36 bits, 7 · 256 / 36 = 49.8.
        assert_eq!(ECP5.blocks(3136, 256), Blocks { count: 50, banks: 7 });
        // 64 rows of 256 bits: a quarter of every block of 256 × 16 bits is used.
        assert_eq!(ICE40.blocks(64, 256), Blocks { count: 16, banks: 1 });
    }

    #[test]
    fn a_table_is_logic_unless_blocks_cost_less() {
        let blocks =
            |rates: &MemoryRates, rows, bits, style| rates.table_blocks(rows, bits, style).map(|blocks| blocks.count);
        // 16 blocks · 64 and 64 · 256 bits / 16 are both 1024.
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Auto), None);
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Block), Some(16));
        assert_eq!(blocks(&ECP5, 128, 128, WeightMemory::Auto), Some(4));
        assert_eq!(blocks(&XILINX, 128, 128, WeightMemory::Auto), None);
    }
}
