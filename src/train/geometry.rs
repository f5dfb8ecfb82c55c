//! Where the synapses of a layer lie: from the places of a map of spikes to the places of the layer's own map.
//!
//! A dense layer is the convolution whose kernel covers its whole input map, so there is one kind of layer here. Weights have one
//! row per synapse of a neuron, numbered `tap·C + c` with `tap = ky·K + kx` and `c` the channel within the group.

use super::row::LANES;
use crate::float::{Connection, LayerShape, Map};

/// How the channels of a layer lie in blocks of `LANES`: a block holds channels of one group only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrangement {
    pub groups: usize,
    /// Channels per group.
    pub channels: usize,
}

impl Arrangement {
    fn blocks_per_group(&self) -> usize {
        self.channels.div_ceil(LANES)
    }

    pub fn blocks(&self) -> usize {
        self.groups * self.blocks_per_group()
    }

    /// The group of a block.
    pub fn group(&self, block: usize) -> usize {
        block / self.blocks_per_group()
    }

    /// Channels in a block, which has lanes for `LANES`.
    pub fn used(&self, block: usize) -> usize {
        (self.channels - block % self.blocks_per_group() * LANES).min(LANES)
    }

    /// The first channel of a block.
    pub fn first(&self, block: usize) -> usize {
        self.group(block) * self.channels + block % self.blocks_per_group() * LANES
    }

    /// Block and lane of a channel.
    pub fn slot(&self, channel: usize) -> (usize, usize) {
        let (group, within) = (channel / self.channels, channel % self.channels);
        (group * self.blocks_per_group() + within / LANES, within % LANES)
    }
}

/// Neighboring places of the input map that one place of the output map sees.
#[derive(Debug, Clone, Copy)]
pub struct Line {
    /// Places `first .. end` of the pooled input map.
    pub first: u32,
    pub end: u32,
    /// Added to the row number of an event, modulo 2³², it gives the row of its weight.
    pub offset: u32,
}

/// A synapse seen from an input: the tap of the kernel, and the place of the output map.
#[derive(Debug, Clone, Copy)]
pub struct Reach {
    pub tap: u32,
    pub place: u32,
}

/// The geometry of one layer.
#[derive(Debug, Clone)]
pub struct Geometry {
    pub sized: LayerShape,
    pub arrangement: Arrangement,
    /// Synapses of a neuron within one input channel.
    pub taps: usize,
    /// Input channels that a group sees.
    pub group_channels: usize,
    /// Lines by output place: those of place `p` are `lines[line_starts[p] .. line_starts[p + 1]]`.
    lines: Vec<Line>,
    line_starts: Vec<u32>,
    /// Synapses by place of the pooled input map, in the same way.
    reaches: Vec<Reach>,
    reach_starts: Vec<u32>,
    /// The place of the pooled map by place of the input map.
    cells: Vec<u32>,
}

impl Geometry {
    pub fn new(sized: LayerShape) -> Self {
        let map = sized.pooled();
        let window = Window::new(&sized, map);
        let groups = window.groups;
        let (lines, line_starts) = by_place((0..sized.output.places()).map(|place| window.lines(place)));
        let mut found = vec![Vec::new(); map.places()];
        for place in 0..sized.output.places() {
            for (tap, input) in window.synapses(place) {
                found[input].push(Reach { tap: tap as u32, place: place as u32 });
            }
        }
        let (reaches, reach_starts) = by_place(found.into_iter());
        let cell = |place: usize| {
            let (y, x) = (place / sized.input.width, place % sized.input.width);
            (y / sized.pooling.size * map.width + x / sized.pooling.size) as u32
        };
        Geometry {
            arrangement: Arrangement { groups, channels: sized.output.channels / groups },
            taps: window.height * window.width,
            group_channels: map.channels / groups,
            lines,
            line_starts,
            reaches,
            reach_starts,
            cells: (0..sized.input.places()).map(cell).collect(),
            sized,
        }
    }

