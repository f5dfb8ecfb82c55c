//! The area of a convolution: memories by the rule of synthesis, flip-flops counted from the widths, look-up tables a sum over what grows in
//! the leaves, fitted to synthesized designs.

use super::ConvEngine;
use crate::arch::design::Layer;
use crate::arch::memory_area::MemoryRates;
use crate::arch::resources::{Area, BySlice};
use crate::board::Family;

/// Look-up tables per unit of what grows in a leaf.
struct Rates {
    fixed: f64,
    /// Per tile: has an event reached it, and is it the next to be scanned.
    tile: f64,
    /// Per bit of a bank that says of words whether they were touched: its setting, clearing and selection.
    touched_bit: f64,
    /// Per bit of a bank's word address: sums, and comparison with the words of two operations before.
    address_bit: f64,
    /// Per lane of a bank: its spike, up to the stream.
    lane: f64,
    /// Per bit of a lane's state, membrane and spike: handed on, initial or read; adder.
    state_bit: f64,
    /// The same, if blocks differ in initial membranes.
    initial_bit: f64,
}

static RATES: BySlice<Option<Rates>> = BySlice {
    ecp5: Some(Rates {
        fixed: 151.0,
        tile: 5.41,
        touched_bit: 2.81,
        address_bit: 8.17,
        lane: 2.6,
        state_bit: 2.7,
        initial_bit: 0.56,
    }),
    // It has no distributed RAM for the words of a bank, and its synthesis refuses them.
    ice40: None,
    xilinx: Some(Rates {
        fixed: 26.0,
        tile: 4.26,
        touched_bit: 2.43,
        address_bit: 2.0,
        lane: 2.3,
        state_bit: 2.34,
        initial_bit: 0.0,
    }),
};

/// Words that a bank may have in distributed RAM; more are in block RAM (`fs_conv_bank`).
const DISTRIBUTED_WORDS: u64 = 128;

/// The engine's numbers as its leaves see them.
struct Leaves<'a> {
    memory: &'static MemoryRates,
    engine: &'a ConvEngine,
    layer: &'a Layer,
    side: u64,
    banks: u64,
    tiles: u64,
    /// Lanes of all banks.
    lanes: u64,
    /// Membrane and spike bits of a word.
    word: u64,
    /// Weight bits of a row.
    row: u64,
    /// Bits of a spike's place that vary from word to word.
    origin: u64,
    /// Bits of the number of a set of words that are not also bits of the word's address.
    touch_bits: u64,
}

pub(super) fn of(engine: &ConvEngine, layer: &Layer, family: Family) -> Option<Area> {
    let rates = RATES.of(family).as_ref()?;
    let leaves = Leaves::new(engine, layer, family);
    let logic = Area { lut: leaves.luts(rates) as u64, ..Area::default() };
    let parts = [leaves.control(), leaves.address(), leaves.weights(), leaves.array(), leaves.queue(), leaves.scan()];
    Some(parts.into_iter().sum::<Area>() + logic)
}

impl<'a> Leaves<'a> {
    fn new(engine: &'a ConvEngine, layer: &'a Layer, family: Family) -> Self {
        let (side, lanes) = (engine.side as u64, engine.lanes as u64);
        let banks = side * side;
        let tiles = engine.tiles() as u64;
        let origin = varying(engine.lines.tiles, engine.side)
            + varying(engine.columns.tiles, engine.side)
            + varying(engine.passes, engine.lanes)
            + varying(engine.blocks / engine.passes, 1);
        // Of several passes, the block is above the tile in an address: the low bits are the tile's alone if there are 2, 4, 8 … tiles.
        let shared = if engine.passes == 1 { u32::MAX } else { tiles.trailing_zeros() };
        Leaves {
            memory: MemoryRates::of(family),
            engine,
            layer,
            side,
            banks,
            tiles,
            lanes: banks * lanes,
            word: lanes * u64::from(layer.membrane_bits + 1),
            row: banks * lanes * u64::from(layer.weight_bits),
            origin,
            touch_bits: engine.touch_bits.saturating_sub(shared).into(),
        }
    }

    fn luts(&self, rates: &Rates) -> f64 {
        let banked = |count: u64| (self.banks * count) as f64;
        let initial = if self.engine.blocks > 1 { rates.initial_bit } else { 0.0 };
        rates.fixed
            + self.tiles as f64 * rates.tile
            + banked(self.engine.touches as u64) * rates.touched_bit
            + banked(self.engine.word_bits.into()) * rates.address_bit
            + self.lanes as f64 * rates.lane
            + banked(self.word) * (rates.state_bit + initial)
    }

