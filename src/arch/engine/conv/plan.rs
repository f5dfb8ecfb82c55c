//! What a convolution engine is made of: how neurons are spread over banks, and the contents of its memories.
//!
//! An event reaches the neurons of a square of `side` × `side`. Neuron `(v, u)` sits in bank `(v mod side, u mod side)`, in the word of
//! tile `(v div side, u div side)`, so each bank holds one neuron of the square and one cycle updates them all, for as many
//! output channels as there are lanes.

use ndarray::Array2;

use super::ConvEngine;
use super::axis::Axis;
use super::tables::Tables;
use crate::arch::address::Address;
use crate::arch::design::Layer;
use crate::arch::engine::{Ends, Sink, Site};
use crate::arch::membrane::{effective_threshold, format_with_rows, stored_format};
use crate::arch::memory::MemoryImage;
use crate::arch::options::WeightMemory;
use crate::arch::stream::Form;
use crate::fixed::{WeightFormat, index_bits, unsigned_bits};
use crate::network::{Conv2d, Layer as NetworkLayer, StepRows, Synapses};

/// Fields of a row in the tables, at most.
const TABLE_ROW: u64 = 64;

/// The numbers that spread the output channels over passes and blocks.
pub(super) struct Spread {
    /// Output channels that an input channel reaches.
    pub(super) reached: usize,
    pub(super) lanes: usize,
    pub(super) passes: usize,
    pub(super) groups: usize,
}

impl Spread {
    /// The output channel of a lane, if there is one.
    pub(super) fn channel(&self, block: usize, lane: usize) -> Option<usize> {
        let (group, within) = (block / self.passes, block % self.passes * self.lanes + lane);
        (within < self.reached).then_some(group * self.reached + within)
    }

    pub(super) fn blocks(&self) -> usize {
        self.groups * self.passes
    }
}

/// What a convolution is whatever its lanes.
pub(super) struct Frame {
    pub(super) lines: Axis,
    pub(super) columns: Axis,
    /// Input channels.
    pub(super) channels: usize,
    /// Output channels that an input channel reaches.
    pub(super) reached: usize,
    pub(super) groups: usize,
    pub(super) slots: usize,
    /// Steps with rows of their own that scans add.
    pub(super) step_rows: usize,
    pub(super) scan_first: bool,
}

impl Frame {
    pub(super) fn with_lanes(self, lanes: usize, weight_memory: WeightMemory) -> ConvEngine {
        let Frame { lines, columns, channels, reached, groups, slots, step_rows, scan_first } = self;
        let passes = reached.div_ceil(lanes);
        let (blocks, tiles) = (groups * passes, lines.tiles * columns.tiles);
        let (depth, touches) = (blocks * tiles, groups * tiles);
        let pass_rows = lines.period() * columns.period();
        let rows = channels * passes * pass_rows + (step_rows * blocks).max(1);
        let entries = (slots * depth).next_power_of_two().max(2);
        ConvEngine {
            side: lines.side,
            lanes,
            passes,
            pass_bits: index_bits(passes),
            pass_rows,
            rows,
            step_rows,
            row_bits: index_bits(rows),
            weight_memory,
            blocks,
            block_bits: index_bits(blocks),
            word_bits: index_bits(depth),
            touches,
            touch_bits: index_bits(touches),
            scan_first,
            slots,
            credit_bits: unsigned_bits(slots as u64),
            entries,
            entry_bits: index_bits(entries),
            lines,
            columns,
        }
    }
}

/// Rows and columns apart on both sides. Only an output layer is too close to the readout for this engine.
pub(super) fn ends(site: &Site) -> Option<Ends> {
    let is_conv = matches!(site.layer.synapses, Synapses::Conv2d(_));
    (is_conv && site.sink == Sink::Layer).then(|| Ends {
        input: Form::Events(Address::packed(site.layer.input)),
        output: Form::Events(Address::packed(site.layer.output())),
    })
}

/// Weights for every phase of both axes and every bank, and the tables.
pub(super) fn words(site: &Site) -> u64 {
    let (layer, conv) = (site.layer, convolution(site));
    let (input, output) = (layer.input, layer.output());
    let side = conv.kernel().div_ceil(conv.stride);
    let reached = output.channels / conv.groups;
    let lanes = site.options.lanes.of(site.index, reached);
    let passes = reached.div_ceil(lanes);
    let square = |side: usize| (side * side) as u64;
    let step_rows = later_rows(layer).nrows() * conv.groups * passes * lanes;
    let weights = square(side * conv.stride) * square(side) * (input.channels * passes * lanes) as u64
        + square(side) * step_rows as u64;
    let tiles = output.height.div_ceil(side) * output.width.div_ceil(side);
    let rows = tiles + (input.height + input.width) * side + input.channels + conv.groups * passes * (1 + lanes);
    weights.saturating_add(TABLE_ROW * rows as u64)
}

