//! Magnitude pruning: every neuron keeps the synapses of its largest weights, step by step fewer, until as many are left as were asked for.

use super::row::{LANES, Row, ZERO};

/// Share of the optimizer steps after which pruning begins, and after which the fan-in stays as it is.
const BEGIN: f64 = 0.03;
const END: f64 = 0.4;
/// Optimizer steps from one pruning to the next.
const INTERVAL: u64 = 16;

/// The fan-in at optimizer step `step` of `steps`, if there is pruning in it: `k_end + (k_0 − k_end)·(1 − q)⁴`, `q` being the share of
/// the way from the begin of pruning to its end.
///
/// # Units
/// Synapses per neuron.
pub fn fan_in(all: usize, end: usize, step: u64, steps: u64) -> Option<usize> {
    let progress = step as f64 / steps as f64;
    let share = (progress - BEGIN) / (END - BEGIN);
    if share < 0.0 || !(step.is_multiple_of(INTERVAL) || step == steps) {
        return None;
    }
    let rest = (1.0 - share.min(1.0)).powi(4);
    Some(end + (all.saturating_sub(end) as f64 * rest).round() as usize)
}

/// Keeps, of the synapses of each neuron that are left, the `fan_in` with the largest weights; of equal ones the first.
///
/// # Shapes
/// One row per synapse, one column per neuron of a block; `kept` is 1 for a synapse that is left and 0 for one that is not.
pub fn prune(kept: &mut [Row], weights: &[Row], fan_in: usize) {
    for lane in 0..LANES {
        let mut left: Vec<usize> = (0..kept.len()).filter(|&synapse| kept[synapse][lane] != 0.0).collect();
        if left.len() <= fan_in {
            continue;
        }
        let magnitude = |synapse: &usize| weights[*synapse][lane].abs();
        left.select_nth_unstable_by(fan_in, |a, b| magnitude(b).total_cmp(&magnitude(a)).then(a.cmp(b)));
        left[fan_in..].iter().for_each(|&synapse| kept[synapse][lane] = 0.0);
    }
}

/// Zeroes what belongs to synapses that are gone. Without pruning, `kept` is empty.
pub fn mask(rows: &mut [Row], kept: &[Row]) {
    for (row, kept) in rows.iter_mut().zip(kept) {
        for k in 0..LANES {
            row[k] *= kept[k];
        }
    }
}

/// The fan-in of a neuron: the most synapses that one of the block has left.
pub fn largest_fan_in(kept: &[Row]) -> usize {
    let mut count = ZERO;
    for row in kept {
        for k in 0..LANES {
            count[k] += row[k];
        }
    }
    count.into_iter().fold(0.0, f32::max) as usize
}

#[cfg(test)]
mod tests {
    use super::super::row::ONE;
    use super::*;

    #[test]
    fn the_fan_in_falls_as_the_fourth_power_and_then_stays() {
        assert_eq!(fan_in(784, 32, 16, 1600), None);
        assert_eq!(fan_in(784, 32, 49, 1600), None);
        // Half of the way from 3 % to 40 %: 32 + 752/16.
        assert_eq!(fan_in(784, 32, 3440, 16_000), Some(79));
        assert_eq!(fan_in(784, 32, 640, 1600), Some(32));
        assert_eq!(fan_in(784, 32, 1600, 1600), Some(32));
        assert_eq!(fan_in(20, 32, 640, 1600), Some(32));
    }

    #[test]
    fn the_largest_weights_are_kept_and_none_comes_back() {
        let column = |values: [f32; 4]| values.map(|value| [value; LANES]);
        let mut kept = vec![ONE; 4];
        prune(&mut kept, &column([0.5, -3.0, 1.0, -0.1]), 2);
        assert_eq!(kept, column([0.0, 1.0, 1.0, 0.0]));
        prune(&mut kept, &column([9.0, 2.0, 2.0, 9.0]), 1);
        assert_eq!(kept, column([0.0, 1.0, 0.0, 0.0]));
        let mut weights = column([1.0, 2.0, 3.0, 4.0]);
        mask(&mut weights, &kept);
        assert_eq!(weights, [ZERO, [2.0; LANES], ZERO, ZERO]);
        assert_eq!(largest_fan_in(&kept), 1);
    }
}
