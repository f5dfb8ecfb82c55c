//! What simulations do in place of the network's own rule.

use serde::{Deserialize, Serialize};

/// One way to differ from `docs/numerics.md`, or from what the model file says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Deviation {
    /// A neuron fires at `V > θ`, not at `V ≥ θ`.
    FiresAbove,
    /// A neuron fires at `V ≥ θ`, where the model's threshold is the next value above `θ`: it was made for `V > θ`.
    FiresAt,
    /// The bias is added in every time step, not once before the first.
    BiasEveryStep,
    /// What the model adds in every time step is added once, in the first.
    RowsOnce,
    /// The spikes of a step are inputs of the next layer one step later.
    Delay,
    /// The memory of the weights was read with its two sides exchanged; of a kernel its rows and columns.
    Transposed,
    /// The weights take their inputs in the order H, W, C.
    HwcWeights,
    /// The recorded times of maps are in the order H, W, C.
    HwcTimes,
}

/// Deviations that cannot hold together, or cancel out.
const EXCLUSIVE: [[Deviation; 2]; 3] = [
    [Deviation::FiresAbove, Deviation::FiresAt],
    [Deviation::BiasEveryStep, Deviation::RowsOnce],
    [Deviation::HwcWeights, Deviation::HwcTimes],
];

impl Deviation {
    /// The deviation in words.
    pub fn text(self) -> &'static str {
        match self {
            Deviation::FiresAbove => "neurons fire at V > θ",
            Deviation::FiresAt => "neurons fire at V ≥ θ, where the model has the next value above θ",
            Deviation::BiasEveryStep => "the bias is added in every time step",
            Deviation::RowsOnce => "what is added in every step is added once",
            Deviation::Delay => "spikes arrive one time step later",
            Deviation::Transposed => "the weights are transposed",
            Deviation::HwcWeights => "the weights take their inputs in the order H, W, C",
            Deviation::HwcTimes => "the recorded times are in the order H, W, C",
        }
    }

    /// The option of `import` that makes a model of which it is the own rule, if there is one.
    pub fn import_option(self) -> Option<&'static str> {
        match self {
            Deviation::FiresAbove => Some("--fires '>'"),
            Deviation::FiresAt => Some("--fires '>='"),
            Deviation::BiasEveryStep => Some("--bias step"),
            Deviation::RowsOnce => Some("--bias start"),
            Deviation::Delay | Deviation::Transposed | Deviation::HwcWeights | Deviation::HwcTimes => None,
        }
    }
}

/// Deviations that hold together, in ascending order; none of them is the network's own rule.
pub type Convention = Vec<Deviation>;

/// All conventions of these deviations, the fewest deviations first: the network's own rule is the first.
pub fn conventions(possible: &[Deviation]) -> Vec<Convention> {
    let subset = |bits: usize| {
        possible.iter().enumerate().filter(|(bit, _)| bits >> bit & 1 == 1).map(|(_, one)| *one).collect()
    };
    let is_sound =
        |convention: &Convention| !EXCLUSIVE.iter().any(|pair| pair.iter().all(|one| convention.contains(one)));
    let mut all: Vec<Convention> = (0..1 << possible.len()).map(subset).filter(is_sound).collect();
    all.sort_by_key(Vec::len);
    all
}

/// Those of `fitting` that no other of them is a part of: what deviates more explains no more.
pub fn simplest(fitting: &[Convention]) -> Vec<Convention> {
    let is_part = |part: &Convention, whole: &Convention| part != whole && part.iter().all(|one| whole.contains(one));
    fitting.iter().filter(|whole| !fitting.iter().any(|part| is_part(part, whole))).cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::Deviation::*;
    use super::*;

    #[test]
    fn every_sound_combination_is_tried_the_simplest_first() {
        assert_eq!(conventions(&[]), [vec![]]);
        assert_eq!(conventions(&[FiresAbove, Delay]), [vec![], vec![FiresAbove], vec![Delay], vec![FiresAbove, Delay]]);
        assert_eq!(conventions(&[HwcWeights, HwcTimes]), [vec![], vec![HwcWeights], vec![HwcTimes]]);
        assert_eq!(conventions(&[FiresAbove, FiresAt]), [vec![], vec![FiresAbove], vec![FiresAt]]);
    }

    #[test]
    fn what_deviates_more_is_left_out() {
        let fitting = [vec![Delay], vec![FiresAbove], vec![FiresAbove, Delay], vec![FiresAbove, Transposed]];
        assert_eq!(simplest(&fitting), [vec![Delay], vec![FiresAbove]]);
        assert_eq!(simplest(&[vec![], vec![Delay]]), [vec![]]);
    }
}