fn convolution<'a>(site: &Site<'a>) -> &'a Conv2d {
    match &site.layer.synapses {
        Synapses::Conv2d(conv) => conv,
        Synapses::Dense(_) => unreachable!("the engine is for convolutions"),
    }
}

pub(super) fn plan(site: &Site, ends: Ends) -> Layer {
    let (layer, conv) = (site.layer, convolution(site));
    let (input, output) = (layer.input, layer.output());
    let lines = Axis::new(conv, input.height, layer.pool, output.height);
    let columns = Axis::new(conv, input.width, layer.pool, output.width);
    let reached = output.channels / conv.groups;
    let (lanes, slots) = (site.options.lanes.of(site.index, reached), site.options.slots);
    let spread = Spread { reached, lanes, passes: reached.div_ceil(lanes), groups: conv.groups };
    let rows = later_rows(layer);
    let format = format_with_rows(stored_format(layer, !reached.is_multiple_of(lanes)), &rows);
    let initial = initial_rows(layer, &spread);
    let frame = Frame {
        lines,
        columns,
        channels: input.channels,
        reached,
        groups: conv.groups,
        slots,
        step_rows: rows.nrows(),
        scan_first: initial.iter().flatten().any(|&membrane| membrane >= 0),
    };
    let engine = frame.with_lanes(lanes, site.options.weight_memory(site.index));
    let mut weights = weight_rows(conv, input.channels, format, &spread, [&engine.lines, &engine.columns]);
    weights.extend(scan_rows(&rows, format, &spread, engine.side * engine.side));
    let mut memories = vec![
        MemoryImage::weights(site.file("weights"), format.bits(), weights),
        MemoryImage::table(site.file("initial"), site.membrane_bits(format), initial),
    ];
    memories.extend(tables(site, &engine, &spread, ends.output.address()));
    site.planned(ends, format, engine, memories)
}

fn tables(site: &Site, engine: &ConvEngine, spread: &Spread, output: Address) -> [MemoryImage; 5] {
    let &ConvEngine { row_bits, word_bits, touch_bits, block_bits, pass_rows, ref lines, ref columns, .. } = engine;
    let tables = Tables { row_bits, word_bits, touch_bits, block_bits };
    [
        tables.channels(site.file("channels"), site.layer.input.channels, spread, convolution(site), pass_rows),
        tables.axis(site.file("lines"), lines, columns.tiles, columns.period()),
        tables.axis(site.file("columns"), columns, 1, 1),
        tables.blocks(site.file("blocks"), spread, engine.tiles(), output),
        tables.tiles(site.file("tiles"), lines, columns, output),
    ]
}

/// The step rows of all steps but the first, which scans add a step ahead: none if they are zeros, one if they are the same.
///
/// # Shapes
/// Rows × output channels.
fn later_rows(layer: &NetworkLayer) -> Array2<i32> {
    let rows = layer.step_rows.as_ref().filter(|rows| rows.time_steps() > 1);
    let Some(rows) = rows else { return Array2::zeros((0, layer.output().channels)) };
    let later =
        Array2::from_shape_fn((rows.time_steps() - 1, rows.channels()), |(step, channel)| rows.at(step + 1)[channel]);
    let later = StepRows::new(later).distinct();
    if later.iter().all(|&entry| entry == 0) { Array2::zeros((0, later.ncols())) } else { later }
}

/// What a scan adds: for every row and block the entries of its lanes, the same in every bank; if there are none, zeros.
fn scan_rows(rows: &Array2<i32>, format: WeightFormat, spread: &Spread, banks: usize) -> Vec<Vec<i64>> {
    if rows.is_empty() {
        return vec![vec![0; banks * spread.lanes]];
    }
    let entry =
        |row: usize, block, lane| spread.channel(block, lane).map_or(0, |channel| format.stored(rows[(row, channel)]));
    let of_block = |row, block| (0..spread.lanes).map(|lane| entry(row, block, lane)).collect::<Vec<_>>().repeat(banks);
    (0..rows.nrows()).flat_map(|row| (0..spread.blocks()).map(move |block| of_block(row, block))).collect()
}

/// `v0 − θ` of each block, with the row of the first step; a lane without a channel never spikes.
fn initial_rows(layer: &NetworkLayer, spread: &Spread) -> Vec<Vec<i64>> {
    let first_row = |channel| layer.step_rows.as_ref().map_or(0, |rows| rows.at(0)[channel]);
    let start = |channel: usize| i64::from(layer.v0[channel]) + i64::from(first_row(channel));
    let initial = |channel| start(channel) - effective_threshold(layer, channel).unwrap_or(0);
    let lane = |block, lane| spread.channel(block, lane).map_or(-1, initial);
    (0..spread.blocks()).map(|block| (0..spread.lanes).map(|l| lane(block, l)).collect()).collect()
}

/// One row per input channel, pass, phase of the row and phase of the column: the weights of every bank and lane.
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
    rows
}
