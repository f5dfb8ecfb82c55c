//! Where registers cut a neuron: as few stages as the levels of logic between two registers allow.

/// Levels of logic that a carry chain counts for.
const CHAIN_LEVELS: usize = 2;
/// Of the latch that remembers a spike.
const LATCH_LEVELS: usize = 1;

/// The levels of logic of a neuron up to its comparison or sum, one after the other.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Depth {
    parts: Vec<usize>,
}

impl Depth {
    /// Levels of adders, then a carry chain.
    pub(super) fn of_sum(levels: usize) -> Depth {
        Depth { parts: [vec![1; levels], vec![CHAIN_LEVELS]].concat() }
    }

    /// A table of so many inputs.
    pub(super) fn of_table(inputs: usize) -> Depth {
        Depth { parts: vec![if inputs > 4 { 2 } else { 1 }] }
    }

    /// The parts in front of which a register stands, if at most `most` levels stand between two registers, or one part that has more;
    /// and the levels behind the last one.
    fn cuts(&self, most: usize) -> (Vec<usize>, usize) {
        let (mut cuts, mut levels) = (Vec::new(), 0);
        for (part, &needed) in self.parts.iter().enumerate() {
            if levels > 0 && levels + needed > most {
                cuts.push(part);
                levels = 0;
            }
            levels += needed;
        }
        (cuts, levels)
    }

    /// Registers in front of the last one, which holds the result; with a latch before it if there is one.
    fn stages(&self, most: usize, latched: bool) -> usize {
        let (cuts, levels) = self.cuts(most);
        let latch = if latched { LATCH_LEVELS } else { 0 };
        cuts.len() + usize::from(levels > 0 && latch > 0 && levels + latch > most)
    }
}

/// Stages of a layer: registers in front of its last one.
pub(super) fn stages<'a>(neurons: impl Iterator<Item = &'a Depth>, most: usize, latched: bool) -> usize {
    neurons.map(|depth| depth.stages(most, latched)).max().unwrap_or(0)
}

/// The registers of a neuron.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cuts {
    /// The levels of adders behind which one stands: the number of levels in front of it.
    pub levels: Vec<usize>,
    /// Registers behind the comparison, before the layer's last one.
    pub behind: usize,
}

/// Cuts a neuron into so many stages, all about as deep.
pub(super) fn cut(depth: &Depth, stages: usize, most: usize, latched: bool) -> Cuts {
    let least = (1..=most).find(|&levels| depth.stages(levels, latched) <= stages).unwrap_or(most);
    let (levels, _) = depth.cuts(least);
    Cuts { behind: stages - levels.len(), levels }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn stages_are_few_and_even() {
        let (shallow, deep) = (Depth::of_sum(1), Depth::of_sum(8));
        // 3, 3 and 2 levels, then the chain: with three levels at most, the latch has its place behind it.
        assert_eq!(stages([&shallow, &deep].into_iter(), 3, true), 3);
        assert_eq!(cut(&deep, 3, 3, true), Cuts { levels: vec![3, 6, 8], behind: 0 });
        // 5 levels, then 3 and the chain; the latch in a stage of its own. As many stages do with fewer levels in each.
        assert_eq!(stages([&shallow, &deep].into_iter(), 5, true), 2);
        assert_eq!(stages([&shallow, &deep].into_iter(), 5, false), 1);
        assert_eq!(cut(&deep, 2, 5, true), Cuts { levels: vec![4, 8], behind: 0 });
        assert_eq!(cut(&shallow, 2, 5, true), Cuts { levels: vec![1], behind: 1 });
        assert_eq!(stages([].into_iter(), 3, true), 0);
    }

    #[test]
    fn a_chain_deeper_than_a_stage_has_one_of_its_own() {
        assert_eq!(cut(&Depth::of_sum(2), 2, 1, false), Cuts { levels: vec![1, 2], behind: 0 });
        assert_eq!(stages([&Depth::of_sum(2)].into_iter(), 1, true), 3);
    }
}
