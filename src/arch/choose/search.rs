//! Which lanes and memories, of all layers together, are best on a part.
//!
//! Layers are independent in area, so each layer's sensible choices are found alone: no other is both faster and smaller. Of the
//! combinations that fit, the cost model then compares those in which no layer alone could be faster; the rest would only be slower. The
//! best of them is improved layer by layer, above all where a layer is faster than it need be.

use super::available;
use crate::arch::area::{estimate, surroundings};
use crate::arch::design::{Design, Layer};
use crate::arch::engine::Planned;
use crate::arch::fit::Optimize;
use crate::arch::resources::Area;
use crate::arch::workload::Workload;
use crate::board::Board;

/// Combinations that are looked at at most; beyond, every other choice of the layer with most of them is left out.
const COMBINATIONS: usize = 20_000;

pub(super) struct Search<'a> {
    pub(super) board: &'a Board,
    pub(super) optimize: Optimize,
    pub(super) fixed_lanes: bool,
    pub(super) workload: &'a Workload,
}

/// One way to build a layer.
struct Choice {
    engine: Planned,
    area: Area,
}

/// The ways to build every layer, the fastest first, and what surrounds the layers.
struct Choices {
    layers: Vec<Vec<Choice>>,
    around: Area,
}

/// Of every layer the number of its choice.
type Picks = Vec<usize>;

impl<'a> Search<'a> {
    /// With the lanes free, for the fastest design.
    pub(super) fn free(board: &'a Board, workload: &'a Workload) -> Self {
        Search { board, optimize: Optimize::Latency, fixed_lanes: false, workload }
    }

    /// The layers of the best design that fits.
    pub(super) fn best(&self, design: &Design) -> Option<Vec<Layer>> {
        let choices = self.choices(design);
        let mut scratch = without_images(design);
        let mut score = |picks: &Picks| {
            choices.apply(picks, &mut scratch);
            self.score(self.workload.cycles(&scratch), choices.area(picks))
        };
        let candidates = self.candidates(&choices);
        let mut best = candidates.into_iter().map(|picks| (score(&picks), picks)).min()?;
        while let Some(better) = self.improved(&choices, &best, &mut score) {
            best = better;
        }
        choices.apply(&best.1, &mut scratch);
        Some(scratch.layers)
    }

    /// Whether any design fits.
    pub(super) fn fits(&self, design: &Design) -> bool {
        let choices = self.choices(design);
        choices.combinations().any(|picks| self.holds(choices.area(&picks)))
    }

    /// The design that uses least of the part, whether it fits or not.
    pub(super) fn smallest(&self, design: &Design) -> Design {
        let choices = self.choices(design);
        let least = |choices: &Vec<Choice>| {
            (0..choices.len()).min_by_key(|&pick| self.share(choices[pick].area)).expect("a layer can be built")
        };
        let mut smallest = without_images(design);
        choices.apply(&choices.layers.iter().map(least).collect(), &mut smallest);
        smallest
    }

    /// Of a design whose area is known.
    pub(super) fn area(&self, design: &Design) -> Area {
        estimate(design, self.board.family).expect("only designs whose area is known are compared")
    }

    /// The combinations that fit and are worth a look.
    fn candidates(&self, choices: &Choices) -> Vec<Picks> {
        let fit: Vec<Picks> = choices.combinations().filter(|picks| self.holds(choices.area(picks))).collect();
        let share = |picks: &Picks| self.share(choices.area(picks));
        match self.optimize {
            Optimize::Latency => fit.into_iter().filter(|picks| self.is_as_fast_as_fits(choices, picks)).collect(),
            Optimize::Area => {
                let least = fit.iter().map(share).min();
                fit.into_iter().filter(|picks| Some(share(picks)) == least).collect()
            }
        }
    }

    /// Whether no layer alone can be built to take fewer cycles per event.
    fn is_as_fast_as_fits(&self, choices: &Choices, picks: &Picks) -> bool {
        let cycles = |layer: usize, pick: usize| choices.layers[layer][pick].engine.cycles_per_event();
        (0..picks.len()).all(|layer| {
            let mut faster = (0..picks[layer]).rev().filter(|&pick| cycles(layer, pick) < cycles(layer, picks[layer]));
            faster.all(|pick| !self.holds(choices.area(&replaced(picks, layer, pick))))
        })
    }

