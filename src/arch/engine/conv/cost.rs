//! The cycles of a convolution, derived in `docs/verilog.md`, section "Cycles".

use super::ConvEngine;
use crate::arch::design::Layer;
use crate::arch::timing::{Arrivals, Departure, Pace, Step};

/// Cycles from an accepted mark to the first beat of the first word that the scan looks at.
const MARK_TO_WORD: u64 = 18;

impl ConvEngine {
    pub(super) fn pace_of_passes(&self) -> Pace {
        Pace { event: self.passes as u64, mark: 1, before_mark: 0, credits: self.slots }
    }

    /// Words are looked at one per cycle, and while they are no event is taken; the spikes of each follow.
    pub(super) fn words_leave(&self, layer: &Layer, step: &Step, mark: u64) -> Departure {
        let words = self.scanned(layer, step);
        let first = mark + MARK_TO_WORD;
        let spikes = (first..).zip(&words).flat_map(|(cycle, &count)| (0..count).map(move |_| cycle));
        let beats = Arrivals { events: spikes.collect(), mark: first + (words.len() as u64).saturating_sub(1) };
        Departure { open: mark + 1 + words.len().max(1) as u64, beats }
    }

    /// The words that the scan at the end of a step looks at, each with the number of its spikes.
    fn scanned(&self, layer: &Layer, step: &Step) -> Vec<u32> {
        let mut tiles = vec![self.step_rows > 0 || step.first && self.scan_first; self.tiles()];
        for &event in step.events {
            let (_, y, x) = layer.input_map.place(event as usize);
            for line in self.lines.reached[y].iter().flatten() {
                for column in self.columns.reached[x].iter().flatten() {
                    tiles[line * self.columns.tiles + column] = true;
                }
            }
        }
        let mut words = vec![0; self.depth()];
        for &spike in step.spikes {
            let (tile, block) = self.word_of(layer, layer.output_map.place(spike as usize));
            words[tile * self.blocks + block] += 1;
        }
        let scanned = words.chunks(self.blocks).zip(tiles).filter(|(_, reached)| *reached);
        scanned.flat_map(|(words, _)| words.iter().copied()).collect()
    }

    fn word_of(&self, layer: &Layer, (channel, y, x): (usize, usize, usize)) -> (usize, usize) {
        let tile = y / self.side * self.columns.tiles + x / self.side;
        let channels_per_group = layer.output_map.channels * self.passes / self.blocks;
        let (group, within) = (channel / channels_per_group, channel % channels_per_group);
        (tile, group * self.passes + within / self.lanes)
    }
}