    /// Width of a block index, if there is more than one block.
    fn block_bits(&self) -> u64 {
        if self.engine.blocks > 1 { self.engine.block_bits.into() } else { 0 }
    }

    fn control(&self) -> Area {
        let engine = self.engine;
        let place = u64::from(self.layer.input.address().bits());
        let passes = match engine.passes {
            1 => 0,
            passes => u64::from(engine.pass_bits) + varying(passes, engine.pass_rows),
        };
        let rows = u64::from(engine.row_bits) * engine.step_rows.min(2) as u64;
        registers(10 + place + u64::from(engine.credit_bits) + 2 * (self.tiles + self.block_bits() + passes) + rows)
    }

    /// `fs_conv_address` with its tables of blocks and tiles.
    fn address(&self) -> Area {
        let Leaves { side, banks, touch_bits, origin, engine, .. } = *self;
        let output = self.layer.output.address();
        let [row, word, touch] = [engine.row_bits, engine.word_bits, engine.touch_bits].map(u64::from);
        let column = varying(engine.columns.tiles, 1);
        let line = varying(engine.lines.tiles, engine.columns.tiles);
        let looked_up = 4 * row + 4 * self.block_bits() + 2 * side * (2 + line + column);
        let merged = side * (2 + word + column + touch_bits) + banks * (1 + word + touch_bits);
        let channel = u64::from(output.channel_bits);
        let block_row = word + touch + 1 + channel;
        let tile_row = word + u64::from(output.y_bits + output.x_bits) + 2 * side;
        registers(20 + looked_up + merged + 2 * origin)
            + self.memory.small_table(engine.blocks as u64, block_row, self.block_bits() + channel)
            + self.memory.small_table(self.tiles, tile_row, varying(engine.tiles(), 1) + origin)
    }

    /// The weight memory with its two registers, and a third one in the banks. With few rows, columns of bits are the same.
    fn weights(&self) -> Area {
        let rows = self.engine.rows as u64;
        let different = self.row.min(1 << (rows.min(40) - 1));
        let area = self.memory.weights(rows, self.row, self.engine.weight_memory);
        let same = self.row - different;
        Area { ff: area.ff.saturating_sub(2 * same), ..area } + registers(different)
    }

    /// `fs_conv_array`: the banks with their words and lanes.
    fn array(&self) -> Area {
        let engine = self.engine;
        let depth = engine.depth() as u64;
        let words = match depth > DISTRIBUTED_WORDS {
            true => self.memory.block_ram(depth, self.word),
            false => self.memory.distributed_ram(depth, self.word),
        };
        let bank = engine.touches as u64 + self.touch_bits + 2 * u64::from(engine.word_bits) + 6 + 2 * self.word;
        let initial = engine.lanes as u64 * u64::from(self.layer.membrane_bits);
        let initial = match engine.blocks {
            1 => Area::default(),
            blocks => self.memory.small_table(blocks as u64, initial, initial),
        };
        let banks: Area = (0..self.banks).map(|_| words + registers(bank)).sum();
        banks + initial + registers(8 + 3 * self.origin + self.lanes)
    }

    /// Bits of a word of spikes in the queue: of a single lane, its bank says all.
    fn spikes(&self) -> u64 {
        if self.engine.lanes == 1 { 0 } else { self.lanes }
    }

    /// `fs_word_queue`: the heads, and the spikes.
    fn queue(&self) -> Area {
        let entries = self.engine.entries as u64;
        let head = u64::from(self.layer.output.address().bits()) + 1 + self.banks;
        let heads = self.memory.ram(entries, head);
        let spikes = if self.spikes() == 0 { Area::default() } else { self.memory.ram(entries, self.spikes()) };
        let counters = 3 + 4 * u64::from(self.engine.entry_bits);
        heads + spikes + registers(counters + self.origin + self.banks + self.spikes() + head)
    }

    /// `fs_word_scan`.
    fn scan(&self) -> Area {
        let lanes = if self.engine.lanes == 1 { 0 } else { self.engine.lanes as u64 };
        let place = u64::from(self.layer.output.address().bits());
        let stages = 12 + 4 * self.banks + 6 * self.origin + 2 * place;
        registers(stages + u64::from(self.engine.entry_bits) + self.spikes() + 3 * lanes)
    }
}

fn registers(ff: u64) -> Area {
    Area { ff, ..Area::default() }
}

/// How many bits are not 0 in all of `0, step, 2 · step, …`, of which there are `count`.
fn varying(count: usize, step: usize) -> u64 {
    (0..count).fold(0, |bits: usize, index| bits | (index * step)).count_ones().into()
}
