//! The convolution engine: how neurons are spread over banks, and the tables that find them.
//!
//! An event reaches the neurons of a square of `side` × `side`. Neuron `(v, u)` sits in bank `(v mod side, u mod side)`, in the word of
//! tile `(v div side, u div side)`, so each bank holds one neuron of the square and one cycle updates them all, for as many
//! output channels as there are lanes.

use super::address::Address;
use super::axis::Axis;
use super::design::{ConvStage, Layer, Stage};
use super::membrane::{effective_threshold, register_interval, stored_format};
use super::memory::MemoryImage;
use super::options::Options;
use crate::fixed::{WeightFormat, index_bits, unsigned_bits};
use crate::network::{Conv2d, Layer as NetworkLayer, Map};

/// The numbers that spread the output channels over passes and blocks.
struct Spread {
    /// Output channels that an input channel reaches.
    reached: usize,
    lanes: usize,
    passes: usize,
    groups: usize,
}

impl Spread {
    /// The output channel of a lane, if there is one.
    fn channel(&self, block: usize, lane: usize) -> Option<usize> {
        let (group, within) = (block / self.passes, block % self.passes * self.lanes + lane);
        (within < self.reached).then_some(group * self.reached + within)
    }

    fn blocks(&self) -> usize {
        self.groups * self.passes
    }
}

/// Plans a hidden convolution.
pub(super) fn plan_conv(layer: &NetworkLayer, conv: &Conv2d, index: usize, options: &Options) -> Layer {
    let (input, output) = (layer.input, layer.output());
    let lines = Axis::new(conv, input.height, layer.pool, output.height);
    let columns = Axis::new(conv, input.width, layer.pool, output.width);
    let reached = output.channels / conv.groups;
    let (lanes, slots) = (options.lanes.of(index, reached), options.slots);
    let spread = Spread { reached, lanes, passes: reached.div_ceil(lanes), groups: conv.groups };
    let format = stored_format(layer, !reached.is_multiple_of(lanes));
    let tiles = lines.tiles * columns.tiles;
    let depth = spread.blocks() * tiles;
    let pass_rows = lines.period() * columns.period();
    let rows = input.channels * spread.passes * pass_rows + 1;
    let membrane_bits = register_interval(layer).signed_bits().max(format.bits());
    let initial = initial_rows(layer, &spread);
    let touches = conv.groups * tiles;
    let tables =
        Tables { index, row_bits: index_bits(rows), word_bits: index_bits(depth), touch_bits: index_bits(touches) };
    let block_bits = index_bits(spread.blocks());
    let (from, to) = (Address::packed(input), Address::packed(output));
    let entries = (slots * depth).next_power_of_two().max(2);
    Layer {
        name: layer.name.clone(),
        input: from,
        output: to,
        pool: layer.pool,
        addresses: input.channels * pass_rows,
        index_bits: from.bits(),
        lanes,
        groups: spread.passes,
        group_bits: index_bits(spread.passes),
        row_bits: tables.row_bits,
        weight_bits: format.bits(),
        membrane_bits,
        fires: true,
        weights: MemoryImage {
            file: tables.file("weights"),
            field_bits: format.bits(),
            rows: weight_rows(conv, input.channels, format, &spread, [&lines, &columns]),
        },
        weight_memory: options.weight_memory(index),
        stage: Stage::Conv(Box::new(ConvStage {
            side: lines.side,
            tile_bits: index_bits(tiles),
            pass_rows,
            rows,
            blocks: spread.blocks(),
            block_bits,
            word_bits: tables.word_bits,
            touches,
            touch_bits: tables.touch_bits,
            scan_first: initial.iter().flatten().any(|&membrane| membrane >= 0),
            slots,
            credit_bits: unsigned_bits(slots as u64),
            entries,
            entry_bits: index_bits(entries),
            channel_table: tables.channels(input.channels, block_bits, &spread, conv, pass_rows),
            line_table: tables.axis("lines", &lines, columns.tiles, columns.period()),
            column_table: tables.axis("columns", &columns, 1, 1),
            block_table: tables.blocks(&spread, tiles, to),
            tile_table: tables.tiles(&lines, &columns, to),
            lines,
            columns,
        })),
        initial: MemoryImage { file: tables.file("initial"), field_bits: membrane_bits, rows: initial },
    }
}

/// `v0 − θ` of each block; a lane without a channel never spikes.
fn initial_rows(layer: &NetworkLayer, spread: &Spread) -> Vec<Vec<i64>> {
    let initial = |channel| i64::from(layer.v0[channel]) - effective_threshold(layer, channel).unwrap_or(0);
    let lane = |block, lane| spread.channel(block, lane).map_or(-1, initial);
    (0..spread.blocks()).map(|block| (0..spread.lanes).map(|l| lane(block, l)).collect()).collect()
}

/// One row per input channel, pass, phase of the row and phase of the column: the weights of every bank and lane. Then zeros.
fn weight_rows(
    conv: &Conv2d,
    channels: usize,
    format: WeightFormat,
    spread: &Spread,
    [lines, columns]: [&Axis; 2],
) -> Vec<Vec<i64>> {
    let in_group = channels / spread.groups;
    let weight = |channel: usize, output: Option<usize>, dy: Option<usize>, dx: Option<usize>| match (output, dy, dx) {
        (Some(output), Some(dy), Some(dx)) => format.stored(conv.weights[[output, channel % in_group, dy, dx]]),
        _ => 0,
    };
    let mut rows = Vec::new();
    for channel in 0..channels {
        for pass in 0..spread.passes {
            let block = channel / in_group * spread.passes + pass;
            for y_phase in 0..lines.period() {
                for x_phase in 0..columns.period() {
                    let mut row = Vec::with_capacity(lines.side * columns.side * spread.lanes);
                    for line in 0..lines.side {
                        for column in 0..columns.side {
                            let (dy, dx) = (lines.offset(y_phase, line), columns.offset(x_phase, column));
                            row.extend(
                                (0..spread.lanes).map(|lane| weight(channel, spread.channel(block, lane), dy, dx)),
                            );
                        }
                    }
                    rows.push(row);
                }
            }
        }
    }
    rows.push(vec![0; lines.side * columns.side * spread.lanes]);
    rows
}

