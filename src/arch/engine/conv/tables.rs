//! The tables of `fs_conv_address`, which find the neurons that an event reaches.

use super::axis::Axis;
use super::plan::Spread;
use crate::arch::address::Address;
use crate::arch::memory::MemoryImage;
use crate::network::Conv2d;

/// Makes the tables: the widths of what stands in them.
pub(super) struct Tables {
    pub(super) row_bits: u32,
    pub(super) word_bits: u32,
    pub(super) touch_bits: u32,
    pub(super) block_bits: u32,
}

impl Tables {
    /// Weight row of the first pass; its block.
    pub(super) fn channels(
        &self,
        file: String,
        channels: usize,
        spread: &Spread,
        conv: &Conv2d,
        pass_rows: usize,
    ) -> MemoryImage {
        let in_group = channels / conv.groups;
        let row = |channel: usize| {
            let first_row = channel * spread.passes * pass_rows;
            let first_block = channel / in_group * spread.passes;
            vec![(self.row_bits, first_row), (self.block_bits, first_block)]
        };
        MemoryImage::packed(file, (0..channels).map(row))
    }

    /// Weight rows of the phase, `{reached, word}` per bank, and the tiles that are reached.
    pub(super) fn axis(&self, file: String, axis: &Axis, tile_words: usize, phase_rows: usize) -> MemoryImage {
        let row = |(phase, reached): (&usize, &Vec<Option<usize>>)| {
            let mut fields = vec![(self.row_bits, phase * phase_rows)];
            for tile in reached {
                fields.push((self.word_bits, tile.unwrap_or(0) * tile_words));
                fields.push((1, usize::from(tile.is_some())));
            }
            fields.extend((0..axis.tiles).map(|tile| (1, usize::from(reached.contains(&Some(tile))))));
            fields
        };
        MemoryImage::packed(file, axis.phases.iter().zip(&axis.reached).map(row))
    }

    /// First word; first set of words that are touched together; whether it is the last of its sets; first output channel.
    pub(super) fn blocks(&self, file: String, spread: &Spread, tiles: usize, output: Address) -> MemoryImage {
        let row = |block: usize| {
            let channel = spread.channel(block, 0).expect("the first lane of a block has a channel");
            let (group, pass) = (block / spread.passes, block % spread.passes);
            vec![
                (self.word_bits, block * tiles),
                (self.touch_bits, group * tiles),
                (1, usize::from(pass + 1 == spread.passes)),
                (output.channel_bits, channel),
            ]
        };
        MemoryImage::packed(file, (0..spread.blocks()).map(row))
    }

    /// Word within a block; first row and column; the lines and columns of banks that hold a neuron.
    pub(super) fn tiles(&self, file: String, lines: &Axis, columns: &Axis, output: Address) -> MemoryImage {
        let inside = |axis: &Axis, tile: usize| {
            (0..axis.side).map(|bank| (1, usize::from(tile * axis.side + bank < axis.neurons))).collect::<Vec<_>>()
        };
        let row = |tile: usize| {
            let (line, column) = (tile / columns.tiles, tile % columns.tiles);
            let place = vec![
                (self.word_bits, tile),
                (output.y_bits, line * lines.side),
                (output.x_bits, column * columns.side),
            ];
            [place, inside(lines, line), inside(columns, column)].concat()
        };
        MemoryImage::packed(file, (0..lines.tiles * columns.tiles).map(row))
    }
}
