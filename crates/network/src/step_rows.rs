//! What is added to the potentials of a layer in every time step, whatever comes in (`docs/numerics.md` §3.1).

use ndarray::{Array2, ArrayView1, Axis};

use firstspike_base::fixed::Interval;

/// A row of numbers for every time step, added once in its step before anything is compared.
///
/// # Shapes
/// Time steps × output channels.
///
/// # Units
/// LSB of the layer in an integer network (`T = i32`); in a float network the unit of its weights.
///
/// # Source
/// `docs/numerics.md` §3.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRows<T = i32>(Array2<T>);

impl<T: Copy + PartialEq> StepRows<T> {
    /// One row per time step.
    pub fn new(rows: Array2<T>) -> Self {
        StepRows(rows.as_standard_layout().into_owned())
    }

    /// The same row in all time steps.
    pub fn constant(row: &[T], time_steps: usize) -> Self {
        StepRows::new(Array2::from_shape_fn((time_steps, row.len()), |(_, channel)| row[channel]))
    }

    /// The row of a step.
    pub fn at(&self, step: usize) -> ArrayView1<'_, T> {
        self.0.row(step)
    }

    /// For how many time steps there are rows.
    pub fn time_steps(&self) -> usize {
        self.0.nrows()
    }

    /// Number of output channels.
    pub fn channels(&self) -> usize {
        self.0.ncols()
    }

    /// The rows that tell all: the first alone if all are the same.
    pub fn distinct(&self) -> Array2<T> {
        let is_constant = self.0.outer_iter().all(|row| row == self.0.row(0));
        let rows = if is_constant { 1 } else { self.0.nrows() };
        self.0.slice_axis(Axis(0), (0..rows).into()).to_owned()
    }

    /// All rows, one after the other.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &T> {
        self.0.iter()
    }
}

impl StepRows {
    /// Lowest and highest sum of the first rows of a channel, none of them included: `min_t R[t]` and `max_t R[t]` (§5).
    pub(crate) fn sums(&self, channel: usize) -> Interval {
        let mut sum = 0;
        let mut reached = Interval { lo: 0, hi: 0 };
        for &entry in self.0.column(channel) {
            sum += i64::from(entry);
            reached = reached.hull(Interval { lo: sum, hi: sum });
        }
        reached
    }

    /// The rows with which neurons of the fixed threshold `thresholds[0]` spike as those would whose threshold is `thresholds[t]` at
    /// step `t`: `r[0] = 0`, `r[t] = θ[t−1] − θ[t]`. None if a difference leaves 32 bits.
    ///
    /// # Shapes
    /// `thresholds` is time steps × output channels.
    pub fn of_thresholds(thresholds: &Array2<i32>) -> Option<Self> {
        let fall = |((step, channel), &now): ((usize, usize), &i32)| match step {
            0 => Some(0),
            _ => thresholds[(step - 1, channel)].checked_sub(now),
        };
        let rows: Option<Vec<i32>> = thresholds.indexed_iter().map(fall).collect();
        Array2::from_shape_vec(thresholds.dim(), rows?).ok().map(StepRows)
    }
}

#[cfg(test)]
mod tests {
    use ndarray::array;

    use super::*;

    #[test]
    fn a_constant_row_is_told_by_one() {
        let rows = StepRows::constant(&[2, -1], 3);
        assert_eq!(rows, StepRows::new(array![[2, -1], [2, -1], [2, -1]]));
        assert_eq!((rows.distinct(), rows.at(2).to_vec()), (array![[2, -1]], vec![2, -1]));
        let changing = array![[2, -1], [2, -1], [2, 0]];
        assert_eq!(StepRows::new(changing.clone()).distinct(), changing);
    }

    #[test]
    fn sums_reach_from_the_lowest_to_the_highest_with_none_between() {
        // 3, 1, −4: the sums are 0, 3, 4, 0; and 0, −1, −6, −5.
        let rows = StepRows::new(array![[3, -1], [1, -5], [-4, 1]]);
        assert_eq!(rows.sums(0), Interval { lo: 0, hi: 4 });
        assert_eq!(rows.sums(1), Interval { lo: -6, hi: 0 });
        let far = StepRows::new(array![[i32::MAX], [i32::MAX]]);
        assert_eq!(far.sums(0), Interval { lo: 0, hi: 2 * i64::from(i32::MAX) });
    }

    #[test]
    fn falling_thresholds_are_rows() {
        let rows = StepRows::of_thresholds(&array![[9, 4], [7, 4], [2, 5]]);
        assert_eq!(rows, Some(StepRows::new(array![[0, 0], [2, 0], [5, -1]])));
        assert_eq!(StepRows::of_thresholds(&array![[i32::MAX], [-1]]), None);
    }
}
