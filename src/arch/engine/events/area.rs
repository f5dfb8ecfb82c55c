//! The area of an event engine: a sum over its leaves, fitted to synthesized designs.

use super::{EventEngine, Sink};
use crate::arch::design::Layer;
use crate::arch::memory_area::MemoryRates;
use crate::arch::resources::{Area, BySlice};
use crate::board::Family;

/// Look-up tables per unit of what grows in a leaf.
struct Rates {
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
    /// Per bit of the output membranes: selection of a class.
    output_bit: f64,
}

static RATES: BySlice<Rates> = BySlice {
    ecp5: Rates {
        lane: 11.0,
        accumulator_bit: 0.44,
        shared_bit: 1.36,
        shared_neuron: 4.1,
        register_bit: 0.0,
        scanned_neuron: 1.05,
        slot_bit: 0.0,
        output_bit: 1.34,
    },
    ice40: Rates {
        lane: 0.0,
        accumulator_bit: 1.1,
        shared_bit: 0.0,
        shared_neuron: 0.0,
        register_bit: 1.7,
        scanned_neuron: 6.5,
        slot_bit: 1.0,
        output_bit: 5.86,
    },
    xilinx: Rates {
        lane: 2.0,
        accumulator_bit: 0.66,
        shared_bit: 1.52,
        shared_neuron: 0.0,
        register_bit: 0.0,
        scanned_neuron: 2.94,
        slot_bit: 0.0,
        output_bit: 0.0,
    },
};

/// Bits of a lane's membranes, from which on `ice40`, without distributed RAM, keeps them in block RAM.
const ICE40_BLOCK_BITS: u64 = 100;

/// Weights, neurons, and what follows them.
pub(super) fn of(engine: &EventEngine, layer: &Layer, family: Family) -> Area {
    let row_bits = engine.lanes as u64 * u64::from(layer.weight_bits);
    let weights = MemoryRates::of(family).weights(engine.rows() as u64, row_bits, engine.weight_memory);
    weights + neurons(engine, layer, family) + captures(engine, layer, family)
}

/// The lanes with their membranes.
fn neurons(engine: &EventEngine, layer: &Layer, family: Family) -> Area {
    let rates = RATES.of(family);
    let (lanes, groups) = (engine.lanes as u64, engine.groups as u64);
    let bits = lanes * u64::from(layer.membrane_bits);
    let lut = lanes as f64 * rates.lane + bits as f64 * rates.accumulator_bit;
    let latches = if layer.fires { groups * lanes } else { 0 };
    if groups == 1 {
        return Area { lut: lut as u64, ff: bits + latches, ..Area::default() };
    }
    let shared = bits as f64 * rates.shared_bit + (groups * lanes) as f64 * rates.shared_neuron;
    let (memory, membrane_bits) = (MemoryRates::of(family), u64::from(layer.membrane_bits));
    let in_block = family == Family::Ice40 && groups * membrane_bits > ICE40_BLOCK_BITS;
    let in_registers = !in_block && (family == Family::Ice40 || memory.is_in_registers(groups, membrane_bits));
    let bram = if in_block { lanes * memory.block_ram(groups, membrane_bits).bram } else { 0 };
    let registers = if in_registers { groups * bits } else { 0 };
    let lut = lut + shared + registers as f64 * rates.register_bit;
    Area { lut: lut as u64, ff: latches + registers, bram, dsp: 0 }
}

/// Capture register, and spike queue and scan of a hidden layer.
fn captures(engine: &EventEngine, layer: &Layer, family: Family) -> Area {
    let rates = RATES.of(family);
    let captured = (engine.groups * engine.lanes) as u64;
    match &engine.sink {
        Sink::Scan(scan) => {
            let (word, words) = (u64::from(scan.word_bits), scan.words as u64);
            let slots = scan.slots as u64 * words * (word + 1);
            let lut = (words * word) as f64 * rates.scanned_neuron + slots as f64 * rates.slot_bit;
            Area { lut: lut as u64, ff: slots + 2 * captured + word + 6 * words, ..Area::default() }
        }
        Sink::Readout => {
            let bits = u64::from(layer.membrane_bits);
            let lut = (layer.neurons() as u64 * bits) as f64 * rates.output_bit;
            Area { lut: lut as u64, ff: captured * bits, ..Area::default() }
        }
    }
}
