//! From a bit heap to two rows: full adders turn three bits of a column into one there and one in the next column.
//!
//! As Wallace does it: every level takes all triples there are. A half adder saves no bit and costs as much as a full one, so there are
//! some only in the last level, where three bits are left in a column and two above it.

/// Rows that a carry chain adds.
const ROWS: usize = 2;

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
    while heights.iter().any(|&height| height > ROWS) {
        let level = if heights.iter().any(|&height| height > ROWS + 1) { triples(&heights) } else { last(&heights) };
        heights = level.heights(&heights);
        levels.push(level);
    }
    levels
}

/// A full adder for every three bits.
fn triples(heights: &[usize]) -> Level {
    Level { full: heights.iter().map(|height| height / 3).collect(), half: vec![0; heights.len()] }
}

/// From three rows to two.
fn last(heights: &[usize]) -> Level {
    let mut level = Level { full: vec![0; heights.len()], half: vec![0; heights.len()] };
    let mut carries = 0;
    for (column, height) in heights.iter().enumerate() {
        let excess = (height + carries).saturating_sub(ROWS);
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
        assert_eq!(levels(&[13, 1]).len(), 4);
        assert_eq!(levels(&[2, 1]), []);
    }

    #[test]
    fn a_half_adder_stands_only_where_two_bits_meet_a_carry() {
        // 3 + 3 bits in two columns: a half adder leaves two bits in the first one; its carry makes the second one of four.
        assert_eq!(levels(&[3, 3, 0]), [Level { full: vec![0, 1, 0], half: vec![1, 0, 0] }]);
        assert_eq!(levels(&[9, 0])[0], Level { full: vec![3, 0], half: vec![0, 0] });
    }
}
