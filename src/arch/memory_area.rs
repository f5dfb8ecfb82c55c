//! The area of memories: which become logic, distributed RAM or block RAM, and how much of it.
//!
//! The rule is that of yosys' `memory_libmap`: what costs least.

use super::options::WeightMemory;
use super::resources::Area;
use crate::board::Family;

/// A kind of RAM that a part has, as yosys' library of the family describes it.
struct Ram {
    /// Width and depth, in each of its shapes, the narrow ones first.
    shapes: &'static [(u64, u64)],
    cost: f64,
    /// The part of the cost that falls with the bits that are used.
    scaled_cost: f64,
    /// Bits that share a write enable: a row that is written is filled up to a multiple of them.
    byte: u64,
    /// What one takes: block RAMs, or look-up tables.
    size: u64,
}

/// How yosys maps memories.
pub(super) struct MemoryRates {
    /// Look-up tables per bit and look-up table's worth of rows of a table in logic.
    table_bit: f64,
    /// Look-up tables per bit of a row and bank of block RAMs after the first: selection of the bank.
    bank_bit: f64,
    /// The same of distributed RAM.
    distributed_bank_bit: f64,
    /// Look-up tables per bit of a RAM in flip-flops.
    register_bit: f64,
    block: &'static [Ram],
    distributed: &'static [Ram],
    /// Bits of a table in logic for a cost of 1, which are also the rows that one look-up table holds of a bit.
    bits_per_cost: u64,
    /// Whether the second register of a table is a part of its block RAMs, unless a bank must be selected before.
    has_output_register: bool,
}

const HALF: &[(u64, u64)] = &[(1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)];
const FULL: &[(u64, u64)] = &[(1, 32768), (2, 16384), (4, 8192), (9, 4096), (18, 2048), (36, 1024), (72, 512)];
const QUARTER: &[(u64, u64)] = &[(2, 2048), (4, 1024), (8, 512), (16, 256)];

/// Cost of a read port.
const PORT_COST: f64 = 2.0;
/// What a RAM costs more that is read in the very cycle in which it is written, as synthesis of shared lanes shows.
const SAME_CYCLE_COST: f64 = 6.0;
/// Cost of a way of a multiplexer or decoder between banks.
const WAY_COST: f64 = 0.5;

const fn block(shapes: &'static [(u64, u64)], cost: f64, byte: u64, size: u64) -> Ram {
    Ram { shapes, cost, scaled_cost: 0.0, byte, size }
}

const ECP5: MemoryRates = MemoryRates {
    table_bit: 1.15,
    bank_bit: 0.95,
    distributed_bank_bit: 0.99,
    register_bit: 0.0,
    block: &[block(HALF, 128.0, 9, 1)],
    distributed: &[Ram { shapes: &[(4, 16)], cost: 4.0, scaled_cost: 0.0, byte: 4, size: 6 }],
    bits_per_cost: 16,
    has_output_register: true,
};

const GOWIN: MemoryRates = MemoryRates {
    distributed: &[Ram { shapes: &[(4, 16)], cost: 4.0, scaled_cost: 4.0, byte: 4, size: 4 }],
    has_output_register: false,
    ..ECP5
};

const ICE40: MemoryRates = MemoryRates {
    table_bit: 1.61,
    bank_bit: 2.97,
    distributed_bank_bit: 0.0,
    register_bit: 1.7,
    block: &[block(QUARTER, 64.0, 1, 1)],
    distributed: &[],
    bits_per_cost: 16,
    has_output_register: false,
};

const XILINX: MemoryRates = MemoryRates {
    table_bit: 1.15,
    bank_bit: 0.54,
    distributed_bank_bit: 0.9,
    register_bit: 0.0,
    block: &[block(HALF, 129.0, 9, 1), block(FULL, 257.0, 9, 2)],
    distributed: &[
        Ram { shapes: &[(6, 32)], cost: 8.0, scaled_cost: 7.0, byte: 6, size: 4 },
        Ram { shapes: &[(3, 64)], cost: 8.0, scaled_cost: 7.0, byte: 3, size: 4 },
    ],
    bits_per_cost: 64,
    has_output_register: false,
};

/// A memory: how many rows of how many bits, and whether they are ever written.
#[derive(Debug, Clone, Copy)]
struct Memory {
    rows: u64,
    bits: u64,
    is_written: bool,
}

/// How a memory lies in RAMs of a kind.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Banks {
    /// Block RAMs, or look-up tables.
    size: u64,
    /// Groups of rows that are read side by side, one of which is then selected.
    banks: u64,
    cost: f64,
}