    /// Synapses of a neuron.
    pub fn fan_in(&self) -> usize {
        self.taps * self.group_channels
    }

    /// Places of the layer's own map.
    pub fn places(&self) -> usize {
        self.sized.output.places()
    }

    /// Places of the pooled input map.
    pub fn pooled_places(&self) -> usize {
        self.sized.pooled().places()
    }

    /// The place of the pooled map that a place of the input map belongs to.
    #[inline(always)]
    pub fn cell(&self, place: usize) -> usize {
        self.cells[place] as usize
    }

    /// The places of the input map that are pooled together with `place`, in order.
    pub fn window(&self, place: usize) -> impl Iterator<Item = usize> + Clone {
        let (size, width) = (self.sized.pooling.size, self.sized.input.width);
        let (top, left) = (place / width / size * size, place % width / size * size);
        (0..size * size).map(move |index| (top + index / size) * width + left + index % size)
    }

    /// What an output place sees.
    #[inline(always)]
    pub fn lines(&self, place: usize) -> &[Line] {
        &self.lines[self.line_starts[place] as usize..self.line_starts[place + 1] as usize]
    }

    /// What a place of the pooled input map reaches.
    #[inline(always)]
    pub fn reaches(&self, place: usize) -> &[Reach] {
        &self.reaches[self.reach_starts[place] as usize..self.reach_starts[place + 1] as usize]
    }

    /// The group of an input channel, and its number within.
    #[inline(always)]
    pub fn within_group(&self, channel: usize) -> (usize, usize) {
        (channel / self.group_channels, channel % self.group_channels)
    }
}

fn by_place<T>(lists: impl Iterator<Item = Vec<T>>) -> (Vec<T>, Vec<u32>) {
    let (mut all, mut starts) = (Vec::new(), vec![0]);
    for list in lists {
        all.extend(list);
        starts.push(all.len() as u32);
    }
    (all, starts)
}

/// The kernel as it slides over the pooled map.
struct Window {
    map: Map,
    output: Map,
    height: usize,
    width: usize,
    stride: isize,
    padding: isize,
    groups: usize,
}

impl Window {
    fn new(sized: &LayerShape, map: Map) -> Self {
        let (height, width, stride, padding, groups) = match sized.connection {
            Connection::Dense => (map.height, map.width, 1, 0, 1),
            Connection::Conv(kernel) => {
                (kernel.size, kernel.size, kernel.stride as isize, kernel.padding as isize, kernel.groups)
            }
        };
        Window { map, output: sized.output, height, width, stride, padding, groups }
    }

    /// The input place under the kernel's first tap; outside the map if padded.
    fn corner(&self, place: usize) -> (isize, isize) {
        let (y, x) = (place / self.output.width, place % self.output.width);
        (y as isize * self.stride - self.padding, x as isize * self.stride - self.padding)
    }

    /// The taps that lie on the map, each with its input place.
    fn synapses(&self, place: usize) -> impl Iterator<Item = (usize, usize)> {
        let (top, left) = self.corner(place);
        (0..self.height * self.width).filter_map(move |tap| {
            let (y, x) = (top + (tap / self.width) as isize, left + (tap % self.width) as isize);
            let inside = (0..self.map.height as isize).contains(&y) && (0..self.map.width as isize).contains(&x);
            inside.then(|| (tap, y as usize * self.map.width + x as usize))
        })
    }

    /// The synapses of one output place, joined where input places and weight rows both go on without a gap.
    fn lines(&self, place: usize) -> Vec<Line> {
        let channels = (self.map.channels / self.groups) as u32;
        let mut lines: Vec<Line> = Vec::new();
        for (tap, input) in self.synapses(place) {
            let (first, offset) = (input as u32, (tap as u32).wrapping_sub(input as u32).wrapping_mul(channels));
            match lines.last_mut() {
                Some(line) if line.end == first && line.offset == offset => line.end += 1,
                _ => lines.push(Line { first, end: first + 1, offset }),
            }
        }
        lines
    }
}
