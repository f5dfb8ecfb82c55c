//! Smallest, mean and largest.

use serde::{Deserialize, Serialize};

use super::text::grouped;

/// Smallest, mean and largest of a series.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The smallest.
    pub min: f64,
    /// The mean.
    pub mean: f64,
    /// The largest.
    pub max: f64,
}

impl Spread {
    /// Nothing for an empty series.
    pub fn of(values: impl IntoIterator<Item = u64>) -> Option<Self> {
        let mut series = Series::default();
        series.extend(values);
        series.spread()
    }

    /// The spread in other units.
    pub fn scaled(self, factor: f64) -> Self {
        Spread { min: self.min * factor, mean: self.mean * factor, max: self.max * factor }
    }

    /// Smallest, mean and largest with so many decimals.
    pub fn text(self, decimals: usize) -> String {
        let [min, mean, max] = [self.min, self.mean, self.max].map(|value| grouped(value, decimals));
        format!("{min} / {mean} / {max}")
    }

    /// Smallest, mean and largest of whole numbers.
    pub fn whole_text(self) -> String {
        format!("{} / {} / {}", grouped(self.min, 0), grouped(self.mean, 1), grouped(self.max, 0))
    }
}

/// A series of which only the spread is kept.
#[derive(Debug, Clone, Copy, Default)]
pub struct Series {
    count: u64,
    sum: u64,
    min: u64,
    max: u64,
}

impl Extend<u64> for Series {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, values: I) {
        for value in values {
            self.min = if self.count == 0 { value } else { self.min.min(value) };
            self.max = self.max.max(value);
            self.sum += value;
            self.count += 1;
        }
    }
}

impl Series {
    /// Nothing of an empty series.
    pub fn spread(&self) -> Option<Spread> {
        let Series { count, sum, min, max } = *self;
        (count > 0).then(|| Spread { min: min as f64, mean: sum as f64 / count as f64, max: max as f64 })
    }
}
