//! From a bit heap to two rows: full adders turn three bits of a column into one there and one in the next column.
//!
//! As Dadda does it: every level brings the heights down to the next of 2, 3, 4, 6, 9, 13 …, with as few adders as that takes, so that
//! there are as few levels as can be.

/// The adders of one level, column by column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    pub full: Vec<usize>,
    pub half: Vec<usize>,
}

impl Level {
    /// The heights behind the level. What leaves the top column is dropped.
    pub(super) fn heights(&self, before: &[usize]) -> Vec<usize> {
        let carries = |column: usize| column.checked_sub(1).map_or(0, |lower| self.full[lower] + self.half[lower]);
        let height = |column: usize| before[column] - 2 * self.full[column] - self.half[column] + carries(column);
        (0..before.len()).map(height).collect()
    }
}

/// The levels that reduce a heap to columns of at most two bits.
pub(super) fn levels(heights: &[usize]) -> Vec<Level> {
    let (mut heights, mut levels) = (heights.to_vec(), Vec::new());
    while let Some(target) = target(&heights) {
        let level = level(&heights, target);
        heights = level.heights(&heights);
        levels.push(level);
    }
    levels
}

/// The heights to which the next level reduces; none if there are two rows.
fn target(heights: &[usize]) -> Option<usize> {
    let highest = heights.iter().copied().max().unwrap_or(0);
    let targets = std::iter::successors(Some(2), |target| Some(target * 3 / 2));
    targets.take_while(|&target| target < highest).last()
}

fn level(heights: &[usize], target: usize) -> Level {
    let mut level = Level { full: vec![0; heights.len()], half: vec![0; heights.len()] };
    let mut carries = 0;
    for (column, height) in heights.iter().enumerate() {
        let excess = (height + carries).saturating_sub(target);
        (level.full[column], level.half[column]) = (excess / 2, excess % 2);
        carries = level.full[column] + level.half[column];
        debug_assert!(3 * level.full[column] + 2 * level.half[column] <= *height);
    }
    level
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_heap_comes_down_to_two_rows() {
        for heights in [vec![1, 2, 2], vec![3], vec![9, 9, 9, 9], vec![32, 17, 0, 1, 5, 0], vec![0, 0, 141, 3]] {
            let levels = levels(&heights);
            let last = levels.iter().fold(heights.clone(), |heights, level| level.heights(&heights));
            assert!(last.iter().all(|height| *height <= 2), "{heights:?}: {last:?}");
        }
        assert_eq!(levels(&[3, 3]).len(), 1);
        assert_eq!(levels(&[13, 1]).len(), 5);
        assert_eq!(levels(&[2, 1]), []);
    }

    #[test]
    fn adders_are_as_few_as_they_can_be() {
        // 3 + 3 bits in two columns: a half adder leaves two bits in the first column; its carry makes the second one of four.
        let levels = levels(&[3, 3, 0]);
        assert_eq!(levels, [Level { full: vec![0, 1, 0], half: vec![1, 0, 0] }]);
    }
}