    /// The best of the combinations that fit and differ in one layer, if it is better.
    fn improved(
        &self,
        choices: &Choices,
        (best, picks): &((u64, u64), Picks),
        score: &mut impl FnMut(&Picks) -> (u64, u64),
    ) -> Option<((u64, u64), Picks)> {
        let others = (0..picks.len())
            .flat_map(|layer| (0..choices.layers[layer].len()).map(move |pick| replaced(picks, layer, pick)));
        let fit = others.filter(|picks| self.holds(choices.area(picks)));
        fit.map(|picks| (score(&picks), picks)).min().filter(|(score, _)| score < best)
    }

    fn holds(&self, area: Area) -> bool {
        at_most(area, available(self.board))
    }

    /// Shares of look-up tables and block RAMs that an area takes, added, in millionths.
    fn share(&self, area: Area) -> u64 {
        let part = &self.board.resources;
        area.lut * 1_000_000 / part.lut + area.bram * 1_000_000 / part.bram.count
    }

    /// The smaller, the better.
    fn score(&self, cycles: u64, area: Area) -> (u64, u64) {
        match self.optimize {
            Optimize::Latency => (cycles, self.share(area)),
            Optimize::Area => (self.share(area), cycles),
        }
    }

    /// The ways to build every layer, thinned until few enough combinations are left.
    fn choices(&self, design: &Design) -> Choices {
        let mut layers: Vec<_> = design.layers.iter().map(|layer| self.layer_choices(layer)).collect();
        let count = |layers: &[Vec<Choice>]| layers.iter().map(Vec::len).fold(1, usize::saturating_mul);
        while count(&layers) > COMBINATIONS {
            let longest = layers.iter_mut().max_by_key(|choices| choices.len()).expect("a layer");
            // The fastest and the smallest stay; of these two, the smallest.
            let last = longest.len() - 1;
            let mut index = 0..;
            longest.retain(|_| index.next().is_some_and(|index| index == last || last > 1 && index % 2 == 0));
        }
        Choices { layers, around: surroundings(design, self.board.family) }
    }

    /// The ways to build a layer, the fastest first. Those that are neither faster nor smaller than another are left out,
    /// and those whose area is not known.
    fn layer_choices(&self, layer: &Layer) -> Vec<Choice> {
        let mut kept: Vec<Choice> = Vec::new();
        for engine in layer.engine.choices(layer, self.fixed_lanes) {
            let Some(area) = engine.area(layer, self.board.family) else { continue };
            if !kept.iter().any(|other| at_most(other.area, area)) {
                let cycles = engine.cycles_per_event();
                kept.retain(|other| other.engine.cycles_per_event() < cycles || !at_most(area, other.area));
                kept.push(Choice { engine, area });
            }
        }
        kept
    }
}

impl Choices {
    fn combinations(&self) -> impl Iterator<Item = Picks> {
        let count = self.layers.iter().map(Vec::len).product();
        (0..count).map(|mut number: usize| {
            let pick = |choices: &Vec<Choice>| {
                let pick = number % choices.len();
                number /= choices.len();
                pick
            };
            self.layers.iter().map(pick).collect()
        })
    }

    fn area(&self, picks: &Picks) -> Area {
        let layers = self.layers.iter().zip(picks).map(|(choices, &pick)| choices[pick].area);
        layers.sum::<Area>() + self.around
    }

    fn apply(&self, picks: &Picks, design: &mut Design) {
        for ((layer, choices), &pick) in design.layers.iter_mut().zip(&self.layers).zip(picks) {
            layer.engine = choices[pick].engine.clone();
        }
    }
}

fn replaced(picks: &Picks, layer: usize, pick: usize) -> Picks {
    let mut picks = picks.clone();
    picks[layer] = pick;
    picks
}

/// Whether `area` takes no more of anything than `other`.
pub(super) fn at_most(area: Area, other: Area) -> bool {
    area.lut <= other.lut && area.ff <= other.ff && area.bram <= other.bram && area.dsp <= other.dsp
}

/// Cost and area need no memory images.
fn without_images(design: &Design) -> Design {
    let layers = design.layers.iter().map(Layer::bare).collect();
    Design { layers, ..design.clone() }
}