/// Makes the tables of `fs_conv_address`.
struct Tables {
    index: usize,
    row_bits: u32,
    word_bits: u32,
    touch_bits: u32,
}

impl Tables {
    fn file(&self, name: &str) -> String {
        format!("layer{}_{name}.mem", self.index)
    }

    /// Weight row of the first pass; its block.
    fn channels(
        &self,
        channels: usize,
        block_bits: u32,
        spread: &Spread,
        conv: &Conv2d,
        pass_rows: usize,
    ) -> MemoryImage {
        let in_group = channels / conv.groups;
        let row = |channel: usize| {
            let first_row = channel * spread.passes * pass_rows;
            let first_block = channel / in_group * spread.passes;
            vec![(self.row_bits, first_row), (block_bits, first_block)]
        };
        MemoryImage::packed(self.file("channels"), (0..channels).map(row))
    }

    /// Weight rows of the phase, `{reached, word}` per bank, and the tiles that are reached.
    fn axis(&self, name: &str, axis: &Axis, tile_words: usize, phase_rows: usize) -> MemoryImage {
        let row = |(phase, reached): (&usize, &Vec<Option<usize>>)| {
            let mut fields = vec![(self.row_bits, phase * phase_rows)];
            for tile in reached {
                fields.push((self.word_bits, tile.unwrap_or(0) * tile_words));
                fields.push((1, usize::from(tile.is_some())));
            }
            fields.extend((0..axis.tiles).map(|tile| (1, usize::from(reached.contains(&Some(tile))))));
            fields
        };
        MemoryImage::packed(self.file(name), axis.phases.iter().zip(&axis.reached).map(row))
    }

    /// First word; first set of words that are touched together; whether it is the last of its sets; first output channel.
    fn blocks(&self, spread: &Spread, tiles: usize, output: Address) -> MemoryImage {
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
        MemoryImage::packed(self.file("blocks"), (0..spread.blocks()).map(row))
    }

    /// Word within a block; first row and column; the lines and columns of banks that hold a neuron.
    fn tiles(&self, lines: &Axis, columns: &Axis, output: Address) -> MemoryImage {
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
        MemoryImage::packed(self.file("tiles"), (0..lines.tiles * columns.tiles).map(row))
    }
}

impl ConvStage {
    /// Words of a bank.
    pub fn depth(&self) -> usize {
        self.blocks * self.tiles()
    }

    pub fn tiles(&self) -> usize {
        self.lines.tiles * self.columns.tiles
    }

    /// The words that the scan at the end of a step looks at, each with the number of its spikes.
    ///
    /// `events` and `spikes` are places of the step's events and spikes in the maps `input` and `output`.
    pub(super) fn scanned(&self, layer: &Layer, first_step: bool, events: &[u32], spikes: &[u32]) -> Vec<u32> {
        let mut tiles = vec![first_step && self.scan_first; self.tiles()];
        for &event in events {
            let (_, y, x) = layer.input.map.place(event as usize);
            for line in self.lines.reached[y].iter().flatten() {
                for column in self.columns.reached[x].iter().flatten() {
                    tiles[line * self.columns.tiles + column] = true;
                }
            }
        }
        let mut words = vec![0; self.depth()];
        for &spike in spikes {
            let (tile, block) = self.word_of(layer, layer.output.map.place(spike as usize));
            words[tile * self.blocks + block] += 1;
        }
        let scanned = words.chunks(self.blocks).zip(tiles).filter(|(_, reached)| *reached);
        scanned.flat_map(|(words, _)| words.iter().copied()).collect()
    }

    fn word_of(&self, layer: &Layer, (channel, y, x): (usize, usize, usize)) -> (usize, usize) {
        let tile = y / self.side * self.columns.tiles + x / self.side;
        let channels_per_group = layer.output.map.channels * layer.groups / self.blocks;
        let (group, within) = (channel / channels_per_group, channel % channels_per_group);
        (tile, group * layer.groups + within / layer.lanes)
    }
}

/// The weights of a convolution as those of a dense layer.
///
/// # Shapes
/// The result is (pooled) input places × neurons.
pub(super) fn unrolled(conv: &Conv2d, input: Map) -> ndarray::Array2<i32> {
    let output = conv.output(input);
    let (in_group, out_group) = (input.channels / conv.groups, output.channels / conv.groups);
    ndarray::Array2::from_shape_fn((input.size(), output.size()), |(place, neuron)| {
        let ((channel, y, x), (o, v, u)) = (input.place(place), output.place(neuron));
        let offset = |place: usize, neuron: usize| {
            (place + conv.padding).checked_sub(neuron * conv.stride).filter(|offset| *offset < conv.kernel())
        };
        match (offset(y, v), offset(x, u)) {
            (Some(dy), Some(dx)) if channel / in_group == o / out_group => {
                conv.weights[[o, channel % in_group, dy, dx]]
            }
            _ => 0,
        }
    })
}
