//! The area model: what a design takes of a part, before any synthesis.
//!
//! Block RAMs and flip-flops follow from the widths and from the rule by which yosys maps memories. Look-up tables are a sum over the leaves
//! of `hdl/lib`: a number for each family times what grows in the leaf, fitted to synthesized designs. `docs/synthesis.md`, section "Area
//! model", says how well.

use super::design::{Design, Layer, Stage};
use super::options::WeightMemory;
use super::resources::Area;
use crate::board::Family;

/// Look-up tables per unit of what grows in a leaf, and how yosys maps memories.
struct Rates {
    /// Frame timer, result stream, readout and event control.
    fixed: f64,
    /// Per lane: its threshold test and first-spike latch, the ends of its carry chain.
    lane: f64,
    /// Per bit of a lane's accumulator.
    accumulator_bit: f64,
    /// The same, if neurons share the lane: the memory of their membranes is read and written in between.
    shared_bit: f64,
    /// Per neuron that shares a lane: which one fires, and which has.
    shared_neuron: f64,
    /// Per bit of all shared membranes that are in flip-flops.
    register_bit: f64,
    /// Per neuron of a hidden layer: spike queue and scan.
    scanned_neuron: f64,
    /// Per bit of a slot in the spike queue: a flip-flop without a look-up table before it takes a cell of its own, where there are cells.
    slot_bit: f64,
    /// Per bit and look-up table's worth of rows of a table in logic.
    table_bit: f64,
    /// Per bit of a table and bank of block RAMs after the first: selection of the bank.
    bank_bit: f64,
    /// Per bit of the output membranes: selection of a class.
    output_bit: f64,
    encoder: f64,
    memory: MemoryRule,
}

/// When yosys' `memory_libmap` puts a table into block RAM: if the blocks cost less than the bits.
struct MemoryRule {
    /// Width and depth of a block, in each of its shapes.
    shapes: &'static [(u64, u64)],
    block_cost: u64,
    /// Bits of a table in logic for a cost of 1, which are also the rows that one look-up table holds of a bit.
    bits_per_cost: u64,
}

const BLOCK_18K: &[(u64, u64)] = &[(1, 16384), (2, 8192), (4, 4096), (9, 2048), (18, 1024), (36, 512)];
const BLOCK_4K: &[(u64, u64)] = &[(2, 2048), (4, 1024), (8, 512), (16, 256)];

const ECP5: Rates = Rates {
    fixed: 500.0,
    lane: 11.0,
    accumulator_bit: 0.44,
    shared_bit: 1.36,
    shared_neuron: 4.1,
    register_bit: 0.0,
    scanned_neuron: 1.05,
    slot_bit: 0.0,
    table_bit: 1.26,
    bank_bit: 1.04,
    output_bit: 1.34,
    encoder: 445.0,
    memory: MemoryRule { shapes: BLOCK_18K, block_cost: 128, bits_per_cost: 16 },
};

const ICE40: Rates = Rates {
    fixed: 412.0,
    lane: 0.0,
    accumulator_bit: 1.1,
    shared_bit: 0.0,
    shared_neuron: 0.0,
    register_bit: 1.7,
    scanned_neuron: 6.5,
    slot_bit: 1.0,
    table_bit: 1.61,
    bank_bit: 2.97,
    output_bit: 5.86,
    encoder: 316.0,
    memory: MemoryRule { shapes: BLOCK_4K, block_cost: 64, bits_per_cost: 16 },
};

const XILINX: Rates = Rates {
    fixed: 348.0,
    lane: 2.0,
    accumulator_bit: 0.66,
    shared_bit: 1.52,
    shared_neuron: 0.0,
    register_bit: 0.0,
    scanned_neuron: 2.94,
    slot_bit: 0.0,
    table_bit: 1.15,
    bank_bit: 0.54,
    output_bit: 0.0,
    encoder: 192.0,
    memory: MemoryRule { shapes: BLOCK_18K, block_cost: 129, bits_per_cost: 64 },
};

/// Flip-flops of frame timer, result stream, readout and event control.
const FIXED_FF: u64 = 220;
/// Flip-flops of the latency encoder.
const ENCODER_FF: u64 = 60;
/// Width of the frame timer's counts, bits.
const CYCLE_BITS: u64 = 32;
/// Neurons that share a lane, from which on `ecp5` and `xilinx` keep their membranes in distributed RAM.
const DISTRIBUTED_GROUPS: u64 = 3;
/// Bits of a lane's membranes, from which on `ice40`, without distributed RAM, keeps them in block RAM.
const ICE40_BLOCK_BITS: u64 = 100;

impl Rates {
    /// Gowin's slices are like those of ECP5: LUT4, carry in place of a LUT, distributed RAM of 16 × 4 bits.
    fn of(family: Family) -> &'static Rates {
        match family {
            Family::Ecp5 | Family::Gowin => &ECP5,
            Family::Ice40 => &ICE40,
            Family::Xilinx => &XILINX,
        }
    }
}