impl Ram {
    /// Banks of a shape's depth, side by side, cut into words of its width.
    fn cut(&self, Memory { rows, bits, is_written }: Memory, (width, depth): (u64, u64)) -> Banks {
        let filled = if is_written { bits.next_multiple_of(self.byte.min(width)) } else { bits };
        let banks = rows.div_ceil(depth);
        let count = (banks * filled).div_ceil(width);
        let decoder = if is_written && banks > 1 { banks } else { 0 };
        let ways = ((banks - 1) * bits + decoder) as f64 * WAY_COST;
        let scaled = self.scaled_cost * (banks * bits) as f64 / width as f64;
        let cost = (self.cost - self.scaled_cost) * count as f64 + scaled + ways + PORT_COST;
        Banks { size: count * self.size, banks, cost }
    }
}

/// The cheapest way; of several as cheap, the first.
fn cheapest(rams: &[Ram], memory: Memory) -> Option<Banks> {
    let cuts = rams.iter().flat_map(|ram| ram.shapes.iter().map(move |&shape| ram.cut(memory, shape)));
    cuts.reduce(|best, other| if other.cost < best.cost { other } else { best })
}

impl MemoryRates {
    pub(super) fn of(family: Family) -> &'static MemoryRates {
        match family {
            Family::Ecp5 => &ECP5,
            Family::Gowin => &GOWIN,
            Family::Ice40 => &ICE40,
            Family::Xilinx => &XILINX,
        }
    }

    fn blocks(&self, memory: Memory) -> Banks {
        cheapest(self.block, memory).expect("every family has block RAM")
    }

    /// Block RAMs for a table; none if it becomes logic.
    fn table_blocks(&self, rows: u64, bits: u64, style: WeightMemory) -> Option<Banks> {
        let blocks = self.blocks(Memory { rows, bits, is_written: false });
        let logic_cost = (rows * bits) as f64 / self.bits_per_cost as f64;
        (style == WeightMemory::Block || blocks.cost < logic_cost).then_some(blocks)
    }

    /// A table of weights with its two registers.
    pub(super) fn weights(&self, rows: u64, bits: u64, style: WeightMemory) -> Area {
        match self.table_blocks(rows, bits, style) {
            Some(blocks) => {
                let ff = if self.has_output_register && blocks.banks == 1 { 0 } else { bits };
                Area { ff, ..self.in_blocks(bits, blocks) }
            }
            None => {
                let luts = bits * rows.div_ceil(self.bits_per_cost);
                Area { lut: (luts as f64 * self.table_bit) as u64, ff: 2 * bits, ..Area::default() }
            }
        }
    }

    /// A small table of which `used` bits vary, with its register. Where it is logic, its look-up tables go up in what surrounds it.
    pub(super) fn small_table(&self, rows: u64, bits: u64, used: u64) -> Area {
        match self.table_blocks(rows, bits, WeightMemory::Auto) {
            Some(blocks) => self.in_blocks(bits, blocks),
            None => Area { ff: used, ..Area::default() },
        }
    }

    /// A RAM with the register in which it is read, in what costs least.
    pub(super) fn ram(&self, rows: u64, bits: u64) -> Area {
        let memory = Memory { rows, bits, is_written: true };
        let (blocks, distributed) = (self.blocks(memory), cheapest(self.distributed, memory));
        match distributed {
            _ if self.prefers_registers(memory) => self.in_registers(memory),
            Some(distributed) if distributed.cost <= blocks.cost => self.in_luts(bits, distributed),
            _ => self.in_blocks(bits, blocks),
        }
    }

    /// A RAM with the register in which it is read, in distributed RAM if the family has it.
    pub(super) fn distributed_ram(&self, rows: u64, bits: u64) -> Area {
        match cheapest(self.distributed, Memory { rows, bits, is_written: true }) {
            Some(distributed) => self.in_luts(bits, distributed),
            None => self.ram(rows, bits),
        }
    }

    /// Whether a RAM that is read in the very cycle in which it is written ends up in flip-flops.
    pub(super) fn is_in_registers(&self, rows: u64, bits: u64) -> bool {
        (rows * bits) as f64 <= self.least_cost(Memory { rows, bits, is_written: true }) + SAME_CYCLE_COST
    }

    fn prefers_registers(&self, memory: Memory) -> bool {
        (memory.rows * memory.bits) as f64 <= self.least_cost(memory)
    }

    fn least_cost(&self, memory: Memory) -> f64 {
        let rams = [self.block, self.distributed];
        rams.into_iter().filter_map(|rams| cheapest(rams, memory)).map(|banks| banks.cost).fold(f64::INFINITY, f64::min)
    }

    /// A RAM in block RAM.
    pub(super) fn block_ram(&self, rows: u64, bits: u64) -> Area {
        self.in_blocks(bits, self.blocks(Memory { rows, bits, is_written: true }))
    }

    fn in_registers(&self, Memory { rows, bits, .. }: Memory) -> Area {
        let luts = (rows * bits) as f64 * self.register_bit;
        Area { lut: luts as u64, ff: (rows + 1) * bits, ..Area::default() }
    }

    fn in_luts(&self, bits: u64, Banks { size, banks, .. }: Banks) -> Area {
        let selection = ((banks - 1) * bits) as f64 * self.distributed_bank_bit;
        Area { lut: size + selection as u64, ff: bits, ..Area::default() }
    }

    fn in_blocks(&self, bits: u64, Banks { size, banks, .. }: Banks) -> Area {
        let selection = ((banks - 1) * bits) as f64 * self.bank_bit;
        Area { lut: selection as u64, ff: 0, bram: size, dsp: 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rows: u64, bits: u64) -> Memory {
        Memory { rows, bits, is_written: true }
    }

    #[test]
    fn blocks_are_counted_as_by_hand() {
        let blocks = |rates: &MemoryRates, rows, bits| {
            let Banks { size, banks, .. } = rates.blocks(Memory { rows, bits, is_written: false });
            (size, banks)
        };
        // 784 rows of 1024 bits: one bank of 1024 × 18 bits, 1024 / 18 = 56.9.
        assert_eq!(blocks(&ECP5, 784, 1024), (57, 1));
        // 3136 rows of 256 bits: seven banks of 512 × 36 bits, 7 · 256 / 36 = 49.8.
        assert_eq!(blocks(&ECP5, 3136, 256), (50, 7));
        // 64 rows of 256 bits: a quarter of every block of 256 × 16 bits is used.
        assert_eq!(blocks(&ICE40, 64, 256), (16, 1));
        // 1024 rows of 36 bits: a whole block costs 257, two halves 258.
        assert_eq!(blocks(&XILINX, 1024, 36), (2, 1));
    }

    /// Rows of 20 bits, written together: nine bits share a write enable, so 27 take their place.
    #[test]
    fn rows_that_are_written_are_filled_up() {
        let size = |memory| ECP5.blocks(memory).size;
        // 1024 rows: 27 / 18 = 1.5; two banks of 512 × 36: 54 / 36 = 1.5, and a selection.
        assert_eq!(size(written(1024, 20)), 2);
        // Four banks of 27 bits in blocks of 36 are three, of 20 bits are 2.2.
        assert_eq!(size(written(2048, 20)), 3);
        assert_eq!(size(Memory { is_written: false, ..written(2048, 18) }), 2);
    }

    #[test]
    fn a_table_is_logic_unless_blocks_cost_less() {
        let blocks =
            |rates: &MemoryRates, rows, bits, style| rates.table_blocks(rows, bits, style).map(|blocks| blocks.size);
        // 16 blocks · 64 and 64 · 256 bits / 16 are both 1024.
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Auto), None);
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Block), Some(16));
        assert_eq!(blocks(&ECP5, 128, 128, WeightMemory::Auto), Some(4));
        assert_eq!(blocks(&XILINX, 128, 128, WeightMemory::Auto), None);
        // 65 rows of 64 bits cost 260 as logic, and 258 in two blocks.
        assert_eq!(blocks(&ECP5, 65, 64, WeightMemory::Auto), Some(2));
    }

    /// What yosys 0.70 makes of queues of 64 words: 21 bits cost 131.5 in distributed RAM and 130 in a block, 19 bits 114.
    #[test]
    fn a_ram_is_where_it_costs_least() {
        let area = |rows, bits| ECP5.ram(rows, bits);
        assert_eq!(area(64, 21), Area { bram: 1, ..Area::default() });
        // Four banks of five pieces of 16 × 4 bits, six look-up tables each, and a selection for three of the banks.
        assert_eq!(area(64, 19), Area { lut: 120 + 56, ff: 19, ..Area::default() });
        assert_eq!(area(1, 2), Area { ff: 4, ..Area::default() });
        assert_eq!(ECP5.distributed_ram(64, 21).lut, 4 * 6 * 6 + 62);
    }
}