/// How a memory lies in block RAMs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Blocks {
    count: u64,
    /// Groups of rows that are read side by side, one of which is then selected.
    banks: u64,
}

impl MemoryRule {
    /// The fewest block RAMs for a memory: banks of the block's depth, side by side, cut into words of the block's width.
    fn blocks(&self, rows: u64, bits: u64) -> Blocks {
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
}

/// The area of a whole design, without a board shell.
pub fn estimate(design: &Design, family: Family) -> Area {
    design.layers.iter().map(|layer| layer_area(layer, family)).sum::<Area>() + surroundings(design, family)
}

/// A layer: weights, neurons, and what follows them.
pub(super) fn layer_area(layer: &Layer, family: Family) -> Area {
    weights(layer, family) + neurons(layer, family) + captures(layer, family)
}

fn weights(layer: &Layer, family: Family) -> Area {
    let Rates { table_bit, bank_bit, memory, .. } = Rates::of(family);
    let (rows, bits) = (layer.rows() as u64, layer.lanes as u64 * u64::from(layer.weight_bits));
    match memory.table_blocks(rows, bits, layer.weight_memory) {
        Some(Blocks { count, banks }) => {
            let selection = ((banks - 1) * bits) as f64 * bank_bit;
            Area { lut: selection as u64, ff: bits, bram: count, dsp: 0 }
        }
        None => {
            let luts = bits * rows.div_ceil(memory.bits_per_cost);
            Area { lut: (luts as f64 * table_bit) as u64, ff: 2 * bits, ..Area::default() }
        }
    }
}

/// The lanes with their membranes.
fn neurons(layer: &Layer, family: Family) -> Area {
    let rates = Rates::of(family);
    let (lanes, groups) = (layer.lanes as u64, layer.groups as u64);
    let bits = lanes * u64::from(layer.membrane_bits);
    let lut = lanes as f64 * rates.lane + bits as f64 * rates.accumulator_bit;
    let latches = if layer.fires { groups * lanes } else { 0 };
    if groups == 1 {
        return Area { lut: lut as u64, ff: bits + latches, ..Area::default() };
    }
    let shared = bits as f64 * rates.shared_bit + (groups * lanes) as f64 * rates.shared_neuron;
    let lane_bits = groups * u64::from(layer.membrane_bits);
    let in_block = family == Family::Ice40 && lane_bits > ICE40_BLOCK_BITS;
    let in_registers = !in_block && (family == Family::Ice40 || groups < DISTRIBUTED_GROUPS);
    let bram = if in_block { lanes * rates.memory.blocks(groups, u64::from(layer.membrane_bits)).count } else { 0 };
    let registers = if in_registers { groups * bits } else { 0 };
    let lut = lut + shared + registers as f64 * rates.register_bit;
    Area { lut: lut as u64, ff: latches + registers, bram, dsp: 0 }
}

/// Capture register, and spike queue and scan of a hidden layer.
fn captures(layer: &Layer, family: Family) -> Area {
    let rates = Rates::of(family);
    let captured = (layer.groups * layer.lanes) as u64;
    match &layer.stage {
        Stage::Hidden(stage) => {
            let (word, words) = (u64::from(stage.word_bits), stage.words as u64);
            let slots = stage.slots as u64 * words * (word + 1);
            let lut = (words * word) as f64 * rates.scanned_neuron + slots as f64 * rates.slot_bit;
            Area { lut: lut as u64, ff: slots + captured + word + 2 * words, ..Area::default() }
        }
        // Nothing is known of convolutions: `choose` refuses them.
        Stage::Conv(_) => Area::default(),
        Stage::Output { .. } => {
            let bits = u64::from(layer.membrane_bits);
            let lut = (layer.neurons() as u64 * bits) as f64 * rates.output_bit;
            Area { lut: lut as u64, ff: captured * bits, ..Area::default() }
        }
    }
}

/// Encoder, readout, result stream and frame timer.
fn surroundings(design: &Design, family: Family) -> Area {
    let rates = Rates::of(family);
    let memory = &rates.memory;
    let mut area = Area { lut: rates.fixed as u64, ff: FIXED_FF, ..Area::default() };
    if family == Family::Ice40 {
        // Without distributed RAM, the start times of the images are in flip-flops or blocks.
        let (frames, blocks) =
            (design.timer.frames as u64, memory.blocks(design.timer.frames as u64, CYCLE_BITS).count);
        let in_blocks = frames * CYCLE_BITS > blocks * memory.block_cost;
        let added = if in_blocks { (0, blocks) } else { (frames * CYCLE_BITS, 0) };
        (area.ff, area.bram) = (area.ff + added.0, area.bram + added.1);
    }
    if let Some(encoder) = &design.encoder {
        let buckets = 1 << (1 + design.step_bits);
        let counts = if family == Family::Ice40 { buckets * u64::from(encoder.count_bits) } else { 0 };
        area.lut += rates.encoder as u64;
        area.ff += ENCODER_FF + counts;
        area.bram += memory.blocks(buckets << design.input.bits(), u64::from(design.input.bits())).count;
    }
    area
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::arch::{InputKind, Lanes, Options, plan};
    use crate::model::read_integer;

    #[test]
    fn blocks_are_counted_as_by_hand() {
        // 784 rows of 1024 bits: one bank of 1024 × 18 bits, 1024 / 18 = 56.9.
        assert_eq!(ECP5.memory.blocks(784, 1024), Blocks { count: 57, banks: 1 });
        // 3136 rows of 256 bits: seven banks of 512 × 36 bits, 7 · 256 / 36 = 49.8.
        assert_eq!(ECP5.memory.blocks(3136, 256), Blocks { count: 50, banks: 7 });
        // 64 rows of 256 bits: a quarter of every block of 256 × 16 bits is used.
        assert_eq!(ICE40.memory.blocks(64, 256), Blocks { count: 16, banks: 1 });
    }

    #[test]
    fn a_table_is_logic_unless_blocks_cost_less() {
        let blocks = |rates: &Rates, rows, bits, style| rates.memory.table_blocks(rows, bits, style).map(|b| b.count);
        // 16 blocks · 64 and 64 · 256 bits / 16 are both 1024.
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Auto), None);
        assert_eq!(blocks(&ICE40, 64, 256, WeightMemory::Block), Some(16));
        assert_eq!(blocks(&ECP5, 128, 128, WeightMemory::Auto), Some(4));
        assert_eq!(blocks(&XILINX, 128, 128, WeightMemory::Auto), None);
    }

    /// What yosys 0.70 made of a design, counted as [`Area`] says.
    struct Measured {
        model: &'static str,
        lanes: Lanes,
        weights: WeightMemory,
        input: InputKind,
        family: Family,
        lut: u64,
        ff: u64,
        bram: u64,
    }

    fn measured(lanes: Lanes, family: Family, lut: u64, ff: u64, bram: u64) -> Measured {
        let (model, weights, input) = ("digits", WeightMemory::Auto, InputKind::Events);
        Measured { model, lanes, weights, input, family, lut, ff, bram }
    }

    fn all_measured() -> [Measured; 13] {
        [
            measured(Lanes::All, Family::Ecp5, 3369, 1983, 0),
            measured(Lanes::AtMost(32), Family::Ecp5, 2156, 1600, 4),
            measured(Lanes::AtMost(8), Family::Ecp5, 1392, 978, 2),
            Measured { weights: WeightMemory::Block, ..measured(Lanes::All, Family::Ecp5, 1822, 1687, 10) },
            Measured { input: InputKind::Pixels, ..measured(Lanes::All, Family::Ecp5, 3713, 2051, 1) },
            Measured { model: "mnist-dense", ..measured(Lanes::All, Family::Ecp5, 5697, 6235, 59) },
            Measured { model: "mnist-dense", ..measured(Lanes::AtMost(64), Family::Ecp5, 5813, 2418, 52) },
            measured(Lanes::All, Family::Ice40, 4173, 2111, 0),
            measured(Lanes::AtMost(16), Family::Ice40, 3161, 1682, 4),
            Measured { weights: WeightMemory::Block, ..measured(Lanes::All, Family::Ice40, 2264, 1815, 19) },
            Measured { input: InputKind::Pixels, ..measured(Lanes::All, Family::Ice40, 4527, 2193, 4) },
            measured(Lanes::All, Family::Xilinx, 1551, 1969, 0),
            measured(Lanes::AtMost(8), Family::Xilinx, 915, 1007, 1),
        ]
    }

    #[test]
    fn the_model_is_within_a_tenth_of_synthesis() {
        for case in all_measured() {
            let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("models").join(case.model);
            let weights = vec![case.weights; 2];
            let options = Options { lanes: case.lanes, weights, input: case.input, ..Options::default() };
            let design = plan(&read_integer(&folder).unwrap(), &options).unwrap();
            let area = estimate(&design, case.family);
            let name = format!("{} {:?} {:?} {:?}", case.model, options.lanes, case.weights, case.family);
            assert_eq!(area.bram, case.bram, "{name}");
            for (what, predicted, measured) in [("LUT", area.lut, case.lut), ("FF", area.ff, case.ff)] {
                assert!(
                    predicted.abs_diff(measured) * 10 <= measured,
                    "{name}: {predicted} {what}, measured {measured}"
                );
            }
        }
    }
}
